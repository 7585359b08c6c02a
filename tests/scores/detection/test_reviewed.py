"""Figures of reviewed images, with known answers."""

import pytest

from semscan.scores.detection.reviewed import FoundRegion, JudgedImage, review_figures

REAL, HARMLESS = FoundRegion(None, True), FoundRegion(None, False)


def figures(*images):
    return review_figures(images, seed=0, draws=200)


def test_precision_is_of_the_decided_regions_and_recall_of_the_real_defects():
    found = figures(
        JudgedImage((REAL, REAL, HARMLESS), missed=(None,)),
        JudgedImage((REAL,), unsure=2),
        JudgedImage(missed=(None, None)),
    )

    assert (found.found, found.false, found.missed, found.unsure) == (3, 1, 3, 2)
    assert (found.precision, found.recall) == (0.75, 0.5)
    assert found.precision_95[0] < 0.25
    assert found.precision_95[1] > 0.99
    assert (found.defective_images, found.defective_images_found) == (3, 2)
    assert (found.good_images, found.false_per_good_image, found.classes) == (0, None, None)


def test_false_regions_are_counted_on_images_without_a_defect():
    found = figures(
        JudgedImage((HARMLESS, HARMLESS)),
        JudgedImage(),
        JudgedImage(),
        JudgedImage((REAL, HARMLESS)),
        JudgedImage(unsure=1),
    )

    assert (found.good_images, found.good_images_flagged) == (3, 1)
    assert found.false_per_good_image == pytest.approx(2 / 3)
    low, high = found.false_per_good_image_95  # Poisson, of 2 in 3 images
    assert (low, high) == (pytest.approx(0.0807, abs=1e-3), pytest.approx(2.408, abs=1e-3))


def test_without_regions_or_defects_a_share_is_undefined_and_a_perfect_one_has_a_width():
    nothing = figures(JudgedImage())
    perfect = figures(*[JudgedImage((REAL,))] * 4)

    assert (nothing.precision, nothing.recall, nothing.recall_95) == (None, None, None)
    assert perfect.precision == perfect.recall == 1.0
    assert perfect.recall_95[0] == pytest.approx(0.398, abs=1e-3)  # Clopper-Pearson, 4 of 4


def test_classes_have_the_recall_of_their_defects_and_the_precision_of_what_was_called_so():
    found = figures(
        JudgedImage((FoundRegion("gap", True, "gap"), FoundRegion("gap", True, "bridge"), FoundRegion("gap", False))),
        JudgedImage((FoundRegion("bridge", True, "bridge"),), missed=("bridge", None)),
    )
    rows = {name: (of.found, of.missed, of.right, of.called) for name, of in found.classes.items()}

    assert rows == {"bridge": (2, 1, 1, 1), "defect": (0, 1, 0, 0), "gap": (1, 0, 1, 3)}
    assert found.classes["bridge"].recall == pytest.approx(2 / 3)
    assert found.classes["gap"].precision == pytest.approx(1 / 3)
    assert found.classes["defect"].precision is None


def test_a_class_may_be_called_defect():
    regions = FoundRegion("defect", True, "defect"), FoundRegion("defect", False), FoundRegion("pit", True, None)
    found = figures(JudgedImage(regions), JudgedImage(missed=("defect", None)))
    of = found.classes["defect"]

    assert (of.found, of.missed, of.called, of.right) == (2, 2, 2, 1)


def test_a_region_that_was_called_nothing_is_right_if_it_is_real():
    found = figures(JudgedImage((FoundRegion(None, True, "pit"), HARMLESS)))

    assert (found.classes["defect"].right, found.classes["defect"].called) == (1, 2)
    assert (found.classes["pit"].found, found.classes["pit"].called) == (1, 0)
