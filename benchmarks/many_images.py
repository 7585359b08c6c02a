"""Many small images through `semscan inspect`: memory, a second job, kills, and a cluster that loses processes.

    python -m benchmarks.many_images --images 10000 --kills 10
    python -m benchmarks.many_images --images 2000 --cluster 4

Images of generated lines, 256 x 256, with `--method periodic`. Prints one JSON line for each part:

- "memory": resident memory of all processes after 500 images and at the end, MiB; images per second
- "jobs": images per second of two jobs against one, in turn on the same images
- "kills": the run is killed with SIGKILL at random moments and resumed; how many records are missing, doubled or other
  than those of the run that was not killed, and how many images were inspected twice
- "cluster", in place of the last two with --cluster: as many processes, two of which are killed at random moments; how
  its records differ from those of the run without a cluster
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from semscan.pipeline.run.limits import resident

PATTERN = 16  # different images; the others are copies, told apart by their last bytes


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--compared", type=int, default=400, help="images of the comparison of one job with two")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cluster", type=int, help="processes of a local cluster")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        images = list(generate(work, chosen.images))
        whole = _memory(work, len(images), chosen.jobs)
        if chosen.cluster:
            _cluster(work, whole, chosen.cluster, random.Random(chosen.seed))
            return
        _jobs(work, images[: chosen.compared])
        _kills(work, whole, chosen.kills, chosen.jobs, random.Random(chosen.seed))


def generate(work: Path, count: int) -> Iterator[Path]:
    """Make images, of which 16 differ in more than their last bytes, in `work`/lot; yield their names."""
    options = ["--train", "1", "--test-good", str(PATTERN), "--per-defect", "1", "--size", "256", "-q"]
    subprocess.run(_command("synth", str(work / "set"), *options), check=True, stdout=subprocess.DEVNULL)
    made = sorted((work / "set" / "test").rglob("*.png"))
    (work / "lot").mkdir()
    for number in range(count):
        path = work / "lot" / f"{number:06d}.png"
        path.write_bytes(made[number % len(made)].read_bytes() + number.to_bytes(8, "big"))
        yield path


def _memory(work: Path, count: int, jobs: int) -> dict[str, Any]:
    """Inspect all images; return the records by image."""
    began = time.monotonic()
    at: dict[str, int] = {}
    with _started(work, "whole", [str(work / "lot")], jobs) as run:
        assert run.stdout is not None
        for number, _ in enumerate(run.stdout, start=1):
            if number == min(500, count):
                at["after_500"] = _all_resident(run.pid)
            if number == count:
                at["at_the_end"] = _all_resident(run.pid)
    seconds = time.monotonic() - began
    _print("memory", {**{name: size >> 20 for name, size in at.items()}, "images_per_s": round(count / seconds, 2)})
    return _records(work / "whole")


def _jobs(work: Path, images: Sequence[Path]) -> None:
    rates: dict[int, list[float]] = {1: [], 2: []}
    names = [str(path) for path in images]
    for turn in range(2):
        for jobs in (1, 2) if turn % 2 == 0 else (2, 1):
            began = time.monotonic()
            with _started(work, f"jobs{jobs}", names, jobs) as run:
                run.communicate()
            rates[jobs].append(len(names) / (time.monotonic() - began))
    mean = {jobs: sum(values) / len(values) for jobs, values in rates.items()}
    _print("jobs", {"one": round(mean[1], 2), "two": round(mean[2], 2), "ratio": round(mean[2] / mean[1], 3)})


def _cluster(work: Path, whole: dict[str, Any], processes: int, draw: random.Random) -> None:
    """Inspect all images on a cluster, and kill two of its processes."""
    wanted = sorted(draw.sample(range(1, len(whole) * 3 // 4), 2))  # later ones may have nothing left to do
    began = time.monotonic()
    with _started(work, "cluster", [str(work / "lot")], 1, "--cluster", str(processes)) as run:
        assert run.stdout is not None
        printed = [json.loads(line)["image"] for line in _killing(run.stdout, run.pid, wanted, draw)]
    seconds = time.monotonic() - began
    records = _records(work / "cluster")
    lines = (work / "cluster" / "results.jsonl").read_text("utf-8").splitlines()
    _print(
        "cluster",
        {
            "processes": processes,
            "killed": len(wanted),
            "exit_code": run.returncode,
            "printed_in_order": printed == sorted(whole),
            "missing": len(whole.keys() - records.keys()),
            "doubled": len(lines) - len(records),
            "differing": sum(records.get(image) != record for image, record in whole.items()),
            "images_per_s": round(len(whole) / seconds, 2),
        },
    )


def _killing(lines: Iterable[str], pid: int, wanted: Sequence[int], draw: random.Random) -> Iterator[str]:
    """Pass lines on; kill one of the processes below `pid` when as many lines as `wanted` have come."""
    for number, line in enumerate(lines, start=1):
        if number in wanted:
            workers = [child for child in _children(pid) if b"spawn_main" in _command_of(child)]
            os.kill(draw.choice(workers), signal.SIGKILL)
        yield line


def _command_of(process: int) -> bytes:
    with suppress(OSError):  # it has ended
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""


def _kills(work: Path, whole: dict[str, Any], kills: int, jobs: int, draw: random.Random) -> None:
    out, kept = work / "killed", 0
    wanted = sorted(draw.sample(range(1, len(whole)), kills))
    lost = 0
    for target in [*wanted, None]:
        with _started(work, "killed", [str(work / "lot"), "--resume"], jobs) as run:
            assert run.stdout is not None
            number = 0
            for number, _ in enumerate(run.stdout, start=1):
                if number == target:
                    time.sleep(draw.uniform(0, 0.3))
                    run.send_signal(signal.SIGKILL)
                    break
        if target is not None:
            time.sleep(1)  # the processes of a killed run end with the image in work
            written = sum(1 for _ in out.rglob("*.map.tif"))
            lost = max(lost, written - _journaled(out))
        kept = number
    records = _records(out)
    lines = (out / "results.jsonl").read_text("utf-8").splitlines()
    _print(
        "kills",
        {
            "kills": kills,
            "printed_by_the_last_run": kept,
            "records": len(lines),
            "missing": len(whole.keys() - records.keys()),
            "doubled": len(lines) - len(records),
            "differing": sum(records.get(image) != record for image, record in whole.items()),
            "most_images_done_and_not_on_record_at_a_kill": lost,
        },
    )


def _journaled(out: Path) -> int:
    """Count the images on record, by finished runs and by killed ones."""
    sources = set()
    for path in (out / "results.jsonl", *out.glob("results.*.partial.jsonl")):
        with suppress(OSError):
            for line in path.read_bytes().splitlines():
                with suppress(ValueError):
                    sources.add(json.loads(line)["source"])
    return len(sources)


def _records(out: Path) -> dict[str, Any]:
    """Return the records of a folder by image, without what differs from run to run."""
    found = {}
    for line in (out / "results.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        record.pop("seconds", None)
        record["outputs"] = sorted(Path(path).name for path in record["outputs"].values())
        found[record["image"]] = record
    return found


def _started(work: Path, out: str, arguments: Sequence[str], jobs: int, *more: str) -> subprocess.Popen[str]:
    jobs_or_more = more or ("--jobs", str(jobs))
    options = ["--method", "periodic", "--no-overlay", "--no-mask", "--no-golden", *jobs_or_more, "-q"]
    command = _command("inspect", *arguments, *options, "--out", str(work / out))
    if arguments[-1] != "--resume":
        shutil.rmtree(work / out, ignore_errors=True)
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "semscan", *words]


def _all_resident(first: int) -> int:
    """Return the memory of a process and of those that it has started, bytes."""
    return resident(first) + sum(map(resident, _children(first)))


def _children(parent: int) -> list[int]:
    """Return the processes that a process has started."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if int((folder / "stat").read_text("ascii").rpartition(")")[2].split()[1]) == parent:
                found.append(int(folder.name))
    return found


def _print(part: str, figures: dict[str, Any]) -> None:
    print(json.dumps({"part": part, "cores": os.cpu_count(), **figures}), flush=True)


if __name__ == "__main__":
    main()
