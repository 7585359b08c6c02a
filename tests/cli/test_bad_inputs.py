"""No input stops the others, shows a traceback or puts anything but JSON on standard output."""

import json
import os

import numpy as np
import pytest
import tifffile


def write_bad(folder, save_png, grey):
    """One file of each bad kind; name -> path."""
    folder.mkdir()
    png = save_png(folder / "whole.png", grey()).read_bytes()
    contents = {
        "empty.png": b"",
        "text.png": b"this is no image\n",
        "head.png": png[:20],
        "torn.png": png[: len(png) // 2],
        "zeros.tif": bytes(2000),
        "torn.tif": b"II*\0\x08\0\0\0",
        "page.html": b"<html></html>",
        "tiny.png": None,
        "nan.tif": None,
        "constant.png": None,
    }
    for name, content in contents.items():
        if content is not None:
            (folder / name).write_bytes(content)
    save_png(folder / "tiny.png", grey(4, 4))
    save_png(folder / "constant.png", np.full((64, 64), 7, np.uint8))
    tifffile.imwrite(folder / "nan.tif", np.full((64, 64), np.nan, np.float32))
    (folder / "a folder.png").mkdir()
    (folder / "whole.png").unlink()
    return [folder / name for name in (*contents, "a folder.png", "nowhere.png")]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_bad_files_give_one_error_each_between_good_results(semscan, model, good, save_png, grey, tmp_path, jobs):
    bad = write_bad(tmp_path / "bad", save_png, grey)
    done = semscan("inspect", good, *bad, good, "--model", model, "--jobs", jobs)
    records = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 3
    assert [record["image"] for record in records] == [str(path) for path in (good, *bad, good)]
    assert [record["status"] for record in records] == ["ok", *["error"] * len(bad), "ok"]
    for record in records[1:-1]:
        assert "\n" not in record["error"]
        assert "internal fault" not in record["error"]
        assert len(record["error"]) < 400
    assert "Traceback" not in done.stderr


def test_a_network_that_fails_on_an_image_stops_only_that_image(in_process, tmp_path, make_model, save_png, grey):
    from onnx import TensorProto, helper, numpy_helper

    value = helper.make_tensor_value_info("tiles", TensorProto.FLOAT, ["n", "rows", "cols"])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, None)
    # holds 2 tiles at most: an image of more tiles fails inside the runtime
    limit = numpy_helper.from_array(np.zeros((2, 32, 32), np.float32), "limit")
    graph = helper.make_graph([helper.make_node("Add", ["tiles", "limit"], ["score"])], "g", [value], [score], [limit])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    model = make_model(tmp_path / "m", graph=made.SerializeToString())
    small, large = save_png(tmp_path / "small.png", grey(32, 48)), save_png(tmp_path / "large.png", grey(32, 100))
    done = in_process("score", large, small, "--model", model)

    assert done.returncode == 3
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["error", "ok"]


def test_a_folder_without_images_is_an_error_record(in_process, model, tmp_path):
    (tmp_path / "nothing").mkdir()
    done = in_process("inspect", tmp_path / "nothing", "--model", model)

    assert done.returncode == 3
    assert json.loads(done.stdout)["status"] == "error"


def test_a_data_bar_as_high_as_the_image_is_an_error_record(in_process, model, good):
    done = in_process("score", good, "--model", model, "--databar", "48")

    assert done.returncode == 3
    assert "databar" in json.loads(done.stdout)["error"]


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_an_unreadable_file_is_an_error_record(in_process, model, good):
    good.chmod(0)
    done = in_process("score", good, "--model", model)

    assert done.returncode == 3


@pytest.mark.parametrize(
    "content",
    [b"", b"II*\0\x08\0\0\0", "uint8", "rgb", "nan", "above one"],
    ids=["empty", "torn", "uint8", "rgb", "nan", "above one"],
)
def test_a_bad_map_is_an_error_record_and_the_others_go_on(in_process, model, spotted, tmp_path, content):
    in_process("inspect", spotted, "--model", model)
    bad, whole = tmp_path / "bad.map.tif", in_process.here / "semscan-results" / "spotted.map.tif"
    arrays = {
        "uint8": np.zeros((20, 20), np.uint8),
        "rgb": np.zeros((20, 20, 3), np.float32),
        "nan": np.full((20, 20), np.nan, np.float32),
        "above one": np.full((20, 20), 3.5, np.float32),
    }
    if isinstance(content, bytes):
        bad.write_bytes(content)
    else:
        tifffile.imwrite(bad, arrays[content], photometric="rgb" if content == "rgb" else "minisblack")
    done = in_process("regions", bad, whole)
    first, second = (json.loads(line) for line in done.stdout.splitlines())

    assert done.returncode == 3
    assert first["status"] == "error"
    assert "internal fault" not in first["error"]
    assert second["defect"] is True


def test_an_image_that_claims_too_many_pixels_names_the_option(in_process, tmp_path):
    path = tmp_path / "mosaic.tif"
    tifffile.imwrite(path, np.arange(64 * 80, dtype=np.uint8).reshape(64, 80), photometric="minisblack", tile=(16, 16))

    refused = in_process("info", "--max-pixels", "5000", path)
    read = in_process("info", "--max-pixels", "5120", path)

    assert refused.returncode == 3
    assert "80 x 64 pixels, at most 5000 are read; if it is as large as that, give --max-pixels 5120" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1
    assert read.returncode == 0
