"""What a person reads on a terminal, and what a pipe gets."""

import json
import os
import re
import subprocess
import sys

import pytest

from semscan.settings import SynthSettings
from semscan.synth.simulator.image import make_image

pty = pytest.importorskip("pty", reason="no pseudo-terminals on Windows")
termios = pytest.importorskip("termios", reason="no pseudo-terminals on Windows")


@pytest.fixture
def on_terminal(tmp_path):
    """Run semscan on a pseudo-terminal, standard output and error alike; return the exit code and the lines."""

    def run(*arguments, **environment):
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 200))
        names = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "SEMSCAN_MODEL")}
        process = subprocess.Popen(
            [sys.executable, "-m", "semscan", *map(os.fspath, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=tmp_path,
            env={**names, "TERM": "xterm", **environment},
        )
        os.close(theirs)
        written = b""
        try:
            while chunk := os.read(ours, 4096):
                written += chunk
        except OSError:  # how Linux says that nobody writes any more
            pass
        os.close(ours)
        # what the bar wrote is gone when the line is written over it
        text = written.decode().replace("\r\n", "\n")
        return process.wait(timeout=100), [line.rpartition("\r")[2] for line in text.split("\n") if line.strip()]

    return run


@pytest.fixture
def images(tmp_path, save_png, grey):
    save_png(tmp_path / "a.png", grey(spot=True))
    save_png(tmp_path / "b.png", grey())
    (tmp_path / "c.png").write_bytes(b"")
    return ["a.png", "b.png", "c.png"]


def plain(line):
    return re.sub(r"\x1b\[[0-9;]*[mA-Z]", "", line)


def test_inspect_prints_a_line_of_words_for_each_image(on_terminal, images, model):
    code, lines = on_terminal("inspect", *images, "--model", model, "--nm-per-px", "2")
    words = [plain(line) for line in lines]

    assert code == 3
    assert re.fullmatch(
        r"DEFECT 0\.\d\d  a\.png  region \d+\.?\d* nm at x \d+, y \d+  semscan-results/a\.overlay\.png", words[0]
    )
    assert re.fullmatch(r"good   0\.\d\d  b\.png  semscan-results/b\.overlay\.png", words[1])
    assert words[2].startswith("ERROR  -     c.png  the file is empty")
    assert words[3].startswith("semscan: 3 images, 1 with defects (1 region), 1 could not be inspected")
    assert len(words) == 4


def test_the_verdict_is_coloured_unless_no_color_is_set(on_terminal, images, model):
    _, coloured = on_terminal("score", "a.png", "--model", model)
    _, uncoloured = on_terminal("score", "a.png", "--model", model, NO_COLOR="1")

    assert "\x1b[31m" in coloured[0]
    assert re.fullmatch(r"DEFECT 0\.\d\d  a\.png", uncoloured[0])


def test_json_lines_can_be_asked_for(on_terminal, images, model):
    _, lines = on_terminal("score", "b.png", "--model", model, "--format", "jsonl", "-q")

    assert json.loads(lines[-1])["image"] == "b.png"


def test_regions_reads_as_inspect_does(on_terminal, in_process, images, model, tmp_path):
    in_process("inspect", tmp_path / "a.png", "--model", model, "--out", tmp_path / "semscan-results")
    _, lines = on_terminal("regions", "semscan-results/a.map.tif", "--threshold", "0.4")

    assert plain(lines[0]).startswith("DEFECT 0.")


def test_words_can_be_asked_for_in_a_pipe_and_have_no_colour(in_process, model, spotted):
    done = in_process("inspect", spotted, "--model", model, "--format", "text")

    assert done.stdout.startswith("DEFECT 0.")
    assert "\x1b" not in done.stdout


def test_a_name_cannot_write_to_the_terminal(in_process, model, spotted):
    name = spotted.with_name("a\x1b[2J\nb.png")
    spotted.rename(name)
    done = in_process("inspect", name, "--model", model, "--format", "text")

    assert done.stdout.count("\n") == 1
    assert "a\\x1b[2J\\nb.png" in done.stdout


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (["synth", "made", "--train", "1", "--test-good", "1", "--per-defect", "0", "--size", "96"],
         "made/train/good  1 image"),
        (["calibrate", "good", "--model", "MODEL", "--out", "again"], "again  2 good images, threshold: raw score "),
        (["export", "MODEL", "--to", "onnx", "exported"], "exported/model.onnx  onnx"),
        (["explain", "lines.png", "--method", "periodic"], r"0\.\d\d  \S+  semscan-explain/lines.explain.png"),
    ],
    ids=["synth", "calibrate", "export", "explain"],
)  # fmt: skip
def test_what_a_command_has_made_is_a_line_of_words(
    on_terminal, images, model, save_png, grey, tmp_path, command, line
):
    save_png(tmp_path / "lines.png", make_image(SynthSettings(rows=96, cols=128, pitch=16, seed=5)).pixels)
    for level in (120, 121):
        save_png(tmp_path / "good" / f"{level}.png", grey())

    code, lines = on_terminal(*(model if word == "MODEL" else word for word in command))

    assert code == 0
    assert any(re.match(line, plain(one)) for one in lines), lines
    assert not any(one.startswith("{") for one in lines)


def test_report_names_the_files_it_writes(on_terminal, in_process, images, model, tmp_path):
    in_process("inspect", tmp_path / "a.png", "--model", model, "--out", tmp_path / "semscan-results")

    assert "csv      semscan-results/images.csv" in on_terminal("report", "semscan-results", "--to", "csv")[1]
