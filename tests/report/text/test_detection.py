"""What a model finds and what is wrong with it, in sentences."""

from dataclasses import replace

import numpy as np
import pytest

from semscan.files.models.folder import read_model_folder
from semscan.report.text.detection import comparison_lines, detection_lines, detection_table
from semscan.report.text.weaknesses import weaknesses
from semscan.scores.detection.curve import compare_with_painted, detection_curve
from semscan.values.detection import TriedDefect
from semscan.values.model.training import FitRecord


def tried(share=0.5, contrast=0.2, count=100):
    """Defects of 2 to 30 px; the larger ones, of this share, are found."""
    sizes = np.geomspace(2, 30, count)
    return [
        TriedDefect("body", size, contrast, 2.0 if n >= count * (1 - share) else 0.1) for n, size in enumerate(sizes)
    ]


def test_the_sentences_name_share_size_nm_and_contrast():
    lines = detection_lines(detection_curve(tried(), nm_per_pixel=2.0))

    assert lines[0] == "Finds 50% of 100 defects painted into held-out good images (95 % interval 40% to 60%)."
    assert lines[1].startswith("It finds 9 of 10 from ")
    assert " nm) at a contrast of 0.2; with 95 % confidence from " in lines[1]


def test_a_size_that_is_never_reached_is_said_so():
    lines = detection_lines(detection_curve(tried(share=0.0)))

    assert lines[1] == "It does not find 9 of 10 at a contrast of 0.2 at any size up to 30 px."


def test_the_table_has_a_row_for_each_bin():
    curve = detection_curve(tried())

    rows = detection_table(curve)

    assert len(rows) == 2 + len(curve.by_size) + len(curve.by_contrast) + 1
    assert rows[2] == "| size below 4 px | 0 | 26 |"


def test_painted_and_real_defects_stand_side_by_side():
    figures = compare_with_painted(detection_curve(tried()), "the good test images", tried(0.3), None)

    lines = comparison_lines(figures)

    assert "defects painted into the good test images" in lines[1]
    assert "Finds 30% of 100 real defects" in lines[3]
    assert "50% would be found, of the real ones 30% are" in lines[-2]
    assert lines[-1].startswith("  All contrasts together, 9 of 10 real defects are found from ")


@pytest.fixture
def config(model):
    return read_model_folder(model).config


def with_fit(config, **values):
    return replace(config, training=replace(config.training, fit=FitRecord(**values)))


def test_a_good_model_has_no_weakness(config):
    fit = {"steps": 2400, "steps_done": 2400, "ended": "all steps", "falling": 0.3}

    assert weaknesses(config) == ()
    assert weaknesses(replace(with_fit(config, **fit), painted=detection_curve(tried(0.9)))) == ()


def test_a_blind_model_is_named_with_its_figures(config):
    (words,) = weaknesses(replace(config, painted=detection_curve(tried(0.02))))

    assert words.startswith("it finds 2 of 49 clear defects painted into good images")
    assert words.endswith("train with more good images")


def test_a_half_trained_model_is_named_where_a_finished_one_is_not(config):
    fit = {"steps": 49, "steps_done": 49, "ended": "all steps"}
    painted = detection_curve(tried(0.15))

    (words,) = weaknesses(replace(with_fit(config, **fit, falling=0.4), painted=painted))
    assert words.endswith("its loss still fell when the training ended; train longer")
    assert weaknesses(replace(with_fit(config, **fit, falling=0.01), painted=painted)) == ()


def test_a_training_that_time_ended_early_is_named(config):
    fit = {"steps": 2400, "steps_done": 49, "ended": "time limit"}

    (words,) = weaknesses(with_fit(config, **fit, falling=0.31))
    assert "the time limit ended the training at step 49 of 2400, while its loss still fell, by 31%" in words
    (words,) = weaknesses(with_fit(config, **fit))
    assert "before it was seen whether its loss still fell" in words
    assert weaknesses(with_fit(config, **fit, falling=0.02)) == ()


@pytest.mark.parametrize(("accuracy", "is_weak"), [(0.167, True), (0.25, True), (0.35, True), (0.8, False)])
def test_a_classifier_near_guessing_is_named(config, accuracy, is_weak):
    found = weaknesses(with_fit(config, held_out_accuracy=accuracy, held_out_images=24, held_out_majority=6))

    assert bool(found) == is_weak
    if is_weak:
        assert "naming always the largest class gives 25%" in found[0]
