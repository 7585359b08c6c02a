"""Help is instant: it loads nothing heavy."""

import json
import subprocess
import sys

import click
import pytest

from semscan import __version__
from semscan.cli.main import COMMANDS, group

HEAVY = (
    *("numpy", "scipy", "cv2", "skimage", "PIL", "tifffile", "matplotlib", "roifile"),
    *("tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime"),
    *("jinja2", "flask", "werkzeug", "markdown_it", "msgspec", "tqdm", "defusedxml", "filelock"),
)
PROBE = """
import json, sys
from semscan.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    code = ended.code
print(json.dumps({"code": code, "loaded": sorted(sys.modules)}), file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)], ids=lambda words: " ".join(words) or "-")
def test_help_loads_nothing_heavy(arguments):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    result = json.loads(done.stderr.splitlines()[-1])

    assert result["code"] == 0
    assert "Usage: semscan" in done.stdout
    assert not [name for name in result["loaded"] if name.split(".")[0] in HEAVY]


def test_the_group_lists_each_command_with_its_own_short_help(semscan):
    listed = " ".join(semscan("--help").stdout.split())

    for name, text in COMMANDS.items():
        command = group.get_command(None, name)
        assert command.name == name
        assert command.get_short_help_str(200) == text
        assert f"{name} {text}" in listed


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name):
    assert f"semscan {name}" in group.get_command(None, name).help


@pytest.mark.parametrize("name", ["", *COMMANDS], ids=lambda name: name or "-")
def test_every_option_has_help(name):
    command = group.get_command(None, name) if name else group
    options = [param for param in command.get_params(click.Context(command)) if isinstance(param, click.Option)]

    assert len(options) >= 3, "-v, -q and --help at least"
    assert [option.opts[0] for option in options if not (option.help or "").strip()] == []


def test_version(semscan):
    done = semscan("--version")

    assert (done.returncode, done.stdout) == (0, f"semscan {__version__}\n")


def test_without_arguments_the_help_is_shown(semscan):
    done = semscan()

    assert done.returncode == 2
    assert "Commands:" in done.stdout + done.stderr
