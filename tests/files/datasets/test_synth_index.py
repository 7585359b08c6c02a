"""What an index of planted defects is believed."""

import json

import pytest

from semscan.files.datasets.synth_index import read_synth_index
from semscan.values import Box

GOOD = {"image": "test/mixed/0.png", "defects": [{"kind": "gap", "bbox": [3, 1, 5, 2], "area_px": 9}]}


def write(folder, images, made_by="semscan synth"):
    (folder / "synth.json").write_text(json.dumps({"made_by": made_by, "images": images}), "utf-8")
    return folder


def test_boxes_turn_to_rows_and_columns(tmp_path):
    found = read_synth_index(write(tmp_path, [GOOD, {"image": "test/good/0.png", "defects": []}]))

    assert found == {"test/mixed/0.png": (("gap", Box(1, 3, 3, 8)),), "test/good/0.png": ()}


def test_no_index_plants_nothing(tmp_path):
    assert read_synth_index(tmp_path) == {}
    assert read_synth_index(tmp_path / "nowhere") == {}


def test_an_index_of_others_is_ignored(tmp_path):
    assert read_synth_index(write(tmp_path, [GOOD], made_by="somebody")) == {}


@pytest.mark.parametrize(
    "text", [b"", b"[", b"[]", b"\xff\xfe", b'{"made_by": "semscan synth", "images": 3}', b"[" * 100_000]
)
def test_a_damaged_index_is_ignored(tmp_path, text):
    (tmp_path / "synth.json").write_bytes(text)

    assert read_synth_index(tmp_path) == {}


def test_a_folder_of_that_name_is_ignored(tmp_path):
    (tmp_path / "synth.json").mkdir()

    assert read_synth_index(tmp_path) == {}


@pytest.mark.parametrize(
    "defect",
    [
        3,
        {},
        {"kind": "gap"},
        {"kind": 7, "bbox": [1, 1, 2, 2]},
        {"kind": "a\x1b[2J", "bbox": [1, 1, 2, 2]},
        {"kind": "gap", "bbox": [1, 1, 2]},
        {"kind": "gap", "bbox": [1, 1, 2, True]},
        {"kind": "gap", "bbox": [1, 1, 2, -3]},
        {"kind": "gap", "bbox": [1, 1, 2, 10**40]},
        {"kind": "gap", "bbox": [1, 1, 2, 0.5]},
        {"kind": "gap", "bbox": "1122"},
    ],
)
def test_an_image_with_a_defect_that_makes_no_sense_is_left_out(tmp_path, defect):
    broken = {"image": "test/mixed/1.png", "defects": [*GOOD["defects"], defect]}

    assert list(read_synth_index(write(tmp_path, [broken, GOOD, 5, {"image": 4, "defects": []}]))) == [
        "test/mixed/0.png"
    ]
