"""Cell to cell, from an image to its raw map."""

import warnings

import cv2
import numpy as np
import pytest

from semscan.errors import BadImageError
from semscan.reference.cell.compare import compare_cells, compare_windows, find_image_lattice
from semscan.reference.cell.lattice import find_lattice
from semscan.settings import SynthSettings
from semscan.synth.simulator.image import make_image
from semscan.values import CleanImage


def clean_of(values, judged=None):
    return CleanImage(values, np.ones(values.shape, bool) if judged is None else judged)


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [("lines", "bridge"), ("lines", "break"), ("lines", "particle"), ("contacts", "missing"), ("contacts", "merged")],
)
def test_the_hottest_point_lies_on_the_defect(pattern, kind):
    settings = SynthSettings(pattern=pattern, rotation=4.0, dose=30.0, rows=224, cols=224, pitch=24.0)
    image = make_image(settings, [kind], index=3)
    raw = compare_cells(clean_of(image.pixels.astype(np.float32) / 255)).raw

    assert image.mask[np.unravel_index(raw.argmax(), raw.shape)] == 255
    assert raw.max() > 1.2


@pytest.mark.parametrize("pattern", ["lines", "contacts"])
def test_a_clean_image_stays_below_the_threshold(pattern):
    settings = SynthSettings(pattern=pattern, rotation=4.0, dose=40.0, rows=256, cols=256)
    found = compare_cells(clean_of(make_image(settings, index=1).pixels.astype(np.float32) / 255))

    assert found.raw.max() < 1


def test_what_is_not_judged_is_zero_and_has_no_say(stripes):
    image = stripes(20.0, shape=(160, 200))
    judged = np.ones(image.shape, bool)
    judged[140:] = False
    busy = image.copy()
    busy[140:] = np.random.default_rng(1).random((20, 200))
    first, second = (compare_cells(clean_of(values, judged)) for values in (image, busy))

    assert (first.raw[140:] == 0).all()
    np.testing.assert_array_equal(first.raw, second.raw)


def test_the_map_is_finite_and_of_the_images_shape_without_any_noise(stripes):
    raw = compare_cells(clean_of(stripes(20.0, noise=0.0))).raw

    assert raw.dtype == np.float32
    assert raw.shape == (160, 200)
    assert np.isfinite(raw).all()


def test_the_same_image_gives_the_same_map(dots):
    image = clean_of(dots(22.0))

    np.testing.assert_array_equal(compare_cells(image).raw, compare_cells(image).raw)


def test_one_defect_of_two_signs_is_one_piece(dots):
    image = dots(26.0, noise=0.03)
    image[92:118, 92:118] = 0.7  # a spot and its surroundings gone
    hot = (compare_cells(clean_of(image)).raw > 1).astype(np.uint8)
    assert cv2.connectedComponents(hot, connectivity=8)[0] == 2  # the background and one


def test_an_image_that_does_not_repeat_is_refused(blobs):
    with pytest.raises(BadImageError, match="not periodic enough"):
        compare_cells(clean_of(blobs))


def test_a_large_image_is_compared_in_pieces_without_seams(stripes, monkeypatch):
    image = stripes(12.0, shape=(200, 520))
    image[95:103, 256:268] = 0.9  # across the cut
    whole = compare_cells(clean_of(image))
    monkeypatch.setattr("semscan.reference.cell.pieces.PIECE", 300)
    pieces = compare_cells(clean_of(image))

    assert np.abs(whole.reference - pieces.reference).mean() < 0.01
    assert cv2.connectedComponents((pieces.raw > 1).astype(np.uint8), connectivity=8)[0] == 2
    assert np.unravel_index(pieces.raw.argmax(), image.shape)[0] in range(93, 105)


def test_a_piece_without_judged_pixels_is_the_image_itself(stripes):
    image = stripes(24.0, shape=(120, 3200))
    judged = np.ones(image.shape, bool)
    judged[:, 990:2210] = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = compare_cells(clean_of(image, judged), measure_size=True)

    assert np.isfinite(found.reference).all()
    assert found.smallest_px is not None


def test_a_judge_and_chance_must_agree(stripes, monkeypatch):
    monkeypatch.setattr("semscan.reference.cell.pieces.PIECE", 300)
    image = stripes(12.0, shape=(200, 520))
    judged = np.ones(image.shape, bool)
    judged[:20] = False
    seen = []

    def judge(score):
        def judged_as(evidence):
            seen.append(evidence)
            return np.full(evidence.image.shape, score, np.float32)

        return judged_as

    alone = compare_cells(clean_of(image, judged)).raw
    sure = compare_cells(clean_of(image, judged), judge=judge(50.0)).raw
    like = compare_cells(clean_of(image, judged), judge=judge(0.5)).raw
    against = compare_cells(clean_of(image, judged), judge=judge(0.0)).raw

    assert len(seen) == 6
    assert all(one.pitch_px == pytest.approx(12, abs=0.05) for one in seen)
    assert sure == pytest.approx(2.5 * alone)
    assert like == pytest.approx(np.maximum(np.minimum(alone, 0.65), np.minimum(0.5, 2.5 * alone)))
    assert against == pytest.approx(alone / 4)
    assert (sure[:20] == 0).all()


def test_in_an_array_a_judge_only_confirms(dots):
    image = dots(20.0)

    def sure(evidence):
        return np.full(evidence.image.shape, 50, np.float32)

    assert compare_cells(clean_of(image), judge=sure).raw == pytest.approx(compare_cells(clean_of(image)).raw)


def test_a_region_that_a_judge_sees_in_part_is_kept_whole(stripes):
    image = stripes(12.0, shape=(120, 200))
    image[60:64, 50:150] += 0.5  # a streak

    def judge(evidence):
        score = np.zeros(evidence.image.shape, np.float32)
        score[58:66, 60:62] = 0.9
        return score

    alone = compare_cells(clean_of(image)).raw
    found = compare_cells(clean_of(image), judge=judge).raw

    assert (alone[61:63, 52:148] > 1).all()
    assert (found[61:63, 52:148] == alone[61:63, 52:148]).all()


@pytest.mark.parametrize("rows", [9000, 40000])
def test_a_long_strip_that_repeats_is_compared(stripes, rows):
    strip = stripes(30.0, 90.0, shape=(rows, 16))

    assert find_image_lattice(clean_of(strip)).pitch_px == [pytest.approx(30.0, rel=0.02)]


def test_windows_give_what_the_whole_image_gives(stripes, monkeypatch):
    monkeypatch.setattr("semscan.reference.cell.pieces.PIECE", 300)
    image = stripes(12.0, shape=(400, 520))
    image[195:206, 256:268] = 0.9  # where four windows meet
    lattice = find_lattice(image)
    raw, reference = np.full_like(image, -1), np.zeros_like(image)

    def judge(evidence):
        return evidence.chance

    def take(found):
        raw[found.window], reference[found.window] = found.raw, found.reference

    _, smallest = compare_windows(image, lattice, judge, take)
    whole = compare_cells(clean_of(image), lattice, judge, measure_size=True)

    assert (raw == whole.raw).all()
    assert (reference == whole.reference).all()
    assert smallest == whole.smallest_px
