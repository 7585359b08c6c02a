"""Check the size that the methods without training state with "no defect" (`detects_from`) by painting such defects.

    python benchmarks/stated_size.py [--data FOLDER] [--count 12]

Into each good image three soft discs with a contrast of 0.2 are painted, of 0.8, 1 and 1.25 times the size that was
stated for it. Nine in ten of those of the stated size should be found.

pairs: lines, contacts, layout, and with --data (or $SEMSCAN_REAL_DATA) real     those of benchmarks/pairs.py, by
                                                                                --reference
own repeats: lines, contacts, and with --data sem_lines and grid                 by --method periodic

Prints a Markdown table. Images in which no size is visible, or no three discs have room, are counted apart.
"""

import argparse
import os
from pathlib import Path

import cv2
import numpy as np
from pairs import HOLE_KINDS, LINE_KINDS, RealPairs, faint_blob, layout_pair, places, synth_pair, whole

from semscan.errors import NotPeriodicError
from semscan.image.clean import clean
from semscan.maps.normalise import normalise_map
from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.reference.die.compare import compare_pair
from semscan.regions.find import segment
from semscan.settings import ReadSettings, RegionSettings
from semscan.values import SemImage

CONTRAST = 0.2
FACTORS = (0.8, 1.0, 1.25)
EACH = 3  # discs
MARGIN = 60  # px from the border of the image to a disc
NEAR = np.ones((7, 7), np.uint8)
HEADER = f"""\
| images | stated for | not stated | found at {" | at ".join(f"{factor:g} times the size" for factor in FACTORS)} |
|---|---|---|---|---|---|"""


def painted(image, size, rng):
    """Paint discs into an image; return it, and the disc of each as a mask."""
    values, masks = image.values, []
    for row, col in places(image.values.shape, EACH, MARGIN, rng):
        disc = faint_blob(values.shape, row, col, size)
        level = float((values * disc).sum() / disc.sum())
        sign = rng.choice([-1, 1]) if CONTRAST <= level <= 1 - CONTRAST else np.sign(0.5 - level)
        values = values + np.float32(sign * CONTRAST) * disc
        masks.append(disc > 0.5)
    return whole(values), masks


def by_pair(image, reference):
    """Compare with a reference: the map, where it is judged, and the stated size."""
    found = compare_pair(image, reference)
    return normalise_map(found.raw, found.raw_threshold), found.judged, found.smallest_px


def by_repeats(image):
    """Compare with its own repeats: the map, where it is judged, and the stated size."""
    found = PeriodicMethod().compare(image)
    return normalise_map(found.raw, PeriodicMethod.raw_threshold), found.judged, found.smallest_px


def image_sets(count, data):
    """Yield name, method, and images (each with its reference, if the method takes one) of each kind."""
    kinds = {"layout": layout_pair}
    for pattern, types in (("lines", LINE_KINDS), ("contacts", HOLE_KINDS)):
        kinds[pattern] = lambda rng, clean, pattern=pattern, types=types: synth_pair(pattern, types, rng, clean)
    if data:
        kinds["real"] = RealPairs(data)
    pairs = {
        name: [make(np.random.default_rng([number, len(name), 5]), True)[:2] for number in range(count)]
        for name, make in kinds.items()
    }
    for name, some in pairs.items():
        yield f"{name}, pairs", by_pair, some
    repeats = {name: [(image,) for image, _ in pairs[name]] for name in ("lines", "contacts")}
    for name in ("sem_lines", "grid") if data else ():
        files = sorted(Path(data, name, "test").glob("good*/*"))[:count]
        grey = [cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE) for path in files]
        repeats[name] = [(clean(SemImage(one, name), ReadSettings()),) for one in grey]
    for name, some in repeats.items():
        yield f"{name}, own repeats", by_repeats, some


def measure(name, method, images):
    """Print the row of one kind of images."""
    stated, without, found = [], 0, {factor: [0, 0] for factor in FACTORS}
    for number, (image, *reference) in enumerate(images):
        try:
            size = method(image, *reference)[2]
        except NotPeriodicError:
            size = None
        if size is None or min(image.values.shape) < 2 * MARGIN + 60:
            without += 1
            continue
        stated.append(size)
        for factor in FACTORS:
            changed, masks = painted(image, size * factor, np.random.default_rng(number))
            anomaly_map, judged, _ = method(changed, *reference)
            above = segment(anomaly_map, RegionSettings()).labels > 0
            inside = [mask for mask in masks if judged[mask].mean() > 0.8]
            found[factor][0] += sum(above[cv2.dilate(mask.view(np.uint8), NEAR) > 0].any() for mask in inside)
            found[factor][1] += len(inside)
    sizes = f"{len(stated)}: {min(stated):.1f} to {max(stated):.1f} px" if stated else "0"
    print(f"| {name} | {sizes} | {without} | {' | '.join(f'{hit}/{of}' for hit, of in found.values())} |", flush=True)


def main():
    """Measure all kinds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("SEMSCAN_REAL_DATA"))
    parser.add_argument("--count", type=int, default=12)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    print(HEADER)
    for name, method, images in image_sets(given.count, given.data):
        measure(name, method, images)


if __name__ == "__main__":
    main()
