"""Measure what rounds of review are worth: false regions and recall after 0, 1, 2, 3 rounds of 10 decisions.

    python benchmarks/review_rounds.py [lines|relief|nanofibres|grid ...] [--steps 150] [--seed 0] [--rounds 3]
                                       [--decisions 10] [--order highest|lowest] [--start earlier|scratch]
                                       [--calibrate-only] [--unseen]

A person is simulated from the ground truth. He or she looks at the regions of a lot, those of highest (or lowest)
score first, and calls a region real if at least a tenth of it lies within 5 px of a defect, else harmless. Once an
image has no undecided region, its missed defects are drawn. Each of these is one decision. The results are measured on
other images.

Three loops follow from the decisions of all rounds:

threshold   `semscan calibrate --review --no-nuisance-filter`: the same scores, another threshold
filter      `semscan calibrate --review`: a nuisance filter where it makes more decisions right, else another threshold
training    `semscan train --review`, with as many steps as the first model had: from the weights of the earlier model
            (--from), or from scratch; the lot is then inspected again

With --unseen, one kind of defect after the other is left out of all rounds of the loop "filter", and of the test images
of that kind those are counted whose defect is found.

lines are generated: 12 good images to train on, then a lot of 24 images and 32 others, half of them with a defect, and
all of them with a residue that is harmless. relief are as many images of lines of the second simulator
(`benchmarks/relief`), half of them with a defect, the others with a harmless residue. nanofibres and grid need
SEMSCAN_REAL_DATA, a folder that holds them in the layout of MVTec AD; half of their test images are the lot. Nanofibres
have no good test images, so false regions are those per image. grid and relief are inspected with --method periodic,
which has no training. All output goes to bench-out/review_rounds; trainings and inspections that are there are not
repeated.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from semscan.files.datasets.reviewed import read_review
from semscan.files.results.finished_run import read_finished
from semscan.files.results.review import HARMLESS, MISSED, REAL, REVIEW, Decision, append_decision
from semscan.maps.normalise import normalise_map
from semscan.pipeline.reviewed.pixels import drawn_defects, read_map, region_masks
from semscan.regions.find import segment
from semscan.report.formats.outline import rings
from semscan.settings import RegionSettings, SynthSettings
from semscan.synth.simulator.image import make_image

OUT = Path(__file__).resolve().parent.parent / "bench-out" / "review_rounds"
NEAR = np.ones((11, 11), np.uint8)
SMALLEST = 4  # px of a defect
TOUCHES = 0.1  # share of a region near a defect
RECIPE = SynthSettings(pattern="lines", pitch=24, rows=256, cols=256, dose=40)
REAL_KINDS = ("bridge", "break", "particle", "pinch", "scratch")
HARMLESS_KIND = "residue"
RELIEF_PITCH = 30.0  # px


@dataclass(frozen=True)
class Bench:
    """One set: the folder to train on (None: a method without training), the lot, the test images, and the truth.

    `kinds` are the kinds of the defects by image, where it has one.
    """

    name: str
    train: Path | None
    lot: Path
    test: Path
    truth: dict[str, np.ndarray]
    kinds: dict[str, str] = field(default_factory=dict)


def semscan(*arguments, may_fail=False):
    """Run semscan; return what it printed, None if it refused and may."""
    done = subprocess.run(
        [sys.executable, "-m", "semscan", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode and not may_fail:
        sys.exit(f"semscan {' '.join(map(str, arguments))} ended with {done.returncode}: {done.stderr[-400:]}")
    print(done.stderr.strip().splitlines()[-1][:200], file=sys.stderr)
    return None if done.returncode else done.stdout


def save(path, pixels):
    """Write a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def kinds_of(truth):
    """Return the kinds of the defects of generated images, by their names LOT-NUMBER.png."""
    numbers = {name: int(Path(name).stem.rpartition("-")[2]) for name in truth}
    return {name: REAL_KINDS[number // 2 % len(REAL_KINDS)] for name, number in numbers.items() if number % 2}


def lines(root, seed):
    """Generate lines; a residue is in every image of the lot and of the test, and is no defect."""
    truth = {}
    for number in range(12):
        save(root / "data" / "good" / f"{number:02d}.png", make_image(RECIPE, key=f"good {seed}", index=number).pixels)
    for part, count in (("lot", 24), ("test", 32)):
        for number in range(count):
            kinds = [HARMLESS_KIND, *([REAL_KINDS[number // 2 % len(REAL_KINDS)]] if number % 2 else [])]
            image = make_image(RECIPE, kinds, key=f"{part} {seed}", index=number)
            mask = image.mask > 0
            box = image.defects[0].box
            mask[box.top : box.bottom, box.left : box.right] = False
            save(root / part / f"{part}-{number:02d}.png", image.pixels)
            truth[f"{part}-{number:02d}.png"] = mask
    return Bench("lines", root / "data", root / "lot", root / "test", truth, kinds_of(truth))


def relief(root, seed):
    """Generate lines of the second simulator: a defect in every second image, a harmless residue in the others."""
    from relief.image import make_image as make_relief

    truth = {}
    for part, count in (("lot", 24), ("test", 32)):
        for number in range(count):
            kind = REAL_KINDS[number // 2 % len(REAL_KINDS)] if number % 2 else HARMLESS_KIND
            image = make_relief("lines", kind, RELIEF_PITCH, [seed, part == "test", number])
            save(root / part / f"{part}-{number:02d}.png", image.pixels)
            truth[f"{part}-{number:02d}.png"] = (image.mask > 0) & bool(number % 2)
    return Bench("relief", None, root / "lot", root / "test", truth, kinds_of(truth))


def real(root, name, *, trained):
    """Copy a real set; every second test image of each class is of the lot."""
    data = Path(os.environ["SEMSCAN_REAL_DATA"]) / name
    if trained:
        shutil.copytree(data / "train" / "good", root / "data" / "good")
    truth = {}
    for kind in sorted((data / "test").iterdir()):
        for number, path in enumerate(sorted(kind.iterdir())):
            part = ("lot", "test")[number % 2]
            own = f"{kind.name}-{path.name}"
            (root / part).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, root / part / own)
            mask = data / "ground_truth" / kind.name / f"{path.stem}_mask.png"
            pixels = cv2.imdecode(np.fromfile(mask if mask.is_file() else path, np.uint8), cv2.IMREAD_GRAYSCALE)
            truth[own] = pixels > 0 if mask.is_file() else np.zeros(pixels.shape, bool)
    return Bench(name, root / "data" if trained else None, root / "lot", root / "test", truth)


def components(mask):
    """Return the defects of a mask, one bool array each."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return [labels == number for number in range(1, count) if stats[number, cv2.CC_STAT_AREA] >= SMALLEST]


def measure(bench, results, threshold, kind=None):
    """Return the false regions per good image (per image where none is good), the defects found and their number.

    Nuisance regions do not count at the threshold that the images were inspected with. `kind`: only its defects count.
    """
    finished = read_finished(results)
    false = {}
    found = defects = 0
    for record in finished.inspected:
        truth = bench.truth[Path(record.source).name]
        regions = segment(read_map(finished, record), RegionSettings(threshold=threshold))
        near = cv2.dilate(truth.astype(np.uint8), NEAR) > 0
        nuisance = {r.id for r in record.regions if r.nuisance} if threshold == record.threshold else set()
        counting = [number for number in range(1, len(regions.regions) + 1) if number not in nuisance]
        sizes = [near[regions.labels == number].mean() for number in counting]
        false.setdefault(bool(truth.any()), []).append(sum(share < TOUCHES for share in sizes))
        own = components(truth) if kind in (None, bench.kinds.get(Path(record.source).name)) else []
        defects += len(own)
        found += sum(bool(np.isin(regions.labels[one], counting).any()) for one in own)
    return float(np.mean(false.get(False) or false[True])), found, defects


def review(bench, results, decisions, threshold=0.5, order="highest", without=None):
    """Make the next decisions about a lot, but for the images with a kind of defect; return their verdicts."""
    best = max if order == "highest" else min
    finished = read_finished(results)
    path = results / REVIEW
    before = read_review(path).images if path.is_file() else ()
    decided = {image.record.source: image for image in before}
    waiting = {}
    for record in finished.inspected:
        if without is not None and bench.kinds.get(Path(record.source).name) == without:
            continue
        known = decided[record.source].regions if record.source in decided else {}
        left = [region for region in record.defects if region.peak > threshold and region.id not in known]
        waiting[record.source] = (record, left, region_masks(finished, record))
    made = []
    while len(made) < decisions:
        open_ones = {name: best(r.peak for r in left) for name, (_, left, _) in waiting.items() if left}
        if not open_ones:
            break
        source = best(open_ones, key=open_ones.get)
        record, left, masks = waiting[source]
        truth = bench.truth[Path(source).name]
        region = best(left, key=lambda region: region.peak)
        left.remove(region)
        made.append(decide(path, record, region, masks[region.id], truth))
        if not left:
            drawn = drawn_defects(decided[source]) if source in decided else ()
            made += draw_missed(path, record, masks, truth, drawn, decisions - len(made))
    return made


def decide(path, record, region, inside, truth):
    """Decide about a region, and return the verdict."""
    box = region.box
    near = cv2.dilate(truth.astype(np.uint8), NEAR)[box.top : box.bottom, box.left : box.right]
    is_real = (near if inside is None else near[inside]).mean() >= TOUCHES
    verdict = REAL if is_real else HARMLESS
    made = Decision(at="", image=record.image, region=region.id, verdict=verdict, bbox=region.bbox)
    append_decision(path, made)
    return verdict


def draw_missed(path, record, masks, truth, drawn, most):
    """Draw the defects that no region touches, at most so many; return their verdicts."""
    shown = np.zeros(truth.shape, bool)
    for box, inside in [(region.box, masks[region.id]) for region in record.defects] + [
        (d.box, d.inside) for d in drawn
    ]:
        shown[box.top : box.bottom, box.left : box.right] |= True if inside is None else inside
    missed = [one for one in components(truth) if not shown[one].any()][:most]
    for one in missed:
        outer = max(rings(one), key=len)
        append_decision(
            path,
            Decision(at="", image=record.image, verdict=MISSED, polygon=tuple((float(x), float(y)) for x, y in outer)),
        )
    return [MISSED] * len(missed)


def row(bench, loop, number, made, figures, note=""):
    """Print a row of the table."""
    false, found, defects = figures
    counts = ", ".join(f"{made.count(verdict)} {verdict}" for verdict in (REAL, HARMLESS, MISSED)) if number else "-"
    print(f"| {bench.name} | {loop} | {number} | {counts} | {false:.2f} | {found}/{defects} | {note} |", flush=True)


def inspected(root, folder, out, model):
    """Inspect a folder; return where the results are."""
    how = ("--method", "periodic") if model is None else ("--model", model)
    if not (root / out).is_dir():
        semscan("inspect", folder, *how, "--out", root / out, "--no-overlay", "--no-golden")
    (root / out / REVIEW).unlink(missing_ok=True)
    return root / out


def calibrating_loop(bench, root, model, chosen, loop, without=None):
    """Rounds of `calibrate --review`: the lot is inspected once, the test images once for each nuisance filter.

    `without`: a kind of defect that nobody reviews; of the defects, only these are counted.
    """
    lot, test = inspected(root, bench.lot, "lot-0", model), inspected(root, bench.test, "test-0", model)
    threshold = 0.5
    made = []
    named = loop if without is None else f"{loop} without {without}"
    row(bench, named, 0, made, measure(bench, test, threshold, without))
    for number in range(1, chosen.rounds + 1):
        made += review(bench, lot, chosen.decisions, threshold, chosen.order, without)
        which = ("--method", "periodic") if model is None else ("--model", model)
        out = root / loop
        options = ("--no-nuisance-filter",) if loop == "threshold" else ()
        new = semscan(
            "calibrate", "--review", lot / REVIEW, *which, "--out", out, "--overwrite", *options, may_fail=True
        )
        note = "refused: too few of a kind"
        results = test
        if new is not None:
            record = json.loads(new)
            multiple = record["raw_threshold"] / record["raw_threshold_before"]
            threshold = float(normalise_map(np.array([multiple], np.float32), 1.0)[0])
            note = f"threshold x {multiple:.3g}"
            counts = record["reviewed"].get("nuisance_filter")
            if counts:
                note = ", ".join(f"{name} {count}" for name, count in counts.items())
                shutil.rmtree(root / f"test-{loop}", ignore_errors=True)
                results = inspected(root, bench.test, f"test-{loop}", out)
        row(bench, named, number, made, measure(bench, results, threshold, without), note)


def training_loop(bench, root, model, chosen, train):
    """Rounds of `train --review`: each model inspects the lot again."""
    made, reviews = [], []
    lot = inspected(root, bench.lot, "training-lot-0", model)
    for number in range(1, chosen.rounds + 1):
        new = review(bench, lot, chosen.decisions, order=chosen.order)
        made += new
        reviews += ["--review", lot / REVIEW] if new else []
        start = () if chosen.start == "scratch" else ("--from", model)
        model = root / f"model-{chosen.start}-{chosen.order}-{number}"
        train(model, *reviews, *start)
        lot = inspected(root, bench.lot, f"lot-{chosen.start}-{chosen.order}-{number}", model)
        row(
            bench,
            f"training, {chosen.start}",
            number,
            made,
            measure(bench, inspected(root, bench.test, f"test-{chosen.start}-{chosen.order}-{number}", model), 0.5),
        )


def run(name, chosen):
    """Measure one set."""
    root = OUT / name
    shutil.rmtree(root / "data", ignore_errors=True)
    made = {"lines": lines, "relief": relief}
    bench = made[name](root, chosen.seed) if name in made else real(root, name, trained=name != "grid")
    model = None

    def train(out, *more):
        if not out.is_dir():
            semscan("train", bench.train, "--out", out, "--steps", chosen.steps, "--seed", chosen.seed, *more)

    if bench.train is not None:
        model = root / "model-0"
        train(model)
    for loop in () if chosen.unseen else ("threshold", "filter"):
        calibrating_loop(bench, root, model, chosen, loop)
    for kind in sorted(set(bench.kinds.values())) if chosen.unseen else ():
        calibrating_loop(bench, root, model, chosen, "filter", kind)
    if bench.train is not None and not (chosen.calibrate_only or chosen.unseen):
        training_loop(bench, root, model, chosen, train)


def main():
    """Parse and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=["lines", "nanofibres", "grid"])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--decisions", type=int, default=10)
    parser.add_argument("--order", choices=("highest", "lowest"), default="highest")
    parser.add_argument("--start", choices=("earlier", "scratch"), default="earlier")
    parser.add_argument("--calibrate-only", action="store_true")
    parser.add_argument("--unseen", action="store_true")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    print("| set | loop | rounds | decisions | false regions per good image | defects found | |")
    print("|---|---|---|---|---|---|---|")
    for name in chosen.sets:
        run(name, chosen)


if __name__ == "__main__":
    main()
