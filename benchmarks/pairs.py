"""Measure die-to-die comparison on pairs whose defects are known.

    python benchmarks/pairs.py [--data FOLDER] [--count 12] [--only NAME] [--pictures DIR] [--seed 0] [--diameter 5]
                               [--clean]

Pairs made here ("layout": random wiring as on logic wafers; "lines", "contacts": semscan's own synthetic
images, two dies each). --data (or $SEMSCAN_REAL_DATA) may name a folder that holds wafer_pairs/case1_*.tif.
Then pairs are also cut from that real pair ("real": its known defects painted out, other shifts, grey levels and
angles). If that folder holds board_pairs/ (inspected/, reference/, boxes.json), all of these pairs are compared once
("boards": binarised images of two grey levels). Every fourth pair has no defect; with --clean none has one. --diameter
is that of the faint blobs, px. Prints one JSON line per kind of pair:

pairs, defects, found, split    pairs; their defects; defects hit by a region (within 3 px); hit by more than one
by_contrast                     by kind, or for faint blobs by contrast, in standard deviations of one
                                image's noise per pixel, and by place (open area, or an edge of the pattern)
false, false_pairs, clean       false regions, pairs with false regions, pairs without a defect
false_clean                     false regions in the pairs without a defect
seconds                         for one comparison, mean
"""

import argparse
import json
import os
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import cv2
import numpy as np
import tifffile

from semscan.maps.normalise import normalise_map
from semscan.reference.die.compare import compare_pair
from semscan.regions.find import find_regions
from semscan.settings import RegionSettings, SynthSettings
from semscan.synth.simulator.image import make_image
from semscan.values import CleanImage

CONTRASTS = (2.0, 3.0, 4.0)
TOP, BOTTOM = 0.42, 0.17
REAL_NOISE = (0.024, 0.048)  # standard deviations in dark and bright areas of the real images
LINE_KINDS = ("bridge", "break", "micro-bridge", "particle")
HOLE_KINDS = ("missing", "oversized", "merged", "particle")


def whole(values):
    """Make an image of 8-bit grey levels that is inspected as a whole."""
    values = np.rint(np.clip(values, 0, 1) * 255).astype(np.float32) / 255
    return CleanImage(values, np.ones(values.shape, bool))


def regrade(values, rng):
    """Change contrast, brightness and gamma."""
    gain, offset, gamma = rng.uniform(0.8, 1.15), rng.uniform(-0.04, 0.06), rng.uniform(0.9, 1.12)
    return np.clip(gain * np.maximum(values, 0) ** gamma + offset, 0, 1)


def smooth_noise(shape, reach, rng):
    """Make Gaussian noise of standard deviation 1, correlated over about `reach` px."""
    field = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), reach)
    return field / field.std()


