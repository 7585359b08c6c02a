import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from semscan.errors import BadMapError, OutputError
from semscan.files.disk.atomic import make_folder, replacing, write_bytes, write_png, write_text
from semscan.files.disk.encode import png_bytes
from semscan.files.results.map_file import map_description, read_tiff_map, write_tiff_map


@pytest.fixture
def anomaly_map():
    return np.random.default_rng(0).random((33, 57), np.float32)


def test_missing_folders_are_made_and_no_temporary_file_stays(tmp_path):
    write_bytes(tmp_path / "a b" / "ü" / "x.bin", b"1")

    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["x.bin"]


def test_old_file_stays_whole_when_writing_fails(tmp_path, monkeypatch):
    target = tmp_path / "x.txt"
    write_text(target, "old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_text(target, "new")

    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.txt"]


def test_interrupt_leaves_the_old_file_and_no_temporary_one(tmp_path, monkeypatch):
    target = tmp_path / "x.txt"
    write_text(target, "old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text(target, "new")

    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["x.txt"]


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path):
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").write_text("x")

    with pytest.raises(OutputError, match="cannot be written"):
        make_folder(tmp_path / "file" / "b")


def test_a_folder_in_the_way_is_an_output_error(tmp_path):
    (tmp_path / "x.png").mkdir()

    with pytest.raises(OutputError, match=r"x\.png: .*cannot be written|not allowed"):
        write_bytes(tmp_path / "x.png", b"1")


def test_a_file_used_as_a_folder_is_an_output_error(tmp_path):
    (tmp_path / "f").write_bytes(b"")

    with pytest.raises(OutputError, match="cannot be written"):
        write_bytes(tmp_path / "f" / "x.png", b"1")


def test_text_is_utf8_with_unix_line_ends(tmp_path):
    write_text(tmp_path / "x", "µ\n\ud800")

    assert (tmp_path / "x").read_bytes() == "µ\n\\ud800".encode()


def test_png_keeps_16_bits_and_opencvs_colour_order(tmp_path):
    deep = np.arange(400, dtype=np.uint16).reshape(20, 20) * 100
    colour = np.zeros((4, 4, 3), np.uint8)
    colour[..., 0] = 200

    write_png(tmp_path / "ä.png", deep)
    blue = cv2.imdecode(np.frombuffer(png_bytes(colour), np.uint8), cv2.IMREAD_UNCHANGED)

    back = cv2.imdecode(np.frombuffer((tmp_path / "ä.png").read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(back, deep)
    assert np.array_equal(blue, colour)


def test_map_comes_back_bit_for_bit_with_its_description(tmp_path, anomaly_map):
    write_tiff_map(tmp_path / "a.map.tif", anomaly_map, {"source": "/ü/a.png", "nm_per_pixel": None})

    values, description = read_tiff_map(tmp_path / "a.map.tif")

    assert values.dtype == np.float32
    assert np.array_equal(values, anomaly_map)
    assert description == {"source": "/ü/a.png", "nm_per_pixel": None}
    assert map_description(tmp_path / "a.map.tif") == description


def test_other_readers_open_the_map(tmp_path, anomaly_map):
    path = tmp_path / "a.map.tif"
    write_tiff_map(path, anomaly_map, {"source": "a"})

    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        assert (page.compression, page.dtype, json.loads(page.description)) == (8, np.float32, {"source": "a"})
    assert np.array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), anomaly_map)


def test_only_two_axes_are_a_map(tmp_path):
    with pytest.raises(OutputError, match=r"shape \(2, 2, 2\)"):
        write_tiff_map(tmp_path / "a.map.tif", np.zeros((2, 2, 2), np.float32), {})

    assert not list(tmp_path.iterdir())


def _foreign(path: Path, kind: str, anomaly_map):
    match kind:
        case "missing":
            pass
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("no map")
        case "grey image":
            tifffile.imwrite(path, np.zeros((8, 8), np.uint8))
        case "NaN":
            tifffile.imwrite(path, np.where(anomaly_map > 0.5, np.float32("nan"), anomaly_map))
        case "cut":
            write_tiff_map(path, anomaly_map, {})
            path.write_bytes(path.read_bytes()[:-500])


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "grey image", "NaN", "cut"])
def test_what_is_no_whole_map_is_refused_in_one_line(tmp_path, anomaly_map, kind, capfd):
    path = tmp_path / "a.map.tif"
    _foreign(path, kind, anomaly_map)

    with pytest.raises(BadMapError, match=r"a\.map\.tif") as caught:
        read_tiff_map(path)

    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_damaged_file_prints_nothing_in_a_fresh_process(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"II*\0\xff\xff\0\0" + b"x" * 100)
    code = "import sys; from semscan.files.results.map_file import map_description; map_description(sys.argv[1])"

    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.tif"], capture_output=True, check=True)

    assert (done.stdout, done.stderr) == (b"", b"")


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": ' * 100_000])
def test_a_foreign_description_is_empty(tmp_path, anomaly_map, text):
    tifffile.imwrite(tmp_path / "a.tif", anomaly_map, description=text, metadata=None)

    assert read_tiff_map(tmp_path / "a.tif")[1] == {}


def test_description_of_no_tiff_is_empty(tmp_path):
    (tmp_path / "a.tif").write_text("hello")

    assert map_description(tmp_path / "a.tif") == {}


def test_a_large_file_takes_its_place_at_the_end_of_the_block(tmp_path):
    target = tmp_path / "new" / "a.bin"
    with replacing(target) as file:
        file.write(b"abc")
        file.seek(1)
        assert file.read() == b"bc"
        assert not target.exists()

    assert target.read_bytes() == b"abc"
    assert [path.name for path in target.parent.iterdir()] == ["a.bin"]


def test_an_interrupted_large_file_leaves_the_old_one(tmp_path):
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def interrupted():
        with replacing(target) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
