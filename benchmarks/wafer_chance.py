"""Measure how often a scratch is named on wafers that have none.

    python benchmarks/wafer_chance.py [--wafers 2000] [--seed 7]

Defects lie at random places of 40 dies, without images. Prints a Markdown row for each kind of wafer, and for each
number of defects the share of wafers on which a scratch is named, with the exact 95 % interval (Poisson).

short        particles without a long axis
any way      long defects without a class, each in a direction of its own
one way      long defects without a class along the lines of the pattern, within 2 degrees (standard deviation)
scratches    single scratches, each in a direction of its own; two in five are too short for an axis
mixed        a third each of short, one way, scratches
"""

import argparse

import numpy as np
from wafer import DIES, PITCH

from semscan.poisson import poisson_interval
from semscan.values.fab.defect import InspectedWafer, WaferDefect
from semscan.values.fab.place import WaferFrame
from semscan.wafer.scratches import find_scratches

COUNTS = (3, 6, 12, 25, 50, 100)
KINDS = ("short", "any way", "one way", "scratches")
MIXED = ("short", "one way", "scratches")
FRAME = WaferFrame(lot="LOT18", wafer="W", pitch_um=PITCH)


def shape(kind, rng):
    """Return class, length by width, and direction of a defect."""
    if kind == "short":
        return "particle", rng.uniform(1, 2.4), rng.uniform(-90, 90)
    if kind == "any way":
        return None, rng.uniform(2.5, 8), rng.uniform(-90, 90)
    if kind == "one way":
        return None, rng.uniform(2.5, 8), 90 + 2 * rng.standard_normal()
    return "scratch", rng.choice([1.5, 1.5, 3, 5, 8]), rng.uniform(-90, 90)


def random_wafer(kind, count, rng):
    """Return a wafer with `count` defects at random places, each in an image of its own."""
    defects = []
    for number in range(1, count + 1):
        column, row = DIES[rng.integers(len(DIES))]
        x, y = rng.uniform(0, 1, 2) * PITCH
        name, elongation, angle = shape(MIXED[rng.integers(len(MIXED))] if kind == "mixed" else kind, rng)
        defects.append(
            WaferDefect(
                id=number, image=str(number), source=str(number), region=1, column=column, row=row, x_um=x, y_um=y,
                width_um=0.1, height_um=0.1, area_um2=0.01, class_name=name, elongation=elongation, angle_deg=angle,
            )
        )  # fmt: skip
    return InspectedWafer(frame=FRAME, fields=(), defects=tuple(defects))


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wafers", type=int, default=2000, help="of each kind and number of defects")
    parser.add_argument("--seed", type=int, default=7)
    choices = parser.parse_args()
    print(f"| defects | {' | '.join(map(str, COUNTS))} |\n|{'---|' * (len(COUNTS) + 1)}")
    for number, kind in enumerate((*KINDS, "mixed")):
        cells = []
        for count in COUNTS:
            rng = np.random.default_rng([choices.seed, number, count])
            named = sum(bool(find_scratches(random_wafer(kind, count, rng), ())) for _ in range(choices.wafers))
            low, high = poisson_interval(named, choices.wafers)
            cells.append(f"{named / choices.wafers:.2%} ({low:.2%}, {high:.2%})")
        print(f"| {kind} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
