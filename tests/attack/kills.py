"""Batches that are killed at a random moment, and run again: no record is lost, doubled or half written."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import tifffile

from tests.conftest import grey_image, write_model, write_png

IMAGES = 24
LONGEST_S = 2.5  # a whole batch takes about this
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def kill_batches(folder: Path, seeds: range) -> Iterator[list[str]]:
    """Kill a batch for each seed; yield what went wrong, a line each."""
    model = write_model(folder / "model")
    for number in range(IMAGES):
        write_png(folder / "images" / f"{number:02}.png", grey_image(96, 96 + number, spot=number % 3 == 0))
    for seed in seeds:
        yield [f"kills {seed}: {fault}" for fault in _kill(folder, model, seed)]


def _kill(folder: Path, model: Path, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    out = folder / f"out{seed}"
    words = [sys.executable, "-m", "semscan", "inspect", folder / "images", "--model", model, "--out", out]
    words += ["--jobs", str(int(rng.integers(1, 3)))]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(float(rng.uniform(0.2, LONGEST_S)))
    process.send_signal(SIGNALS[int(rng.integers(len(SIGNALS)))])
    printed, _ = process.communicate(timeout=60)
    complete = printed[: printed.rfind(b"\n") + 1].splitlines()
    seen = {json.loads(line)["source"] for line in complete}
    # what was printed is found by a report, before and after a second run
    faults = _checked(folder, out, seen) if complete else []
    done = subprocess.run(words, capture_output=True, timeout=120, check=False)
    if done.returncode not in (0,) or b"Traceback" in done.stderr:
        faults.append(f"the second run ended with {done.returncode}: {done.stderr[-200:]!r}")
    every = {str(path) for path in (folder / "images").iterdir()}
    return faults + _checked(folder, out, every) + left_over(out)


def _checked(folder: Path, out: Path, wanted: set[str]) -> list[str]:
    """Return which of the wanted records `report` does not find, and which stand twice."""
    done = subprocess.run(
        [sys.executable, "-m", "semscan", "report", out, "--to", "csv", "--out", folder / "reports"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        return [f"report ended with {done.returncode}: {done.stderr[-200:]!r}"]
    table = (folder / "reports" / "images.csv").read_text("utf-8").splitlines()[1:]
    names = [line.split(",")[0] for line in table]
    faults = [f"{len(names) - len(set(names))} records stand twice"] if len(set(names)) < len(names) else []
    lost = {Path(name).name for name in wanted} - {Path(name).name for name in names}
    return faults + ([f"{len(lost)} records are lost"] if lost else [])


def left_over(out: Path) -> list[str]:
    """Return which files are half written, or left of the killed run."""
    faults = []
    for path in sorted(out.rglob("*")):
        if path.name.endswith((".part", ".partial.jsonl")) or path.name == ".semscan-names":
            faults.append(f"{path.name} is left over")
        elif path.suffix in (".png", ".tif") and not _is_whole(path):
            faults.append(f"{path.name} is half written")
    return faults


def _is_whole(path: Path) -> bool:
    if path.suffix == ".png":
        return cv2.imread(str(path)) is not None
    try:
        return tifffile.imread(path).size > 0
    except Exception:
        return False
