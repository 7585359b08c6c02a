"""Large images in windows: `python benchmarks/large.py --sides 4096 8192 16384`.

Writes lines with 50 planted defects as 8-bit BigTIFF, in blocks, so that no image is ever held as a whole. Inspects
each by `--method periodic` in a process of its own, and prints one JSON line for each run: CPU and wall seconds, peak
resident MiB, regions, and how many of the planted defects lie in one. With `--quarter`, the top left quarter of the
largest image is also inspected as a whole image; the line says how many of its regions the run in windows has too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

BLOCK = 512  # px
PITCH = 32.0  # px
DEFECTS = 50
SEED = 15
NOISE = 8.0  # grey levels
WHOLE = 1 << 62  # pixels: nothing is read in windows
INSPECT = """
import json, sys
from semscan.pipeline.inspecting.images import inspect_images
from semscan.settings import InspectSettings, OutputSettings
image, out, above = sys.argv[1:]
output = OutputSettings(out=out)
settings = InspectSettings(method=("periodic",), output=output)
if int(above):
    settings = InspectSettings(method=("periodic",), output=output, stream_above=int(above))
(record,) = inspect_images([image], settings)
print(json.dumps(record.to_json()))
"""


def planted(side: int) -> list[tuple[int, int, int, int]]:
    """Return (row, col, radius, change of grey level) of the defects; those of the quarter lie in it at any side."""
    rng = np.random.default_rng(SEED)
    shares = rng.uniform(0.02, 0.98, (DEFECTS, 2))
    return [
        (int(row * side), int(col * side), int(rng.integers(5, 11)), int(rng.choice([-70, 70]))) for row, col in shares
    ]


def block(row: int, col: int, defects: list[tuple[int, int, int, int]]) -> np.ndarray:
    """Return a block of the image, uint8, whose first pixel is at (row, col)."""
    rng = np.random.default_rng((SEED, row, col))
    x = np.arange(col, col + BLOCK)
    profile = 115 + 45 * np.tanh(4 * np.sin(2 * np.pi * x / PITCH))
    values = profile + rng.normal(0, NOISE, (BLOCK, BLOCK))
    for down, right, radius, change in defects:
        if row - radius <= down < row + BLOCK + radius and col - radius <= right < col + BLOCK + radius:
            away = np.hypot(np.arange(row, row + BLOCK)[:, None] - down, x - right)
            values += change / (1 + np.exp(np.minimum(2 * (away - radius), 50)))
    return values.clip(0, 255).astype(np.uint8)


def write_image(path: Path, side: int, layout: str, full_side: int, rows: int | None = None) -> None:
    """Write the image, `side` px (only so many `rows`), or its top left part where it is `full_side` px."""
    rows = rows or side
    defects = planted(full_side)

    def rows_of_blocks() -> Iterator[list[np.ndarray]]:
        for row in range(0, rows, BLOCK):
            yield [block(row, col, defects) for col in range(0, side, BLOCK)]

    if layout == "tiled":
        segments = (one for row in rows_of_blocks() for one in row)
        options = {"tile": (BLOCK, BLOCK), "compression": "zlib", "compressionargs": {"level": 1}}
    else:
        segments = (np.hstack(row) for row in rows_of_blocks())
        options = {"rowsperstrip": BLOCK}
    tifffile.imwrite(
        path, segments, shape=(rows, side), dtype=np.uint8, bigtiff=True, photometric="minisblack", **options
    )


def inspected(image: Path, out: Path, above: int) -> tuple[dict, dict]:
    """Inspect an image in a process of its own; return its record and what it cost."""
    read, write = os.pipe()
    began = time.monotonic()
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", INSPECT, str(image), str(out), str(above)],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)],
    )
    os.close(write)
    with os.fdopen(read) as stdout:
        record = json.load(stdout)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{image}: ended with {os.waitstatus_to_exitcode(status)}")
    cpu = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 2**20)
    return record, {"cpu_s": round(cpu, 1), "wall_s": round(time.monotonic() - began, 1), "peak_mib": round(peak)}


def found_of(record: dict, side: int, full_side: int, rows: int) -> tuple[int, int]:
    """Return how many planted defects of an image lie in one of its regions, and how many it has."""
    boxes = [region["bbox"] for region in record["regions"]]
    there = [(row, col) for row, col, radius, _ in planted(full_side) if col + radius < side and row + radius < rows]
    inside = sum(
        any(x - 3 <= col < x + w + 3 and y - 3 <= row < y + h + 3 for x, y, w, h in boxes) for row, col in there
    )
    return inside, len(there)


def overlaps(one: list[int], other: list[int]) -> bool:
    """Return whether two boxes have a pixel in common."""
    return all(one[k] < other[k] + other[k + 2] and other[k] < one[k] + one[k + 2] for k in (0, 1))


def main() -> None:
    """Parse, write, inspect, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", type=int, nargs="+", default=[4096, 8192, 16384])
    parser.add_argument("--rows", type=int, help="of images that are not square, a multiple of 512")
    parser.add_argument("--layout", choices=["tiled", "striped"], default="tiled")
    parser.add_argument("--whole", action="store_true", help="inspect each as a whole image too")
    parser.add_argument("--quarter", action="store_true", help="compare with a quarter of the largest as a whole image")
    parser.add_argument("--windows-above", type=int, default=1, help="pixels above which windows are used")
    parser.add_argument("--work", type=Path, help="folder for images and results, kept; default: a temporary one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = chosen.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        record: dict = {}
        for side in chosen.sides:
            image = work / f"{side}-{chosen.layout}.tif"
            write_image(image, side, chosen.layout, side, chosen.rows)
            for way, above in (("windows", chosen.windows_above), ("whole", WHOLE))[: 1 + chosen.whole]:
                result, cost = inspected(image, work / f"{side}-{way}", above)
                record = result if way == "windows" else record
                report(result, cost, side, side, way, chosen.layout, chosen.rows)
        if chosen.quarter:
            side = chosen.sides[-1]
            image = work / f"quarter-{chosen.layout}.tif"
            write_image(image, side // 2, chosen.layout, side)
            result, cost = inspected(image, work / "quarter", WHOLE)
            boxes = [region["bbox"] for region in record["regions"]]
            shared = sum(any(overlaps(region["bbox"], box) for box in boxes) for region in result["regions"])
            report(result, cost, side // 2, side, "quarter as a whole", chosen.layout, None, also_in_windows=shared)


def report(
    record: dict, cost: dict, side: int, full_side: int, way: str, layout: str, rows: int | None, **more: int
) -> None:
    """Print one JSON line."""
    rows = rows or side
    inside, there = found_of(record, side, full_side, rows)
    megapixels = rows * side / 1e6
    line = {
        "rows": rows,
        "cols": side,
        "layout": layout,
        "way": way,
        **cost,
        "cpu_s_per_mpx": round(cost["cpu_s"] / megapixels, 3),
        "regions": len(record["regions"]),
        "planted": there,
        "found": inside,
        **more,
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
