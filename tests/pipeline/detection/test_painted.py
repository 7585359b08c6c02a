"""Which painted defects a method finds; the network is a graph that marks what is brighter than the images."""

import dataclasses

import numpy as np
import pytest

from semscan.errors import BadImageError
from semscan.files.models.folder import read_model_folder
from semscan.pipeline.detection.painted import GoodArea, at_threshold, try_in_files, try_painted
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.training.calibration import GoodPart
from semscan.scores.detection.curve import detection_curve
from semscan.settings import ReadSettings
from semscan.values import CleanImage


def picture(seed, level=0.4):
    stripes = 0.15 * np.sin(np.arange(300) / 3)
    values = (level - 0.06 + stripes + np.random.default_rng(seed).normal(0, 0.01, (300, 300))).astype(np.float32)
    return CleanImage(values, np.ones(values.shape, bool), (), f"{seed}.png", None)


@pytest.fixture
def method(tmp_path, make_model):
    return ModelMethod(read_model_folder(make_model(tmp_path / "marks", raw_threshold=0.1)), threads=1)


def test_bright_defects_are_found_and_dark_ones_are_not(method):
    tried = try_painted(method, [GoodArea(picture(seed)) for seed in range(6)], wanted=60)

    curve = detection_curve(tried)
    assert len(tried) >= 60
    assert 0.05 < curve.share < 0.95
    assert all(one.before < 1 for one in tried)
    assert any(not one.found and one.contrast > 0.1 for one in tried)  # dark


def test_what_is_marked_everywhere_finds_nothing(method):
    tried = try_painted(method, [GoodArea(picture(0, level=0.9))], wanted=20)

    assert tried
    assert not any(one.found for one in tried)


def test_a_higher_threshold_finds_fewer(method):
    tried = try_painted(method, [GoodArea(picture(seed)) for seed in range(6)], wanted=60)

    found = [sum(one.found for one in at_threshold(tried, multiple)) for multiple in (0.5, 1, 2, 1000)]

    assert found == sorted(found, reverse=True)
    assert found[-1] == 0


def test_defects_lie_in_the_held_out_part_alone(method):
    seen = []
    spy = dataclasses.make_dataclass("Spy", ["raw_threshold", "provenance"])(1.0, method.provenance)

    class Spying(type(spy)):
        def __call__(self, image):
            seen.append(image.values)
            return method(image)

    try_painted(Spying(1.0, method.provenance), [GoodArea(picture(0), row=150)], wanted=4)

    assert len(seen) > 1
    assert all((values[:150] == seen[0][:150]).all() for values in seen[1:])
    assert any((values[150:] != seen[0][150:]).any() for values in seen[1:])


def test_images_that_the_method_cannot_judge_are_passed_over(method):
    class Refusing:
        raw_threshold = 1.0
        provenance = method.provenance

        def __call__(self, image):
            if image.source == "0.png":
                raise BadImageError("no lattice")
            return method(image)

    tried = try_painted(Refusing(), [GoodArea(picture(0)), GoodArea(picture(1))], wanted=10)

    assert tried


def test_a_model_without_a_threshold_is_not_tried(tmp_path, make_model):
    folder = read_model_folder(make_model(tmp_path / "m", raw_threshold=None, classes=["a", "b"], scale_to=32))

    assert try_in_files(folder, [GoodPart(tmp_path / "none.png")], ReadSettings(), 0) == ()
