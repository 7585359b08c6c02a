"""Measure `--method periodic` on images of a second simulator, which nothing in semscan is trained on.

    python benchmarks/second_simulator.py measure [--count 12] [--seed 1] [--save DIR]

The images show lines and contacts with one defect each, or none: `count` of each kind in each of three ranges of pitch.
They are made in `benchmarks/relief` from height maps and the electrons that leave them, 256 to 512 px a side. Half of
them are inverted: dark lines on a bright floor, bright pillars instead of dark holes. --save also writes them as a data
set (test/KIND, ground_truth/KIND, test/good) for other commands.

Prints a Markdown table. In each cell with three figures these are of pitch 16 to 24, 24 to 36 and 36 to 48 px.

hottest on it       images whose map has its largest value on the defect (grown by 5 px)
hit                 images with a counted region on the defect at the default threshold
right/wrong/unknown names of the regions on it, in images that were hit; micro-bridge counts as bridge, pinch as break
false regions       counted regions that touch no defect, for each image
not periodic        images that the method refused
"""

import argparse
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from relief.image import KINDS, make_image

from semscan.errors import NotPeriodicError
from semscan.files.disk.atomic import write_png
from semscan.pipeline.inspect import inspect_image
from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.settings import InspectSettings, RegionSettings
from semscan.values import SemImage

PITCHES = ((16, 24), (24, 36), (36, 48))
NEAR = np.ones((11, 11), np.uint8)
SAME = {"micro-bridge": "bridge", "pinch": "break"}
SETTINGS = InspectSettings()
DARK = InspectSettings(regions=RegionSettings(dark_lines=True))
HEADER = """\
| pattern | defect | images | hottest on it | hit | right/wrong/unknown | false regions | not periodic |
|---|---|---|---|---|---|---|---|"""


def draw(pattern, kind, number, pitches, seed):
    """Make image `number` of a kind: tones and directions take turns, the pitch is drawn."""
    key = [seed, list(KINDS).index(pattern), (*KINDS[pattern], None).index(kind), PITCHES.index(pitches), number]
    pitch = float(np.random.default_rng(key).uniform(*pitches))
    return make_image(pattern, kind, pitch, key, inverted=is_inverted(number), turned=number // 2 % 3)


def is_inverted(number):
    """Return whether image `number` of a kind has the inverted tone."""
    return number % 2 == 1


def score(pixels, mask, kind, settings=SETTINGS):
    """Inspect one image and count: images, hottest, hit, right, wrong, unknown, false, refused."""
    counts = Counter(images=1)
    try:
        found = inspect_image(SemImage(pixels, "generated"), "generated", settings, PeriodicMethod())
    except NotPeriodicError:
        return counts + Counter(refused=1)
    near = cv2.dilate(mask, NEAR) > 0
    touching = set(np.unique(found.labels[near])) - {0}
    counted = {number: region for number, region in enumerate(found.regions, start=1) if not region.nuisance}
    names = {SAME.get(region.class_name, region.class_name) for number, region in counted.items() if number in touching}
    values = found.anomaly_map.values
    counts["hottest"] = int(near[np.unravel_index(values.argmax(), values.shape)])
    counts["hit"] = int(bool(names))
    counts["false"] = len(counted.keys() - touching)
    if names:
        answer = "right" if SAME.get(kind, kind) in names else "unknown" if names <= {"unknown", None} else "wrong"
        counts[answer] = 1
    return counts


def row(pattern, kind, parts):
    """Write the row of one kind from the counts of each range of pitch."""
    total = sum(parts, Counter())
    cells = ["-"] * 3
    if kind is not None:
        cells = [", ".join(f"{part[what]}/{part['images']}" for part in parts) for what in ("hottest", "hit")]
        cells.append("/".join(str(total[answer]) for answer in ("right", "wrong", "unknown")))
    figures = [total["images"], *cells, f"{total['false'] / max(total['images'], 1):.3f}", total["refused"]]
    return f"| {pattern} | {kind or 'none'} | {' | '.join(map(str, figures))} |"


def save(folder, pattern, kind, name, image):
    """Write an image, and its mask if it has a defect, as one of a data set."""
    kind = kind or "good"
    write_png(folder / "test" / kind / f"{pattern}_{name}.png", image.pixels)
    if image.mask.any():
        write_png(folder / "ground_truth" / kind / f"{pattern}_{name}_mask.png", image.mask)


def measure(count, seed, folder):
    """Measure all kinds and print a row for each, then both tones, and inverted lines with --dark-lines."""
    print(HEADER, flush=True)
    tones = {tone: [Counter() for _ in PITCHES] for tone in ("usual", "inverted")}
    dark = [Counter() for _ in PITCHES]
    for pattern in KINDS:
        for kind in (*KINDS[pattern], None):
            parts = [Counter() for _ in PITCHES]
            for part, pitches in enumerate(PITCHES):
                for number in range(count):
                    image = draw(pattern, kind, number, pitches, seed)
                    if folder:
                        save(folder, pattern, kind, f"{pitches[0]}_{number:03d}", image)
                    counts = score(image.pixels, image.mask, kind)
                    parts[part] += counts
                    if kind is not None:
                        tones["inverted" if is_inverted(number) else "usual"][part] += counts
                        if pattern == "lines" and is_inverted(number):
                            dark[part] += score(image.pixels, image.mask, kind, DARK)
            print(row(pattern, kind, parts), flush=True)
    for tone, parts in tones.items():
        if any(parts):
            print(row("both", f"all, {tone} tone", parts))
    print(row("lines", "all, inverted tone, --dark-lines", dark))


def main():
    """Parse and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["measure"])
    parser.add_argument("--count", type=int, default=12, help="images of each kind in each range of pitch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, metavar="DIR", help="write the images and masks, too")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    measure(given.count, given.seed, given.save)


if __name__ == "__main__":
    main()
