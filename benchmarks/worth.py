"""Measure what labelled defects, accepted regions and families of painted defects are worth, and what hidden ones cost.

    python benchmarks/worth.py labelled|accepted|hidden|families [SET ...] [--seed N ...] [--steps N]

Each row is a training of the autoencoder with one thing changed, scored on the same test images: all good ones and
every second defective one of SET/test. The other half of the defective images is what a user might have labelled,
accepted or overlooked.

labelled   0, 5, 10 and 20 defective images in train/CLASS, with and without masks
accepted   false regions of the first model in the other half, accepted, and a second training
hidden     5 and 10 % of the images of train/good are defective
families   without each family of painted defects

SET is a data set in the layout of MVTec AD below the folder that SEMSCAN_REAL_DATA names: nanofibres, grid, tiles. All
output goes to bench-out/worth; finished trainings are not repeated. The last tables are kept in benchmarks/README.md.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "bench-out" / "worth"
WITHOUT_FAMILY = (
    "import sys; from semscan.synth.painting.kinds import PAINTERS; PAINTERS.pop(sys.argv.pop(1)); "
    "from semscan.cli.main import program; program()"
)
KEYS = ("image_auroc", "pixel_auroc", "pixel_ap", "recall_at_1fp")
HEAD = (
    "| set | variant | image AUROC | pixel AUROC | pixel AP | recall at 1 false region per image "
    "| hit at the threshold | false regions per good image |"
)


def semscan(*arguments, without=None):
    """Run semscan, perhaps without a family of painted defects, and return its standard output."""
    start = ["-m", "semscan"] if without is None else ["-c", WITHOUT_FAMILY, without]
    command = [sys.executable, *start, *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}")
    return done.stdout


class Halves:
    """A data set, its defective test images in two halves: `test` to score on, `pool` for training."""

    def __init__(self, name):
        self.name = name
        self.data = Path(os.environ["SEMSCAN_REAL_DATA"]) / name
        kinds = sorted(folder for folder in (self.data / "test").iterdir() if folder.name != "good")
        numbered = [(place, path) for kind in kinds for place, path in enumerate(sorted(kind.iterdir()))]
        # one of each class first, so that a few labelled images are of all classes
        mixed = [path for _, path in sorted(numbered, key=lambda one: one[0])]
        places = {path: place for place, path in numbered}
        self.pool = [path for path in mixed if places[path] % 2 == 0]
        self.tested = [path for path in mixed if places[path] % 2]
        self.test = OUT / name / "test-set"
        for path in [*self.tested, *(self.data / "test" / "good").glob("*")]:
            link(path, self.test / "test" / path.parent.name / path.name)
        for path in self.tested:
            link(self.mask(path), self.test / "ground_truth" / path.parent.name / self.mask(path).name)

    def mask(self, path):
        """Return the mask of a defective image."""
        return next((self.data / "ground_truth" / path.parent.name).glob(f"{path.stem}*"))

    def training_set(self, variant, labelled=(), masks=True, hidden=()):
        """Return a folder of the good images, labelled defective ones in train/CLASS, others hidden in train/good."""
        folder = OUT / self.name / variant / "data"
        for path in (self.data / "train" / "good").iterdir():
            link(path, folder / "train" / "good" / path.name)
        for path in labelled:
            link(path, folder / "train" / path.parent.name / path.name)
            if masks:
                link(self.mask(path), folder / "ground_truth" / path.parent.name / self.mask(path).name)
        for path in hidden:
            link(path, folder / "train" / "good" / f"hidden-{path.parent.name}-{path.name}")
        return folder

    def measure(self, variant, seeds, steps, data=None, without=None, options=()):
        """Train the variant with each seed, score it, print the median row with the range, and return the models."""
        data = data or self.training_set(variant)
        records, models = [], []
        for seed in seeds:
            model = OUT / self.name / variant / f"seed{seed}.model"
            if not (model / "config.json").is_file():
                length = ["--steps", steps] if steps else []
                semscan("train", data, "--out", model, "--seed", seed, *length, *options, without=without)
            scores = model.with_suffix(".evaluation")
            record = semscan("evaluate", self.test, "--model", model, "--out", scores, "--format", "json")
            records.append(json.loads(record))
            models.append(model)
        print(self.row(variant, records), flush=True)
        return models

    def row(self, variant, records):
        """Format the records of all seeds as one Markdown row: the median and the range of each figure."""
        cells = [spread([one[key] for one in records]) for key in KEYS]
        cells.append(spread([one["at_threshold"]["hit"] / one["at_threshold"]["defects"] for one in records], 2))
        cells.append(spread([one["at_threshold"]["false_per_good_image"] for one in records], 2))
        return f"| {self.name} | {variant} | {' | '.join(cells)} |"


def spread(values, digits=3):
    """Format the median of values and their range; a dash if they are undefined."""
    if None in values:
        return "-"
    middle = f"{statistics.median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def link(source, target):
    """Link to a file, once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.symlink_to(source.resolve())


