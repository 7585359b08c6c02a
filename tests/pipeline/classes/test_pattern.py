"""What kind of defect a region is."""

import dataclasses

import cv2
import numpy as np
import pytest

from semscan.pipeline.classes.model import ModelRegionClassifier, squared_distances
from semscan.pipeline.classes.names import best_class
from semscan.pipeline.classes.pattern import classify_by_pattern
from semscan.regions.extent import with_extents
from semscan.regions.find import no_regions, segment
from semscan.settings import RegionSettings, SynthSettings
from semscan.synth.simulator.image import make_image
from semscan.values import CleanImage, Periodic
from semscan.values.model.config import ClassLimits, NetworkConfig

RECIPES = {
    "lines": SynthSettings(pattern="lines", rows=224, cols=224, pitch=24, seed=5),
    "contacts": SynthSettings(pattern="contacts", rows=224, cols=224, pitch=30, seed=6),
}


def planted(pattern, kind, index=0, **changes):
    """A generated image and, as a map would show it, the region of its defect."""
    made = make_image(dataclasses.replace(RECIPES[pattern], **changes), [kind], key=kind, index=index)
    image = CleanImage(made.pixels.astype(np.float32) / 255, np.ones(made.pixels.shape, bool))
    anomaly_map = cv2.GaussianBlur(cv2.dilate(made.mask, np.ones((3, 3), np.uint8)) / np.float32(255), (0, 0), 1.5)
    return image, segment(anomaly_map, RegionSettings(threshold=0.4))


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("lines", "bridge"),
        ("lines", "break"),
        ("lines", "pinch"),
        ("lines", "particle"),
        ("contacts", "missing"),
        ("contacts", "merged"),
        ("contacts", "particle"),
    ],
)
@pytest.mark.parametrize("changes", [{}, {"angle": 90.0, "dose": 25.0}])
def test_defects_on_lines_and_contacts_are_named(pattern, kind, changes):
    names = []
    for index in range(4):
        image, found = planted(pattern, kind, index, **changes)
        names.append(classify_by_pattern(found, image, None, None).regions[0].class_name)
    assert names.count(kind) >= 3, names


@pytest.mark.parametrize("kind", ["bridge", "break"])
def test_dark_lines_exchange_what_joins_and_what_parts(kind):
    names = []
    for index in range(4):
        image, found = planted("lines", kind, index)
        inverted = dataclasses.replace(image, values=1 - image.values)
        names.append(classify_by_pattern(found, inverted, None, None, dark_lines=True).regions[0].class_name)
    assert names.count(kind) >= 3, names


def test_the_class_has_a_probability_and_nothing_else_changes():
    image, found = planted("contacts", "missing")

    named = classify_by_pattern(found, image, None, None)

    assert 0.6 <= named.regions[0].class_probability <= 1
    assert dataclasses.replace(named.regions[0], class_name=None, class_probability=None) == found.regions[0]
    assert named.labels is found.labels


def test_where_the_lattice_is_known_it_is_not_looked_for_again(monkeypatch):
    image, found = planted("lines", "bridge")
    monkeypatch.setattr("semscan.pipeline.classes.pattern.find_image_lattice", lambda image: pytest.fail("looked"))

    named = classify_by_pattern(found, image, None, Periodic(True, 0.9, (24.0,), (0.0,)))

    assert named.regions[0].class_name == "bridge"


@pytest.mark.parametrize(
    ("rows", "cols", "name", "given"),
    [
        (80, 30, "bridge", "bridge"),  # long, but between two lines
        (75, 75, "unknown", "bridge"),
        (75, 75, "unknown", "pinch"),
        (75, 75, "particle", "particle"),
        (60, 60, "bridge", "bridge"),
    ],
)
def test_what_covers_several_lines_is_no_bridge(monkeypatch, rows, cols, name, given):
    image, _ = planted("lines", "bridge")
    anomaly_map = np.zeros(image.values.shape, np.float32)
    anomaly_map[60 : 60 + rows, 60 : 60 + cols] = 0.45  # two thirds of the raw threshold are 0.4
    anomaly_map[70:80, 70:80] = 0.9
    anomaly_map[100:105, 70:80] = 0.8  # a second region of the same defect
    found = segment(anomaly_map, RegionSettings())
    found = dataclasses.replace(found, regions=with_extents(found, anomaly_map, 0.5))
    monkeypatch.setattr("semscan.pipeline.classes.pattern.pattern_classes", lambda *_: [(given, 0.9)] * 2)

    named = classify_by_pattern(found, image, None, Periodic(True, 0.9, (24.0,), (0.0,)))

    assert [region.class_name for region in named.regions] == [name, name]


