"""Dimensions of generated images: what must not change them, and what must."""

import numpy as np
import pytest

from semscan.errors import BadImageError, NotPeriodicError
from semscan.pipeline.measuring.pattern import measure_pattern
from semscan.settings import EdgeSettings, SynthSettings
from semscan.synth.simulator.image import make_image
from semscan.values import CleanImage

LINES = SynthSettings(
    rows=200, cols=220, pitch=24.0, cd=11.0, edge_link=0.0, dose=80, charging=0, magnification=0, seed=2
)
HOLES = SynthSettings(pattern="contacts", rows=180, cols=180, pitch=30.0, cd=16.0, dose=80, charging=0, seed=2)


def grey(settings, kinds=()):
    """A generated image, float32, 0 to 1."""
    return make_image(settings, kinds).pixels.astype(np.float32) / 255


def measured(values, left_out=None, nm_per_pixel=None, judged=None, **edges):
    judged = np.ones(values.shape, bool) if judged is None else judged
    image = CleanImage(np.ascontiguousarray(values), judged, nm_per_pixel=nm_per_pixel)
    return measure_pattern(image, EdgeSettings(**edges), left_out)


@pytest.fixture(scope="module")
def lines():
    return grey(LINES)


@pytest.fixture(scope="module")
def holes():
    return grey(HOLES)


def test_widths_and_roughness_are_those_of_the_recipe(lines):
    found = measured(lines, level=None).dimensions

    assert found.pattern == "lines"
    assert found.line_cd.px == pytest.approx(11.0, abs=0.25)
    assert found.line_cd.interval_95_px[0] < 11.0 < found.line_cd.interval_95_px[1]
    assert found.pitch[0].px == pytest.approx(24.0, abs=0.1)
    assert found.line_cd.px + found.space_cd.px == pytest.approx(24.0, abs=0.1)
    low, high = found.lwr.unbiased.interval_95_px
    assert low < 3 * 0.5 * np.sqrt(2) < high
    assert found.lwr.biased_px > found.lwr.noise_px > 0


def test_the_level_makes_widths_larger_and_leaves_roughness_alone(lines):
    step, half = (measured(lines, level=level).dimensions for level in (None, 0.5))

    assert half.edge == "level 0.5"
    assert step.edge == "step"
    assert half.line_cd.px - step.line_cd.px == pytest.approx(0.5, abs=0.3)
    assert half.lwr.unbiased.px == pytest.approx(step.lwr.unbiased.px, rel=0.05)


def test_turned_by_90_degrees_the_same_is_measured(lines, holes):
    found = [[measured(each).dimensions for each in (image, np.rot90(image))] for image in (lines, holes)]
    for one, turned in found:
        lengths = ("line_cd", "space_cd") if one.line_cd else ("diameter",)

        assert [getattr(turned, name).px for name in lengths] == pytest.approx(
            [getattr(one, name).px for name in lengths], abs=0.03
        )
    along, across = found[0]
    assert across.tilt_deg.value == pytest.approx(along.tilt_deg.value, abs=0.02)
    assert across.lwr.unbiased.px == pytest.approx(along.lwr.unbiased.px, rel=0.03)
    assert abs(across.angle_deg[0]) == pytest.approx(90, abs=3)


def test_mirrored_the_tilt_has_the_other_sign(lines):
    assert measured(lines[:, ::-1]).dimensions.tilt_deg.value == pytest.approx(
        -measured(lines).dimensions.tilt_deg.value, abs=0.02
    )


def test_brightness_and_contrast_change_nothing(lines):
    one, other = (measured(each).dimensions for each in (lines, 0.1 + 0.5 * lines))

    assert other.line_cd.px == pytest.approx(one.line_cd.px, abs=0.01)
    assert other.lwr.unbiased.px == pytest.approx(one.lwr.unbiased.px, rel=0.02)


