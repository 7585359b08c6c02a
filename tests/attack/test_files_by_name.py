"""A pipe, a device, or gigabytes without a line end, where a file is read by its name: one line, and never a wait."""

import os
import struct

import pytest

from tests.attack.drive import run

LONG = (64 << 20) + 1


def as_pipe(path):
    os.mkfifo(path)


def as_device(path):
    path.symlink_to("/dev/zero")


def as_one_long_line(path):
    with path.open("wb") as file:
        file.truncate(3 << 30)  # takes no room on the disk


@pytest.fixture
def results(tmp_path, good, model):
    run(["inspect", good, "--model", model, "--out", tmp_path / "o"])
    return tmp_path / "o"


def replaced(path, make):
    path.unlink(missing_ok=True)
    make(path)
    return path


@pytest.mark.parametrize("make", [as_pipe, as_device, as_one_long_line])
@pytest.mark.parametrize("command", ["report", "inspect"])
def test_results_that_are_no_plain_records_end_the_command(results, good, model, make, command):
    path = replaced(results / "results.jsonl", make)
    words = {
        "report": ["report", results, "--to", "csv"],
        "inspect": ["inspect", good, "--model", model, "--out", results],
    }

    ended = run(words[command], limit_s=30, most_mib=400)

    assert (ended.code, ended.out, ended.faults) == (2, "", ())
    assert str(path) in ended.err


@pytest.mark.parametrize("make", [as_pipe, as_device, as_one_long_line])
def test_a_journal_that_is_none_is_left_alone(results, good, model, make):
    path = replaced(results / "results.0a0b0c0d.partial.jsonl", make)

    ended = run(["inspect", good, "--model", model, "--out", results], limit_s=30, most_mib=400)

    assert (ended.code, ended.faults) == (0, ())
    assert make is as_one_long_line or path.lstat()


@pytest.mark.parametrize("make", [as_pipe, as_device])
@pytest.mark.parametrize("name", ["config.json", "graph.onnx"])
def test_a_model_of_other_than_plain_files_is_refused(good, model, make, name):
    replaced(model / name, make)

    ended = run(["score", good, "--model", model], limit_s=30)

    assert (ended.code, ended.out, ended.faults) == (2, "", ())


@pytest.mark.parametrize("make", [as_pipe, as_device])
def test_accepted_regions_and_maps_are_read_from_plain_files(tmp_path, make):
    path = replaced(tmp_path / "a.map.tif", make)

    ended = run(["regions", path], limit_s=30)

    assert (ended.code, ended.faults) == (3, ())


@pytest.mark.parametrize("make", [as_pipe, as_device])
def test_a_list_of_names_or_a_sidecar_that_is_a_pipe_does_not_block(tmp_path, good, model, make):
    replaced(good.with_suffix(".txt"), make)
    (tmp_path / "o").mkdir()
    replaced(tmp_path / "o" / ".semscan-names", make)

    assert run(["score", good, "--model", model], limit_s=30).faults == ()
    ended = run(["inspect", good, "--model", model, "--out", tmp_path / "o"], limit_s=30)

    assert (ended.code, ended.faults) == (2, ())


@pytest.mark.parametrize("make", [as_pipe, as_device])
def test_a_page_that_is_a_pipe_is_not_replaced(results, make):
    replaced(results / "report.html", make)
    replaced(results / "regions.csv", make)

    ended = run(["report", results, "--to", "html,csv"], limit_s=30)

    assert (ended.code, ended.faults) == (2, ())


def test_a_map_whose_directory_names_no_type_is_an_error_record(results, tmp_path):
    whole = (results / "good.map.tif").read_bytes()
    entry = struct.pack("<HHIH", 339, 3, 1, 3)  # SampleFormat: floats
    (tmp_path / "x.map.tif").write_bytes(whole.replace(entry, entry[:-2] + b"\xb5\x5c", 1))

    ended = run(["regions", tmp_path / "x.map.tif"], limit_s=30)

    assert entry in whole
    assert (ended.code, ended.faults) == (3, ())
