"""Every command of README.md and docs/ runs, in a folder with the files that it names.

`train` and `compare` take minutes, `review` waits for Ctrl-C: their options are parsed and their data must be there,
but they are not run. A jq filter behind them gets an empty input. The models that they would write are there already.
All other commands are run, and must end with exit code 0. `explain` and `export` get the network of a real training
of one step. This training and they run in this process, so that TensorFlow starts once. The other models find bright
spots without TensorFlow.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

LONG = ("train", "compare")
UNTIL_CTRL_C = ("review",)
TENSORFLOW = ("explain", "export")


def parsed(command, arguments):
    """The choices of a command, or a click exception."""
    from semscan.cli.main import group

    with group.get_command(None, command).make_context(command, list(arguments)) as context:
        return context.params


def test_the_command_runs(line, world, request, monkeypatch, run_here, shell, capfdbinary):
    missing = [tool for tool in line.tools if shutil.which(tool, path=shell["PATH"]) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    command = line.arguments[0] if line.arguments else None
    monkeypatch.chdir(world)
    if command in LONG:
        assert parsed(command, line.arguments[1:])["data"].is_dir()
    if command in UNTIL_CTRL_C:
        assert Path(parsed(command, line.arguments[1:])["results"]).is_dir()
        return
    if command == "calibrate":  # what it writes is there for the other commands
        shutil.rmtree(parsed(command, line.arguments[1:])["out"], ignore_errors=True)
    if command in TENSORFLOW:
        shutil.rmtree("lines.model")
        shutil.copytree(request.getfixturevalue("network"), "lines.model")

    results = b""
    if line.after is not None and command not in LONG:  # without another Python, and another TensorFlow
        assert run_here(world, *line.arguments) == 0, capfdbinary.readouterr().err.decode()
        results = capfdbinary.readouterr().out
    script = line.text if line.after is None else line.after
    if script:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", script], input=results, env=shell,
                              capture_output=True, timeout=120, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        results = done.stdout

    assert results or command in LONG or ">" in script or "select(" in script


def test_the_session_is_what_make_demo_does(typed):
    session = [line.arguments for line in typed if line.page == "README.md" and "demo/model" in line.arguments]
    makefile = (Path(__file__).parents[2] / "Makefile").read_text("utf-8")

    assert session == [line.split() for line in re.findall(r"\$\(BIN\)/semscan (.*?) >", makefile)]


def test_the_session_ends_as_an_inspection_does(fenced, world, run_here, capfd):
    (session,) = (block for block in fenced if block.language == "console")
    last = session.text.splitlines()[-1]

    run_here(world, "inspect", "sample_images/wafer.png", "--model", "demo/model", "--out", "demo/results")

    assert masked(last) == masked(capfd.readouterr().err.splitlines()[-1])


def masked(text):
    """The text with its numbers hidden, and one or more regions alike."""
    return re.sub(r"\d+(,\d{3})*", "N", text).replace("region)", "regions)")


def test_the_configuration_file_is_taken(toml, world, run_here, capfd):
    (world / "semscan.toml").write_text(toml.text, "utf-8")

    assert run_here(world, "inspect", "wafer.png") == 0

    assert "semscan.toml" in capfd.readouterr().err


def test_make_targets_and_extras_exist(typed):
    root = Path(__file__).parents[2]
    targets = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split()
    setup = [line.tokens for line in typed if line.setup]

    assert {words[1] for words in setup if words[0] == "make"} <= set(targets)
    extras = {name for words in setup for word in words for name in re.findall(r"\[(\w+)\]", word)}
    assert extras == {"train"}
    assert "\ntrain =" in (root / "setup.cfg").read_text("utf-8")