def test_dark_lines_exchange_lines_and_spaces(lines):
    bright, dark = (measured(lines, dark_lines=dark).dimensions for dark in (False, True))

    assert dark.line_cd.px == pytest.approx(bright.space_cd.px, abs=0.05)
    assert dark.space_cd.px == pytest.approx(bright.line_cd.px, abs=0.05)


def test_in_the_inverted_image_the_holes_are_bright(holes):
    dark, bright = (measured(each).dimensions for each in (holes, 1 - holes))

    assert (dark.dark_holes, bright.dark_holes) == (True, False)
    assert bright.diameter.px == pytest.approx(dark.diameter.px, abs=0.1)


def test_lengths_in_nm_are_those_in_px_times_the_scale(lines):
    found = measured(lines, nm_per_pixel=2.5).dimensions

    for length in (found.line_cd, found.pitch[0], found.lwr.unbiased, found.ler.correlation_length):
        assert length.nm == pytest.approx(2.5 * length.px)
        assert length.interval_95_nm == pytest.approx([2.5 * end for end in length.interval_95_px])


def test_a_defect_changes_little_and_less_if_it_is_left_out():
    good = measured(grey(LINES)).dimensions
    made = make_image(LINES, ["bridge"])
    values = made.pixels.astype(np.float32) / 255

    marked = measured(values, made.mask > 0).dimensions

    assert marked.line_cd.px == pytest.approx(good.line_cd.px, abs=0.05)
    assert measured(values).dimensions.line_cd.px == pytest.approx(good.line_cd.px, abs=0.1)


def test_positions_count_from_the_corner_of_the_image_also_where_some_of_it_is_not_judged(lines, holes):
    for image in (lines, holes):
        judged = np.ones(image.shape, bool)
        judged[:30] = False
        judged[:, :40] = False
        whole, part = measured(image), measured(image, judged=judged)

        places = np.concatenate([line[np.isfinite(line).all(axis=1)] for line in whole.outlines])
        for outline in part.outlines:
            known = outline[np.isfinite(outline).all(axis=1)]
            apart = np.hypot(*(known[:, None] - places[None]).transpose(2, 0, 1)).min(axis=1, initial=np.inf)
            assert not len(known) or np.median(apart) < 1.0


def test_what_does_not_repeat_is_refused_in_one_line():
    noise = np.random.default_rng(0).random((120, 120), np.float32)

    with pytest.raises(NotPeriodicError, match="neither lines nor holes: the image does not repeat"):
        measured(noise)


def test_lines_without_a_judged_edge_are_refused(lines):
    with pytest.raises(BadImageError, match="nothing of the pattern is left to measure"):
        measured(lines, np.ones(lines.shape, bool))


def test_an_image_too_large_to_be_held_is_refused(lines, monkeypatch):
    monkeypatch.setattr("semscan.pipeline.measuring.pattern.MOST_PIXELS", 1000)

    with pytest.raises(BadImageError, match="pixels, wanted at most 1000"):
        measured(lines)


@pytest.mark.parametrize("shading", [0.0, 0.3])
@pytest.mark.parametrize(("pitch", "width"), [(60.0, 25.0), (75.0, 30.0), (90.0, 40.0)])
def test_few_repeats_are_not_taken_for_shading(pitch, width, shading):
    cols = np.arange(320) + 0.5
    values = np.full((320, 320), 0.3)
    for left in np.arange(7.3 - pitch, 320 + pitch, pitch):
        values += 0.2 * (np.tanh((cols - left) / 1.5) - np.tanh((cols - left - width) / 1.5))
    across = np.linspace(-1, 1, 320)
    values *= 1 + shading * (0.5 * across - 0.6 * across**2)
    values += 0.03 * np.random.default_rng(0).standard_normal(values.shape)

    found = measured(values.astype(np.float32)).dimensions

    assert found.pitch[0].px == pytest.approx(pitch, abs=0.05)
    assert found.line_cd.px == pytest.approx(width, abs=0.05)
    low, high = found.line_cd.interval_95_px
    assert high - low < 0.4