@pytest.mark.parametrize(
    ("pitches", "angles"),
    [
        ((), ()),
        ((0.0,), (0.0,)),
        ((1e12,), (0.0,)),
        ((24.0, 24.0), (0.0,)),
        ((24.0,) * 3, (0.0, 60.0, 90.0)),
    ],
)
def test_a_lattice_that_cannot_be_gives_no_names(pitches, angles):
    image, found = planted("lines", "bridge")
    assert classify_by_pattern(found, image, None, Periodic(True, 0.9, pitches, angles)).regions == found.regions


def test_without_a_pattern_no_class_is_invented():
    noise = np.random.default_rng(0).normal(0.5, 0.1, (128, 128)).astype(np.float32)
    image = CleanImage(noise, np.ones(noise.shape, bool))
    anomaly_map = np.zeros(noise.shape, np.float32)
    anomaly_map[40:50, 60:80] = 0.9

    (region,) = classify_by_pattern(segment(anomaly_map, RegionSettings()), image, None, None).regions

    assert region.class_name is None
    assert region.class_probability is None


def test_no_region_needs_no_name():
    nothing = no_regions((8, 8))
    assert (
        classify_by_pattern(nothing, CleanImage(np.zeros((8, 8), np.float32), np.ones((8, 8), bool)), None, None)
        is nothing
    )


NETWORK = NetworkConfig("attention-cnn", "none", ("good", "gap", "speck"), "good")


def evidence(rows=4, cols=6):
    """Positions on the left speak for a gap, those on the right for a speck."""
    said = np.zeros((rows, cols, 3), np.float32)
    said[:, : cols // 2, 1], said[:, cols // 2 :, 2] = 5.0, 7.0
    return said


def two_regions(shape=(16, 24)):
    numbered = np.zeros(shape, np.int32)
    numbered[2:6, 2:6], numbered[8:12, 16:22] = 4, 9
    return numbered


def test_a_classifier_names_a_region_by_what_its_own_positions_say():
    classify_regions = ModelRegionClassifier(evidence(), np.ones((16, 24), np.float32), slice(0, 16), NETWORK)

    (gap, speck) = classify_regions(two_regions(), [4, 9])

    assert gap == ("gap", pytest.approx(1 / (1 + np.exp(-5.0))))
    assert speck[0] == "speck"
    assert classify_regions(two_regions(), [9]) == [speck]


def test_positions_are_weighed_by_the_map():
    raw = np.ones((16, 24), np.float32)
    raw[:, :12] = 1000
    wide = np.zeros((16, 24), np.int32)
    wide[4:8, 4:20] = 1
    assert ModelRegionClassifier(evidence(), raw, slice(0, 16), NETWORK)(wide, [1])[0][0] == "gap"
    assert ModelRegionClassifier(evidence(), 1 / raw, slice(0, 16), NETWORK)(wide, [1])[0][0] == "speck"


def test_rows_that_were_not_judged_are_no_part_of_the_evidence():
    numbered = np.zeros((40, 24), np.int32)
    numbered[10:14, 2:6] = 1  # the first judged row is 8: position 0 of the evidence
    said = np.zeros((4, 6, 3), np.float32)
    said[0, :, 1] = 5.0
    said[1:, :, 2] = 5.0
    assert (
        ModelRegionClassifier(said, np.ones((40, 24), np.float32), slice(8, 40), NETWORK)(numbered, [1])[0][0] == "gap"
    )


LIMITS = ClassLimits(
    centres={"gap": (0.0, 5.0, 0.0), "speck": (0.0, 0.0, 7.0)},
    inverse=tuple(map(tuple, np.eye(3).tolist())),
    limits={"gap": 4.0, "speck": 4.0},
)


def test_a_region_far_from_all_that_was_taught_is_unknown():
    far = evidence() + np.array([9.0, 0, 0], np.float32)
    for said, names in ((evidence(), ["gap", "speck"]), (far, ["unknown", "unknown"])):
        classify_regions = ModelRegionClassifier(said, np.ones((16, 24), np.float32), slice(0, 16), NETWORK, LIMITS)
        assert [name for name, _ in classify_regions(two_regions(), [4, 9])] == names


def test_the_distance_is_that_of_mahalanobis():
    said = np.array([[1.0, 5.0, 2.0]])
    inverse = np.diag([1.0, 1.0, 0.25])
    assert squared_distances(said, LIMITS.centres, inverse, ["gap", "other"]).tolist() == [[1 + 0.25 * 4, 0.0]]


def test_a_low_probability_is_no_name():
    (sure, unsure) = best_class(np.array([[3.0, 0.0], [0.2, 0.0]]), ["a", "b"], strange=np.zeros((2, 2), bool))
    assert sure[0] == "a"
    assert unsure == ("unknown", pytest.approx(0.55, abs=0.01))
