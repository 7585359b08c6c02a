import itertools
import os
from contextlib import suppress

import pytest

from semscan.errors import OutputError
from semscan.files.disk.replace_folder import EXPORT, FRESH, MODEL, WORK_MARK, abandon, begin, commit


def make(work, text):
    (work / FRESH).mkdir(exist_ok=True)
    (work / FRESH / "config.json").write_text(text)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_nothing_is_in_place_before_it_is_whole(tmp_path):
    work = begin(tmp_path / "m", MODEL, overwrite=False)
    make(work, "new")
    assert names(tmp_path) == ["m.unfinished"]

    commit(work, tmp_path / "m", MODEL)

    assert names(tmp_path) == ["m"]
    assert names(tmp_path / "m") == ["config.json"]


def test_replacing_keeps_what_is_the_users_own(tmp_path):
    out = tmp_path / "m"
    (out / "notes").mkdir(parents=True)
    (out / "notes" / "a.txt").write_text("mine")
    (out / "config.json").write_text("old")
    (out / "graph.onnx").write_text("old")
    work = begin(out, MODEL, overwrite=True)
    make(work, "new")

    commit(work, out, MODEL)

    assert (out / "config.json").read_text() == "new"
    assert (out / "notes" / "a.txt").read_text() == "mine"
    assert not (out / "graph.onnx").exists()
    assert names(tmp_path) == ["m"]


@pytest.mark.parametrize(("kind", "mark"), [(MODEL, "config.json"), (EXPORT, "deploy.json")])
def test_a_finished_one_needs_overwrite(tmp_path, kind, mark):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / mark).write_text("old")

    with pytest.raises(OutputError, match=f"already holds {kind.what}; add --overwrite"):
        begin(tmp_path / "m", kind, overwrite=False)

    begin(tmp_path / "m", kind, overwrite=True)
    assert (tmp_path / "m" / mark).read_text() == "old"


def test_a_folder_of_something_else_is_refused_even_with_overwrite(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "thesis.txt").write_text("mine")

    with pytest.raises(OutputError, match="does not hold a model"):
        begin(tmp_path / "m", MODEL, overwrite=True)


@pytest.mark.parametrize("suffix", ["unfinished", "previous"])
def test_a_users_folder_of_a_name_that_is_needed_is_refused_not_removed(tmp_path, suffix):
    theirs = tmp_path / f"m.{suffix}"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("mine")

    for resume in (False, True):
        with pytest.raises(OutputError, match="in the way"):
            begin(tmp_path / "m", MODEL, overwrite=True, resume=resume)

    assert names(theirs) == ["thesis.txt"]


def test_a_link_leads_to_the_folder_that_is_replaced(tmp_path):
    (tmp_path / "big" / "m").mkdir(parents=True)
    (tmp_path / "big" / "m" / "config.json").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "big" / "m")
    work = begin(tmp_path / "link", MODEL, overwrite=True)
    make(work, "new")

    commit(work, tmp_path / "link", MODEL)

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "link" / "config.json").read_text() == "new"
    assert names(tmp_path / "big") == ["m"]


def test_a_mount_point_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.path.ismount", lambda path: True)

    with pytest.raises(OutputError, match="mount point"):
        begin(tmp_path / "m", MODEL, overwrite=True)


def test_an_export_does_not_throw_away_a_training_that_was_begun(tmp_path):
    work = begin(tmp_path / "m", MODEL, overwrite=False)
    (work / "progress.json").write_text("{}")

    with pytest.raises(OutputError, match="not an exported model that was begun"):
        begin(tmp_path / "m", EXPORT, overwrite=True)
    assert (work / "progress.json").is_file()


def test_what_cannot_be_moved_is_kept_and_its_place_told(tmp_path, monkeypatch):
    work = begin(tmp_path / "m", MODEL, overwrite=False)
    make(work, "new")
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(16, "busy")))

    with pytest.raises(OutputError, match=r"busy\); what was made lies in .*m.unfinished"):
        commit(work, tmp_path / "m", MODEL)
    assert (work / FRESH / "config.json").read_text() == "new"


