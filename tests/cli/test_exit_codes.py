"""Each exit code, through the real process once at least."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

posix = pytest.mark.skipif(os.name == "nt", reason="signals and /dev are not there on Windows")


def test_0_when_done_even_with_a_defect(semscan, model, spotted):
    assert semscan("inspect", spotted, "--model", model).returncode == 0


def test_1_for_a_defect_only_with_exit_code(semscan, in_process, model, spotted, good):
    assert semscan("inspect", spotted, "--model", model, "--exit-code").returncode == 1
    assert in_process("score", spotted, "--model", model, "--exit-code").returncode == 1
    assert in_process("score", good, "--model", model, "--exit-code").returncode == 0


def test_3_wins_over_1(semscan, model, spotted):
    assert semscan("score", spotted, "missing.png", "--model", model, "--exit-code").returncode == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect"],
        ["nonsense"],
        ["--nonsense"],
        ["inspect", "a.png", "--threshold", "1"],
        ["inspect", "a.png", "--threshold", "nan"],
        ["inspect", "a.png", "--min-area", "0"],
        ["inspect", "a.png", "--databar", "tall"],
        ["inspect", "a.png", "--method", "magic"],
        ["inspect", "a.png", "--jobs", "0"],
        ["inspect", "a.png", "--low", "0.7"],
        ["score", "a.png", "--method", "model"],
        ["inspect", "a.png", "--method", "reference"],
        ["inspect", "a.png", "--method", "auto", "--method", "periodic"],
        ["inspect", "a.png", "--method", "periodic", "--reference", "b.png"],
        ["inspect", "a.png", "--reference", "nowhere"],
        ["inspect", "a.png", "--reference", "b.png", "--model", "m"],
        ["inspect", "a.png", "--model", "nowhere"],
    ],
    ids=" ".join,
)
def test_2_for_wrong_usage_and_a_missing_model(in_process, arguments):
    done = in_process(*arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_model_says_what_to_do_in_one_line(in_process, good):
    done = in_process("inspect", good, "--method", "model")

    assert len(done.stderr.splitlines()) == 1
    assert "semscan train" in done.stderr
    assert "--model" in done.stderr
    assert not list(in_process.here.iterdir())


def test_2_for_an_output_folder_that_is_a_file(semscan, model, good):
    done = semscan("inspect", good, "--model", model, "--out", good)

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


def test_2_for_a_damaged_model(semscan, model, good):
    (model / "graph.onnx").write_bytes(b"torn")
    done = semscan("inspect", good, "--model", model)

    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


FAULT = """
import sys
import semscan.pipeline.inspecting.images as inspect
def broken(settings): raise KeyError("a bug")
inspect.choose_method = broken
from semscan.cli.main import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(("loud", "traceback"), [([], False), (["-v"], False), (["-vv"], True)])
def test_4_for_a_bug_with_a_traceback_only_when_asked_for(loud, traceback):
    done = subprocess.run(
        [sys.executable, "-c", FAULT, *loud, "inspect", "a.png"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (4, "")
    assert "report" in done.stderr.splitlines()[-1]
    assert ("Traceback" in done.stderr) == traceback


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_130_when_interrupted_and_what_was_done_is_on_record(semscan, model, spotted, jobs):
    process = subprocess.Popen(
        [sys.executable, "-m", "semscan", "inspect", "-", "--model", model, "--jobs", jobs],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=semscan.here,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
    )
    process.stdin.write(os.fsencode(spotted) + b"\n")
    process.stdin.flush()
    first = process.stdout.readline()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)  # standard input still open, as at a terminal
    _, stderr = process.communicate()

    assert json.loads(first)["defect"] is True
    assert process.returncode == 130
    assert b"Traceback" not in stderr
    assert b"Fatal" not in stderr
    assert (semscan.here / "semscan-results" / "results.jsonl").read_text().count("\n") == 1


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_closed_pipe_ends_silently(semscan, model, good, jobs):
    command = f'"{sys.executable}" -m semscan score --jobs {jobs} --model "{model}" {f"{good} " * 300} | head -n 1'
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)

    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    assert done.returncode == 0


@posix
@pytest.mark.parametrize(
    ("command", "zero", "jobs"),
    [("score", [], "3"), ("score", ["-0"], "1"), ("inspect", [], "1"), ("inspect", ["-0"], "3")],
    ids=["score-lines", "score-nul", "inspect-lines", "inspect-nul"],
)
def test_a_closed_pipe_ends_silently_while_more_names_may_come(semscan, model, good, command, zero, jobs):
    process = subprocess.Popen(
        [sys.executable, "-m", "semscan", "-q", command, "-", *zero, "--model", model, "--jobs", jobs],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=semscan.here,
    )
    name = os.fsencode(good) + (b"\0" if zero else b"\n")
    process.stdin.write(name)
    process.stdin.flush()
    first = process.stdout.readline()
    process.stdout.close()
    process.stdin.write(name)
    process.stdin.flush()
    code = process.wait(timeout=30)
    stderr = process.stderr.read()
    process.stdin.close()
    process.stderr.close()

    assert json.loads(first)["status"] == "ok"
    assert (code, stderr) == (0, b"")


@posix
def test_what_was_inspected_before_the_pipe_closed_is_on_record(semscan, model, grey, save_png, tmp_path):
    for number in range(40):
        save_png(tmp_path / "d" / f"{number:02}.png", grey())
    command = f'"{sys.executable}" -m semscan inspect --no-overlay --model "{model}" "{tmp_path}/d" | head -n 1'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, cwd=semscan.here)
    out = semscan.here / "semscan-results"
    recorded = [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]

    assert done.stderr == ""
    assert {f"{out.name}/{path.name}" for path in out.glob("*.map.tif")} == {r["outputs"]["map"] for r in recorded}


@posix
def test_help_into_a_closed_pipe_ends_silently(semscan):
    done = subprocess.run(
        ["bash", "-c", f'set -o pipefail; "{sys.executable}" -m semscan inspect --help | true'],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "arguments", [["score", "GOOD", "--model", "MODEL"], ["--help"], ["score", "--help"]], ids=" ".join
)
def test_2_when_standard_output_is_full(model, good, arguments):
    named = [{"GOOD": good, "MODEL": model}.get(word, word) for word in arguments]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "semscan", *named], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
