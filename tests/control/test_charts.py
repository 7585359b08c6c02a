"""Figures, limits and changes of samples with known values."""

import json
from dataclasses import replace

import pytest

from semscan.control.charts import draw_trend

FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]  # NIST, 6.3.2.2


def chart(trend, key):
    return next((each for each in trend.charts if each.key == key), None)


def test_a_dimension_has_the_published_limits_in_nm(make_image, samples_of):
    samples = samples_of(*[[make_image(cd=(value - 0.5) / 2), make_image(cd=(value + 0.5) / 2)] for value in FLOW])
    found = chart(draw_trend(samples, noun="folder", order="as typed", baseline=None), "line_cd")
    limits = found.points[0].limits

    assert (found.unit, found.kind, found.baseline) == ("nm", "individuals", 10)
    assert [point.value for point in found.points] == pytest.approx(FLOW)
    assert found.points[0].spread == pytest.approx(0.5**0.5)
    assert (limits.lower, limits.centre, limits.upper) == pytest.approx((45.8159, 50.81, 55.8041), abs=1e-4)


def test_a_width_has_no_lower_limit_where_no_width_lies(make_image, samples_of):
    samples = samples_of(*[[make_image(cd=value)] for value in (1.0, 3.0, 1.0, 3.0)])
    found = chart(draw_trend(samples, noun="folder", order="", baseline=None), "line_cd")

    assert found.points[0].limits.lower is None
    assert found.points[0].limits.upper > 6


def test_only_the_baseline_makes_the_limits(make_image, samples_of):
    samples = samples_of(*[[make_image(cd=value)] for value in (10.0, 10.2, 10.0, 10.2, 13.0)])
    trend = draw_trend(samples, noun="folder", order="", baseline=4)
    found = chart(trend, "line_cd")

    assert found.points[4].signals == ("above the upper limit",)
    assert found.points[0].limits.centre == pytest.approx(20.2)
    assert "provisional: they come from 4 folders" in trend.notes[0]
    assert found.notes == ()


def test_density_counts_defects_on_the_judged_area(make_image, samples_of, torn):
    unlike = make_image(defects=5, defect=None, unlike_training=True)
    half = make_image(defects=3)
    samples = samples_of([make_image(defects=1), half], [make_image(), unlike, torn])
    trend = draw_trend(samples, noun="folder", order="", baseline=None)
    density, defective, unjudged = (
        chart(trend, key) for key in ("defect_density", "defective_images", "unjudged_images")
    )
    area = 1e6 * 4 / 1e14  # cm² of one image

    assert density.unit == "defects per cm²"
    assert [point.size for point in density.points] == pytest.approx([2 * area, area])
    assert [point.count for point in density.points] == [4, 0]
    assert density.points[0].value == pytest.approx(2 / area)
    assert density.points[0].limits.centre == pytest.approx(4 / (3 * area))
    assert [(point.count, point.size) for point in defective.points] == [(2, 2), (0, 1)]
    assert [(point.count, point.size) for point in unjudged.points] == [(0, 2), (2, 3)]
    json.dumps(trend.to_json(), allow_nan=False)


def test_without_nm_per_pixel_somewhere_density_is_per_megapixel_and_lengths_are_in_px(make_image, samples_of):
    samples = samples_of([make_image(defects=1, cd=10.0)], [make_image(cd=10.0, nm=None)])
    trend = draw_trend(samples, noun="folder", order="", baseline=None)

    assert chart(trend, "defect_density").unit == "defects per megapixel"
    assert [point.value for point in chart(trend, "defect_density").points] == [1.0, 0.0]
    assert chart(trend, "line_cd").unit == "px"
    assert [change.words for change in chart(trend, "line_cd").changes] == [
        "nm per pixel changed from 2 to not known at W02"
    ]


def test_changed_settings_stand_at_the_charts_that_they_matter_to(make_image, samples_of):
    samples = samples_of(
        [make_image(cd=10.0)],
        [make_image(cd=10.1, threshold=0.6)],
        [make_image(cd=10.0, threshold=0.6, method=("model",), edge="level 0.3")],
        [make_image(cd=10.0, method=("model",)), make_image(cd=10.0, threshold=0.6, method=("model",))],
    )
    trend = draw_trend(samples, noun="folder", order="", baseline=None)

    assert [change.words for change in chart(trend, "defective_images").changes] == [
        "threshold changed from 0.5 to 0.6 at W02",
        "method changed from periodic to model at W03",
        "threshold changed from 0.6 to 0.5 and 0.6 at W04",
    ]
    assert [change.words for change in chart(trend, "line_cd").changes] == [
        "edge rule changed from level 0.5 to level 0.3 at W03",
        "edge rule changed from level 0.3 to level 0.5 at W04",
    ]
    assert "Within W04, threshold is 0.5 or 0.6, depending on the image." in chart(trend, "defective_images").notes


def test_the_first_model_is_a_change(make_image, samples_of):
    samples = samples_of([make_image()], [make_image(model="m")], [make_image(model="m")])
    trend = draw_trend(samples, noun="folder", order="", baseline=None)

    assert [change.words for change in chart(trend, "defective_images").changes] == [
        "model changed from none to m at W02"
    ]


def test_a_sample_without_a_setting_hides_no_change(make_image, samples_of, torn):
    samples = samples_of([make_image()], [torn], [make_image(threshold=0.7)])
    samples = [replace(sample, settings=of) for sample, of in zip(samples, [{"closing": "1 px"}, {}, {}], strict=True)]
    samples.append(replace(samples[2], name="W04", settings={"closing": "2 px"}))
    trend = draw_trend(samples, noun="folder", order="", baseline=None)

    assert [change.words for change in chart(trend, "defective_images").changes] == [
        "threshold changed from 0.5 to 0.7 at W03",
        "closing changed from 1 px to 2 px at W04",
    ]


def test_no_defect_in_the_baseline_makes_no_limits(make_image, samples_of):
    samples = samples_of([make_image()], [make_image()], [make_image(defects=3)])
    found = chart(draw_trend(samples, noun="folder", order="", baseline=2), "defect_density")

    assert all(point.limits is None for point in found.points)
    assert found.notes == ("No limits: nothing was counted in the baseline.",)


def test_a_figure_of_one_sample_is_no_chart_and_a_gap_is_named(make_image, samples_of):
    samples = samples_of([make_image(cd=10.0)], [make_image()], [make_image()])
    assert chart(draw_trend(samples, noun="folder", order="", baseline=None), "line_cd") is None

    samples = samples_of([make_image(cd=10.0)], [make_image()], [make_image(cd=11.0)])
    found = chart(draw_trend(samples, noun="folder", order="", baseline=None), "line_cd")
    assert [point.number for point in found.points] == [1, 3]
    assert found.notes == (
        "Limits are provisional: they come from 2 folders, and 20 or more are usual.",
        "No such figure: W02.",
    )


def test_damaged_dimensions_and_an_area_of_zero_are_left_out(make_image, samples_of):
    broken = make_image(cd=10.0)
    broken = replace(broken, dimensions=replace(broken.dimensions, whole=False))
    samples = samples_of([broken], [make_image(cd=10.0)], [replace(make_image(), judged_fraction=0.0)])
    trend = draw_trend(samples, noun="folder", order="", baseline=None)

    assert chart(trend, "line_cd") is None
    assert [point.number for point in chart(trend, "defect_density").points] == [1, 2]
