"""The long attack: ``python -m tests.attack --images N --models N --kills N --trainings N --moments``, and its table.

Each campaign of hostile files runs in processes of its own, a few hundred seeds each, so that a crash is one failure
and its seed is known. Ctrl-C ends with the table of what is done. Exit code 1 if anything went wrong; each failure is a
line on standard error.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.attack.campaigns import CAMPAIGNS, attack
from tests.attack.kills import kill_batches
from tests.attack.moments import (
    Command,
    failed_at_each_write,
    killed_at_each_change,
    killed_at_random,
    quick_commands,
    trainings,
    uninterrupted,
)

CHUNK = 500


@dataclass
class Row:
    """The figures of one campaign."""

    what: str
    tries: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    largest_mib: float = 0.0
    seconds: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in (*CAMPAIGNS, "kills", "trainings"):
        parser.add_argument(f"--{name}", type=int, default=0, metavar="N")
    parser.add_argument("--moments", action="store_true", help="kill at each change of the disk, fail each write, once")
    parser.add_argument("--seed", type=int, default=1, help="of the first try")
    parser.add_argument("--chunk", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    chosen = vars(parser.parse_args())
    if chosen["chunk"]:
        run_chunk(chosen["chunk"], Path(chosen["folder"]), chosen["seed"], chosen[chosen["chunk"]])
        return
    rows: list[Row] = []
    with suppress(KeyboardInterrupt):  # the table of what is done
        for name in (each for each in CAMPAIGNS if chosen[each]):
            rows.append(Row(name))
            campaign(rows[-1], chosen["seed"], chosen[name])
        if chosen["kills"]:
            rows.append(Row("kills"))
            kills(rows[-1], chosen["seed"], chosen["kills"])
        if chosen["trainings"] or chosen["moments"]:
            in_forks(rows, chosen["seed"], chosen["trainings"], moments=chosen["moments"])
    for line in table(rows, chosen["seed"]):
        print(line)
    sys.exit(any(row.failures for row in rows))


def run_chunk(name: str, folder: Path, first: int, count: int) -> None:
    """Attack with some seeds, and print a line of JSON for each; what a child process does."""
    for seed, ended in attack(name, folder, range(first, first + count)):
        line = {
            "seed": seed,
            "codes": [each.code for each in ended],
            "faults": [fault for each in ended for fault in each.faults],
            "seconds": max(each.seconds for each in ended),
            "mib": max(each.grown_mib for each in ended),
        }
        print(json.dumps(line), file=sys.__stdout__, flush=True)


def campaign(row: Row, first: int, tries: int) -> None:
    """Run one campaign in child processes; a child that ends early is a failure at the seed after its last line."""
    began = time.monotonic()
    while row.tries < tries:
        seed = first + row.tries
        count = min(CHUNK, tries - row.tries)
        with tempfile.TemporaryDirectory() as folder:
            words = [
                "--chunk",
                row.what,
                "--folder",
                f"{folder}/attack",
                "--seed",
                str(seed),
                f"--{row.what}",
                str(count),
            ]
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.attack", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            with child:
                for line in child.stdout or ():
                    _add(row, json.loads(line))
                    row.seconds = time.monotonic() - began
        if child.returncode:
            _fail(row, f"{row.what} {first + row.tries}: the process ended with {child.returncode}")
            row.tries += 1


def kills(row: Row, first: int, tries: int) -> None:
    """Kill batches at random moments."""
    with tempfile.TemporaryDirectory() as folder:
        count(row, kill_batches(Path(folder), range(first, first + tries)))


def in_forks(rows: list[Row], first: int, tries: int, *, moments: bool) -> None:
    """Kill `tries` trainings at random; with `moments`, each command at each change, and let each write fail once."""
    with tempfile.TemporaryDirectory() as folder:
        if moments:
            for command in quick_commands(Path(folder, "quick")):
                each_moment(rows, command)
        for library in ("keras", "tf2onnx", "matplotlib.pyplot"):  # once, for all forks
            importlib.import_module(library)

        commands = trainings(Path(folder, "train"))
        if tries:
            rows.append(Row("trainings killed at random"))
            whole = [uninterrupted(command) for command in commands]
            count(rows[-1], (killed_at_random(commands[n % 2], whole[n % 2], first + n) for n in range(tries)))
        if moments:
            for command in commands:
                each_moment(rows, command)


def each_moment(rows: list[Row], command: Command) -> None:
    """Add two rows: a command killed at each of its changes, and each of its writes failed once."""
    rows.append(Row(f"{command.name}, killed before each change"))
    count(rows[-1], killed_at_each_change(command))
    rows.append(Row(f"{command.name}, each write failed"))
    count(rows[-1], failed_at_each_write(command))


def count(row: Row, tries: Iterator[list[str]]) -> None:
    """Make the tries; each gives what went wrong."""
    began = time.monotonic()
    for faults in tries:
        row.tries += 1
        row.seconds = time.monotonic() - began
        for fault in faults:
            _fail(row, fault)


def _fail(row: Row, failure: str) -> None:
    row.failures.append(failure)
    print(failure, file=sys.stderr, flush=True)


def _add(row: Row, found: dict) -> None:
    row.tries += 1
    row.codes.update(found["codes"])
    for fault in found["faults"]:
        _fail(row, f"{row.what} {found['seed']}: {fault}")
    row.slowest_s = max(row.slowest_s, found["seconds"])
    row.largest_mib = max(row.largest_mib, found["mib"])


def table(rows: list[Row], seed: int) -> list[str]:
    """Return the rows as a table in Markdown."""
    lines = [
        "| attack | seeds | tries | exit codes | failures | slowest command, s | largest growth, MiB | time, s |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        codes = ", ".join(f"{code}: {count}" for code, count in sorted(row.codes.items()))
        lines.append(
            f"| {row.what} | {seed} to {seed + row.tries - 1} | {row.tries} | {codes or '-'} | {len(row.failures)} | "
            f"{row.slowest_s:.1f} | {row.largest_mib:.0f} | {row.seconds:.0f} |"
        )
    return lines


if __name__ == "__main__":
    main()
