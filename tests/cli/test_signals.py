"""A signal ends a run with what is done on record; the next run removes what a killed one has left."""

import json
import os
import signal
import subprocess
import sys

import pytest

from semscan.files.disk import temporary
from semscan.files.disk.atomic import write_bytes

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")


@pytest.fixture
def waiting(semscan, model, good):
    """A run of `inspect -` that has finished one image and waits for the next name."""
    started = []

    def start(**more):
        process = subprocess.Popen(
            [sys.executable, "-m", "semscan", "inspect", "-", "--model", model],
            cwd=semscan.here,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **more,
        )
        started.append(process)
        process.stdin.write(os.fsencode(good) + b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "ended by SIGTERM"),
        (signal.SIGHUP, 129, "ended by SIGHUP"),
    ],
)
def test_a_signal_ends_a_run_with_its_records(waiting, semscan, number, code, word):
    process = waiting()
    process.send_signal(number)

    assert process.wait(60) == code
    assert process.stderr.read().decode().splitlines()[-1] == f"semscan: {word}"
    folder = semscan.here / "semscan-results"
    assert json.loads((folder / "run.json").read_text("utf-8"))["state"] == "interrupted"
    assert len((folder / "results.jsonl").read_bytes().splitlines()) == 1


def test_under_nohup_a_closed_terminal_does_not_end_a_run(waiting):
    process = waiting(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.send_signal(signal.SIGHUP)
    process.stdin.close()

    assert process.wait(60) == 0


def test_a_second_interrupt_ends_at_once_with_its_exit_code():
    """Of a command that is still cleaning up after the first one."""
    code = (
        "import os, signal, time\n"
        "from semscan.cli.signals import take_signals\n"
        "take_signals()\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGINT); time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    os.kill(os.getpid(), signal.SIGINT); time.sleep(60)\n"
    )

    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 130


def test_an_interrupt_after_the_last_line_leaves_the_exit_code():
    code = (
        "import os, signal, time\n"
        "from semscan.cli.signals import leave_at_signals, take_signals\n"
        "take_signals(); leave_at_signals(3); os.kill(os.getpid(), signal.SIGINT); time.sleep(60)\n"
    )

    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 3


def killed_while_writing(folder):
    """Kill a process that has opened a temporary file in a folder; return the file."""
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from semscan.files.disk.temporary import temporary_path\n"
        "path = temporary_path(Path(sys.argv[1])); path.write_bytes(b'half'); print(path, flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, folder], stdout=subprocess.PIPE)
    path = process.stdout.readline().decode().strip()
    yield path
    process.kill()
    process.wait()
    process.stdout.close()
    yield path


def test_only_the_temporary_files_of_dead_processes_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(temporary, "_swept", set())
    foreign = [
        tmp_path / name for name in (".semscan-00000000-1-0123456789abcdef.part", ".semscan-0123456789abcdef.part")
    ]
    for path in foreign:
        path.write_bytes(b"")
    life = killed_while_writing(tmp_path)
    left = next(life)
    write_bytes(tmp_path / "a", b"1")
    assert os.path.exists(left)
    next(life)
    temporary._swept.clear()
    write_bytes(tmp_path / "a", b"2")

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["a", *(path.name for path in foreign)])
