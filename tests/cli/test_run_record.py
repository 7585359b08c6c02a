"""run.json repeats a run, and a killed run loses no record."""

import json
import os
import signal
import subprocess
import sys

import pytest


def without_time(records):
    return [{key: value for key, value in record.items() if key != "seconds"} for record in records]


def results(out):
    return [json.loads(line) for line in (out / "results.jsonl").read_text("utf-8").splitlines()]


def run_record(out):
    return json.loads((out / "run.json").read_text("utf-8"))


def test_the_command_in_the_record_repeats_the_run_without_configuration_and_environment(semscan, model, spotted, good):
    (semscan.here / "semscan.toml").write_text("[inspect]\nthreshold = 0.4\nmin-area = 7\ncrops = true\n")
    semscan("inspect", spotted, good, "--out", "o", "--low", "0.2", SEMSCAN_MODEL=str(model))
    first, recorded = results(semscan.here / "o"), run_record(semscan.here / "o")
    (semscan.here / "semscan.toml").write_text("[inspect]\nthreshold = 0.9\n")
    again = semscan(*recorded["repeat"][1:])

    assert again.returncode == 0
    assert recorded["repeat"][0] == recorded["command"][0] == "semscan"
    assert without_time(results(semscan.here / "o")) == without_time(first)
    assert [record["threshold"] for record in first] == [0.4, 0.4]
    assert run_record(semscan.here / "o")["settings"]["regions"] == recorded["settings"]["regions"]


def test_a_repeated_cutting_of_maps_gives_the_same_records(semscan, model, spotted):
    semscan("inspect", spotted, "--model", model, "--out", "o")
    semscan("regions", "o", "--threshold", "0.6", "--out", "strict")
    first = results(semscan.here / "strict")
    again = semscan(*run_record(semscan.here / "strict")["repeat"][1:])

    assert again.returncode == 0
    assert without_time(results(semscan.here / "strict")) == without_time(first)


def test_the_record_says_what_judged_with_what_and_how_it_ended(semscan, model, spotted):
    semscan("inspect", spotted, "none.png", "--model", model, "--out", "o")
    recorded = run_record(semscan.here / "o")

    assert (recorded["schema_version"], recorded["state"], recorded["images"], recorded["defective"]) == (
        1,
        "done",
        2,
        1,
    )
    assert len(recorded["method"]["fingerprint"]) == 16
    assert recorded["method"]["calibration"]["raw_threshold"] == 1.0
    assert [error["image"] for error in recorded["errors"]] == ["none.png"]
    assert {"python", "numpy", "cv2", "onnxruntime", "tifffile"} <= set(recorded["versions"])
    assert recorded["folder"] == str(semscan.here)
    assert recorded["names"] is None


def test_names_from_standard_input_are_recorded(semscan, model, spotted, good):
    semscan("inspect", "-", "--model", model, "--out", "o", stdin=f"{spotted}\n{good}\n".encode())

    assert run_record(semscan.here / "o")["names"] == [str(spotted), str(good)]


def test_a_closed_pipe_is_recorded_as_an_interruption(semscan, model, spotted):
    command = [sys.executable, "-m", "semscan", "inspect", *[str(spotted)] * 4, "--model", str(model), "--out", "o"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=semscan.here) as run:
        run.stdout.close()
        run.wait(60)
        run.stderr.read()

    assert run_record(semscan.here / "o")["state"] == "interrupted"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_killed_run_loses_no_record_and_the_next_one_takes_them_up(semscan, model, spotted, good, jobs):
    semscan("inspect", good, "--model", model, "--out", "o")
    before = (semscan.here / "o" / "results.jsonl").read_bytes()
    command = [sys.executable, "-m", "semscan", "inspect", "-", "--model", str(model), "--out", "o", "--jobs", jobs]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=semscan.here, **pipes) as run:
        run.stdin.write(f"{spotted}\n".encode())
        run.stdin.flush()
        printed = json.loads(run.stdout.readline())  # its record is out, the run waits for more names
        run.send_signal(signal.SIGKILL)
        run.wait(60)
    (left,) = (semscan.here / "o").glob("results.*.partial.jsonl")
    kept, untouched = json.loads(left.read_text()), (semscan.here / "o" / "results.jsonl").read_bytes()
    state = run_record(semscan.here / "o")["state"]
    later = semscan("inspect", good, "--model", model, "--out", "o")

    assert kept == printed
    assert untouched == before
    assert state == "running"
    assert "an earlier run was cut off; its 1 record is now in results.jsonl" in later.stderr
    assert [record["image"] for record in results(semscan.here / "o")] == [str(good), str(spotted)]
    assert sorted(path.name for path in (semscan.here / "o").iterdir() if "results" in path.name) == ["results.jsonl"]
