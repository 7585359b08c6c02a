"""The goldens can fail: what changes is seen, and named by file and key; what may differ passes."""

import copy
import json

import numpy as np
import pytest

from tests.goldens.compare import compare_case, compare_pictures, differences
from tests.goldens.reduce import Reducer, shrink
from tests.goldens.run import find_cases, load, read_case, save


def case(name):
    return next(case for case in find_cases() if case.name == name)


@pytest.fixture
def expected():
    return load(case("inspect-periodic"), "behaviour")


@pytest.fixture
def reducer(tmp_path):
    return Reducer(tmp_path, tmp_path / "repository", frozenset())


def change(expected, edit):
    found = copy.deepcopy(expected)
    edit(found["commands"][0])
    return compare_case(expected, found)


def test_the_same_is_no_difference(expected):
    assert compare_case(expected, copy.deepcopy(expected)) == []


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (lambda command: command.update(exit=1), "commands[0].exit: 0 expected, 1 found"),
        (lambda command: command["stdout"][0].update(score=0.9), "commands[0].stdout[0].score: 0.9019787"),
        (lambda command: command["stdout"][0].update(defect=False), "commands[0].stdout[0].defect: True"),
        (lambda command: command["stdout"][0].update(defect=1), "commands[0].stdout[0].defect: True"),
        (lambda command: command["stdout"][0].update(width=511), "commands[0].stdout[0].width: 512"),
        (lambda command: command["stdout"][0].update(model="box"), "commands[0].stdout[0].model: None"),
        (lambda command: command["stdout"][0].update(newer=1), "commands[0].stdout[0].newer: new key"),
        (lambda command: command["stdout"][0].pop("page"), "commands[0].stdout[0].page: missing"),
        (lambda command: command["stdout"][0]["regions"].pop(), "commands[0].stdout[0].regions: 3 items expected, 2"),
        (lambda command: command["stdout"][0]["regions"][1].update({"class": "x"}), "regions[1].class: 'bridge'"),
        (lambda command: command["stdout"][0]["regions"][1]["bbox"].__setitem__(2, 19), "regions[1].bbox[2]: 16"),
        (lambda command: command["stdout"][0]["regions"][0].update(area_px=700), "regions[0].area_px: 774"),
        (lambda command: command["stdout"][0].update(method=["model"]), "method[0]: 'periodic'"),
    ],
)
def test_a_change_is_named_by_its_key(expected, edit, named):
    listed = change(expected, edit)

    assert len(listed) == 1
    assert named in listed[0]


def test_what_another_processor_changes_passes(expected):
    def nudge(command):
        record = command["stdout"][0]
        record["score"] += 4e-4
        record["regions"][0]["bbox"][0] += 1
        record["regions"][0]["area_px"] += 9
        record["regions"][0]["orientation_deg"] = 91.0  # -87 turned by 180, and 2 more

    assert change(expected, nudge) == []


def test_a_missing_and_a_new_file_are_differences(expected):
    found = dict(expected)
    found["results/new.json"] = found.pop("results/run.json")

    assert compare_case(expected, found) == [
        "results/new.json: new, was not expected",
        "results/run.json: missing, was expected",
    ]


def test_a_warmer_block_of_a_map_is_a_difference(expected):
    found = copy.deepcopy(expected)
    found["results/wafer.map.tif"]["grid"][3][4] += 0.05

    assert [line.split(":")[0] for line in compare_case(expected, found)] == ["results/wafer.map.tif.grid[3][4]"]


def test_a_region_gone_from_the_overlay_is_a_difference(expected):
    name = "results/wafer.overlay.png:picture"
    found = copy.deepcopy(expected)
    found[name][68:74, 8:18] = found[name][78:84, 8:18]  # the outlined particle, painted over

    assert any(line.startswith(f"{name}: differs by") for line in compare_case(expected, found))


def test_noise_of_two_levels_in_a_picture_passes(expected):
    pixels = expected["results/wafer.overlay.png:picture"]
    noise = np.random.default_rng(0).integers(-2, 3, pixels.shape)

    assert list(compare_pictures(pixels, np.clip(pixels + noise, 0, 255).astype(np.uint8), "p")) == []


