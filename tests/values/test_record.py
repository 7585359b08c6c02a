"""Records: what is written is read back as it was, and what comes from elsewhere never stops a reader."""

import json
from pathlib import Path

import pytest

from semscan.report.record import with_regions
from semscan.values import Box, Measures, Periodic, Region
from semscan.values.evaluation import Evaluation
from semscan.values.json_record import JsonRecord
from semscan.values.record import ErrorRecord, Outputs, PeriodicRecord, Record, RegionRecord, parse_record
from semscan.values.run_record import RunRecord

GOLDENS = Path(__file__).parents[1] / "goldens" / "cases"
REGION = Region(
    Box(10, 20, 14, 25), 18, 0.83, 0.7, (11.5, 22.0), methods=("model",), measures=Measures(5.0, 4.0, 12.5, 16.0)
)
WHOLE = with_regions(
    Record(
        image="a.tif",
        source="/d/a.tif",
        score=0.83,
        raw_score=4.9,
        width=64,
        height=48,
        judged_fraction=0.9,
        nm_per_pixel=2.5,
        method=("model",),
        class_name="gap",
        class_probabilities={"good": 0.25, "gap": 0.75},
        regions=(),
        periodic=PeriodicRecord.of(Periodic(True, 0.93, (31.8,), (0.4,)), 2.5),
        outputs=Outputs(overlay="o/a.overlay.png", crops=("o/a.crop001.png",), map="o/a.map.tif"),
        warnings=("dark",),
        seconds=0.25,
        earlier_outputs=("o/a.mask.png",),
    ),
    [REGION],
)
FAILED = ErrorRecord(image="b.tif", source="/d/b.tif", error="torn", periodic=None)


@pytest.mark.parametrize("record", [WHOLE, FAILED])
def test_what_is_written_is_read_back_as_it_was(record):
    again = parse_record(json.loads(json.dumps(record.to_json())))

    assert again == record
    assert again.whole
    assert list(again.to_json()) == list(record.to_json())


def test_records_of_the_goldens_are_written_as_they_were_read():
    count = 0
    for path in GOLDENS.glob("inspect-*/behaviour/expected.json"):
        for found in _objects(json.loads(path.read_text("utf-8"))):
            if {"image", "status", "outputs"} <= set(found):
                found["seconds"] = 0.5  # it varies: the golden has a word there
                record = parse_record(found)
                assert record.whole
                assert {**record.to_json()} == {**_with_descriptions(found)}
                count += 1
    assert count > 10


def _objects(tree):
    for each in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _objects(each)
    if isinstance(tree, dict):
        yield tree


def _with_descriptions(record):
    """Words for people are apart in the goldens."""
    return record | {"regions": [{"description": None} | region for region in record["regions"]]}


def test_keys_that_semscan_does_not_know_are_kept():
    text = WHOLE.to_json() | {"lot": "L7"}
    text["regions"][0]["accepted"] = True
    text["outputs"]["depth"] = "o/a.depth.tif"

    again = parse_record(text)

    assert again.whole
    assert again.to_json() == text
    assert again.outputs.paths[-1] == "o/a.depth.tif"


NASTY = [None, True, 0, -1, 1e400, -1e308, 10**400, "x", "\udcff\x00", [], [[]], {}, {"a": {}}, [None, 1], [1, 2, 3, 4]]


@pytest.mark.parametrize("value", NASTY, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("kind", [Record, RegionRecord, ErrorRecord, Outputs, PeriodicRecord, RunRecord])
def test_any_value_under_any_key_is_read_and_written(kind: type[JsonRecord], value):
    whole = {Record: WHOLE, RegionRecord: WHOLE.regions[0], ErrorRecord: FAILED}.get(kind)
    keys = kind.parse({} if whole is None else whole.to_json()).to_json()
    for key in {**keys, "mask": 1, "pitch_px": 1, "images": 1}:
        record = kind.parse({**keys, key: value})
        json.dumps(record.to_json()).encode("ascii")
        assert record == kind.parse(record.to_json()) or not record.whole


@pytest.mark.parametrize(
    "damage",
    [{"width": None}, {"height": "48"}, {"regions": None}, {"regions": {}}, {"score": "high"}, {"warnings": ["a", 3]}],
)
def test_a_damaged_record_is_not_whole(damage):
    assert not parse_record(WHOLE.to_json() | damage).whole


@pytest.mark.parametrize(
    "damage", [{"bbox": [1, 2, 3]}, {"bbox": [-1, 0, 3, 3]}, {"bbox": [0, 0, 0, 4]}, {"bbox": [0, 0, 2.5, 4]}]
)
def test_a_region_without_a_box_is_left_out(damage):
    text = WHOLE.to_json()
    text["regions"].append(text["regions"][0] | damage)
    record = parse_record(text)

    assert record.regions == WHOLE.regions
    assert not record.whole


@pytest.mark.parametrize("text", [{}, {"image": "a.png"}, {"status": 1}, {"status": None, "source": "/a.png"}])
def test_what_has_no_status_is_not_a_record(text):
    assert parse_record(text) is None


def test_a_record_without_a_source_is_of_its_image():
    assert parse_record({"image": "/d/a.png", "status": "ok"}).source == "/d/a.png"
    assert parse_record({"image": "/d/a.png", "source": 3, "status": "error"}).source == "/d/a.png"


def test_a_text_that_no_file_name_can_be_is_left_out():
    record = parse_record({"image": "/d/a.png", "source": "\ud800", "status": "ok", "vendor": "x\udfff", "regions": []})

    assert parse_record({"image": "/d/a.png", "source": "/d/a\0.png", "status": "ok"}).source == "/d/a.png"
    assert (record.source, record.vendor, record.whole) == ("/d/a.png", None, False)
    assert parse_record({"image": "a.png", "source": "/d/\udcff.png", "status": "error"}).source == "/d/\udcff.png"


def test_what_was_judged_is_nothing_or_at_least_a_pixel():
    assert [parse_record(WHOLE.to_json() | {"judged_fraction": x}).judged_px for x in (0, 5e-324)] == [0.0, 1.0]


def test_evaluations_are_written_as_they_were_read():
    text = json.loads((GOLDENS / "evaluate" / "behaviour" / "expected.json").read_text("utf-8"))
    (found,) = [each for each in _objects(text) if {"image_auroc", "at_threshold", "status"} <= set(each)][:1]
    found |= {"seconds": 1.5, "said": "23 images", "notes": ["few"], "fingerprint": None}  # words, and what varies
    evaluation = Evaluation.parse(found)

    assert evaluation.whole
    assert json.dumps(evaluation.to_json()) == json.dumps(found)
