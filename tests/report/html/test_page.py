"""The report page, by its structure."""

import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from semscan.report.html import Picture, html_report
from semscan.report.html.charts.histograms import score_histogram
from semscan.report.html.parts import names_of, plain
from semscan.report.html.provenance import CardBlock, model_card
from semscan.report.html.summary import summarise
from semscan.values.record import ErrorRecord, parse_record
from semscan.values.run_record import RunRecord

VOID = {"meta", "img", "input", "br", "link", "hr"}


class Page(HTMLParser):
    """Elements of a page as (tag, attributes); complains about what does not nest."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] not in (["script"], ["style"]):
            self.text.append(data)

    def all(self, tag, **wanted):
        return [a for t, a in self.elements if t == tag and all(a.get(k) == v for k, v in wanted.items())]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def region(number=1, x=10, y=20, size=8, **more):
    return {
        "id": number,
        "bbox": [x, y, size, size],
        "centroid": [x + size / 2, y + size / 2],
        "area_px": size * size,
        "peak": 0.9 - number / 100,
        "mean": 0.7,
        "class": None,
        "nuisance": False,
        **more,
    }


def record(name="a.png", *regions, **more):
    return parse_record(
        {
            "image": name,
            "source": f"/d/{name}",
            "status": "ok",
            "score": 0.9 if regions else 0.1,
            "defect": bool(regions),
            "threshold": 0.5,
            "width": 100,
            "height": 80,
            "judged_fraction": 0.5,
            "nm_per_pixel": None,
            "method": ["model"],
            "model": "m",
            "regions": list(regions),
            "warnings": [],
            **more,
        }
    )


def failed(name, error):
    return ErrorRecord(image=name, source=f"/d/{name}", error=error)


NASTY = [
    "<script>alert(1)</script>.png",
    'a" onload="x.png',
    "a'b&c.png",
    "new\nline\x01.png",
    "caf\udce9.png",
    "\u202egnp.exe",
    "</title></style><b>.png",
    "{page}%s.png",
]


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_text_wherever_it_stands(name):
    picture = Picture(b"jpeg", 10, 8)
    records = [record(name, region(description=name, **{"class": name}), warnings=[name]), failed(name, name)]
    text = html_report(
        records,
        run=RunRecord(command=(name,), settings={name: name}, method={"model": name}, versions={name: name}),
        title=name,
        previews={1: picture},
        crops={(1, "1"): picture},
        links={1: "a.png"},
        model_card=name,
        notes=[name],
    )
    page = Page(text)
    text.encode("utf-8")

    assert len(page.all("script")) == len(page.all("style")) == 1
    assert not page.all("b")
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text)


def test_the_page_asks_for_nothing_outside_and_allows_no_script_but_its_own():
    page = Page(html_report([record("a.png", region())], run=RunRecord(), previews={1: Picture(b"x", 1, 1)}))
    (policy,) = [each["content"] for each in page.all("meta") if each.get("http-equiv")]

    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert not page.all("link")
    assert all(each["src"].startswith("data:image/jpeg;base64,") for each in page.all("img") if "src" in each)
    assert not any("src" in each for each in page.all("script"))


def test_every_image_has_words_every_input_a_label_and_every_id_is_its_own():
    records = [record("a.png", region(1), region(2)), record("b.png"), failed("c.png", "no image")]
    previews = {1: Picture(b"x", 4, 3), 2: Picture(b"x", 4, 3)}
    page = Page(html_report(records, run=RunRecord(), previews=previews, crops={(1, "2"): Picture(b"x", 4, 4)}))
    ids = [a["id"] for _, a in page.elements if "id" in a]
    targets = {a["href"][1:] for a in page.all("a") if a.get("href", "").startswith("#")}

    assert all("alt" in each for each in page.all("img"))
    assert len(page.all("label")) == len(page.all("input")) + len(page.all("select"))
    assert len(ids) == len(set(ids))
    assert targets <= set(ids)
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert {each["scope"] for each in page.all("th")} == {"col", "row"}
    assert all(each.get("aria-label") for each in page.all("svg"))


@pytest.mark.parametrize("other", ["//d/lot/b.png", "/d/lot/b.png"])
def test_an_image_may_be_named_with_two_leading_slashes(other):
    common, names = names_of([record("//d/lot/a/1.png"), record(other)])

    assert common == "/d/lot"
    assert [(one.name, one.folder) for one in names] == [("1.png", "a"), ("b.png", "")]


def test_the_summary_counts_images_defects_and_errors():
    records = [
        record("a.png", region(1), region(2)),
        record("b.png"),
        record("c.png", region(1, nuisance=True)),
        failed("d.png", "broken"),
    ]
    words = Page(html_report(records, run=RunRecord())).words

    assert "Images 4" in words
    assert "With defects 2 66.7 %" in words
    assert "Defects 2" in words
    assert "Nuisance, not counted 1" in words
    assert "Not inspected 1" in words
    assert "no nm per pixel" in words


def test_parts_of_one_defect_count_once():
    parts = [region(1), region(2, part_of=1), region(3)]
    counts = summarise([record("a.png", *parts, nm_per_pixel=5.0)])
    words = Page(html_report([record("a.png", *parts)], run=RunRecord())).words

    assert (counts.whole, counts.counted) == (2, 2)
    assert "Defects 2 in 3 regions" in words


def test_a_page_says_regions_where_it_does_not_count_parts_once():
    parts = [region(1), region(2, part_of=1), region(3)]
    page = Page(html_report([record("a.png", *parts)], run=RunRecord()))
    (_, sizes, field) = page.all("svg")

    assert "3 regions; median" in sizes["aria-label"]
    assert "3 regions of all images in one field" in field["aria-label"]
    assert "a.png defect 0.900 2 9.03 50.0 %" in page.words
    assert page.all("td", **{"class": "defects n", "data-v": "2"})


def test_images_without_a_verdict_are_in_no_share_area_or_bar():
    records = [
        record("a.png", region(1), nm_per_pixel=5.0),
        record("b.png", nm_per_pixel=5.0),
        record("c.png", region(1), unlike_training=True, nm_per_pixel=5.0),
        record("d.png", score=None, nm_per_pixel=5.0),
        record("e.png", score=None, nm_per_pixel=5.0),
    ]
    page = Page(html_report(records, run=RunRecord()))
    counts = summarise(records)

    assert (len(counts.judged), counts.calibrated, counts.counted) == (2, 2, 1)
    assert counts.area_um2 == pytest.approx(2 * 100 * 80 * 0.5 * 25 / 1e6)
    assert "With defects 1 50.0 % of 2 judged images" in page.words
    assert "Unlike the training images, no verdict 1 No score, no verdict 2" in page.words
    assert "no verdict (2)" in page.words
    assert "2 images, 1 with defects" in page.all("svg")[0]["aria-label"]


def test_without_any_verdict_there_is_no_share():
    words = Page(html_report([record("a.png", score=None)], run=RunRecord())).words

    assert "With defects 0 No score, no verdict 1 Defects 0" in words
    assert "Defect density" not in words


def test_density_is_per_judged_area_of_calibrated_images_only():
    calibrated = record("a.png", region(1), region(2), nm_per_pixel=5.0)
    counts = summarise([calibrated, record("b.png", region(1))])
    words = Page(html_report([calibrated], run=RunRecord())).words

    assert counts.area_um2 == pytest.approx(100 * 80 * 0.5 * 25 / 1e6)
    assert (counts.counted, len(counts.defects)) == (2, 3)
    assert "Defect density 20.0 per µm² (2.00 × 10⁹ per cm²)" in words
    assert "Judged area 0.100 µm²" in words


def test_previews_link_to_their_overlays_and_rows_to_their_cards():
    page = Page(
        html_report(
            [record("a.png", region(7))],
            run=RunRecord(),
            previews={1: Picture(b"x", 4, 3)},
            links={1: "sub/a%23.overlay.png"},
        )
    )

    assert len(page.all("a", href="sub/a%23.overlay.png")) == 2
    assert page.all("a", href="#defect-1-7")
    assert page.all("li", id="defect-1-7")
    assert page.all("a", href="#image-1")


def test_a_crop_has_its_box_and_a_scale_bar_when_calibrated():
    shares = (0.25, 0.25, 0.5, 0.5)
    bare, scaled = (
        html_report([record("a.png", region())], run=RunRecord(), crops={(1, "1"): Picture(b"x", 50, 50, nm, shares)})
        for nm in (None, 100.0)
    )

    assert 'class="scale"' not in bare
    assert 'class="scale"><span style="width:50.00%"></span>50 nm<' in scaled
    assert 'style="left:25.00%;top:25.00%;width:50.00%;height:50.00%"' in scaled


def test_the_histogram_has_the_threshold_and_all_images():
    records = [record("a.png", region(), score=0.72), record("b.png", score=0.205), record("c.png", score=0.21)]
    page = Page(html_report(records, run=RunRecord()))
    (scores, sizes, field) = page.all("svg")

    assert "3 images, 1 with defects; median score 0.21" in scores["aria-label"]
    assert "threshold 0.5" in page.words
    assert "1 region; median 9.03 px" in sizes["aria-label"]
    assert "100\u00a0×\u00a080 px" in field["aria-label"]
    assert len(page.all("rect", **{"class": "hot"})) == 2, "a score and a size"
    assert len(page.all("rect", **{"class": "cold"})) == 1
    assert len(page.all("circle")) == 1


@pytest.mark.parametrize(
    ("score", "threshold", "is_left"), [(0.5, 0.5, True), (0.55, 0.55, True), (0.51, 0.5, False), (0.0, 0.5, True)]
)
def test_a_score_capped_at_the_threshold_is_drawn_left_of_its_line(score, threshold, is_left):
    scores = score_histogram(summarise([record("a.png", score=score, threshold=threshold)]))
    (bar,), (line,) = scores.bars, scores.thresholds

    assert (bar.x + bar.width < line.x) == is_left


def test_the_median_of_two_is_their_middle():
    records = [record("a.png", region(1, size=8), region(2, size=16), score=0.6), record("b.png", score=0.2)]
    scores, sizes, _ = Page(html_report(records, run=RunRecord())).all("svg")

    assert "median score 0.40" in scores["aria-label"]
    assert "median 13.5 px" in sizes["aria-label"]


def test_thousands_of_defects_become_a_map_of_cells_and_the_hottest_cards():
    records = [record(f"{k}.png", *(region(n, x=n % 90, y=k % 70) for n in range(1, 51))) for k in range(50)]
    page = Page(html_report(records, run=RunRecord()))

    assert not page.all("circle")
    assert 40 < len(page.all("rect", **{"class": "cell"})) <= 16 * 13
    assert "2,100 more regions in results.jsonl" in page.words


def test_classes_are_counted():
    bridges = [region(number, **{"class": "bridge"}) for number in (1, 2)]
    records = [record("a.png", *bridges), record("b.png", region())]

    assert (
        "Classes of the regions class regions images bridge 2 1 not classified 1 1"
        in Page(html_report(records, run=RunRecord())).words
    )


def test_settings_card_and_versions_are_there():
    run = {
        "command": ["semscan", "inspect", "a b.png"],
        "repeat": ["semscan", "inspect", "--jobs", "1", "a b.png"],
        "settings": {"regions": {"threshold": 0.5}},
        "method": {"fingerprint": "f0"},
        "semscan_version": "0.9",
        "versions": {"numpy": "2.0"},
        "config": {"file": "semscan.toml", "values": {}},
    }
    card = "# Model card\n\n- Trained on: x\n\n## Limits\n\nNone."
    words = Page(html_report([record()], run=RunRecord.parse(run), model_card=card)).words

    for said in (
        "semscan inspect 'a b.png'",
        "regions.threshold 0.5",
        "fingerprint f0",
        "semscan 0.9",
        "numpy 2.0",
        "Trained on: x",
        "Limits None.",
        "semscan.toml",
    ):
        assert said in words


def test_a_model_card_keeps_its_headings_lists_and_wrapped_lines():
    assert model_card("# Title\n\n- one\n  goes on\n- two\n\n## Limits\n\nIt knows\nlittle.\n") == [
        CardBlock(items=("one goes on", "two")),
        CardBlock("Limits", is_heading=True),
        CardBlock("It knows little."),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"image": None, "status": "ok"},
        {"status": "ok", "regions": "x", "warnings": 3, "method": None},
        {"status": "ok", "score": None, "threshold": "high", "width": None, "nm_per_pixel": True},
        {"status": "ok", "regions": [{"id": None}, {"id": 1, "centroid": [None, 2], "peak": "hot", "area_px": -1}, 3]},
        {"status": "ok", "regions": [{"bbox": [1, 2, 3, 4], "id": 1e400, "centroid": [1e308, -1], "area_px": -1}]},
        {"status": "ok", "regions": [region()], "nm_per_pixel": 0},
        {"status": "ok", "regions": [region()], "nm_per_pixel": 1e299, "width": 10**400, "height": -3},
    ],
)
def test_a_record_that_lacks_or_garbles_something_still_has_its_row(broken):
    run = RunRecord.parse({"settings": 3, "versions": [], "command": "x"})
    page = Page(html_report([parse_record(broken), record("b.png", region())], run=run))

    assert page.all("tr", id="image-1")
    assert page.all("tr", id="image-2")


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (0.5, "0.500"), (12345.6, "12,346"), (-0.0618, "-0.0618"), (1e-7, "1.00 × 10⁻⁷")]
)
def test_numbers_read_well(value, said):
    assert plain(value) == said


def test_the_template_engine_is_loaded_only_for_a_page(tmp_path):
    (tmp_path / "results.jsonl").write_text(
        '{"image": "a.png", "source": "/a.png", "status": "error", "error": "torn"}\n'
    )
    code = (
        "import sys; from semscan.pipeline import inspect, report; from semscan.settings import ReportSettings\n"
        "for form, loaded in (('csv', False), ('html', True)):\n"
        "    list(report.report(sys.argv[1], ReportSettings((form,))))\n"
        "    assert ('jinja2' in sys.modules) == loaded, form"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_a_table_of_the_model_card_becomes_a_table_and_nothing_in_it_is_run():
    card = "# Title\n\n| painted | found |\n|---|---|\n| size <b> 4 px | 3 |\n"

    assert model_card(card) == [CardBlock(rows=(("painted", "found"), ("size <b> 4 px", "3")))]
    page = html_report([record()], run=RunRecord(), model_card=card)
    assert '<th scope="col">painted</th>' in page
    assert "<td>size &lt;b&gt; 4 px</td><td>3</td>" in page


def test_an_empty_table_row_ends_in_no_fault():
    assert model_card("|\n|") == [CardBlock(rows=())]
