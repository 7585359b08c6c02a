import io
import os
from pathlib import Path, PurePosixPath

import pytest

from semscan.files.find.images import InputError, InputImage, find_images


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (
        "data/b.PNG",
        "data/a.tif",
        "data/model/config.json",
        "data/model/graph.onnx",
        "data/model/curves.png",
        "data/bridge/ü x.jpeg",
        "data/bridge/notes.txt",
        "data/bridge/.hidden.png",
        "data/.git/c.png",
        "data/ground_truth/bridge/m.png",
        "data/results/r.bmp",
        "data/a.overlay.png",
        "data/a.overlay.tif",
        "data/a.mask.png",
        "data/a.map.tif",
        "data/a.crop12.png",
        "data/a_mask_of_mine.png",
        "one.png",
        "we[ir]d.png",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    return tmp_path


def names(*arguments, **options):
    return [found.given for found in find_images(arguments, **options)]


def test_a_folder_is_searched_below_in_order_and_mirrored(tree):
    found = list(find_images(["data"], skip=Path("data/results")))

    assert [item.below for item in found] == [
        PurePosixPath(name) for name in ("a.tif", "a_mask_of_mine.png", "b.PNG", "bridge/ü x.jpeg")
    ]
    assert found[0] == InputImage(str(Path("data/a.tif")), Path("data/a.tif"), PurePosixPath("a.tif"))


def test_only_a_folder_named_as_output_is_skipped(tree):
    assert str(Path("data/results/r.bmp")) in names("data")


def test_a_folder_that_is_its_own_output_folder_is_searched(tree):
    assert len(names("data", skip=Path("data"))) == 5


def test_a_named_file_is_taken_whatever_it_is_called(tree):
    assert list(find_images(["data/a.overlay.png", "data/bridge/notes.txt"])) == [
        InputImage("data/a.overlay.png", Path("data/a.overlay.png")),
        InputImage("data/bridge/notes.txt", Path("data/bridge/notes.txt")),
    ]


def test_a_named_ground_truth_folder_is_searched(tree):
    assert len(names("data/ground_truth")) == 1


def test_patterns_are_expanded_and_sorted(tree):
    assert names("data/*.[tP]*") == sorted(
        str(Path("data") / n) for n in ("a.map.tif", "a.overlay.tif", "a.tif", "b.PNG")
    )
    assert names("data/**/*.jpeg") == [str(Path("data/bridge/ü x.jpeg"))]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tree):
    assert names("we[ir]d.png") == ["we[ir]d.png"]


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("nothing.png", "no such file or folder"),
        ("*.gif", "nothing matches this pattern"),
        ("empty", "no image in this folder"),
        ("", "no such file or folder"),
        ("a\0b", "cannot be looked up"),
        ("x" * 5000, "cannot be looked up"),
    ],
)
def test_nothing_behind_a_name_is_said_and_the_rest_goes_on(tree, argument, reason):
    missing, found = find_images([argument, "one.png"])

    assert isinstance(missing, InputError)
    assert missing.given == argument
    assert reason in missing.reason
    assert found == InputImage("one.png", Path("one.png"))


def test_names_come_from_standard_input_in_their_place(tree):
    lines = io.BytesIO("\ufeffone.png\r\n\ndata/bridge/ü x.jpeg\nwe[ir]d.png".encode())

    assert names("data/a.tif", "-", stdin=lines) == ["data/a.tif", "one.png", "data/bridge/ü x.jpeg", "we[ir]d.png"]


def test_a_closed_standard_input_is_said(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    (missing,) = find_images(["-"])

    assert "standard input is closed" in missing.reason


def test_patterns_on_standard_input_are_taken_literally(tree):
    assert isinstance(next(find_images(["-"], stdin=io.BytesIO(b"*.png\n"))), InputError)


def test_names_that_end_in_nul_may_hold_anything(tree):
    (tree / "a\nb.png").write_bytes(b"")

    assert names("-", stdin=io.BytesIO(b"a\nb.png\0one.png\0"), nul=True) == ["a\nb.png", "one.png"]


def test_standard_input_is_read_as_it_comes(tree):
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stream, os.fdopen(writer, "wb", buffering=0) as feed:
        feed.write(b"one.png\n")
        assert next(find_images(["-"], stdin=stream)).given == "one.png"


@pytest.mark.parametrize("end", [b"\n", b"\0"], ids=["lines", "nul"])
def test_the_process_s_own_standard_input_is_read_past_its_buffer_and_as_it_comes(tree, monkeypatch, end):
    reader, writer = os.pipe()
    with os.fdopen(reader, "r") as stream, os.fdopen(writer, "wb", buffering=0) as feed:
        monkeypatch.setattr("sys.stdin", stream)
        found = find_images(["-"], nul=end == b"\0")
        feed.write(b"one.png" + end + b"data/a.")
        assert next(found).given == "one.png"
        feed.write(b"tif" + end)
        assert next(found).given == "data/a.tif"
        feed.write(b"we[ir]d.png")
        feed.close()
        assert [each.given for each in found] == ["we[ir]d.png"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no names that are not text")
def test_a_name_that_is_not_utf8_is_found(tree):
    raw = b"caf\xe9.png"
    (tree / os.fsdecode(raw)).write_bytes(b"")

    assert names("-", stdin=io.BytesIO(raw + b"\n")) == [os.fsdecode(raw)]


@pytest.mark.skipif(os.name == "nt", reason="making links needs rights on Windows")
def test_a_link_that_leads_back_ends_the_search(tree):
    (tree / "data/bridge/back").symlink_to(tree / "data")

    assert len(names("data")) == 5


def test_a_folder_that_cannot_be_read_is_said(tree, monkeypatch):
    real = os.scandir

    def denied(path):
        if str(path).endswith("bridge"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", denied)
    *found, missing = find_images(["data"])

    assert len(found) == 4
    assert missing == InputError(
        str(Path("data/bridge")), "the folder cannot be read (Permission denied); check its permissions"
    )


def test_pictures_of_an_evaluation_and_of_a_comparison_are_no_images(tree):
    for name in ("evaluation/evaluation.json", "evaluation/curves.png", "cmp/compare.json", "cmp/a/failures.png"):
        path = tree / "empty" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")

    assert names("empty") == ["empty"]
    assert names("empty/evaluation") == ["empty/evaluation/curves.png"], "a folder that is named is searched"


def test_masks_are_left_out_however_their_folder_is_written(tree):
    (tree / "empty" / "Ground_Truth").mkdir()
    (tree / "empty" / "Ground_Truth" / "m.png").write_bytes(b"x")

    assert isinstance(*find_images(["empty"]), InputError)
