"""Check that a built wheel and source distribution hold the files of the repository and nothing else.

    python .ci/check_package.py dist

The wheel must hold each tracked file below semscan/, and its own metadata. The source distribution must hold each
tracked file but those of `LEFT_OUT`. Ends with exit code 1 and names the files that are missing or too many.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

LEFT_OUT = re.compile(r"\.ci/|\.gitignore$")
WHEEL_METADATA = re.compile(r"semscan-[^/]+\.dist-info/")
SDIST_METADATA = re.compile(r"(PKG-INFO|setup\.cfg)$|semscan\.egg-info/")
REQUIRED = (
    "semscan/py.typed",
    "semscan/runtime/comparison.onnx",
    "semscan/runtime/pattern_classes.onnx",
    "semscan/report/html/page.css",
    "semscan/report/review/page/page.html",
)


def tracked_files() -> set[str]:
    """Return the files that git tracks, relative to the root of the repository."""
    listing = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    return {name for name in listing.split("\0") if name and Path(name).exists()}


def only_file(folder: Path, pattern: str) -> Path:
    """Return the one file of this pattern; a second one would be left over from an earlier build."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        sys.exit(f"{folder} holds {len(found)} files {pattern}, wanted one; delete {folder} and build again")
    return found[0]


def differences(archive: Path, held: set[str], wanted: set[str]) -> list[str]:
    """Return one line for each file that is missing or too many."""
    missing = [f"{archive.name}: {name} is missing" for name in sorted(wanted - held)]
    return missing + [f"{archive.name}: {name} does not belong there" for name in sorted(held - wanted)]


def check_wheel(wheel: Path, tracked: set[str]) -> list[str]:
    """Compare a wheel with the tracked files of the package."""
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {name for name in tracked if name.startswith("semscan/")}
    licence = [] if any(name.endswith("/LICENSE") for name in names) else [f"{wheel.name}: LICENSE is missing"]
    return licence + differences(wheel, {name for name in names if not WHEEL_METADATA.match(name)}, package)


def check_sdist(sdist: Path, tracked: set[str]) -> list[str]:
    """Compare a source distribution with all tracked files."""
    with tarfile.open(sdist) as archive:
        paths = [member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()]
    held = {name for name in paths if not SDIST_METADATA.match(name)}
    return differences(sdist, held, {name for name in tracked if not (LEFT_OUT.match(name) or name == "setup.cfg")})


def main(folder: Path) -> None:
    """Check the wheel and the source distribution in a folder."""
    tracked = tracked_files()
    wheel = only_file(folder, "semscan-*.whl")
    sdist = only_file(folder, "semscan-*.tar.gz")
    faults = [f"{name} is not tracked by git" for name in REQUIRED if name not in tracked]
    faults += check_wheel(wheel, tracked) + check_sdist(sdist, tracked)
    for archive in (wheel, sdist):
        print(f"{archive.name}: {archive.stat().st_size / 1e6:.1f} MB")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
