"""Measure the attention CNN's map against Grad-CAM, from labels of whole images alone.

    python benchmarks/attention.py gradcam [--data DIR] [--attention NAME ...] [--seed N ...] [--steps N]
                                           [--seam] [--backbone NAME] [--model DIR]

gradcam trains the attention CNN on DATA (sample_images/classes by default; masks are never read in training) with each
attention and seed, and prints one Markdown row for each: pixel AUROC and AP, over all pixels of test/, of the map that
inspect gives and of Grad-CAM on the same network (last features of the conv base, largest defect logit minus the good
one), both through the same tiles and at the same size. --model measures an existing model. All output goes
to bench-out/; a finished training is used again.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np

from semscan.files.datasets.labelled_images import find_labelled_images, read_defect_mask
from semscan.files.images.read import read_image
from semscan.files.models.folder import read_model_folder
from semscan.image.clean import clean
from semscan.pipeline.methods.model import ModelMethod
from semscan.scores.ranking import rank_scores
from semscan.settings import ReadSettings

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench-out"
READ = ReadSettings()


class GradCam:
    """A network whose map is replaced by Grad-CAM; for a ModelMethod."""

    outputs = ("score", "logits")

    def __init__(self, folder):
        from gradcam import gradcam

        from semscan.model.reload import open_network

        config = folder.config.network
        self._network = open_network(folder.path, config)
        self._gradcam = gradcam
        self._good = config.good_index

    def run(self, tiles):
        """Return score and logits, like `semscan.runtime.session.Network.run`."""
        logits = self._network(tiles[..., None], training=False)["logits"].numpy()
        return {"score": self._gradcam(self._network, tiles, good=self._good), "logits": logits}


def trained(data, attention, seed, chosen):
    """Return the model folder of one training; train it if it does not exist."""
    words = ["seam"] * chosen.seam + [chosen.backbone, attention.replace("+", "-"), f"seed{seed}"]
    out = OUT / "attention" / "-".join([data.name, *words])
    if not (out / "config.json").exists():
        options = ["--attention", attention, "--backbone", chosen.backbone, "--seed", seed, "--out", out, "--overwrite"]
        options += ["--seam"] * chosen.seam + (["--steps", chosen.steps] if chosen.steps else [])
        command = [sys.executable, "-m", "semscan", "train", data, "--model", "attention-cnn", *options]
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=False)
        if done.returncode:
            sys.exit(f"training ended with {done.returncode}")
    return out


def pixel_figures(method, images):
    """Measure pixel AUROC and AP of the raw maps of all images, and the share of correctly classified images."""
    scores = []
    defective = []
    correct = []
    for labelled in images:
        image = read_image(labelled.path, READ)
        result = method(clean(image, READ))
        truth = np.zeros(result.raw.shape, bool)
        if labelled.mask:
            truth = read_defect_mask(labelled.mask, image.pixels.shape) > 0
        scores.append(result.raw.ravel())
        defective.append(truth.ravel())
        probabilities = result.class_probabilities
        correct.append(max(probabilities, key=probabilities.get) == labelled.class_name)
    ranking = rank_scores(np.concatenate(scores).astype(np.float32), np.concatenate(defective))
    return ranking.auroc(), ranking.average_precision(), float(np.mean(correct))


def gradcam(chosen):
    """Print one row for each model."""
    print(
        "| attention | seed | steps | accuracy | pixel AUROC, map | pixel AUROC, Grad-CAM | pixel AP, map "
        "| pixel AP, Grad-CAM |\n|---|---|---|---|---|---|---|---|"
    )
    images = [one for one in find_labelled_images(chosen.data).images if one.mask or not one.defective]
    models = (
        [chosen.model]
        if chosen.model
        else [trained(chosen.data, attention, seed, chosen) for attention in chosen.attention for seed in chosen.seed]
    )
    for path in models:
        folder = read_model_folder(path)
        method = ModelMethod(folder)
        auroc, ap, accuracy = pixel_figures(method, images)
        method._network = GradCam(folder)
        theirs, their_ap, _ = pixel_figures(method, images)
        config = folder.config
        name = config.network.attention + (", SEAM" if config.network.seam else "")
        print(
            f"| {name} | {config.seed} | {config.training.fit.steps_done} | {accuracy:.3f} | {auroc:.4f} "
            f"| {theirs:.4f} | {ap:.4f} | {their_ap:.4f} |",
            flush=True,
        )


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["gradcam"])
    parser.add_argument("--data", type=Path, default=ROOT / "sample_images" / "classes")
    parser.add_argument("--attention", nargs="+", default=["feature-mask", "soft-mask"])
    parser.add_argument("--backbone", default="plain")
    parser.add_argument("--seed", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seam", action="store_true")
    parser.add_argument("--model", type=Path)
    gradcam(parser.parse_args())


if __name__ == "__main__":
    main()
