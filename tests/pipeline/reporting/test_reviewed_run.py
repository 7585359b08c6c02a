"""Reports of results that a person has reviewed: verdicts, classes, drawn defects, in every format."""

import csv
import json
import zipfile

import numpy as np
import pytest
import roifile

from semscan.errors import BadDataError
from semscan.files.results.review import Decision, append_decision
from semscan.pipeline.report import report
from semscan.pipeline.reporting.reviewed_run import read_reviewed_run
from semscan.settings import ReportSettings

SHAPE = (48, 64)
PLACES = {1: (slice(4, 10), slice(6, 14)), 2: (slice(30, 36), slice(40, 50)), 3: (slice(40, 44), slice(4, 8))}
POLYGON = ((20.0, 20.0), (24.0, 20.0), (24.0, 23.0), (20.0, 23.0))


def region(number, rows, cols):
    width, height = cols.stop - cols.start, rows.stop - rows.start
    place = {"bbox": [cols.start, rows.start, width, height], "centroid": [cols.start + 1, rows.start + 1]}
    more = {"description": f"Break of {number} px, at the top.", "class": "break", "class_probability": 0.7}
    return {
        "id": number,
        **place,
        "area_px": width * height,
        "peak": 0.9 - number / 10,
        "nuisance": number == 3,
        **more,
    }


@pytest.fixture
def results(tmp_path, save_png):
    """Results of an image of three regions, the last a nuisance, and of one without; the folder."""
    mask = np.zeros(SHAPE, np.uint8)
    for place in PLACES.values():
        mask[place] = 255
    save_png(tmp_path / "out" / "a.mask.png", mask)
    of_both = {"status": "ok", "defect": True, "score": 0.8, "width": SHAPE[1], "height": SHAPE[0], "nm_per_pixel": 2.0}
    a = {"image": "a.png", "source": str(save_png(tmp_path / "lot" / "a.png", mask)), **of_both}
    a |= {
        "regions": [region(number, *place) for number, place in PLACES.items()],
        "outputs": {"mask": "out/a.mask.png"},
    }
    b = {
        **a,
        "image": "b.png",
        "source": str(tmp_path / "lot" / "b.png"),
        "regions": [],
        "outputs": {},
        "defect": False,
    }
    (tmp_path / "out" / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (a, b)))
    return tmp_path / "out"


@pytest.fixture
def reviewed(results):
    """The results with a review: region 1 harmless, 2 real and a bridge, 3 real, one defect drawn in each image."""
    decide(
        results,
        {"region": 1, "verdict": "harmless", "bbox": (6, 4, 8, 6)},
        {"region": 2, "verdict": "real", "class_name": "bridge"},
        {"region": 3, "verdict": "real"},
        {"verdict": "missed", "polygon": POLYGON, "class_name": "particle"},
        {"image": "b.png", "verdict": "missed", "polygon": POLYGON},
        {"image": "gone.png", "verdict": "harmless"},
    )
    return results


def decide(results, *decisions):
    for decision in decisions:
        append_decision(results / "review.jsonl", Decision(**{"at": "", "image": "a.png", **decision}))


