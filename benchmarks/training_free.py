"""Measure the comparison of periodic images with their own repeats (`--method periodic`).

    python benchmarks/training_free.py [generated|real|speed ...] [--count 20] [--seed 1]

generated makes images of lines and contacts (pitch 16 to 48 px, rotation to 4 degrees, 20 to 80 electrons
per pixel, 256 to 512 px a side) with one defect each, and images without a defect. It measures how often the
maximum of the map lies on the defect, how often a region does, and the false regions per image at the threshold.
real needs the environment variable SEMSCAN_REAL_DATA, a folder that holds grid/ (must be periodic) and
nanofibres/ (must not be). speed times a cold inspection of 1024 x 1024 pixels against `import tensorflow`,
both on one core.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.pipeline.inspect import inspect_image
from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.reference.cell.compare import find_image_lattice
from semscan.settings import InspectSettings, ReadSettings, SynthSettings
from semscan.synth.simulator.image import make_image
from semscan.values import SemImage

KINDS = (
    *(("lines", kind) for kind in ("bridge", "break", "particle", "pinch", None)),
    *(("contacts", kind) for kind in ("missing", "particle", "merged", None)),
)
SIDES = (256, 384, 512)
NEAR = np.ones((11, 11), np.uint8)
SETTINGS = InspectSettings()


def recipe(pattern, number, rng):
    """Draw one recipe from the range that the documentation promises."""
    return SynthSettings(
        pattern=pattern,
        pitch=float(rng.uniform(16, 48)),
        dose=float(rng.uniform(20, 80)),
        rotation=4.0,
        rows=int(rng.choice(SIDES)),
        cols=int(rng.choice(SIDES)),
        lattice=("square", "staggered")[number % 2],
    )


def inspect_periodic(pixels):
    """Inspect one image by its repeats."""
    return inspect_image(SemImage(pixels, "generated"), "generated", SETTINGS, PeriodicMethod())


def false_regions(inspected, truth):
    """Count the regions that touch no defect (grown by 5 px)."""
    near = cv2.dilate(truth.astype(np.uint8), NEAR) > 0
    labels = range(1, len(inspected.regions) + 1)
    return sum(not near[inspected.labels == label].any() for label in labels)


def generated(count, seed):
    """Measure hits and false regions on generated images; print one Markdown row for each kind of defect."""
    print("| pattern | defect | images | maximum on it | found at the threshold | false regions per image |")
    print("|---|---|---|---|---|---|")
    for turn, (pattern, kind) in enumerate(KINDS):
        rng = np.random.default_rng([seed, turn])
        maxima = found = false = 0
        for number in range(count):
            image = make_image(recipe(pattern, number, rng), [kind] if kind else [], key="bench", index=seed + number)
            truth = image.mask > 0
            inspected = inspect_periodic(image.pixels)
            maxima += bool(truth[np.unravel_index(inspected.anomaly_map.values.argmax(), truth.shape)])
            found += bool((inspected.mask[truth] > 0).any())
            false += false_regions(inspected, truth)
        hits = f"{maxima / count:.1%} | {found / count:.1%}" if kind else "- | -"
        print(f"| {pattern} | {kind or 'none'} | {count} | {hits} | {false / count:.3f} |", flush=True)


def real(folder):
    """Measure AUROC on the grid images, and which images are detected as periodic."""
    from sklearn.metrics import roc_auc_score

    peaks = []
    defective = []
    maps = []
    truths = []
    false = []
    for path in sorted((folder / "grid" / "test").rglob("*.png")):
        inspected = inspect_image(read_image(path, ReadSettings()), path.name, SETTINGS, PeriodicMethod())
        mask = folder / "grid" / "ground_truth" / path.parent.name / f"{path.stem}_mask.png"
        truth = np.zeros(inspected.mask.shape, bool)
        if mask.is_file():
            truth = cv2.imdecode(np.fromfile(mask, np.uint8), cv2.IMREAD_GRAYSCALE) > 0
        peaks.append(inspected.anomaly_map.values.max())
        defective.append(path.parent.name != "good")
        maps.append(inspected.anomaly_map.values[::2, ::2].ravel())
        truths.append(truth[::2, ::2].ravel())
        if not defective[-1]:
            false.append(false_regions(inspected, truth))
    print(
        f"grid: {len(peaks)} images, all periodic; image AUROC {roc_auc_score(defective, peaks):.4f}, "
        f"pixel AUROC {roc_auc_score(np.concatenate(truths), np.concatenate(maps)):.4f}, "
        f"{np.mean(false):.2f} false regions per good image",
        flush=True,
    )
    for name in ("grid/train", "nanofibres/train", "nanofibres/test"):
        files = sorted(path for path in (folder / name).rglob("*") if path.is_file())
        lattices = [find_image_lattice(clean(read_image(path, ReadSettings()), ReadSettings())) for path in files]
        confidences = [lattice.confidence for lattice in lattices]
        print(
            f"{name}: {sum(lattice.found for lattice in lattices)} of {len(files)} periodic, "
            f"confidence {min(confidences):.2f} to {max(confidences):.2f}",
            flush=True,
        )


def speed(rounds=5):
    """Measure wall and processor seconds, and peak memory, of cold processes on one core, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {"import tensorflow": [sys.executable, "-c", "import tensorflow"]}
        for pattern in ("lines", "contacts"):
            path = Path(folder, f"{pattern}.png")
            pixels = make_image(SynthSettings(pattern=pattern, rows=1024, cols=1024, rotation=3.0)).pixels
            path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
            commands[f"inspect {pattern}"] = [
                sys.executable,
                "-m",
                "semscan",
                "inspect",
                str(path),
                "--method",
                "periodic",
                "--out",
                folder + "/o",
            ]
        measurements = {name: [] for name in commands}
        for turn in range(rounds + 1):
            for name, command in commands.items():
                figures = timed(command)
                if turn:  # the first turn fills the disk cache
                    measurements[name].append(figures)
    print("| command | wall s | processor s | peak MiB |\n|---|---|---|---|")
    for name, figures in measurements.items():
        wall, busy = (statistics.median(column) for column in list(zip(*figures, strict=True))[:2])
        print(f"| {name} | {wall:.2f} | {busy:.2f} | {max(figure[2] for figure in figures):.0f} |")


def timed(command):
    """Measure wall seconds, processor seconds and peak MiB of one whole process on one core."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command} failed")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    """Parse and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["generated", "real", "speed"])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    if "generated" in chosen.what:
        generated(chosen.count, chosen.seed)
    if "real" in chosen.what:
        if "SEMSCAN_REAL_DATA" in os.environ:
            real(Path(os.environ["SEMSCAN_REAL_DATA"]))
        else:
            print("real: left out, SEMSCAN_REAL_DATA names no folder", file=sys.stderr)
    if "speed" in chosen.what:
        speed()


if __name__ == "__main__":
    main()