def test_words_differ_by_a_word_and_not_by_a_rounded_number():
    text = "Particle of 31.4 px, brighter by 26 %"

    assert differences(text, "Particle of 31.5 px, brighter by 27 %", in_words="near") == []
    assert differences(text, "Particle of 35.4 px, brighter by 26 %", in_words="near")
    assert differences(text, "Particle of 31.4 px, darker by 26 %", in_words="near")
    assert differences(text, "Particle of 9 px, brighter by 1 %", in_words="any") == []
    assert differences("000.png", "001.png")


def test_reworded_sentences_change_the_wording_alone(reducer, tmp_path):
    other = Reducer(tmp_path, tmp_path / "repository", frozenset())
    record = {"image": f"{tmp_path}/a.png", "status": "error", "error": "a.png: empty", "seconds": 0.3}
    one = reducer.stdout("1 stdout", json.dumps(record), "semscan score a.png")
    two = other.stdout("1 stdout", json.dumps({**record, "error": "a.png has no bytes", "seconds": 9}), "semscan score")

    assert one == two == [{"image": "a.png", "status": "error", "error": "<words>", "seconds": "<varies>"}]
    assert reducer.wording == {"1 stdout": {"[0].error": "a.png: empty"}}
    assert compare_case(reducer.wording, other.wording)


def test_a_table_on_standard_output_has_rows_and_no_times(reducer):
    rows = reducer.stdout("1 stdout", "image\tscore\tseconds\terror\na.png\t0.5\t3.2\t\n", "semscan score --format tsv")

    assert rows == [{"image": "a.png", "score": 0.5, "seconds": "<varies>", "error": None}]


def test_html_keeps_rows_links_and_numbers_apart_from_prose(reducer, tmp_path):
    page = tmp_path / "report.html"
    page.write_text('<p>Made 2026-01-02 03:04:05 UTC</p><table><tr id="image-1"><td data-v="0.8">0.8</td></tr></table>')
    reducer.file("report.html", page)

    assert reducer.behaviour["report.html"]["ids"] == ["image-1"]
    assert reducer.behaviour["report.html"]["cells"] == [0.8]
    assert reducer.behaviour["report.html"]["rows_of_tables"] == [1]
    assert reducer.wording["report.html"] == ["Made <time>"]


def test_klarf_rows_are_read_by_their_columns(reducer, tmp_path):
    klarf = tmp_path / "a.klarf"
    klarf.write_text("Slot 1;\nDefectRecordSpec 2 DEFECTID XREL ;\nDefectList\n 1 0.25\n 2 0.5;\nEndOfFile;\n")
    reducer.file("a.klarf", klarf)

    assert reducer.behaviour["a.klarf"][2] == {
        "DefectList": [{"DEFECTID": 1, "XREL": 0.25, "more": []}, {"DEFECTID": 2, "XREL": 0.5, "more": []}]
    }


def test_what_is_saved_is_loaded_again_and_old_pictures_go(tmp_path):
    (tmp_path / "command.txt").write_text("# varies: loss\n# pictures: size only\nsemscan models\n")
    made = read_case(tmp_path)
    picture = np.random.default_rng(1).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    save(made, "behaviour", {"old.png:picture": picture})
    save(made, "behaviour", {"a": {"b": [1, 2.5, None, "é"]}, "o/p.png:picture": picture})
    again = load(made, "behaviour")

    assert sorted(again) == ["a", "o/p.png:picture"]
    assert again["a"] == {"b": [1, 2.5, None, "é"]}
    assert (again["o/p.png:picture"] == picture).all()
    assert (made.commands, made.varies, made.any_picture) == (["semscan models"], {"loss"}, True)


def test_a_line_that_is_no_command_is_refused(tmp_path):
    (tmp_path / "command.txt").write_text("inspect a.png\n")

    with pytest.raises(ValueError, match="neither a semscan command nor a comment"):
        read_case(tmp_path)


def test_shrinking_keeps_small_pictures_and_the_shape_of_large_ones():
    small = np.zeros((40, 96), np.uint8)

    assert shrink(small) is small
    assert shrink(np.zeros((192, 384, 3), np.uint8)).shape == (48, 96, 3)