def test_begun_work_is_thrown_away_or_gone_on_with(tmp_path):
    work = begin(tmp_path / "m", MODEL, overwrite=False)
    (work / "progress.json").write_text("{}")

    assert names(begin(tmp_path / "m", MODEL, overwrite=False, resume=True)) == [WORK_MARK, "progress.json"]
    assert names(begin(tmp_path / "m", MODEL, overwrite=False)) == [WORK_MARK]

    abandon(work)
    assert names(tmp_path) == []


def test_a_training_begun_by_an_earlier_version_counts_as_ours(tmp_path):
    work = tmp_path / "m.unfinished"
    work.mkdir()
    (work / "task.json").write_text("{}")

    assert begin(tmp_path / "m", MODEL, overwrite=False) == work
    assert names(work) == [WORK_MARK]


def test_an_old_model_left_between_two_renames_gives_way_and_leaves_what_is_the_users_own(tmp_path):
    (tmp_path / "m.previous").mkdir()
    (tmp_path / "m.previous" / "config.json").write_text("old")
    (tmp_path / "m.previous" / "a.txt").write_text("mine")
    work = begin(tmp_path / "m", MODEL, overwrite=False)
    make(work, "new")

    commit(work, tmp_path / "m", MODEL)

    assert names(tmp_path) == ["m"]
    assert names(tmp_path / "m") == ["a.txt", "config.json"]


def test_what_cannot_be_moved_leaves_the_old_model_in_place(tmp_path, monkeypatch):
    make_model(tmp_path / "m")
    work = begin(tmp_path / "m", MODEL, overwrite=True)
    make(work, "new")
    monkeypatch.setattr("os.replace", failing_at(1, os.replace, OSError(5, "torn")))

    with pytest.raises(OutputError, match=r"torn\); what was made lies in"):
        commit(work, tmp_path / "m", MODEL)
    assert names(tmp_path) == ["m", "m.unfinished"]
    assert (tmp_path / "m" / "config.json").read_text() == "old"


def test_work_goes_also_when_its_mark_cannot_be_renamed(tmp_path, monkeypatch):
    work = begin(tmp_path / "m", MODEL, overwrite=False)
    make(work, "new")
    monkeypatch.setattr("os.replace", failing_at(0, os.replace, OSError(5, "torn")))

    abandon(work)

    assert names(tmp_path) == []


class CutOffError(BaseException):
    """What stands for a kill: nothing catches it."""


@pytest.mark.parametrize("replaced", [False, True])
def test_a_run_that_is_cut_off_anywhere_can_be_run_again(tmp_path, monkeypatch, replaced):
    changes = ("replace", "unlink", "rmdir", "mkdir")
    for at in range(100):
        here = tmp_path / str(at)
        if replaced:
            make_model(here / "m")
        with monkeypatch.context() as patch:
            counter = itertools.count()
            for name in changes:
                patch.setattr(os, name, failing_at(at, getattr(os, name), CutOffError(), counter))
            with suppress(CutOffError):
                run(here / "m", replaced=replaced)
                break
        with suppress(OutputError):  # it was finished, but for the rest
            run(here / "m", replaced=replaced, resume=True)
        assert names(here) == ["m"], at
        assert (here / "m" / "config.json").read_text() == "new"
        assert (here / "m" / "a.txt").exists() == replaced
    assert at > 6


def make_model(folder):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("old")
    (folder / "a.txt").write_text("mine")


def run(out, *, replaced, resume=False):
    work = begin(out, MODEL, overwrite=replaced, resume=resume)
    (work / "progress.json").write_text("{}")
    make(work, "new")
    commit(work, out, MODEL)


def failing_at(at, function, error, counter=None):
    """Return the function, whose call of a number fails."""
    counter = counter or itertools.count()

    def counted(*arguments, **named):
        if next(counter) == at:
            raise error
        return function(*arguments, **named)

    return counted


@pytest.mark.parametrize(("kind", "option"), [(MODEL, "--out"), (EXPORT, "OUT")])
@pytest.mark.parametrize("case", ["in the way", "no name", "no folder"])
def test_another_name_is_asked_for_as_the_command_takes_it(tmp_path, kind, option, case):
    (tmp_path / "m.unfinished").mkdir()
    (tmp_path / "m.unfinished" / "thesis.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    out = {"in the way": tmp_path / "m", "no name": tmp_path / "..", "no folder": tmp_path / "file" / "m"}[case]

    with pytest.raises(OutputError, match=f"name (another|a new)( folder with)? {option}$"):
        begin(out, kind, overwrite=False)
