"""Score a folder of maps against ground truth.

    python benchmarks/score.py DATASET MAPS [--threshold 0.5]

DATASET holds test/<class>/<image> and ground_truth/<class>/<stem>_mask.png, "good" without masks. MAPS is
what `semscan inspect DATASET/test --out MAPS` wrote. Prints one JSON object:

pixel_auroc, pixel_ap    over all test pixels
image_auroc              of the map's maximum; null without good or without defective images
at_threshold             defects (8-connected, 4 px or more) hit by a region; false regions (4 px or more, less
                         than a tenth of them on a defect grown by 5 px) per image and per good image
hit_by_class             defects hit / defects, for each class
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import tifffile
from sklearn.metrics import average_precision_score, roc_auc_score


def parts(mask):
    """Label the 8-connected parts of at least 4 px: (labels, numbers)."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return labels, [n for n in range(1, len(stats)) if stats[n, cv2.CC_STAT_AREA] >= 4]


def load(dataset, maps):
    """Yield (class, map, truth) for each test image."""
    for image in sorted(path for path in (dataset / "test").rglob("*") if path.is_file()):
        name = image.parent.name
        heat = tifffile.imread(maps / name / f"{image.stem}.map.tif")
        mask = dataset / "ground_truth" / name / f"{image.stem}_mask.png"
        truth = np.zeros(heat.shape, bool)
        if mask.is_file():
            truth = cv2.imdecode(np.fromfile(mask, np.uint8), cv2.IMREAD_GRAYSCALE) > 0
        yield name, heat, truth


def false_regions(hot, truth):
    """How many regions of `hot` lie on no defect."""
    near = cv2.dilate(truth.astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
    labels, numbers = parts(hot)
    return sum(int(near[labels == n].mean() < 0.1) for n in numbers)


def score(dataset, maps, threshold=0.5):
    """Score all maps of a data set; see the module's own text for the figures."""
    items = list(load(Path(dataset), Path(maps)))
    truth = np.concatenate([t.ravel() for _, _, t in items])
    heat = np.concatenate([h.ravel() for _, h, _ in items])
    defective = np.array([name != "good" for name, _, _ in items])
    by_class, wrong = {}, {"all": 0, "good": 0}
    for name, map_, mask in items:
        false = false_regions(map_ > threshold, mask)
        wrong["all"] += false
        wrong["good"] += false * (name == "good")
        labels, numbers = parts(mask)
        hit, total = by_class.get(name, (0, 0))
        by_class[name] = (hit + sum(bool((map_ > threshold)[labels == n].any()) for n in numbers), total + len(numbers))
    by_class.pop("good", None)
    hits, total = (sum(column) for column in zip(*by_class.values(), strict=True))
    both = 0 < defective.sum() < len(items)
    peaks = [h.max() for _, h, _ in items]
    good = int((~defective).sum())
    return {
        "images": len(items),
        "pixel_auroc": round(float(roc_auc_score(truth, heat)), 4) if truth.any() else None,
        "pixel_ap": round(float(average_precision_score(truth, heat)), 4) if truth.any() else None,
        "image_auroc": round(float(roc_auc_score(defective, peaks)), 4) if both else None,
        "at_threshold": {
            "threshold": threshold, "hit": hits, "defects": total,
            "false_per_image": round(wrong["all"] / len(items), 3),
            "false_per_good_image": round(wrong["good"] / good, 3) if good else None,
        },
        "hit_by_class": {name: f"{hit}/{of}" for name, (hit, of) in sorted(by_class.items())},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("maps", type=Path)
    parser.add_argument("--threshold", type=float, default=0.5)
    print(json.dumps(score(**vars(parser.parse_args()))))
