"""The tab key: commands, options, values and files."""

import shutil
import subprocess
import sys

import pytest

from semscan.cli.completion import LINES

BASH = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def offered(words, incomplete=""):
    """What semscan offers to bash for these words and the begun one, as click asks it."""
    typed = " ".join(["semscan", *words, incomplete])
    done = subprocess.run(
        [sys.executable, "-m", "semscan"],
        env={"COMP_WORDS": typed, "COMP_CWORD": str(len(words) + 1), "_SEMSCAN_COMPLETE": "bash_complete", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "incomplete", "wanted"),
    [
        ([], "ins", ["plain,inspect"]),
        (["inspect"], "--thr", ["plain,--threshold"]),
        (["inspect", "--method"], "per", ["plain,periodic"]),
        (["train", "d", "--attention"], "cbam+ga", ["plain,cbam+gates"]),
        (["compare", "d", "--attention"], "add", ["plain,additive"]),
        (["report", "o", "--to"], "html,kl", ["plain,html,klarf"]),
        (["report", "--trend", "a", "b", "--order"], "t", ["plain,typed"]),
        (["synth", "o", "--defects"], "bri", ["plain,bridge"]),
        (["inspect"], "waf", ["file,waf"]),
        (["inspect", "a.png", "--ignore"], "ma", ["file,ma"]),
        (["train"], "da", ["dir,da"]),
        (["completion"], "z", ["plain,zsh"]),
    ],
)
def test_words_are_offered(words, incomplete, wanted):
    assert offered(words, incomplete) == wanted


@pytest.mark.parametrize("shell", LINES)
def test_the_line_to_install_is_printed(semscan, shell):
    done = semscan("completion", shell)

    assert done.returncode == 0
    assert done.stdout.strip() == LINES[shell]
    assert shell in done.stderr


@BASH
def test_bash_completes_with_that_line(tmp_path):
    (tmp_path / "wafer image.png").write_bytes(b"")
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "semscan"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m semscan "$@"\n')
    command.chmod(0o755)
    script = f"""
    PATH="{tmp_path}/bin:$PATH"
    {LINES["bash"]}
    cd "{tmp_path}"
    COMP_WORDS=(semscan inspect --method dies); COMP_CWORD=3; _semscan_completion semscan; echo "${{COMPREPLY[@]}}"
    COMPREPLY=(); COMP_WORDS=(semscan ex); COMP_CWORD=1; _semscan_completion semscan; echo "${{COMPREPLY[@]}}"
    complete -p semscan
    """
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout.splitlines()[:2] == ["dies", "explain export"]
    assert "_semscan_completion semscan" in done.stdout


def test_an_unknown_command_names_the_nearest_one(semscan):
    done = semscan("inspct", "a.png")

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "Error: No such command 'inspct'. Did you mean 'inspect'?"


@pytest.mark.parametrize("command", ["inspect", "train"])
def test_the_help_begins_with_the_five_options_that_most_people_need(semscan, command):
    from semscan.cli.main import group
    from semscan.cli.typing_help import OTHERS, SECTIONS

    text = semscan(command, "--help").stdout
    first = text.split("Most used:\n")[1].split("\n\n")[0]
    known = {param.name for param in group.get_command(None, command).params}

    assert len([line for line in first.splitlines() if line.startswith("  --")]) == 5
    assert [name for names in SECTIONS[command].values() for name in names if name not in known] == []
    others = text.split(f"{OTHERS}:\n")[1]
    assert {line.split()[0].rstrip(",") for line in others.splitlines() if line.startswith("  -")} <= {
        "-v",
        "-q",
        "--config",
        "-h",
    }
