"""What a Dask cluster costs beside the inspection: seconds and memory for each name, with a method that does nothing.

    python -m benchmarks.cluster 10000
    python -m benchmarks.cluster 1000000 --workers 2

Prints one JSON line for each tenth of the names: names so far, milliseconds for each since the line before, and the
resident memory of driver and scheduler, which are one process here.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

from semscan.files.find.images import InputImage
from semscan.pipeline.inspecting.inspector import ImageTask
from semscan.pipeline.run.cluster import connected
from semscan.pipeline.run.limits import resident
from semscan.pipeline.run.parallel import ordered_map
from semscan.values.record import AnyRecord, Record


class Nothing:
    """Does what an inspector does without looking at the image."""

    name = "nothing"

    def prepare(self) -> None:
        """Open nothing."""

    def __call__(self, task: ImageTask) -> AnyRecord:
        """Return a record."""
        return Record(image=task.found.given, source=str(task.found.path), width=256, height=256, regions=())


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", type=int)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    act = Nothing()
    with connected(str(chosen.workers)) as cluster:
        tasks = (ImageTask(InputImage(f"{n:07d}.png", Path(f"/nowhere/{n:07d}.png"))) for n in range(chosen.names))
        step = max(1, chosen.names // 10)
        began = time.monotonic()
        records = ordered_map(lambda task: cluster.do(act, task), tasks, cluster.in_flight, cluster.end)
        for number, record in enumerate(records, start=1):
            assert record.image == f"{number - 1:07d}.png"
            if number % step == 0:
                now = time.monotonic()
                line = {
                    "names": number,
                    "ms_for_each": round((now - began) / step * 1e3, 3),
                    "memory_mib": resident(os.getpid()) >> 20,
                }
                print(json.dumps(line), flush=True)
                began = now


if __name__ == "__main__":
    main()