def faint_blob(shape, row, col, diameter):
    """Make a soft disc of height 1."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    outside = np.minimum(np.hypot(rows - row, cols - col) - diameter / 2, 20)  # px beyond the rim
    return (1 / (1 + np.exp(outside / 0.5))).astype(np.float32)


def where_at(image, row, col):
    """Return "edge" if a blob lies on an edge of the pattern, else "open"."""
    around = cv2.GaussianBlur(image, (0, 0), 1.5)[int(row) - 5 : int(row) + 6, int(col) - 5 : int(col) + 6]
    return "edge" if np.ptp(around) > 0.15 else "open"


def places(shape, count, margin, rng):
    """Draw random positions, at least 40 px apart."""
    found = []
    while len(found) < count:
        place = rng.uniform(margin, shape[0] - margin), rng.uniform(margin, shape[1] - margin)
        if all(np.hypot(place[0] - r, place[1] - c) > 40 for r, c in found):
            found.append(place)
    return found


def wiring(side, rng):
    """Compute the signed distance to the edges of random L-shaped trenches, positive on the top."""
    mask = np.full((side, side), 255, np.uint8)
    for _ in range(400):
        x, y = rng.integers(0, side, 2)
        a, b = (int(n) for n in rng.integers(20, 160, 2) * rng.choice([-1, 1], 2))
        points = np.array([[x, y], [x + a, y], [x + a, y + b]], np.int32)
        wire = cv2.polylines(np.zeros_like(mask), [points], False, 255, int(rng.integers(12, 26)), cv2.LINE_AA)
        if not (cv2.dilate(wire, np.ones((25, 25), np.uint8)) & ~mask).any():
            mask[wire > 0] = 255 - wire[wire > 0]
    mask = (mask > 127).astype(np.uint8)
    far = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    return cv2.GaussianBlur(far, (0, 0), 1.0)


def die(distance, shape, corner, jitter, rng):
    """Make one die without noise: the wiring with its own small rotation, drift and edge roughness."""
    turn = cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), rng.uniform(-0.4, 0.4), 1 + rng.uniform(-2e-3, 2e-3))
    turn[:, 2] += corner[::-1]
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x += 0.5 * smooth_noise((shape[0], 1), 25, rng)
    (a, b, c), (d, e, f) = turn.astype(np.float32)
    edge = cv2.remap(distance, a * x + b * y + c, d * x + e * y + f, cv2.INTER_LINEAR)
    edge = edge + np.float32(jitter) * smooth_noise(shape, 5, rng)
    signal = BOTTOM + (TOP - BOTTOM) / (1 + np.exp(-edge / 0.6)) + 0.42 * np.exp(-(((edge - 0.5) / 1.6) ** 2))
    return cv2.GaussianBlur(signal.astype(np.float32), (0, 0), rng.uniform(0.7, 1.0))


def noise_at(signal):
    """Return the standard deviation of the shot noise, which grows with the signal."""
    return 0.06 * np.sqrt(np.maximum(signal, 0.02) / TOP)


def layout_pair(rng, clean, diameter=5.0):
    """Make two dies of one random layout, with faint blobs in one."""
    shape, shift = (420, 380), rng.integers(-60, 61, 2)
    distance = wiring(640, rng)
    jitter = rng.uniform(0.2, 0.45)
    ours = die(distance, shape, np.array([100, 120]), jitter, rng)
    theirs = die(distance, shape, np.array([100, 120]) + shift, jitter, rng)
    truth = []
    for row, col in [] if clean else places(shape, 3, 75, rng):
        contrast, blob = float(rng.choice(CONTRASTS)), faint_blob(shape, row, col, diameter)
        truth.append((f"{contrast:g} {where_at(ours, row, col)}", blob > 0.5))
        ours = ours + rng.choice([-1, 1]) * contrast * noise_at(ours) * blob
    ours, theirs = (part + noise_at(part) * rng.standard_normal(shape, dtype=np.float32) for part in (ours, theirs))
    return whole(regrade(ours, rng)), whole(theirs), truth


def synth_pair(pattern, kinds, rng, clean):
    """Make two dies of a semscan recipe, with one defect in one."""
    recipe = SynthSettings(
        pattern=pattern,
        rows=384,
        cols=384,
        pitch=float(rng.uniform(18, 44)),
        roughness=0.3,
        dose=float(rng.uniform(20, 80)),
        seed=int(rng.integers(1 << 30)),
    )
    kind = str(rng.choice(kinds))
    ours, theirs = make_image(recipe, [] if clean else [kind], key="a"), make_image(recipe, key="b")
    truth = [] if clean else [(kind, ours.mask > 0)]
    return whole(ours.pixels / 255), whole(theirs.pixels / 255), truth


class RealPairs:
    """Pairs cut from a real one."""

    def __init__(self, folder, diameter=5.0):
        self.diameter = diameter
        ours, theirs = (
            whole(tifffile.imread(Path(folder, "wafer_pairs", f"case1_{name}.tif")) / 255)
            for name in ("inspected", "reference")
        )
        aligned = compare_pair(ours, theirs).aligned
        known = json.loads(Path(folder, "wafer_pairs", "defects.json").read_text())["case1_inspected.tif"]
        self.ours = ours.values.copy()
        self.theirs = theirs.values
        for defect in known:
            row, col = defect["y"], defect["x"]
            at = np.s_[row - 28 : row + 28, col - 28 : col + 28]
            # The defect is replaced by the aligned reference, smoothed, with the noise of the real image.
            grain = np.random.default_rng(row).standard_normal(aligned[at].shape, dtype=np.float32)
            smooth = cv2.GaussianBlur(aligned, (0, 0), 0.8)[at]
            self.ours[at] = smooth + np.where(smooth < 0.3, REAL_NOISE[0], REAL_NOISE[1]) * grain
        self.aligned = aligned

    def __call__(self, rng, clean):
        """Cut a pair from the real one, with faint blobs in one image; half of the time the roles are swapped."""
        ours, theirs = (self.ours, self.theirs) if rng.random() < 0.5 else (self.theirs, self.ours)
        ours = ours.copy()
        shape = np.array([330, 250])
        first = rng.integers(10, np.array(ours.shape) - shape - 10)
        truth = []
        for row, col in [] if clean else places(shape, 3, 50, rng):
            contrast = float(rng.choice(CONTRASTS))
            blob = faint_blob(ours.shape, row + first[0], col + first[1], self.diameter)
            level = float(cv2.GaussianBlur(ours, (0, 0), 2)[int(row + first[0]), int(col + first[1])])
            what = f"{contrast:g} {where_at(ours, row + first[0], col + first[1])}"
            ours += rng.choice([-1, 1]) * contrast * REAL_NOISE[int(level >= 0.3)] * blob
            truth.append((what, blob[first[0] :, first[1] :][: shape[0], : shape[1]] > 0.5))
        ours = ours[first[0] :, first[1] :][: shape[0], : shape[1]]
        second = np.clip(first + rng.integers(-45, 46, 2), 0, np.array(theirs.shape) - shape)
        if rng.random() < 0.5:
            turn = cv2.getRotationMatrix2D((170, 240), rng.uniform(-0.8, 0.8), 1.03)
            theirs = cv2.warpAffine(theirs, turn, theirs.shape[::-1], flags=cv2.INTER_CUBIC)
        theirs = theirs[second[0] :, second[1] :][: shape[0], : shape[1]]
        return whole(ours), whole(regrade(theirs, rng)), truth


class BoardPairs:
    """The pairs of a folder with boxed defects, one after the other."""

    def __init__(self, folder):
        self.folder = Path(folder, "board_pairs")
        self.truth = json.loads((self.folder / "boxes.json").read_text())
        self.names = iter(sorted(self.truth))

    def __call__(self, rng, clean):
        """Read the next pair; neither argument is used."""
        name = next(self.names)
        (reference,) = (self.folder / "reference").glob(f"{Path(name).stem}.*")
        ours, theirs = (
            whole(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) / 255)
            for path in (self.folder / "inspected" / name, reference)
        )
        truth = []
        for defect in self.truth[name]:
            left, top, right, bottom = defect["box"]
            mask = np.zeros(ours.values.shape, bool)
            mask[top:bottom, left:right] = True
            truth.append((defect["class"], mask))
        return ours, theirs, truth


def count_regions(anomaly_map, truth):
    """Count the regions on each defect, and the false regions."""
    on_defect = [0] * len(truth)
    false = 0
    near = [cv2.dilate(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0 for _, mask in truth]
    for region in find_regions(anomaly_map, RegionSettings()):
        box = np.s_[region.box.top : region.box.bottom, region.box.left : region.box.right]
        above = anomaly_map[box] > 0.5
        hits = [bool((mask[box] & above).any()) for mask in near]
        on_defect = [count + hit for count, hit in zip(on_defect, hits, strict=True)]
        false += not any(hits)
    return on_defect, false


def picture(path, ours, comparison, anomaly_map, truth):
    """Draw image, aligned reference and map side by side, with a ring around each defect."""
    panels = [ours.values, comparison.aligned, anomaly_map]
    drawn = cv2.cvtColor((np.hstack(panels) * 255).clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
    for _, mask in truth:
        row, col = (int(n.mean()) for n in np.nonzero(mask))
        cv2.circle(drawn, (col + 2 * anomaly_map.shape[1], row), 14, (0, 0, 255), 1)
    cv2.imwrite(str(path), cv2.resize(drawn, None, fx=1.5, fy=1.5))


def measure(make, count, name, pictures, seed=0, clean=False):
    """Measure `count` pairs of one kind."""
    sums = Counter()
    by_contrast = defaultdict(lambda: [0, 0])
    seconds = 0.0
    for index in range(count):
        rng = np.random.default_rng([index, len(name), ord(name[0]), *([seed] if seed else [])])
        ours, theirs, truth = make(rng, clean or index % 4 == 0)
        started = time.perf_counter()
        comparison = compare_pair(ours, theirs)
        seconds += time.perf_counter() - started
        anomaly_map = normalise_map(comparison.raw, comparison.raw_threshold)
        hits, false = count_regions(anomaly_map, truth)
        # A defect outside the area that both images show cannot be found by comparison, so it is not counted.
        judged = [mask[comparison.judged].sum() > 0.8 * mask.sum() for _, mask in truth]
        kinds = [what for (what, _), inside in zip(truth, judged, strict=True) if inside]
        hits = [hit for hit, inside in zip(hits, judged, strict=True) if inside]
        for what, hit in zip(kinds, hits, strict=True):
            by_contrast[what][0] += hit > 0
            by_contrast[what][1] += 1
        sums["defects"] += len(kinds)
        sums["found"] += sum(hit > 0 for hit in hits)
        sums["split"] += sum(hit > 1 for hit in hits)
        sums["false"] += false
        sums["false_pairs"] += false > 0
        sums["clean"] += not truth
        sums["false_clean"] += 0 if truth else false
        if pictures:
            picture(Path(pictures) / f"{name}_{index}.png", ours, comparison, anomaly_map, truth)
    shares = {what: f"{hit}/{of}" for what, (hit, of) in sorted(by_contrast.items())}
    return {"kind": name, "pairs": count, **sums, "by_contrast": shares, "seconds": round(seconds / count, 3)}


def main():
    """Measure all kinds and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("SEMSCAN_REAL_DATA"))
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--only")
    parser.add_argument("--pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--diameter", type=float, default=5.0)
    parser.add_argument("--clean", action="store_true")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    kinds = {
        "layout": lambda rng, clean: layout_pair(rng, clean, given.diameter),
        "lines": lambda rng, clean: synth_pair("lines", LINE_KINDS, rng, clean),
        "contacts": lambda rng, clean: synth_pair("contacts", HOLE_KINDS, rng, clean),
    }
    if given.data:
        kinds["real"] = RealPairs(given.data, given.diameter)
    if given.data and Path(given.data, "board_pairs").is_dir():
        kinds["boards"] = BoardPairs(given.data)
    for name, make in kinds.items():
        if given.only in (None, name):
            count = len(make.truth) if name == "boards" else given.count
            print(json.dumps(measure(make, count, name, given.pictures, given.seed, given.clean)))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
