"""Record the goldens anew and print what changed: ``python -m tests.goldens.renew [--only wording] [CASE...]``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.goldens.compare import compare_case
from tests.goldens.run import CASES, CLASSES, Case, find_cases, load, run_case, save


def renew(case: Case, kinds: tuple[str, ...]) -> bool:
    """Run a case and record what changed beyond the tolerances; says whether anything did."""
    with tempfile.TemporaryDirectory() as folder:
        found = run_case(case, Path(folder) / "here")
    changed = False
    for kind in kinds:
        expected = load(case, kind)
        listed = compare_case(expected, found[kind], in_words=case.in_words(kind))
        if not expected:
            print(f"{case.name}: {kind} recorded for the first time")
        for line in listed if expected else []:
            print(f"{case.name}: {kind}: {line}")
        if listed:
            changed = True
            save(case, kind, found[kind])
    return changed


def main() -> None:
    """Renew the cases named on the command line, or all of them."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--only", choices=CLASSES, help="renew the behaviour or the wording alone")
    reader.add_argument("case", nargs="*", help="names of folders below tests/goldens/cases")
    given = reader.parse_args()
    cases = find_cases()
    unknown = set(given.case) - {case.name for case in cases}
    if unknown:
        sys.exit(f"no case {', '.join(sorted(unknown))} in {CASES}; there are {', '.join(case.name for case in cases)}")
    kinds = (given.only,) if given.only else CLASSES
    chosen = [case for case in cases if not given.case or case.name in given.case]
    changed = [case.name for case in chosen if renew(case, kinds)]
    for folder in CASES.iterdir():
        if not (folder / "command.txt").exists():
            print(f"{folder.name}: has no command.txt any more; removed")
            shutil.rmtree(folder)
    print(f"{len(chosen)} cases run, {len(changed)} changed{': ' if changed else ''}{', '.join(changed)}")


if __name__ == "__main__":
    main()