def labelled(halves, seeds, steps):
    """Measure labelled defective images."""
    halves.measure("no labels", seeds, steps)
    for count in (5, 10, 20):
        some = halves.pool[:count]
        if len(some) < count:
            print(f"{halves.name}: {len(halves.pool)} images can be labelled, fewer than {count}", file=sys.stderr)
            break
        for masks in (True, False):
            variant = f"{count} labelled, {'with' if masks else 'without'} masks"
            data = halves.training_set(variant, labelled=some, masks=masks)
            halves.measure(variant, seeds, steps, data)


def accepted(halves, seeds, steps):
    """Accept the false regions of the first model in the pool, train again, and measure."""
    import cv2
    import numpy as np

    for seed in seeds:
        (model,) = halves.measure("no labels", [seed], steps)
        lines = semscan("inspect", *halves.pool, "--model", model, "--out", f"{model}.results", "--no-overlay")
        records = [json.loads(line) for line in lines.splitlines()]
        count = 0
        for record in records:
            truth = cv2.imdecode(np.fromfile(halves.mask(Path(record["source"])), np.uint8), cv2.IMREAD_GRAYSCALE) > 0
            for region in record["regions"]:
                left, top, width, height = region["bbox"]
                region["accepted"] = not truth[top : top + height, left : left + width].any()
                count += region["accepted"]
        if not count:
            print(f"{halves.name}: seed {seed} has no false region to accept", file=sys.stderr)
            continue
        marked = model.with_suffix(".accepted.jsonl")
        marked.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
        halves.measure(f"{count} regions accepted", [seed], steps, options=("--accept", marked))


def hidden(halves, seeds, steps):
    """Hide defective images among the good ones, train, and measure."""
    halves.measure("no labels", seeds, steps)
    good = len(list((halves.data / "train" / "good").iterdir()))
    for share in (0.05, 0.1):
        some = halves.pool[: max(1, round(share * good))]
        variant = f"{len(some)} of {good + len(some)} good images are defective"
        for model in halves.measure(variant, seeds, steps, halves.training_set(variant, hidden=some)):
            odd = json.loads((model / "config.json").read_text("utf-8"))["training"].get("odd_images") or []
            found = sum(Path(one["image"]).name.startswith("hidden-") for one in odd)
            print(f"{model}: train named {found} of {len(some)} hidden and {len(odd) - found} good", file=sys.stderr)


def families(halves, seeds, steps):
    """Leave out each family of painted defects that is used for these images, train, and measure."""
    from semscan.synth.painting.kinds import families as painted

    model = halves.measure("no labels", seeds, steps)[0]
    preprocessing = json.loads((model / "config.json").read_text("utf-8"))["preprocessing"]
    for name in painted(areas=preprocessing.get("matched", False)):
        halves.measure(f"without {name}", seeds, steps, without=name)


def main():
    """Parse and measure."""
    what = {"labelled": labelled, "accepted": accepted, "hidden": hidden, "families": families}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=what)
    parser.add_argument("sets", nargs="*", default=["nanofibres", "grid", "tiles"])
    parser.add_argument("--seed", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int)
    chosen = parser.parse_args()
    if "SEMSCAN_REAL_DATA" not in os.environ:
        sys.exit("SEMSCAN_REAL_DATA names no folder of real images")
    print(f"{HEAD}\n{'|---' * (HEAD.count('|') - 1)}|")
    for name in chosen.sets:
        what[chosen.what](Halves(name), chosen.seed, chosen.steps)


if __name__ == "__main__":
    main()
