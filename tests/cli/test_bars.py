"""Progress bars are for a terminal, and -q silences them."""

import os
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty", reason="no pseudo-terminals on Windows")
termios = pytest.importorskip("termios", reason="no pseudo-terminals on Windows")


@pytest.fixture
def on_terminal(tmp_path):
    """Run semscan with a pseudo-terminal as standard error; what it wrote there, as text."""

    def run(*arguments):
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        command = [sys.executable, "-m", "semscan", *map(os.fspath, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, cwd=tmp_path)
        os.close(theirs)
        written = b""
        try:
            while chunk := os.read(ours, 4096):
                written += chunk
        except OSError:  # how Linux says that nobody writes any more
            pass
        os.close(ours)
        assert process.wait(timeout=240) in (0, 3), written.decode()
        return written.decode()

    return run


@pytest.fixture
def data(tmp_path, grey, save_png):
    for name, levels in (("train/good", 120), ("train/good", 121), ("test/good", 122), ("test/gap", 123)):
        save_png(tmp_path / "data" / name / f"{levels}.png", grey())
    return tmp_path / "data"


@pytest.mark.parametrize("command", ["inspect", "score", "evaluate", "doctor", "synth"])
def test_the_bar_is_there_and_q_silences_it(on_terminal, data, model, command):
    more = {
        "inspect": [data / "test", "--model", model], "score": [data / "test", "--model", model],
        "evaluate": [data, "--model", model], "doctor": [data],
        "synth": ["made", "--train", "1", "--test-good", "1", "--per-defect", "0", "--size", "96"],
    }[command]  # fmt: skip

    assert "image/s" in on_terminal(command, *more)
    again = ["--overwrite"] if command == "synth" else []
    assert on_terminal(command, "-q", *more, *again) == ""
