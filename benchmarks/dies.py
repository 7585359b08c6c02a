"""Measure the comparison of the images of a lot with each other (`--method dies`).

    python benchmarks/dies.py [--data FOLDER] [--lots 20] [--first 0] [--only NAME ...] [--pictures DIR]

Each lot has images of one place on 8 dies, or on 4. They are shifted by up to 40 px each way, turned by up to 0.4
degrees, distorted by slow drift of the scan, and differ in brightness, contrast, gamma and noise. Of 8 dies, two have
a defect, of 4, one:

particle, spot    a bright or a dark disc of 6 to 14 px, 0.15 to 0.35 of the grey scale
filled, hole      a piece of a trench that is filled, or a hole in the top, 10 to 18 px ("wiring" only)

"wiring" is random wiring, made anew for each lot; "faint" is the same, with other defects: soft discs of 5 px, at 2, 3
or 4 standard deviations of one image's noise, as in benchmarks/pairs.py. --data (or $SEMSCAN_REAL_DATA) may name a
folder that holds grid/train/good and wafer_pairs/case1_reference.tif: then the dies of a lot are also cut out of one
such image ("grid", another image for each lot; "wafer"). Prints a Markdown row for each kind of lot. A defect is found
if a region lies within 3 px of it; a region that lies on no defect of its own image is false.
"""

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from pairs import (
    BOTTOM,
    CONTRASTS,
    REAL_NOISE,
    TOP,
    count_regions,
    faint_blob,
    noise_at,
    places,
    regrade,
    smooth_noise,
    whole,
    wiring,
)

import semscan

SHIFT = 40  # px
MARGIN = 90  # px from a defect to the rim of its image: enough other dies show its place
DISCS = ("particle", "spot")
SHAPES = ("filled", "hole")
FAINT = {f"faint {contrast:g}": contrast for contrast in CONTRASTS}


def drifting(shape, corner, rng):
    """Return the pixels (x, y) of a larger image that a die shows, each of `shape`."""
    turn = cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), rng.uniform(-0.4, 0.4), 1 + rng.uniform(-2e-3, 2e-3))
    turn[:, 2] += corner[::-1]
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    slow = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    x += rng.uniform(-3, 3) * slow + 0.5 * smooth_noise((shape[0], 1), 25, rng)
    y += rng.uniform(-3, 3) * slow**2
    (a, b, c), (d, e, f) = turn.astype(np.float32)
    return a * x + b * y + c, d * x + e * y + f


class WiringLot:
    """Dies of one random layout."""

    shape = (420, 380)

    def __init__(self, rng, kinds=DISCS + SHAPES):
        self.kinds = kinds
        self._distance = wiring(640, rng)
        self._jitter = np.float32(rng.uniform(0.2, 0.45))
        self._corner = np.array([110, 130])

    def die(self, kind, rng):
        """Make one die with a defect of this kind, None for none; return it and where the defect is."""
        corner = self._corner + rng.integers(-SHIFT, SHIFT + 1, 2)
        edge = cv2.remap(self._distance, *drifting(self.shape, corner, rng), cv2.INTER_LINEAR)
        truth = np.zeros(self.shape, bool)
        if kind in SHAPES:
            edge, truth = self._reshaped(edge, kind, rng)
        edge = edge + self._jitter * smooth_noise(self.shape, 5, rng)
        signal = BOTTOM + (TOP - BOTTOM) / (1 + np.exp(-edge / 0.6)) + 0.42 * np.exp(-(((edge - 0.5) / 1.6) ** 2))
        signal = cv2.GaussianBlur(signal.astype(np.float32), (0, 0), rng.uniform(0.7, 1.0))
        if kind in DISCS:
            signal, truth = with_disc(signal, kind, rng)
        if kind in FAINT:
            ((row, col),) = places(self.shape, 1, MARGIN, rng)
            blob = faint_blob(self.shape, row, col, 5.0)
            signal, truth = signal + rng.choice([-1, 1]) * FAINT[kind] * noise_at(signal) * blob, blob > 0.5
        return signal + noise_at(signal) * rng.standard_normal(self.shape, dtype=np.float32), truth

    def _reshaped(self, edge, kind, rng):
        """Fill a disc at a place deep in a trench, or etch one far from all trenches."""
        sign = 1 if kind == "filled" else -1
        inner = np.zeros(self.shape, bool)
        inner[MARGIN:-MARGIN, MARGIN:-MARGIN] = True
        deep = np.argwhere(inner & (-sign * edge > 4))
        row, col = deep[rng.integers(len(deep))]
        rows, cols = np.mgrid[: self.shape[0], : self.shape[1]]
        disc = (rng.uniform(5, 9) - np.hypot(rows - row, cols - col)).astype(np.float32)
        changed = np.maximum(edge, disc) if sign > 0 else np.minimum(edge, -disc)
        return changed, np.abs(changed - edge) > 1


