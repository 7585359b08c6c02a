"""Every command of README.md and docs/ runs, in a folder with the files that it names.

`train` and `compare` take minutes, `review` waits for Ctrl-C: their options are parsed and their data must be there,
but they are not run. A jq filter behind them gets an empty input. The models that they would write are there already.
All other commands are run, and must end with exit code 0. One with the same options and choices as an earlier one, on
inputs of the same kind, is not run again: what follows it in the line gets what the earlier one printed. `explain` and
`export` get a network that TensorFlow can load, and run in this process, so that TensorFlow starts once. The other
models find bright spots without TensorFlow.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from click.core import ParameterSource

LONG = ("train", "compare")
UNTIL_CTRL_C = ("review",)
TENSORFLOW = ("explain", "export")
CHOICES = ("to", "report")  # options that take names of formats, but several of them


def parsed(command, arguments):
    """The choices of a command, or a click exception."""
    from semscan.cli.main import group

    with group.get_command(None, command).make_context(command, list(arguments)) as context:
        return context.params


def sort_of(command, arguments):
    """The options of a command that are typed, with their choices, and the kinds of their files and of its inputs."""
    from semscan.cli.main import group

    with group.get_command(None, command).make_context(command, list(arguments)) as context:
        typed = [
            (one.name, kind_of(one, context.params[one.name]))
            for one in context.command.params
            if context.get_parameter_source(one.name) is ParameterSource.COMMANDLINE
        ]
    return command, str(typed)


def kind_of(parameter, value):
    """A choice as it is; of a folder the suffixes of what is in it, of a file its own; of other values nothing."""
    if isinstance(parameter.type, click.Choice) or parameter.name in CHOICES:
        return value
    paths = [Path(str(one)) for one in (value if isinstance(value, tuple) else (value,))]
    folders = [sorted({child.suffix for child in path.iterdir()}) for path in paths if path.is_dir()]
    return folders, sorted({path.suffix for path in paths if path.is_file() or "*" in path.name})


@pytest.fixture(scope="session")
def printed():
    """What the commands that have been run printed, by `sort_of`."""
    return {}


def test_the_command_runs(line, world, request, monkeypatch, run_here, shell, printed, capfdbinary):
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
    results = b""
    if line.after is not None and command not in LONG:  # without another Python, and another TensorFlow
        sort = sort_of(command, line.arguments[1:])
        if sort not in printed:
            prepare(command, line, request)
            assert run_here(world, *line.arguments) == 0, capfdbinary.readouterr().err.decode()
            printed[sort] = capfdbinary.readouterr().out
        results = printed[sort]
    script = line.text if line.after is None else line.after
    if script:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", script], input=results, env=shell,
                              capture_output=True, timeout=120, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        results = done.stdout

    assert results or command in LONG or ">" in script or "select(" in script


def prepare(command, line, request):
    """Remove what `calibrate` writes, which is there for other commands, and give TensorFlow a model to load."""
    if command == "calibrate":
        shutil.rmtree(parsed(command, line.arguments[1:])["out"], ignore_errors=True)
    if command in TENSORFLOW:
        shutil.rmtree("lines.model")
        shutil.copytree(request.getfixturevalue("network"), "lines.model")


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
