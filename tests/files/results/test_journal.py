"""Records on disk as they come: what a killed run leaves, and who takes it up."""

import json
import multiprocessing

import pytest

from semscan.errors import OutputError
from semscan.files.disk.atomic import write_bytes
from semscan.files.find.images import InputImage
from semscan.files.results.folder import NAMES, OVERLAY, RESULTS, RUN, ResultsFolder, output_path
from semscan.files.results.journal import Journal, abandoned, journals, read_journal
from semscan.values.record import parse_record
from semscan.values.run_record import RunRecord


def record_of(**json):
    """A record as it is read from a line with these keys."""
    return parse_record({"status": "ok", **json})


def killed(out, *records):
    """What a run leaves that noted these records and was killed."""
    outputs = ResultsFolder(out)
    outputs.begin(RunRecord(state="running"))
    for record in records:
        outputs.note(record)
    outputs._journal.close(keep=True)  # the system lets go of the lock of a dead process
    return outputs


def results(out):
    return [json.loads(line) for line in (out / RESULTS).read_text().splitlines()]


def test_a_record_is_on_disk_as_soon_as_it_is_noted(tmp_path):
    outputs = ResultsFolder(tmp_path)
    outputs.begin(RunRecord(state="running"))
    outputs.note(record_of(image="a.png", n=1))
    (path,) = journals(tmp_path)

    assert [(record.image, record.extra) for record in read_journal(path)] == [("a.png", {"n": 1})]
    assert json.loads((tmp_path / RUN).read_text())["state"] == "running"
    assert not (tmp_path / RESULTS).exists()
    outputs.finish([], RunRecord())


def test_a_folder_that_cannot_be_is_said_in_one_line(tmp_path):
    with pytest.raises(OutputError, match="cannot be used"):
        journals(tmp_path / ("x" * 300))


def test_the_journal_of_a_living_run_is_left_alone(tmp_path):
    living = ResultsFolder(tmp_path)
    living.begin(RunRecord())
    living.note(record_of(image="a.png"))

    assert abandoned(tmp_path) == []
    assert ResultsFolder(tmp_path).taken_up == 0
    assert len(journals(tmp_path)) == 1
    living.finish([], RunRecord())


def test_a_finished_run_leaves_no_journal(tmp_path):
    outputs = ResultsFolder(tmp_path)
    outputs.begin(RunRecord())
    outputs.note(record_of(image="a.png"))
    outputs.finish([record_of(image="a.png")], RunRecord(state="done"))

    assert sorted(path.name for path in tmp_path.iterdir()) == [RESULTS, RUN]


def test_the_next_run_takes_up_what_a_killed_one_noted(tmp_path):
    ResultsFolder(tmp_path).finish([record_of(image="a.png", n=1), record_of(image="b.png", n=1)], RunRecord())
    killed(tmp_path, record_of(image="c.png", n=2), record_of(image="a.png", n=2))
    before = results(tmp_path)
    later = ResultsFolder(tmp_path)

    assert [record["n"] for record in before] == [1, 1]
    assert later.taken_up == 2
    assert [(r["image"], r["n"]) for r in results(tmp_path)] == [("a.png", 2), ("b.png", 1), ("c.png", 2)]
    assert journals(tmp_path) == []


def test_a_line_cut_off_by_the_kill_is_left_out(tmp_path):
    killed(tmp_path, record_of(image="a.png"), record_of(image="b.png"))
    (path,) = journals(tmp_path)
    path.write_bytes(path.read_bytes()[:-7])

    assert ResultsFolder(tmp_path).taken_up == 1
    assert [record["image"] for record in results(tmp_path)] == ["a.png"]


def test_names_of_records_taken_up_are_no_longer_held(tmp_path):
    dead = ResultsFolder(tmp_path)
    base = dead.claim(InputImage("a.png", tmp_path / "x" / "a.png"), "/x/a.png")
    write_bytes(output_path(base, OVERLAY), b"done")
    dead.begin(RunRecord())
    dead.note(record_of(image="a.png", source="/x/a.png", outputs={"overlay": str(output_path(base, OVERLAY))}))
    dead._journal.close(keep=True)
    again = ResultsFolder(tmp_path)

    assert not (tmp_path / NAMES).exists()
    assert again.claim(InputImage("a.png", tmp_path / "x" / "a.png"), "/x/a.png") == base
    assert again.claim(InputImage("a.png", tmp_path / "y" / "a.png"), "/y/a.png") != base


def test_a_disk_that_is_full_stops_the_journal_and_not_the_run(tmp_path, monkeypatch):
    journal = Journal(tmp_path)

    class Full:
        def write(self, _):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    journal._file.close()
    journal._file = Full()
    journal.add(record_of(image="a.png"))
    journal.add(record_of(image="b.png"))

    assert list(read_journal(journal.path)) == []
    journal.close()
    assert journals(tmp_path) == []


def test_a_run_whose_results_cannot_be_written_leaves_its_journal(tmp_path, monkeypatch):
    outputs = ResultsFolder(tmp_path)
    outputs.begin(RunRecord())
    outputs.note(record_of(image="a.png"))
    monkeypatch.setattr("semscan.files.results.folder.write_chunks", _full)
    with pytest.raises(OutputError, match="no room"):
        outputs.finish([record_of(image="a.png")], RunRecord())
    monkeypatch.undo()

    assert ResultsFolder(tmp_path).taken_up == 1


def _full(path, data):
    raise OutputError("no room")


def work(out, name, seen):
    taken_up = 0
    for number in range(15):
        outputs = ResultsFolder(out)
        taken_up += outputs.taken_up
        outputs.begin(RunRecord(state="running"))
        record = record_of(image=f"{name}-{number}.png", source=f"/d/{name}-{number}.png")
        outputs.note(record)
        outputs.finish([record], RunRecord(state="done"))
    seen.put(taken_up)


def test_processes_side_by_side_do_not_take_each_other_for_dead(tmp_path):
    context = multiprocessing.get_context("spawn")
    seen = context.Queue()
    workers = [context.Process(target=work, args=(tmp_path, name, seen)) for name in "xyz"]
    for worker in workers:
        worker.start()
    taken_up = [seen.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(60)
    seen.close()
    seen.join_thread()

    assert taken_up == [0, 0, 0]
    assert len({record["image"] for record in results(tmp_path)}) == 45
    assert journals(tmp_path) == []
