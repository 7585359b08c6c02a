"""Records, as scripts read them."""

import json

import pytest

from semscan.report.formats.table import inspect_lines, score_lines
from semscan.report.record import error_record, json_line, map_description, score_json, with_regions
from semscan.settings import ReadSettings
from semscan.values import Box, Region
from semscan.values.method import MethodProvenance
from semscan.values.record import Outputs, Record

KEYS = [
    *("image", "source", "status", "score", "raw_score", "defect", "threshold", "width", "height"),
    *("judged_fraction", "nm_per_pixel", "nm_per_pixel_source", "vendor", "data_bar_px", "data_bar_source"),
    *("ignored_fraction", "page", "method", "model", "regions", "periodic", "outputs", "warnings", "seconds"),
]


REGION = Region(Box(10, 20, 14, 25), area=18, peak=0.83, mean=0.7, centroid=(11.5, 22.0), methods=("model",))


def record_of(*regions, **changes):
    values = {
        "image": "a.png",
        "source": "/d/a.png",
        "score": 0.83,
        "raw_score": 4.9,
        "threshold": 0.5,
        "width": 64,
        "height": 48,
        "judged_fraction": 0.9,
        "method": ("model",),
        "model": "m",
        "regions": (),
        "outputs": Outputs(map="a.map.tif"),
    }
    return with_regions(Record(**{**values, **changes}), regions or (REGION,))


def test_a_record_has_the_contracts_keys_in_order():
    assert list(record_of().to_json()) == KEYS


def test_a_record_says_which_page_of_its_file_it_is_of():
    assert record_of(page=2).to_json()["page"] == 2
    assert record_of().to_json()["page"] is None


def test_a_region_is_written_in_x_y():
    (entry,) = record_of().to_json()["regions"]

    assert (
        entry.items()
        >= {
            "id": 1,
            "bbox": [20, 10, 5, 4],
            "centroid": [22.0, 11.5],
            "area_px": 18,
            "peak": 0.83,
            "mean": 0.7,
            "class": None,
            "class_probability": None,
            "nuisance": False,
            "witnesses": ["model"],
        }.items()
    )


def test_a_nuisance_is_reported_but_is_no_defect():
    region = Region(Box(0, 0, 2, 2), 4, 0.4, 0.4, (0.5, 0.5), nuisance=True)
    record = record_of(region, score=0.4)

    assert record.defect is False
    assert record.regions[0].nuisance is True
    assert record.defects == ()


def test_classes_are_there_only_when_the_model_knows_them():
    record = record_of(class_name="gap", class_probabilities={"good": 0.1, "gap": 0.9}).to_json()

    assert record["class"] == "gap"
    assert record["class_probabilities"] == {"good": 0.1, "gap": 0.9}
    assert "class" not in record_of().to_json()


def test_nan_never_gets_injson_line():
    record = record_of(score=float("nan"), raw_score=float("inf"), nm_per_pixel=float("nan")).to_json()

    assert json.loads(json_line(record))["score"] is None
    assert record["raw_score"] is record["nm_per_pixel"] is None
    with pytest.raises(ValueError, match="JSON compliant"):
        json_line({"x": float("nan")})


def test_an_error_is_one_line():
    record = error_record("a.png", "/d/a.png", "torn\n  file").to_json()

    assert record == {
        "image": "a.png",
        "source": "/d/a.png",
        "status": "error",
        "error": "torn file",
        "periodic": None,
    }


def test_names_stay_readable_and_broken_ones_are_escaped():
    assert json_line({"image": "Öffnung.tif"}) == '{"image": "Öffnung.tif"}'
    assert json_line({"image": "\udcff.tif"}) == '{"image": "\\udcff.tif"}'


def test_a_maps_description_is_plain_json():
    described = json.loads(json.dumps(map_description(record_of(), MethodProvenance(fingerprint="ab"), ReadSettings())))

    assert described["source"] == "/d/a.png"
    assert described["fingerprint"] == "ab"


def test_tables_have_a_line_of_names_and_a_line_for_each_record():
    records = [record_of(), error_record("b\t.png", "/b.png", "torn, file")]
    names, first, second = inspect_lines(records, "tsv")
    row = dict(zip(names.split("\t"), first.split("\t"), strict=True))

    assert row["regions"] == "1"
    assert row["defect"] == "true"
    assert row["map"] == "a.map.tif"
    assert row["error"] == ""
    assert second.startswith('"b\t.png"')


def test_csv_quotes_what_needs_it():
    assert list(score_lines([error_record("a.png", "/a.png", "torn, file")], "csv"))[1] == (
        'a.png,error,,,,,,"torn, file",'
    )


@pytest.mark.parametrize("form", ["tsv", "csv"])
def test_a_name_with_a_line_end_stays_one_quoted_cell(form):
    _, row = score_lines([error_record("new\nline.png", "/a.png", "torn")], form)

    assert row.startswith('"new\nline.png"')


def test_the_short_form_keeps_score_and_verdict():
    assert list(score_json(record_of())) == [
        "image",
        "status",
        "score",
        "raw_score",
        "defect",
        "threshold",
    ]
