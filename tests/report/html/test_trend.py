"""The page of a trend, by its structure."""

import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from semscan.control.charts import draw_trend
from semscan.report.html import html_report
from semscan.report.html.charts.control import draw_control
from semscan.report.html.charts.control_part import control_parts
from semscan.report.html.charts.scale import scale_of, whole_steps
from semscan.report.html.trend import html_trend
from semscan.values.control.trend import ControlChart, Limits, Point, Sample
from semscan.values.fab.defect import InspectedWafer
from semscan.values.fab.place import WaferFrame
from semscan.values.record import Record
from semscan.values.run_record import RunRecord
from semscan.wafer.summary import summarise_wafer

VALUES = [10.0, 10.2, 10.1, 10.3, 10.0, 10.2, 10.1, 12.0]


def chart(values=VALUES, kind="individuals", **keys):
    """A chart of these values, the last one above its limit."""
    limits = Limits(centre=10.1, lower=9.5, upper=10.7)
    points = [
        Point(number=number, name=f"W{number}", value=value, size=3, spread=0.2, limits=limits)
        for number, value in enumerate(values, 1)
    ]
    points[-1] = replace(points[-1], signals=("above the upper limit",))
    return ControlChart(
        key="line_cd", title="Line width", unit="nm", kind=kind, points=tuple(points), baseline=8, **keys
    )


def trend(name="W"):
    """Folders of one image each, the last with another method and many defects."""
    image = Record(
        image=name, source="/d", width=100, height=100, regions=(), score=0.1, threshold=0.5, method=("periodic",)
    )
    samples = [Sample(name=f"{name}{number}", records=(image,), path=name) for number in range(1, 4)]
    samples.append(Sample(name=f"{name}4", records=(replace(image, method=(name,), defect=True),)))
    return draw_trend(samples, noun="folder", order=name, baseline=3)


class Page(HTMLParser):
    """The elements of a page, and its words."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words += data


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'a" onload="x', "<b>", "caf\udce9\x01", "{page}%s"])
def test_a_name_is_text_wherever_it_stands(name):
    text = html_trend(trend(name))
    page = Page(text)
    text.encode("utf-8")

    assert "script" not in page.tags
    assert "b" not in page.tags
    assert not any(key.startswith("on") for key, _ in page.attributes)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text)


def test_the_page_runs_and_loads_nothing_and_says_what_changed():
    page = Page(html_trend(trend()))
    policy = next(v for k, v in page.attributes if "default-src" in v)

    assert "script-src 'none'" in policy
    assert "default-src 'none'" in policy
    assert "method changed from periodic to W at W4" in page.words
    assert "nothing was counted in the baseline" in page.words
    assert not any(key in ("src", "href") and not value.startswith("#") for key, value in page.attributes)


def test_the_page_of_wafers_shows_their_trend():
    wafer = InspectedWafer(frame=WaferFrame(lot="L1", wafer="<i>W1"), fields=(), defects=())
    over = replace(trend("<i>W"), noun="wafer", step="<b>ADI")
    page = Page(html_report([], run=RunRecord(), wafers=[summarise_wafer(wafer, None)], trends=[over]))

    assert "Trend over wafers, step <b>ADI" in page.words
    assert "method changed from periodic to <i>W at <i>W4" in page.words
    assert page.words.count("How to read the charts") == 1
    assert not {"b", "i"} & set(page.tags)


def test_points_lie_where_their_values_are_and_remarkable_ones_are_marked():
    plot = draw_control(chart(), [f"W{n}" for n in range(1, 9)], "folder", 4)
    highest = min(plot.dots, key=lambda dot: dot.y)

    assert [dot.is_out for dot in plot.dots] == [False] * 7 + [True]
    assert highest is plot.dots[-1]
    assert all(plot.top <= dot.y <= plot.base and plot.left <= dot.x <= plot.right for dot in plot.dots)
    assert all(plot.top <= end <= plot.base for dot in plot.dots for end in (dot.high, dot.low))
    assert plot.baseline == pytest.approx((plot.dots[3].x + plot.dots[4].x) / 2)
    assert len(plot.limits) == 2


@pytest.mark.parametrize("value", [0.0, 1e-30, 1.0, -5.0, 1e90])
def test_equal_tiny_and_huge_values_can_be_drawn(value):
    flat = replace(chart(), points=tuple(replace(point, value=value, limits=None) for point in chart().points))
    plot = draw_control(flat, ["a long name"] * 8, "folder", 8)

    assert all(math.isfinite(dot.y) for dot in plot.dots)
    assert 1 < len(plot.levels) < 12
    assert plot.across == "number of the folder"


def test_shares_are_shown_in_percent_and_densities_by_a_power_of_ten():
    share = chart([0.25, 0.5], kind="p")
    density = replace(chart([1.5e8, 2e8], kind="u"), unit="defects per cm²")

    assert scale_of(replace(share, unit="share of all images")).unit == "% of all images"
    assert scale_of(share).words(0.25) == "25.00 %"
    assert scale_of(density).words(1.5e8) == "1.500 × 10⁸ defects per cm²"


def test_a_chart_whose_points_can_have_any_value_says_so():
    share = chart([0.25, 0.5, 0.25, 0.5], kind="p")
    limits = Limits(centre=0.375, lower=None, upper=None)
    anywhere = replace(share, points=tuple(replace(point, limits=limits) for point in share.points))

    (part,) = control_parts(replace(trend(), charts=(anywhere,)))

    assert part.words == "p chart; centre 37.50 %; no limits"


def test_steps_are_round():
    assert whole_steps(0.0, 104.0)[1] == ["0", "50", "100"]
    assert whole_steps(55.83, 55.885)[1] == ["55.84", "55.86", "55.88"]


def test_long_lists_are_cut():
    many = replace(chart(), points=tuple(replace(chart().points[-1], number=n) for n in range(1, 31)))
    (part,) = control_parts(replace(trend(), charts=(many,), samples=(trend().samples[0],) * 30))

    assert part.signals[0] == "W8: 12.00 nm, above the upper limit"
    assert part.signals[-1] == "and 18 more"
    assert len(part.rows) == 30
