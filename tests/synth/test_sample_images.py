"""The committed sample images are what their README says: its commands, run again."""

import shlex
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from semscan.cli.commands.synth import synth
from semscan.settings import SynthSettings

SAMPLES = Path(__file__).parents[2] / "sample_images"
COMMANDS = [
    shlex.split(line)[2:]
    for line in (SAMPLES / "README.md").read_text("utf-8").splitlines()
    if line.startswith("semscan synth ")
]


def read(path):
    return cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)


def assert_almost_same(one, two):
    """Equal but for rounding: another library version may turn a grey level, not an image."""
    assert one.shape == two.shape
    assert one.dtype == two.dtype
    assert np.mean(np.abs(one.astype(int) - two.astype(int)) > 1) < 0.01


@pytest.fixture(scope="module")
def remade(tmp_path_factory):
    """All commands of the README, with few images: an image does not depend on how many are made."""
    folder = tmp_path_factory.mktemp("remade")
    for out, *options in COMMANDS:
        few = [] if "--mixed" in options else ["--train", "1", "--test-good", "1", "--per-defect", "1"]
        result = CliRunner().invoke(synth, [str(folder / Path(out).name), *options, *few], catch_exceptions=False)
        assert result.exit_code == 0
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "lines/train/good/000.png",
        "lines/test/micro-bridge/000.png",
        "lines/ground_truth/bridge/000_mask.png",
        "contacts/test/missing/000.png",
        "contacts/ground_truth/merged/000_mask.png",
        "classes/train/particle/000.png",
        "classes/test/break/000.png",
    ],
)
def test_sample_image_is_what_its_recipe_makes(remade, name):
    assert_almost_same(read(SAMPLES / name), read(remade / name))


def test_wafer_and_its_mask_are_what_their_recipe_makes(remade):
    assert_almost_same(read(SAMPLES / "wafer.png"), read(remade / "wafer/test/mixed/000.png"))
    mask = read(SAMPLES / "ground_truth" / "wafer_mask.png")
    assert_almost_same(mask, read(remade / "wafer/ground_truth/mixed/000_mask.png"))


@pytest.mark.parametrize(
    ("sample", "made"),
    [
        ("die1.png", "dies/test/good/000.png"),
        ("die2.png", "dies/test/mixed/000.png"),
        ("calibrated.tif", "calibrated/test/mixed/000.tif"),
        ("ground_truth/die2_mask.png", "dies/ground_truth/mixed/000_mask.png"),
        ("ground_truth/calibrated_mask.png", "calibrated/ground_truth/mixed/000_mask.png"),
    ],
)
def test_pair_and_calibrated_image_are_what_their_recipes_make(remade, sample, made):
    assert_almost_same(read(SAMPLES / sample), read(remade / made))


def test_every_defective_test_image_has_its_mask():
    for part in ("lines", "contacts", "classes"):
        images = [path for path in (SAMPLES / part / "test").glob("*/*.png") if path.parent.name != "good"]
        assert images
        for path in images:
            mask = read(SAMPLES / part / "ground_truth" / path.parent.name / f"{path.stem}_mask.png")
            assert mask.shape == read(path).shape
            assert np.count_nonzero(mask) >= 4


def test_samples_are_small_enough_to_clone():
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 7.5e6


def test_defaults_of_the_recipe_are_those_the_samples_were_made_with():
    assert (SynthSettings().dose, SynthSettings().pitch, SynthSettings().bits) == (40, 28, 8)