def change(results, **values):
    lines = [json.loads(line) | values for line in (results / "results.jsonl").read_text().splitlines()]
    (results / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def records(results):
    return read_reviewed_run(results, ReportSettings()).finished.inspected


def written(results, form, **settings):
    return [one.path for one in report(results, ReportSettings(to=(form,), **settings))]


def test_verdicts_and_classes_are_in_the_records_and_drawn_defects_are_regions(reviewed):
    a, b = records(reviewed)
    said = [(r.id, r.reviewed, r.class_name, r.class_probability, r.nuisance) for r in a.regions]

    assert said == [
        (1, "harmless", "break", 0.7, True),
        (2, "real", "bridge", None, False),
        (3, "real", "break", 0.7, False),
        (4, "missed", "particle", None, False),
    ]
    assert [r.description.split(" of ")[0] for r in a.regions] == [
        "Break (nuisance, not counted)",
        "Bridge",
        "Break",
        "Particle",
    ]
    drawn = a.regions[3]
    assert (drawn.bbox, drawn.area_px, drawn.centroid, drawn.area_nm2, drawn.peak) == (
        (20, 20, 4, 3),
        12,
        (21.5, 21.0),
        48,
        0,
    )
    assert (a.reviewed, a.defect, b.reviewed, b.defect) == ("real", True, "real", True)


def test_an_image_whose_regions_are_harmless_has_no_defect(results):
    decide(
        results,
        *({"region": number, "verdict": "harmless"} for number in (1, 2)),
        {"image": "b.png", "verdict": "unsure"},
    )
    a, b = records(results)

    assert (a.reviewed, a.defect, a.defects) == ("harmless", False, ())
    assert (b.reviewed, b.defect) == ("unsure", False)


def test_the_score_is_that_of_the_regions_that_still_count(results):
    before = records(results)[0]
    peaks = [region.peak for region in before.regions]
    decide(results, {"region": before.regions[peaks.index(max(peaks))].id, "verdict": "harmless"})
    one = records(results)[0]
    decide(results, *({"region": region.id, "verdict": "harmless"} for region in before.regions))
    none = records(results)[0]

    assert one.score == max(region.peak for region in one.defects)
    assert (none.defect, none.score) == (False, min(before.score, before.threshold))


def test_a_score_stays_where_nothing_was_dismissed_and_rises_to_a_confirmed_nuisance(results):
    change(results, score=0.85, unlike_training=True)
    decide(results, {"region": 1, "verdict": "unsure"}, {"image": "b.png", "verdict": "harmless"})
    a, b = records(results)
    assert (a.unlike_training, a.score) == (True, 0.85)
    assert (b.unlike_training, b.defect, b.score) == (None, False, 0.5)

    decide(results, {"region": 2, "verdict": "real"})
    a, _ = records(results)
    assert (a.unlike_training, a.defect, a.score) == (None, True, 0.85)

    decide(results, {"region": 1, "verdict": "harmless"})
    a, _ = records(results)
    assert (a.defect, a.score) == (True, pytest.approx(0.7))

    change(results, score=0.5)
    decide(results, {"region": 3, "verdict": "real"}, *({"region": n, "verdict": "harmless"} for n in (1, 2)))
    a, _ = records(results)
    assert (a.defect, a.score) == (True, pytest.approx(0.6))


def test_a_drawn_defect_that_a_later_inspection_finds_is_no_second_region(results):
    around = ((8.0, 5.0), (16.0, 5.0), (16.0, 9.0), (8.0, 9.0))
    decide(results, {"verdict": "missed", "polygon": around, "class_name": "particle"})
    (first, *_) = records(results)[0].regions

    assert len(records(results)[0].regions) == 3
    assert (first.reviewed, first.class_name) == ("real", "particle")


def test_an_image_unlike_the_training_images_gets_the_verdict_of_the_person(results):
    change(results, unlike_training=True)
    decide(results, {"region": 1, "verdict": "real"}, {"image": "b.png", "verdict": "unsure"})
    a, b = records(results)

    assert (a.unlike_training, a.defect) == (None, True)
    assert (b.unlike_training, b.defect) == (True, None)


def test_coco_and_labelme_mark_reviewed_shapes_and_outline_drawn_ones(reviewed):
    coco = json.loads(written(reviewed, "coco")[0].read_text())
    shapes = json.loads(written(reviewed, "labelme")[0].read_text())["shapes"]
    names = {category["id"]: category["name"] for category in coco["categories"]}

    assert [one["attributes"].get("reviewed") for one in coco["annotations"]] == [
        "harmless",
        "real",
        "real",
        "missed",
        "missed",
    ]
    assert [names[one["category_id"]] for one in coco["annotations"]] == [
        "break",
        "bridge",
        "break",
        "particle",
        "defect",
    ]
    assert coco["annotations"][0]["attributes"]["nuisance"]
    assert sorted(coco["annotations"][3]["segmentation"][0]) == sorted([20, 20, 24, 20, 24, 23, 20, 23])
    assert [(shape["label"], shape["reviewed"], shape["flags"]) for shape in shapes][:2] == [
        ("break", "harmless", {"nuisance": True}),
        ("bridge", "real", {"nuisance": False}),
    ]
    assert shapes[3]["shape_type"] == "polygon"


def test_klarf_bins_and_imagej_groups_say_the_verdict(reviewed):
    klarf = written(reviewed, "klarf")[0].read_text()
    rows = [line.split() for line in klarf.splitlines() if line.startswith(" ") and len(line.split()) > 17]
    with zipfile.ZipFile(written(reviewed, "roi")[0]) as archive:
        rois = [roifile.ImagejRoi.frombytes(archive.read(name)) for name in archive.namelist()]

    assert [(row[12], row[13], row[14]) for row in rows] == [
        ("1", "2", "1"),
        ("0", "1", "1"),
        ("0", "1", "1"),
        ("0", "4", "1"),
    ]
    assert "SummaryList\n 1 3 " in klarf
    assert [roi.group for roi in rois] == [1, 2, 2, 4]


def test_tables_get_a_column_where_something_was_reviewed(reviewed):
    images, regions = (list(csv.DictReader(path.read_text("utf-8").splitlines())) for path in written(reviewed, "csv"))

    assert [(row["reviewed"], row["regions"], row["nuisance_regions"], row["defect"]) for row in images] == [
        ("real", "3", "1", "true"),
        ("real", "1", "0", "true"),
    ]
    assert [row["reviewed"] for row in regions] == ["harmless", "real", "real", "missed", "missed"]
    assert list(regions[0])[-1] == "reviewed"


def test_the_page_shows_verdicts_and_no_harmless_region_among_the_defects(reviewed):
    page = written(reviewed, "html")[0].read_text("utf-8")

    assert "defect, reviewed" in page
    assert 'id="defect-1-1"' not in page
    assert 'id="defect-1-4"' in page
    assert "<dt>reviewed</dt><dd>missed</dd>" in page
    assert "Reviewed: 3 regions and 2 drawn defects in 2 images. Harmless regions are nuisance" in page
    assert "decisions that do not count: 1 about images that the results do not hold" in page


def test_without_the_review_reports_are_those_of_the_inspection(reviewed, results):
    wanted = [written(reviewed, form, review=False) for form in ("coco", "csv")]
    before = [path.read_bytes() for paths in wanted for path in paths]
    (reviewed / "review.jsonl").unlink()
    after = [path.read_bytes() for form in ("coco", "csv") for path in written(results, form)]

    assert before == after
    assert b"reviewed" not in b"".join(before)


def test_a_damaged_review_is_one_error_that_names_it(results):
    (results / "review.jsonl").write_text('{"image": "a.png"}\n')

    with pytest.raises(BadDataError, match=r"review.jsonl: line 1 is not a decision"):
        written(results, "csv")


def run_of(results, *ranges):
    (results / "run.json").write_text(json.dumps({"state": "done", "lines": ranges}))


def test_of_the_last_run_the_review_of_other_images_is_no_fault(results):
    decide(results, {"region": 1, "verdict": "real"}, {"image": "b.png", "verdict": "unsure"})
    run_of(results, [2, 2])
    found = read_reviewed_run(results, ReportSettings(last=True))

    assert [(record.image, record.reviewed) for record in found.finished.inspected] == [("b.png", "unsure")]
    assert found.is_reviewed
    assert found.notes == (
        "Reviewed: 0 regions and 0 drawn defects in 1 image. Harmless regions are nuisance, and are not counted. "
        "Pictures show the regions as they were found.",
    )
    page = written(results, "html", last=True)[0].read_text("utf-8")
    assert "Only the 1 image of the last run is reported." in page


def test_a_last_run_without_a_reviewed_image_is_not_reviewed(results):
    decide(results, {"region": 1, "verdict": "real"})
    run_of(results, [2, 2])
    found = read_reviewed_run(results, ReportSettings(last=True))

    assert (found.is_reviewed, found.notes) == (False, ())
