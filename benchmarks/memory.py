"""Peak memory of `semscan train` on small and large folders: `python benchmarks/memory.py`.

Writes that many textured images into a temporary folder, trains a few steps on each folder in a process of its own,
and prints one JSON line for each folder: images, peak resident MiB, seconds. The image cache limits the memory for the
larger folder (at most half a GiB as half floats).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np


def write_images(folder: Path, count: int, side: int) -> None:
    """Write textures with noise, 8 bits."""
    folder.mkdir(parents=True)
    for number in range(count):
        rng = np.random.default_rng(number)
        slow = cv2.resize(rng.normal(size=(side // 8, side // 8)), (side, side), interpolation=cv2.INTER_CUBIC)
        values = 110 + 20 * slow + rng.normal(0, 8, (side, side))
        cv2.imwrite(str(folder / f"{number:05d}.png"), values.clip(0, 255).astype(np.uint8))


def peak_of(command: list[str]) -> tuple[float, float]:
    """Run a command; return its peak resident MiB and its seconds."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_maxrss / (1024 if sys.platform != "darwin" else 2**20), time.monotonic() - began


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, nargs="+", default=[50, 2000])
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--steps", type=int, default=40)
    chosen = parser.parse_args()
    for count in chosen.images:
        with tempfile.TemporaryDirectory() as root:
            write_images(Path(root) / "data" / "good", count, chosen.side)
            peak, seconds = peak_of(
                [
                    sys.executable,
                    "-m",
                    "semscan",
                    "-q",
                    "train",
                    f"{root}/data",
                    "--out",
                    f"{root}/model",
                    "--steps",
                    str(chosen.steps),
                ]
            )
        print(
            json.dumps(
                {
                    "images": count,
                    "side": chosen.side,
                    "steps": chosen.steps,
                    "peak_mib": round(peak),
                    "seconds": round(seconds),
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