class CutLot:
    """Dies cut out of one image, with noise of their own added to that of the image."""

    kinds = DISCS

    def __init__(self, values, shape, noise, rng):
        self._values = values
        self.shape = shape
        self._noise = noise
        room = np.array(values.shape) - shape
        self._corner = room // 2 + rng.integers(-1, 2, 2) * np.maximum(room // 2 - SHIFT - 8, 0)

    def die(self, kind, rng):
        """Cut one die with a defect of this kind, None for none; return it and where the defect is."""
        room = np.array(self._values.shape) - self.shape
        corner = np.clip(self._corner + rng.integers(-SHIFT, SHIFT + 1, 2), 6, room - 6)
        x, y = drifting(self.shape, corner, rng)
        image = cv2.remap(self._values, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        truth = np.zeros(self.shape, bool)
        if kind is not None:
            image, truth = with_disc(image, kind, rng)
        return image + self._noise * rng.standard_normal(self.shape, dtype=np.float32), truth


def with_disc(image, kind, rng):
    """Add a soft disc; return the image and where the disc is."""
    ((row, col),) = places(image.shape, 1, MARGIN, rng)
    blob = faint_blob(image.shape, row, col, rng.uniform(6, 14))
    height = rng.uniform(0.15, 0.35) * (1 if kind == "particle" else -1)
    return image + np.float32(height) * blob, blob > 0.5


def grid_lots(folder):
    """Return what makes a lot out of one good grid image after the other."""
    paths = sorted(Path(folder, "grid", "train", "good").glob("*.png"))

    def make(number, rng):
        values = cv2.imread(str(paths[number % len(paths)]), cv2.IMREAD_GRAYSCALE) / np.float32(255)
        return CutLot(values, (420, 380), 0.03, rng)

    return make


def wafer_lots(folder):
    """Return what makes lots out of the reference of the real pair."""
    values = cv2.imread(str(Path(folder, "wafer_pairs", "case1_reference.tif")), cv2.IMREAD_GRAYSCALE) / np.float32(255)
    return lambda number, rng: CutLot(values, (380, 260), REAL_NOISE[1], rng)


def measure(name, make, dies, defective, numbers, pictures):
    """Measure lots of one kind and print their row."""
    sums = Counter()
    seconds = 0.0
    for number in numbers:
        rng = np.random.default_rng([number, dies, *name.encode()])
        lot = make(number, rng)
        kinds = [str(kind) for kind in rng.choice(lot.kinds, defective)] + [None] * (dies - defective)
        made = [lot.die(kind, rng) for kind in kinds]
        images = [np.rint(255 * whole(regrade(image, rng)).values).astype(np.uint8) for image, _ in made]
        began = time.perf_counter()
        inspections = semscan.inspect_dies(images)
        seconds += time.perf_counter() - began
        wrong = 0
        for place, (kind, (_, truth), inspection) in enumerate(zip(kinds, made, inspections, strict=True)):
            (hits,), false = count_regions(inspection.anomaly_map, [(kind, truth)])
            sums["found"] += hits > 0
            sums["false"] += false
            wrong += false + (kind is not None and not hits)
            if kind is not None:
                sums[kind] += 1
                sums[f"{kind} found"] += hits > 0
            if pictures and (false or kind is not None):
                path = Path(pictures) / f"{name}-{dies}-{number}-{place}.png"
                cv2.imwrite(str(path), inspection.overlay()[:, :, ::-1])
        sums["lots without a fault"] += wrong == 0
    each = ", ".join(f"{kind} {sums[f'{kind} found']}/{sums[kind]}" for kind in (*DISCS, *SHAPES, *FAINT) if sums[kind])
    lots = len(numbers)
    print(
        f"| {name} | {dies} | {lots} | {sums['found']}/{defective * lots}: {each} | {sums['false']} in {dies * lots} | "
        f"{sums['lots without a fault']} | {seconds / lots / dies:.2f} |",
        flush=True,
    )


def main():
    """Measure all kinds of lots."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("SEMSCAN_REAL_DATA"))
    parser.add_argument("--lots", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="number of the first lot, which is its seed")
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--pictures")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    makers = {
        "wiring": lambda number, rng: WiringLot(rng),
        "faint": lambda number, rng: WiringLot(rng, tuple(FAINT)),
    }
    if given.data:
        makers |= {"grid": grid_lots(given.data), "wafer": wafer_lots(given.data)}
    print("| pattern | dies | lots | defects found | false regions in images | lots without a fault | s per image |")
    print("|---|---|---|---|---|---|---|")
    for name, make in makers.items():
        for dies, defective in ((8, 2), (4, 1)):
            if given.only is None or name in given.only:
                measure(name, make, dies, defective, range(given.first, given.first + given.lots), given.pictures)


if __name__ == "__main__":
    sys.exit(main())
