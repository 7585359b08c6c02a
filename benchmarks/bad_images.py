"""A batch in which some images crash, hang or exhaust the process that reads them.

    python -m benchmarks.bad_images --images 1000 --bad 20

Generated lines, 256 x 256, with `--method periodic`. No file at hand does this to the decoders that are installed, so a
hook that Python calls before it opens a file does it, by the file's name: a segmentation fault, a sleep without end, or
memory without end. Prints one JSON line: records by status, errors by what they say, the exit code, and whether all
records came, in order.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.many_images import generate

FAULTS = ("crash", "hang", "memory")
HOOK = """
import multiprocessing, os, signal, sys, time

def fault(event, arguments):
    if event == "open" and multiprocessing.parent_process() is not None:
        name = os.path.basename(os.fsdecode(arguments[0])) if isinstance(arguments[0], (str, bytes)) else ""
        if "crash" in name and name.endswith(".png"):
            os.kill(os.getpid(), signal.SIGSEGV)
        if "hang" in name and name.endswith(".png"):
            time.sleep(1e6)
        if "memory" in name and name.endswith(".png"):
            kept = [bytearray(os.urandom(1 << 20) * 16) for _ in range(1 << 14)]

sys.addaudithook(fault)
"""


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--bad", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        images = list(generate(work, chosen.images))
        for number, path in enumerate(random.Random(chosen.seed).sample(images, chosen.bad)):
            path.rename(path.with_stem(f"{path.stem}-{FAULTS[number % len(FAULTS)]}"))
        (work / "hook").mkdir()
        (work / "hook" / "sitecustomize.py").write_text(HOOK)
        _inspect(work, chosen.jobs)


def _inspect(work: Path, jobs: int) -> None:
    options = ["--method", "periodic", "--no-overlay", "--no-mask", "--no-golden", "-q"]
    limits = ["--timeout", "20", "--max-memory", "600M", "--jobs", str(jobs)]
    paths = [str(work / "hook"), *filter(None, [os.environ.get("PYTHONPATH")])]
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "semscan", "inspect", str(work / "lot"), *options, *limits, "--out", str(work / "out")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    wanted = [str(path) for path in sorted((work / "lot").iterdir())]
    errors = [record for record in records if record["status"] == "error"]
    figures = {
        "images": len(wanted),
        "statuses": Counter(record["status"] for record in records),
        "all_in_order": [record["image"] for record in records] == wanted,
        "errors": Counter(f"{_fault(record['image'])}: {_reason(record)}" for record in errors),
        "judged_with_a_fault": sum(_fault(record["image"]) != "" for record in records if record["status"] == "ok"),
        "exit_code": done.returncode,
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(figures), flush=True)


def _fault(image: str) -> str:
    """Return the fault that an image brings; empty for a good one."""
    return next((fault for fault in FAULTS if image.endswith(f"-{fault}.png")), "")


def _reason(record: dict[str, str]) -> str:
    """Return what an error says, without the name of the image."""
    return record["error"].removeprefix(f"{record['image']}: ")


if __name__ == "__main__":
    main()
