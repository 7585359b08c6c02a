"""Measure what each part of `--method periodic` contributes: the pixels, the comparison network, and both together.

    python benchmarks/ablation.py FOLDER ...

A folder holds test/CLASS/*.png and either ground_truth/CLASS/NAME_mask.png or boxes.json (as for `sem_lines`); an image
without a mask or a box is good. `second_simulator.py measure --save FOLDER` writes such a folder. Prints a Markdown
table. At the default threshold:

defective hit    defective images with a region on a defect, grown by 5 px
false regions    regions on no defect, for each image
good flagged     good images with a region
image AUROC      of the largest value of the map
hottest on it    defective images whose map has its largest value on a defect
"""

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from semscan.maps.normalise import normalise_map
from semscan.reference.cell.compare import compare_cells, find_image_lattice
from semscan.regions.find import find_regions
from semscan.runtime.comparison_network import comparison_network
from semscan.settings import RegionSettings
from semscan.values import CleanImage

NEAR = np.ones((11, 11), np.uint8)
HEADER = """\
| images | evidence | defective hit | false regions | good flagged | image AUROC | hottest on it | refused |
|---|---|---|---|---|---|---|---|"""


class NetworkAlone:
    """Ask the network, and write its scores over those of the pixels."""

    def __call__(self, evidence):
        """Judge; a judge may exceed chance by a factor only, so chance is set to its score."""
        score = comparison_network()(evidence)
        evidence.chance[...] = np.where(evidence.judged, score, 0)
        return score


EVIDENCE = {"pixels": None, "network": NetworkAlone(), "both": comparison_network()}


@dataclass
class Sums:
    """What is counted of one folder with one kind of evidence; `peaks` are of good and of defective images."""

    images: int = 0
    hit: int = 0
    false: int = 0
    flagged: int = 0
    hottest: int = 0
    refused: int = 0
    peaks: tuple[list, list] = field(default_factory=lambda: ([], []))

    def row(self, folder, name):
        """Write the row of the table."""
        good, defective = (np.array(values) for values in self.peaks)
        above = (defective[:, None] > good).mean() + 0.5 * (defective[:, None] == good).mean() if len(good) else np.nan
        return (
            f"| {folder} | {name} | {self.hit}/{len(defective)} | {self.false / max(self.images, 1):.2f} | "
            f"{self.flagged}/{len(good)} | {above:.3f} | {self.hottest}/{len(defective)} | {self.refused} |"
        )


def labelled(folder):
    """Yield (grey levels, mask of its defects) of each image."""
    boxes = json.loads((folder / "boxes.json").read_text()) if (folder / "boxes.json").exists() else None
    for path in sorted(folder.glob("test/*/*.png")):
        values = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        mask = np.zeros(values.shape, np.uint8)
        if boxes is not None:
            for left, top, right, bottom in boxes.get(str(path.relative_to(folder)), {"boxes": []})["boxes"]:
                mask[top:bottom, left:right] = 1
        else:
            marked = folder / "ground_truth" / path.parent.name / f"{path.stem}_mask.png"
            if marked.exists():
                mask = (cv2.imread(str(marked), cv2.IMREAD_GRAYSCALE) > 0).astype(np.uint8)
        yield values.astype(np.float32) / 255, mask


def count(sums, raw, mask):
    """Count one image."""
    near = cv2.dilate(mask, NEAR) > 0
    regions = find_regions(normalise_map(raw, 1.0), RegionSettings())
    boxes = [np.s_[region.box.top : region.box.bottom, region.box.left : region.box.right] for region in regions]
    on_defect = [bool((near[box] & (raw[box] > 1)).any()) for box in boxes]
    defective = bool(mask.any())
    sums.images += 1
    sums.hit += any(on_defect)
    sums.false += on_defect.count(False)
    sums.flagged += bool(regions) and not defective
    sums.hottest += bool(near[np.unravel_index(raw.argmax(), raw.shape)])
    sums.peaks[defective].append(float(raw.max()))


def measure(folder):
    """Measure one folder and print its rows."""
    found = defaultdict(Sums)
    for values, mask in labelled(folder):
        image = CleanImage(values, np.ones(values.shape, bool))
        lattice = find_image_lattice(image)
        for name, judge in EVIDENCE.items():
            if lattice.found:
                count(found[name], compare_cells(image, lattice, judge).raw, mask)
            else:
                found[name].refused += 1
    for name, sums in found.items():
        print(sums.row(folder.name, name), flush=True)


def main():
    """Parse and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    print(HEADER, flush=True)
    for folder in given.folders:
        measure(folder)


if __name__ == "__main__":
    main()
