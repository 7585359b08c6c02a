"""Each write fails once in turn: one line and an exit code, no half file, and nothing that was printed is lost."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from semscan.files.disk import atomic, lock
from tests.attack.drive import run
from tests.attack.kills import kill_batches

ROOT = Path(__file__).parents[2]
WAYS = (
    ("fsync", errno.ENOSPC),
    ("replace", errno.ENOSPC),
    ("fsync", errno.EIO),
    ("replace", errno.EACCES),
)


class Failing:
    """Stand for `os` in the module that writes files: the write of a number fails, all others are done."""

    def __init__(self, at: int, reason: int, call: str) -> None:
        self.count = 0
        self._at, self._reason, self._call = at, reason, call

    def __getattr__(self, name):
        return self._counted if name == self._call else getattr(os, name)

    def _counted(self, *arguments):
        self.count += 1
        if self.count - 1 == self._at:
            raise OSError(self._reason, os.strerror(self._reason))
        return getattr(os, self._call)(*arguments)


def commands(good, model, out):
    return [
        ["inspect", good, "--model", model, "--out", out, "--crops"],
        ["report", out, "--to", "html,csv,coco,roi,labelme"],
        ["regions", out, "--out", out.with_name("cut"), "--threshold", "0.4"],
    ]


@pytest.mark.parametrize(("call", "reason"), WAYS)
def test_each_write_fails_once_in_turn(spotted, model, tmp_path, monkeypatch, reason, call):
    out = tmp_path / "o"
    tries = 0
    for command in commands(spotted, model, out):
        whole = Failing(-1, reason, call)
        monkeypatch.setattr(atomic, "os", whole)
        assert run(command).code == 0
        for at in range(whole.count):
            monkeypatch.setattr(atomic, "os", Failing(at, reason, call))
            ended = run(command)
            tries += 1

            assert ended.faults == (), (command[0], at)
            assert ended.code in (2, 3), (command[0], at, ended.err)
            assert os.strerror(reason) in ended.err, (command[0], at)
            assert list(tmp_path.rglob("*.part")) == []
        monkeypatch.setattr(atomic, "os", os)
        assert run(command).code == 0
    assert tries > 15
    for folder in (out, out.with_name("cut")):
        assert len((folder / "results.jsonl").read_bytes().splitlines()) == 1
    assert json.loads((out / "run.json").read_text("utf-8"))["state"] == "done"


def test_a_file_system_without_locks_is_used_without(spotted, model, tmp_path, monkeypatch):
    def without_locks(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock.fcntl, "flock", without_locks)

    for _ in range(2):
        ended = run(["inspect", spotted, "--model", model, "--out", tmp_path / "o"])
        assert (ended.code, ended.faults) == (0, ())
    assert len((tmp_path / "o" / "results.jsonl").read_bytes().splitlines()) == 1


def test_a_batch_that_is_killed_loses_nothing(tmp_path):
    assert list(kill_batches(tmp_path, range(1))) == [[]]


def test_a_command_that_is_killed_or_fails_at_a_change_of_the_disk_leaves_what_it_should_when_run_again(tmp_path):
    code = (
        "import sys; from pathlib import Path; from tests.attack.moments import *\n"
        "regions = next(one for one in quick_commands(Path(sys.argv[1])) if one.name == 'regions')\n"
        "print(list(killed_at_each_change(regions, 9, 11)), list(failed_at_each_write(regions, 9, 10)))"
    )
    words = [sys.executable, "-c", code, tmp_path / "a"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.stdout == "[[], []] [[]]\n", done.stderr
