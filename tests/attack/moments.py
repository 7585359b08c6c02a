"""Each command is killed before each of its changes of the disk once, and each of its writes fails once.

Then it is run again, and must leave what an uninterrupted run leaves. The trainings run eagerly and save a graph that
one training exported before, so that a try takes seconds: what is tried is the files, and the way back from a kill.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tests.attack.forked import Changes, Outcome, forked, kill_self
from tests.attack.kills import left_over
from tests.conftest import grey_image, write_model, write_png

REASONS = (errno.ENOSPC, errno.EACCES, errno.EIO, errno.ESTALE)
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Command:
    """A command that writes: what is typed at first and after it was cut off, and how its folder is made.

    `first` and `again` are the words; `folder` is where it writes. `prepare` runs in the child before it.
    """

    name: str
    first: Sequence[object]
    again: Sequence[object]
    folder: Path
    source: Path
    prepare: Callable[[], None] = lambda: None

    def reset(self) -> None:
        """Make the folder as it was before the first run."""
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.source, self.folder)

    def listing(self) -> list[str]:
        """Return the names of all files, with the number of lines of JSON Lines and the rows of a history."""
        found = []
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.suffix in (".jsonl", ".csv"):
                name += f" {len(path.read_bytes().splitlines())}"
            found.append(name)
        return found


def quick_commands(folder: Path) -> list[Command]:
    """Return commands without training, each in a folder of its own with two images and a model."""
    source = folder / "source"
    model = write_model(source / "model")
    for number in range(2):
        write_png(source / f"{number}.png", grey_image(spot=number == 0))
    write_png(source / "good" / "2.png", grey_image())
    here = folder / "here"
    images = [here / f"{number}.png" for number in range(2)]
    inspect = ["inspect", *images, "--model", here / model.name, "--out", here / "o", "--crops", "-q"]
    done = folder / "done"
    shutil.copytree(source, here)
    forked([*inspect, "--nm-per-px", "2"])
    shutil.copytree(here, done)
    report = ["report", here / "o", "--to", "html,csv,coco,klarf,roi,labelme", "--out", here / "r", "-q"]
    regions = ["regions", here / "o", "--out", here / "cut", "--threshold", "0.4", "-q"]
    calibrate = ["calibrate", here / "good", "--model", here / "model", "--out", here / "new", "-q"]
    export = ["export", here / "model", "--to", "onnx", here / "x", "-q"]
    return [
        Command("inspect", inspect, inspect, here, source),
        Command("report", report, report, here, done),
        Command("regions", regions, regions, here, done),
        Command("calibrate", calibrate, [*calibrate, "--overwrite"], here, done),
        Command("export", export, [*export, "--overwrite"], here, done),
    ]


def trainings(folder: Path) -> list[Command]:
    """Return a training of a new model, and one that replaces a finished model."""
    source, here = folder / "data", folder / "here"
    for number in range(3):
        write_png(source / "good" / f"{number}.png", grey_image(64, 64 + number))
    new = ["train", here / "good", "--out", here / "m", "--steps", "3", "--precision", "float32", "--attention", "none"]
    shutil.copytree(source, here)
    made = forked([*new, "-q"])
    if made.code:
        raise RuntimeError(f"the first training ended with {made.code}: {made.err[-500:]}")
    done = folder / "done"
    shutil.copytree(here, done)
    prepare = partial(_quick_training, (here / "m" / "graph.onnx").read_bytes())
    replaced = [*new, "--overwrite", "-q"]
    return [
        Command("train", [*new, "-q"], [*new, "--resume", "-q"], here, source, prepare),
        Command("train --overwrite", replaced, [*replaced, "--resume"], here, done, prepare),
    ]


def _quick_training(graph: bytes) -> None:
    import tensorflow

    from semscan.model.export import to_onnx

    tensorflow.config.run_functions_eagerly(True)
    to_onnx.to_onnx = lambda *_, **__: (graph, 0.0)


@dataclass(frozen=True)
class Whole:
    """An uninterrupted run: what it leaves, how many changes and writes it takes, and for how long it runs."""

    listing: list[str]
    changes: int
    writes: int
    seconds: float


def uninterrupted(command: Command) -> Whole:
    """Run a command to its end; raises RuntimeError if it does not succeed."""
    counts = []
    for removals in (True, False):
        command.reset()
        began = time.monotonic()
        ended = forked(command.first, Changes(command.folder, removals=removals), prepare=command.prepare)
        if ended.code or not ended.changes:
            raise RuntimeError(f"{command.name} ended with {ended.code}: {ended.err[-500:]}")
        counts.append(ended.changes)
    return Whole(command.listing(), counts[0], counts[1], time.monotonic() - began)


def killed_at_each_change(command: Command, first: int = 0, last: int | None = None) -> Iterator[list[str]]:
    """Kill the command before each change from `first` to before `last`; yield what went wrong in each try."""
    whole = uninterrupted(command)
    for at in range(whole.changes)[first:last]:
        command.reset()
        killed = forked(command.first, Changes(command.folder, at, kill_self), prepare=command.prepare)
        faults = [] if killed.code == -signal.SIGKILL else [f"ended with {killed.code} before the kill"]
        yield [f"{command.name}, killed at {at}: {fault}" for fault in faults + run_again(command, whole, killed)]


def failed_at_each_write(command: Command, first: int = 0, last: int | None = None) -> Iterator[list[str]]:
    """Let each file that is opened for writing, and each move, fail once; yield what went wrong in each try."""
    whole = uninterrupted(command)
    for at in range(whole.writes)[first:last]:
        reason = REASONS[at % len(REASONS)]
        command.reset()
        changes = Changes(command.folder, at, partial(_fail, reason), removals=False)
        failed = forked(command.first, changes, prepare=command.prepare)
        faults = _faults_of(failed)
        if failed.code not in (0, 2, 3):
            faults.append(f"ended with {failed.code}")
        if failed.code and os.strerror(reason) not in failed.err + failed.out.decode():
            faults.append(f"does not say why: {failed.err[-200:]!r}")
        faults += [f"{path.name} is left over" for path in command.folder.rglob("*.part")]
        faults += run_again(command, whole, failed)
        yield [f"{command.name}, write {at} failed ({os.strerror(reason)}): {fault}" for fault in faults]


def killed_at_random(command: Command, whole: Whole, seed: int) -> list[str]:
    """Send the command a signal at a random moment; return what went wrong."""
    rng = np.random.default_rng(seed)
    command.reset()
    sign, after = SIGNALS[int(rng.integers(len(SIGNALS)))], float(rng.uniform(0.0, whole.seconds))
    ended = forked(command.first, after_s=after, sign=sign, prepare=command.prepare)
    return [f"{command.name}, {sign.name}, seed {seed}: {fault}" for fault in run_again(command, whole, ended)]


def _fail(reason: int) -> None:
    raise OSError(reason, os.strerror(reason))


def run_again(command: Command, whole: Whole, before: Outcome) -> list[str]:
    """Run a command that was cut off once more; return how its folder differs from that of an uninterrupted run."""
    printed = before.out[: before.out.rfind(b"\n") + 1].splitlines()
    faults = []
    for line in printed:
        with suppress(ValueError):
            json.loads(line)
            continue
        faults.append(f"printed {line[:80]!r}")
    finished = command.listing() == whole.listing
    again = command.first if before.code == 0 else command.again
    if not (finished and command.name.startswith(("train", "export", "calibrate"))):
        done = forked(again, prepare=command.prepare)
        faults += _faults_of(done)
        if done.code and "already holds a model" not in done.err:  # it was finished before the kill
            faults.append(f"the second run ended with {done.code}: {done.err[-300:]!r}")
    here = command.listing()
    if here != whole.listing:
        faults.append(f"left {sorted(set(here) ^ set(whole.listing))[:5]}")
    return faults + left_over(command.folder)


def _faults_of(ended: Outcome) -> list[str]:
    return [f"says {words!r}" for words in ("Traceback", "internal fault") if words in ended.err]
