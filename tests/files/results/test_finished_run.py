import json

import pytest

from semscan.errors import OutputError
from semscan.files.results import finished_run
from semscan.files.results.finished_run import read_finished
from semscan.files.results.folder import RESULTS, RUN, ResultsFolder
from semscan.values.record import parse_record
from semscan.values.run_record import RunRecord


def record_of(**json):
    """A record as it is read from a line with these keys."""
    return parse_record({"status": "ok", **json})


def finished(out, *records, run=None):
    ResultsFolder(out).finish(records, run or RunRecord())
    return read_finished(out)


def test_records_and_run_are_read_back_from_the_folder_or_its_results(tmp_path):
    out = tmp_path / "o"
    first = finished(out, record_of(image="a.png"), run=RunRecord(state="done"))
    written = RunRecord(state="done", lines=((1, 1),))
    second = read_finished(out / RESULTS)

    assert first == second
    assert [record.image for record in first.records] == ["a.png"]
    assert (first.run, first.unfinished) == (written, 0)


def test_records_of_a_run_that_has_not_ended_are_read_too_and_counted(tmp_path):
    outputs = ResultsFolder(tmp_path)
    outputs.begin(RunRecord(state="running"))
    outputs.note(record_of(image="a.png"))
    found = read_finished(tmp_path)

    assert [record.image for record in found.records] == ["a.png"]
    assert found.unfinished == 1
    assert found.run == RunRecord(state="running")
    assert not (tmp_path / RESULTS).exists(), "reading writes nothing"
    outputs.finish([], RunRecord())


def test_lines_that_are_no_records_are_left_out(tmp_path):
    (tmp_path / RESULTS).write_bytes(b'caf\xe9\n[1]\n{"image": "no status"}\n{"image": "a.png", "status": "ok"}\n')
    (tmp_path / RUN).write_bytes(b"{damaged")
    found = read_finished(tmp_path)

    assert [record.image for record in found.records] == ["a.png"]
    assert found.run == RunRecord()


@pytest.mark.parametrize("make", [lambda out: None, lambda out: out.mkdir(), lambda out: out.write_text("a file")])
def test_a_folder_without_records_is_refused(tmp_path, make):
    make(tmp_path / "o")

    with pytest.raises(OutputError, match="semscan inspect"):
        read_finished(tmp_path / "o")


def test_outputs_are_found_wherever_the_folder_was_moved(tmp_path):
    (tmp_path / "new" / "bridge").mkdir(parents=True)
    overlay = tmp_path / "new" / "bridge" / "a.overlay.png"
    overlay.write_bytes(b"x")
    (tmp_path / "new" / RESULTS).write_text(json.dumps({"image": "a", "status": "ok"}))
    found = read_finished(tmp_path / "new")

    assert found.locate("old/place/bridge/a.overlay.png") == overlay
    assert found.locate(str(overlay)) == overlay
    for elsewhere in ("../../etc/passwd", "/etc/passwd", "a\0b", None, ""):
        assert found.locate(elsewhere) is None


def test_another_images_output_of_the_same_name_is_not_taken_for_one_that_is_gone(tmp_path):
    out = tmp_path / "o"
    out.mkdir()
    (out / "a.overlay.png").write_bytes(b"of another image")
    run = RunRecord(settings={"output": {"out": "o"}})
    found = finished(out, record_of(image="a.png"), run=run)

    assert found.locate("o/a.overlay.png") == out / "a.overlay.png"
    assert found.locate("o/x/a.overlay.png") is None


def test_names_too_long_for_the_system_are_refused_or_not_there(tmp_path):
    with pytest.raises(OutputError, match="too long"):
        read_finished(tmp_path / ("x" * 5000))
    assert finished(tmp_path, record_of(image="a.png")).locate("x" * 5000) is None


def images_of(found):
    return [record.image for record in found.records]


def test_the_last_run_has_its_own_records_wherever_they_stand(tmp_path):
    finished(tmp_path, *(record_of(image=name) for name in ("a.png", "b.png", "c.png", "d.png")))
    finished(tmp_path, *(record_of(image=name) for name in ("d.png", "new.png", "b.png")))
    found = read_finished(tmp_path, last=True)

    assert images_of(found) == ["b.png", "d.png", "new.png"]
    assert found.run.lines == ((2, 2), (4, 5))
    assert images_of(read_finished(tmp_path)) == ["a.png", "b.png", "c.png", "d.png", "new.png"]


def test_the_records_of_a_last_run_that_has_not_ended_are_those_it_has_kept(tmp_path):
    finished(tmp_path, record_of(image="a.png"), record_of(image="b.png"))
    outputs = ResultsFolder(tmp_path)
    outputs.begin(RunRecord(state="running"))
    outputs.note(record_of(image="b.png"))
    found = read_finished(tmp_path, last=True)
    outputs.finish([], RunRecord())

    assert (images_of(found), found.unfinished) == (["b.png"], 1)


@pytest.mark.parametrize(
    "lines", [None, "all", [[7, 9]], [[2, 1]], [[1, 3]], [[0, 1]], [[-1, 2]], [[2, 2], [1, 1]], [[1, 1], "2"]]
)
def test_a_last_run_whose_records_are_not_known_is_refused(tmp_path, lines):
    finished(tmp_path, record_of(image="a.png"), record_of(image="b.png"))
    (tmp_path / RUN).write_text(json.dumps({"state": "done", "lines": lines}))

    with pytest.raises(OutputError, match=r"run\.json does not say which records are of the last run"):
        read_finished(tmp_path, last=True)


def test_a_last_run_without_a_record_is_said(tmp_path):
    finished(tmp_path, record_of(image="a.png"))
    (tmp_path / RUN).write_text(json.dumps({"state": "done", "lines": []}))

    with pytest.raises(OutputError, match="the last run kept no record; report all, without --last"):
        read_finished(tmp_path, last=True)


def test_lines_of_a_run_that_ends_meanwhile_do_not_select_among_older_records(tmp_path, monkeypatch):
    finished(tmp_path, record_of(image="a.png"))
    finished(tmp_path, record_of(image="b.png"))
    read = finished_run.read_lines

    def read_and_finish(path):
        lines = list(read(path))
        ResultsFolder(tmp_path).finish([record_of(image="a.png")], RunRecord())
        return lines

    monkeypatch.setattr(finished_run, "read_lines", read_and_finish)

    assert images_of(read_finished(tmp_path, last=True)) == ["b.png"]
