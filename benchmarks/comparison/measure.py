"""Measure a taught comparison network on examples that it was not taught with, and set its threshold."""

from collections import defaultdict

import cv2
import numpy as np

from benchmarks.comparison.examples import CLASSES, NONE, UNSURE
from semscan.runtime.comparison_network import STRIDE

FALSE_REGIONS = 0.09  # per image, for which the threshold is set: the differences add some of their own
SMALLEST = 4  # px
NEAR = np.ones((11, 11), np.uint8)


def outputs(session, channels):
    """Run an exported network on one example: log-odds (rows, cols)."""
    rows, cols = channels.shape[:2]
    padded = np.pad(channels.astype(np.float32), ((0, -rows % STRIDE), (0, -cols % STRIDE), (0, 0)), mode="edge")
    (score,) = session.run(["log_odds"], {"channels": padded[None]})
    return score[0, :rows, :cols]


def false_regions(found, label):
    """Count the regions that lie away from all defects, sure or not."""
    numbers, regions = large_regions(found)
    near = cv2.dilate((label != NONE).astype(np.uint8), NEAR) > 0
    return len(set(regions) - set(np.unique(numbers[near])))


def large_regions(found):
    """Return the numbers of all regions of a mask, (rows, cols), and of those that are large enough to count."""
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8), connectivity=8)
    return numbers, [n for n in range(1, len(stats)) if stats[n, cv2.CC_STAT_AREA] >= SMALLEST]


def threshold_for(examples, session, rate=FALSE_REGIONS):
    """Return the lowest log-odds at which there are at most `rate` false regions per example."""
    seen = [(outputs(session, channels), label) for channels, label, _ in examples]
    for threshold in np.arange(-1, 8, 0.1):
        count = sum(false_regions(score > threshold, label) for score, label in seen)
        if count <= rate * len(seen):
            return float(threshold)
    raise SystemExit(f"the network reports more than {rate} false regions per image at any threshold")


def table(examples, session, threshold):
    """Print the share of defects hit, by family and by kind, and the false regions per image."""
    rows = defaultdict(lambda: defaultdict(int))
    kinds_hit = defaultdict(lambda: [0, 0])
    for channels, label, family in examples:
        score = outputs(session, channels)
        row = rows[family]
        row["images"] += 1
        found = score > threshold
        row["false"] += false_regions(found, label)
        sure = ((label != NONE) & (label != UNSURE)).astype(np.uint8)
        count, numbers = cv2.connectedComponents(sure, connectivity=8)
        for number in range(1, count):
            here = numbers == number
            if here.sum() < 9:
                continue
            kind = int(np.bincount(label[here]).argmax())
            hit = (found & (cv2.dilate(here.astype(np.uint8), NEAR) > 0)).sum() >= SMALLEST
            row["defects"] += 1
            row["hit"] += hit
            counted = kinds_hit[CLASSES[kind - 1]]
            counted[0] += 1
            counted[1] += hit
    print("| family | images | hit | false regions per image |\n|---|---|---|---|")
    for family, row in sorted(rows.items()):
        print(f"| {family} | {row['images']} | {row['hit']}/{row['defects']} | {row['false'] / row['images']:.3f} |")
    print("\n| kind | hit |\n|---|---|")
    for kind, (defects, hit) in sorted(kinds_hit.items()):
        print(f"| {kind} | {hit}/{defects} |")
