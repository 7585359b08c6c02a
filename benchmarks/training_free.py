"""Measure the comparison of periodic images with their own repeats (`--method periodic`).

    python benchmarks/training_free.py [generated|pitch|real|calibrated|speed ...] [--count 20] [--seed 1]

generated makes images of lines and contacts (pitch 16 to 48 px, rotation to 4 degrees, 20 to 80 electrons
per pixel, 256 to 512 px a side) with one defect each, and images without a defect. It measures how often the
maximum of the map lies on the defect, how often a region does, and the false regions per image at the threshold.
pitch counts the images without a defect whose pitch comes out wrong (off by 3 %), or not at all: pitch 6 to 48 px,
256 to 1280 px a side, turned by at most 0, 1.5 or 30 degrees.
real needs the environment variable SEMSCAN_REAL_DATA, a folder that holds grid/ (must be periodic) and
nanofibres/ (must not be). calibrated sets the threshold on good images, as `semscan calibrate --method periodic` does.
On generated ones it measures how often further good images exceed it. On 15 of the good training images of grid/ it
measures that too, and the defects hit. speed times a cold inspection of 1024 x 1024 pixels against
`import tensorflow`, both on one core.
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
from semscan.maps.fit_threshold import fit_threshold
from semscan.pipeline.calibrate import calibrate
from semscan.pipeline.inspect import inspect_image
from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.reference.cell.compare import find_image_lattice
from semscan.settings import CalibrateSettings, InspectSettings, ReadSettings, SynthSettings
from semscan.synth.simulator.image import make_image
from semscan.values import SemImage

KINDS = (
    *(("lines", kind) for kind in ("bridge", "break", "particle", "pinch", None)),
    *(("contacts", kind) for kind in ("missing", "particle", "merged", None)),
)
SIDES = (256, 384, 512)
NEAR = np.ones((11, 11), np.uint8)
SETTINGS = InspectSettings()
FAMILIES = 4  # of generated good images; in the second half each image has another dose and roughness
RATES = (0.1, 0.3, 1.0)
SETS = (1, 3, 15)  # good images
FRESH = 30
GRID_GOOD = 15
GRID_DRAWS = 12


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


def pitches(count, seed):
    """Count the images of each pattern and size whose pitch is wrong; `count` of each."""
    print("| pattern | side | wrong or not found |\n|---|---|---|")
    rng = np.random.default_rng(seed)
    for pattern, steps in (("contacts", 2), ("lines", 1)):
        for side in (256, 512, 1024, 1280):
            wrong = []
            for number in range(count):
                pitch = float(rng.uniform(6, min(48, side / 6)))
                turned = float((0, 1.5, 30)[number % 3])
                recipe = SynthSettings(
                    pattern=pattern, rows=side, cols=side, pitch=pitch, rotation=turned, seed=int(rng.integers(1 << 30))
                )
                image = clean(SemImage(make_image(recipe).pixels, "generated"), ReadSettings())
                found = find_image_lattice(image).pitch_px
                if len(found) != steps or any(abs(each / pitch - 1) > 0.03 for each in found):
                    wrong.append(f"{pitch:.1f}: {', '.join(f'{each:.1f}' for each in found) or 'none'}")
            print(f"| {pattern} | {side} | {len(wrong)} of {count} {'; '.join(wrong)} |", flush=True)


def grid_truth(folder, path, shape):
    """Read the defect mask of a test image of grid/."""
    mask = folder / "grid" / "ground_truth" / path.parent.name / f"{path.stem}_mask.png"
    if not mask.is_file():
        return np.zeros(shape, bool)
    return cv2.imdecode(np.fromfile(mask, np.uint8), cv2.IMREAD_GRAYSCALE) > 0


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
        truth = grid_truth(folder, path, inspected.mask.shape)
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


def family(number, seed):
    """Make the raw maps of good images of one pattern."""
    rng = np.random.default_rng([seed, number])
    pattern = ("lines", "contacts")[number % 2]
    pitch = float(rng.uniform(16, 48))
    maps = []
    for index in range(max(SETS) + FRESH):
        if index == 0 or number >= FAMILIES // 2:
            dose, roughness = float(rng.uniform(20, 80)), float(rng.uniform(0.2, 1.2))
        settings = SynthSettings(
            pattern=pattern, pitch=pitch, dose=dose, roughness=roughness, rotation=1.0, rows=320, cols=320
        )
        image = make_image(settings, [], key=f"family {number}", index=index)
        maps.append(PeriodicMethod()(clean(SemImage(image.pixels, "generated"), ReadSettings())).raw)
    return maps


def regions_above(raw, threshold):
    """Count the regions of at least 4 px above a threshold."""
    sizes = cv2.connectedComponentsWithStats((raw > threshold).astype(np.uint8), connectivity=8)[2]
    return int((sizes[1:, cv2.CC_STAT_AREA] >= 4).sum())


def promises(seed, draws=5):
    """Measure how many false regions further good images show at a threshold that was set on few of them."""
    rates = {(count, rate, on): [] for count in SETS for rate in RATES for on in (False, True)}
    for number in range(FAMILIES):
        maps = family(number, seed)
        rng = np.random.default_rng([seed, number, 1])
        for _ in range(draws):
            order = rng.permutation(len(maps))
            fresh = [maps[n] for n in order[max(SETS) :]]
            for (count, rate, on), found in rates.items():
                good = [maps[n] for n in order[:count]]
                areas = [np.ones(raw.shape, bool) for raw in good]
                threshold = fit_threshold(good, areas, false_alarms=rate, floor=0.5, on_average=on).raw_threshold
                found.append(np.mean([regions_above(raw, threshold) for raw in fresh]))
    print("| good images | false regions wanted | in further images | at the likeliest threshold |\n|---|---|---|---|")
    for count in SETS:
        for rate in RATES:
            on, off = (np.mean(rates[count, rate, on]) for on in (True, False))
            print(f"| {count} | {rate} | {on:.2f} | {off:.2f} |", flush=True)


def calibrated(folder):
    """Measure grid/ at the threshold of each image's own repeats, and at one set on good training images."""
    from sklearn.metrics import roc_auc_score

    paths = sorted((folder / "grid" / "test").rglob("*.png"))
    maps = [PeriodicMethod()(clean(read_image(path, ReadSettings()), ReadSettings())).raw for path in paths]
    is_good = [path.parent.name == "good" for path in paths]
    auroc = roc_auc_score(np.logical_not(is_good), [raw.max() for raw in maps])
    peaks = []
    for path, raw in zip(paths, maps, strict=True):
        truth = grid_truth(folder, path, raw.shape).astype(np.uint8)
        count, labels, sizes, _ = cv2.connectedComponentsWithStats(truth, connectivity=8)
        peaks += [raw[labels == n].max() for n in range(1, count) if sizes[n, cv2.CC_STAT_AREA] >= 4]
    print("| set on | wanted | raw threshold, rule | defects hit | false regions per good image | image AUROC |")
    print("|---|---|---|---|---|---|")
    good = [raw for raw, is_one in zip(maps, is_good, strict=True) if is_one]

    def row(words, threshold):
        hit = sum(peak > threshold for peak in peaks)
        false = np.mean([regions_above(raw, threshold) for raw in good])
        print(f"| {words} | {hit}/{len(peaks)} ({hit / len(peaks):.0%}) | {false:.2f} | {auroc:.3f} |", flush=True)
        return hit, false

    row("each image itself | 0.1 | 1", 1.0)
    for rate in RATES[:2]:
        with tempfile.TemporaryDirectory() as place:
            settings = CalibrateSettings(f"{place}/F", method="periodic", false_alarms=rate, most=GRID_GOOD)
            made = calibrate(folder / "grid" / "train", None, settings, lambda line: print(line, file=sys.stderr))
        threshold = made["raw_threshold"]
        row(f"{made['images']} images, evenly chosen | {rate} | {threshold:.3f}, {made['threshold_rule']}", threshold)
    files = sorted((folder / "grid" / "train").rglob("*.png"))
    train = [PeriodicMethod()(clean(read_image(path, ReadSettings()), ReadSettings())).raw for path in files]
    for rate in RATES[:2]:
        rng = np.random.default_rng(0)
        found = []
        for number in range(GRID_DRAWS):
            drawn = [train[n] for n in rng.choice(len(train), GRID_GOOD, replace=False)]
            areas = [np.ones(raw.shape, bool) for raw in drawn]
            fitted = fit_threshold(drawn, areas, false_alarms=rate, floor=0.5, on_average=True)
            words = f"{GRID_GOOD} images, draw {number + 1} | {rate} | {fitted.raw_threshold:.3f}, {fitted.rule}"
            found.append(row(words, fitted.raw_threshold))
        hits, false = (np.median(column) for column in zip(*found, strict=True))
        print(
            f"{rate}: median of the draws {hits:g}/{len(peaks)}, {false:.2f} false regions per good image", flush=True
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
    parser.add_argument("what", nargs="*", default=["generated", "real", "calibrated", "speed"])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    if "generated" in chosen.what:
        generated(chosen.count, chosen.seed)
    if "pitch" in chosen.what:
        pitches(chosen.count, chosen.seed)
    if "calibrated" in chosen.what:
        promises(chosen.seed)
    for name, measure in {"real": real, "calibrated": calibrated}.items():
        if name in chosen.what and "SEMSCAN_REAL_DATA" in os.environ:
            measure(Path(os.environ["SEMSCAN_REAL_DATA"]))
        elif name in chosen.what:
            print(f"{name}: grid is left out, SEMSCAN_REAL_DATA names no folder", file=sys.stderr)
    if "speed" in chosen.what:
        speed()


if __name__ == "__main__":
    main()
