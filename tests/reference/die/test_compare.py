"""Die to die: what differs between two images of the same place is found, what noise and edges explain is not."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from semscan.errors import BadImageError, OtherPlaceError
from semscan.maps.normalise import normalise_map
from semscan.reference.die.compare import compare_pair
from semscan.reference.die.register import register
from semscan.regions.find import find_regions
from semscan.settings import RegionSettings
from semscan.values import CleanImage

SHAPE = (260, 240)
NOISE = 0.04
SPOT = (130, 150)


def plan(seed=0):
    """Signed distance to the edges of some trenches, larger than an image."""
    rng = np.random.default_rng(seed)
    mask = np.ones((400, 400), np.uint8)
    for row in range(30, 400, 52):
        for col in range(20, 400, 80):
            y, x = int(row + rng.integers(-8, 9)), int(col + rng.integers(-8, 9))
            cv2.line(mask, (x, y), (x + 45, y), 0, 14)
            if rng.random() < 0.5:
                cv2.line(mask, (x + 45, y), (x + 45, y + 24), 0, 12)
    far = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    return cv2.GaussianBlur(far, (0, 0), 1.0)


def die(corner, seed, *, layout=0, rough=0.25, shape=SHAPE):
    """Grey levels of one die: bright edges of their own roughness, no noise."""
    rng = np.random.default_rng(seed)
    rows, cols = (slice(start, start + size) for start, size in zip(corner, shape, strict=True))
    wobble = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), 4)
    edge = plan(layout)[rows, cols] + np.float32(rough / wobble.std()) * wobble
    signal = 0.18 + 0.24 / (1 + np.exp(-edge / 0.6)) + 0.4 * np.exp(-(((edge - 0.5) / 1.6) ** 2))
    return cv2.GaussianBlur(signal.astype(np.float32), (0, 0), 0.8)


def shot(values, seed, noise=NOISE):
    """An image of a die, all judged."""
    rng = np.random.default_rng(seed)
    values = values + np.float32(noise) * rng.standard_normal(values.shape).astype(np.float32)
    return CleanImage(np.clip(values, 0, 1).astype(np.float32), np.ones(values.shape, bool))


def regions(evidence):
    """The regions with default settings."""
    return find_regions(normalise_map(evidence.raw, evidence.raw_threshold), RegionSettings())


def spotted(values, height, at=SPOT):
    """The same die with a spot 5 px across."""
    y, x = np.mgrid[: values.shape[0], : values.shape[1]]
    return values + np.float32(height) * (np.hypot(y - at[0], x - at[1]) < 2.6).astype(np.float32)


@pytest.fixture(scope="module")
def inspected():
    return die((60, 70), 1)


@pytest.fixture(scope="module")
def reference():
    """The same place on another die, seen 23 px to the left and 17 px above."""
    return shot(die((43, 93), 2), 12)


@pytest.fixture(scope="module")
def good_pair(inspected, reference):
    return compare_pair(shot(inspected, 11), reference)


def test_two_good_dies_show_nothing(good_pair):
    assert regions(good_pair) == []


@pytest.mark.parametrize("height", [0.16, -0.16])
def test_a_faint_spot_of_5_px_is_one_tight_region(inspected, reference, height):
    (region,) = regions(compare_pair(shot(spotted(inspected, height), 11), reference))

    assert region.centroid == pytest.approx(SPOT, abs=2)
    assert region.area < 60


def test_a_spot_on_the_reference_alone_is_found_too(inspected):
    (region,) = regions(compare_pair(shot(inspected, 11), shot(spotted(die((43, 93), 2), 0.3, (147, 127)), 12)))

    assert region.centroid == pytest.approx(SPOT, abs=2)


def test_a_missing_piece_of_edge_is_found(inspected, reference):
    edge = np.argmax(inspected[60:200, 120]) + 60
    bitten = inspected.copy()
    bitten[edge - 3 : edge + 4, 112:126] = 0.42
    found = regions(compare_pair(shot(bitten, 11), reference))

    assert [region.centroid for region in found] == [pytest.approx((edge, 119), abs=5)]


def test_a_bright_particle_stays_tight(inspected, reference):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    bright = np.maximum(inspected, np.exp(-(((y - 130) ** 2 + (x - 150) ** 2) / (2 * 4.0**2))))
    (region,) = regions(compare_pair(shot(bright, 11), reference))

    assert region.centroid == pytest.approx(SPOT, abs=2)
    assert region.box.bottom - region.box.top < 26


@pytest.mark.parametrize(
    "change",
    [
        lambda v: 0.3 + 0.4 * v,
        lambda v: v**0.6,
        lambda v: cv2.GaussianBlur(v, (0, 0), 0.9),
        lambda v: v * np.linspace(0.85, 1.1, v.shape[1], dtype=np.float32),
    ],
    ids=["contrast", "gamma", "blur", "shading"],
)
def test_other_grey_levels_and_focus_are_no_defect(inspected, change):
    changed = shot(change(die((43, 93), 2)), 12, NOISE * 0.6)

    spot, *others = regions(compare_pair(shot(spotted(inspected, 0.2), 11), changed))

    assert spot.centroid == pytest.approx(SPOT, abs=2)
    assert len(others) <= 1  # chance exceeds the threshold once in some tens of images, by little
    assert all(region.peak < 0.51 < spot.peak for region in others)


def test_a_small_turn_is_followed(inspected):
    wide = die((20, 40), 2, shape=(340, 320))
    turn = cv2.getRotationMatrix2D((160, 170), 1.72, 1.004)
    turned = cv2.warpAffine(wide, turn, (320, 340), flags=cv2.INTER_CUBIC)[40:300, 40:280]
    pair = shot(spotted(inspected, 0.2), 11), shot(turned, 12)
    found, ((a, b, _), (c, d, _)) = compare_pair(*pair), register(*pair).matrix

    assert math.degrees(math.atan2(c - b, a + d)) == pytest.approx(-1.72, abs=0.05)
    assert [region.centroid for region in regions(found)] == [pytest.approx(SPOT, abs=2)]


def test_sizes_may_differ_and_only_the_common_field_is_judged(inspected):
    part = shot(die((60 + 80, 70 + 60), 2, shape=(120, 150)), 12)
    found = compare_pair(shot(spotted(inspected, 0.2), 11), part)

    assert found.raw.shape == found.judged.shape == found.aligned.shape == SHAPE
    assert not found.judged[:84].any()
    assert not found.judged[:, :64].any()
    assert found.judged[90:190, 70:200].all()
    assert (found.raw[~found.judged] == 0).all()
    assert len(regions(found)) == 1


def test_half_of_the_field_in_common_is_enough(inspected):
    far = shot(die((60 + 75, 70 + 80), 2), 12)

    (region,) = regions(compare_pair(shot(spotted(inspected, 0.2, (170, 150)), 11), far))  # nothing else
    assert region.centroid == pytest.approx((170, 150), abs=2)


def test_only_what_is_trusted_of_the_reference_is_compared(inspected, reference):
    trusted = np.ones(SHAPE, bool)
    trusted[:, :50] = False  # columns 0 to 72 of the image
    pair = shot(spotted(spotted(inspected, 0.3), 0.3, (130, 60)), 11), reference
    found = compare_pair(*pair, trusted)

    assert [region.centroid for region in regions(found)] == [pytest.approx(SPOT, abs=2)]
    assert not found.judged[:, :72].any()
    assert (found.raw[~found.judged] == 0).all()


def test_a_stricter_threshold_is_higher_by_its_factor(inspected, reference, good_pair):
    stricter = compare_pair(shot(inspected, 11), reference, strictness=1.25)

    assert stricter.raw_threshold == pytest.approx(1.25 * good_pair.raw_threshold)
    assert stricter.smallest_px >= good_pair.smallest_px


def test_a_data_bar_is_not_compared(inspected, reference):
    image = shot(inspected, 11)
    judged = np.ones(SHAPE, bool)
    judged[-40:] = False
    values = image.values.copy()
    values[-40:] = 0
    values[-30:-20, ::6] = 1
    found = compare_pair(CleanImage(values, judged), reference)

    assert not found.judged[-40:].any()
    assert regions(found) == []


def test_an_image_is_like_itself(reference):
    assert regions(compare_pair(reference, reference)) == []


def test_the_aligned_reference_looks_like_the_image(inspected):
    found = compare_pair(shot(inspected, 11), shot(0.2 + 0.5 * die((43, 93), 2), 12, 0.01))

    assert np.abs(found.aligned - inspected)[found.judged].mean() < 0.03
    assert found.aligned.dtype == found.raw.dtype == np.float32


def test_twice_gives_the_same(inspected, reference, good_pair):
    again = compare_pair(shot(inspected, 11), reference)

    assert np.array_equal(again.raw, good_pair.raw)
    assert again.raw_threshold == good_pair.raw_threshold


def test_the_shift_is_found(inspected, reference):
    matrix = register(shot(inspected, 11), reference).matrix
    centre = (np.array(SHAPE[::-1]) - 1) / 2

    assert matrix @ [*centre, 1] - centre == pytest.approx([-23, 17], abs=0.5)


def repeating(corner, seed):
    """An image of bars that repeat every 40 px, each a little different; shifted, and with noise."""
    rows, cols = np.mgrid[:420, :420].astype(np.float32)
    own = cv2.GaussianBlur(np.random.default_rng(8).standard_normal((420, 420)).astype(np.float32), (0, 0), 1.5)
    place = 0.5 + 0.2 * np.tanh(3 * np.sin(rows * np.pi / 20)) * np.tanh(3 * np.sin(cols * np.pi / 20)) + 0.12 * own
    return shot(place[corner[0] :, corner[1] :][: SHAPE[0], : SHAPE[1]], seed)


def test_of_the_repeats_of_a_pattern_the_one_with_the_same_details_is_found():
    inspected, reference = repeating((60, 70), 11), repeating((30, 106), 12)
    matrix = register(inspected, reference).matrix
    centre = (np.array(SHAPE[::-1]) - 1) / 2

    assert matrix @ [*centre, 1] - centre == pytest.approx([70 - 106, 60 - 30], abs=0.5)


@pytest.mark.parametrize("defect", [0.0, 0.4])
def test_lines_are_told_apart_by_the_few_places_where_they_are_cut(defect):
    rng = np.random.default_rng(2)
    lines = np.full((592, 592), 0.3, np.float32)
    for left in range(0, 592, 24):
        lines[:, left : left + 12] = 0.7
        if rng.random() < 0.5:
            top = rng.integers(0, 576)
            lines[top : top + 16, left : left + 12] = 0.3
    lines = cv2.GaussianBlur(lines, (0, 0), 0.8)
    one, other = lines[40:552, 40:552], lines[55:567, 54:566]
    inspected, reference = shot(spotted(one, -defect, (200, 300)), 11), shot(other, 12)

    found = compare_pair(inspected, reference)

    assert register(inspected, reference).matrix[:, 2] == pytest.approx([-14, -15], abs=1.0)
    assert bool(regions(found)) == bool(defect)


@pytest.mark.parametrize("corner", [(30, 40), (250, 10), (300, 330)])
def test_a_small_field_is_found_anywhere_in_a_wide_reference(corner):
    own = cv2.GaussianBlur(np.random.default_rng(5).standard_normal((480, 480)).astype(np.float32), (0, 0), 3)
    wide = 0.5 + 0.15 * np.tanh(own / own.std())
    field = wide[corner[0] :, corner[1] :][:128, :128]
    small, large = shot(field, 11), shot(wide, 12)

    assert register(small, large).matrix[:, 2] == pytest.approx(corner[::-1], abs=0.5)
    assert register(large, small).matrix[:, 2] == pytest.approx(-np.array(corner[::-1]), abs=0.5)


def test_another_place_is_refused(inspected):
    with pytest.raises(BadImageError, match=r"similarity of .* wanted at least 0.6.* same place"):
        compare_pair(shot(inspected, 11), shot(die((60, 70), 2).T[::-1] * 1.0, 12))


@pytest.mark.parametrize("pitch", [22, 24, 28])
def test_lines_of_another_pitch_are_refused(pitch):
    rng = np.random.default_rng(1)
    one, other = (
        np.tile(0.5 + 0.3 * np.sign(np.sin(2 * np.pi * np.arange(256) / step)), (256, 1)) for step in (20, pitch)
    )
    one, other = (
        cv2.GaussianBlur((lines + 0.05 * rng.standard_normal(lines.shape)).astype(np.float32), (0, 0), 0.8)
        for lines in (one, other)
    )

    with pytest.raises(BadImageError, match=r"stretched by|similarity of"):
        register(shot(one, 11, 0.03), shot(other, 12, 0.03))


def test_what_matches_on_a_small_part_must_be_more_similar():
    scenes = [cv2.GaussianBlur(np.random.default_rng(n).standard_normal((300, 300)), (0, 0), 4) for n in range(3)]
    first, *others = (0.5 + 0.2 * np.tanh(scene / scene.std()) for scene in scenes)
    for other in others:
        with pytest.raises(OtherPlaceError) as caught:
            register(shot(first.astype(np.float32), 1), shot(other.astype(np.float32), 2))
        assert 0.5 <= caught.value.wanted <= 0.9
    strip = register(shot(first.astype(np.float32), 1), shot(first[:, 210:].astype(np.float32), 2))
    assert strip.matrix[0, 2] == pytest.approx(-210, abs=1)


def test_noise_is_refused(inspected):
    empty = np.full(SHAPE, 0.5, np.float32)
    with pytest.raises(BadImageError, match="similarity of"):
        compare_pair(shot(empty, 11), shot(empty, 12))


def test_one_grey_level_is_refused(inspected):
    flat = CleanImage(np.full(SHAPE, 0.5, np.float32), np.ones(SHAPE, bool))
    with pytest.raises(BadImageError, match="the reference has one grey level"):
        compare_pair(shot(inspected, 11), flat)


def test_a_judged_area_without_an_inside_is_refused(inspected, reference):
    strips = np.zeros(SHAPE, bool)
    strips[::20] = strips[1::20] = strips[2::20] = True
    with pytest.raises(BadImageError, match="of the inspected image is too narrow to align, wanted 8 px or more"):
        compare_pair(CleanImage(inspected, strips), reference)


def test_hardly_anything_in_common_is_refused(inspected, reference):
    tiny = CleanImage(reference.values[:20, :20], np.ones((20, 20), bool))
    with pytest.raises(BadImageError, match="give an image of the same place"):
        compare_pair(shot(inspected, 11), tiny)


@pytest.mark.parametrize("swapped", [False, True], ids=["as given", "swapped"])
def test_the_three_defects_of_a_real_pair_are_found_and_nothing_else(swapped):
    folder = os.environ.get("SEMSCAN_REAL_DATA")
    if not folder or not Path(folder, "wafer_pairs").is_dir():
        pytest.skip("SEMSCAN_REAL_DATA names no folder with wafer_pairs/")
    tifffile = pytest.importorskip("tifffile")
    ours, theirs = (
        tifffile.imread(Path(folder, "wafer_pairs", f"case1_{name}.tif")) for name in ("inspected", "reference")
    )
    known = json.loads(Path(folder, "wafer_pairs", "defects.json").read_text())["case1_inspected.tif"]
    shift = (-4, 23) if swapped else (0, 0)
    pair = [CleanImage(pixels.astype(np.float32) / 255, np.ones(pixels.shape, bool)) for pixels in (ours, theirs)]
    found = regions(compare_pair(*(reversed(pair) if swapped else pair)))

    centres = sorted(region.centroid for region in found)
    wanted = sorted((defect["y"] + shift[0], defect["x"] + shift[1]) for defect in known)
    assert len(centres) == 3
    assert np.hypot(*(np.array(centres) - np.array(wanted)).T).max() < 12
