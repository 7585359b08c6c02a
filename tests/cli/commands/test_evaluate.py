"""evaluate and doctor: JSON in a pipe, words when asked, codes by contract."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

LINES = Path(__file__).parents[3] / "sample_images" / "lines"


@pytest.fixture
def data(tmp_path, grey, save_png):
    mask = np.zeros((48, 64), np.uint8)
    mask[20:26, 30:38] = 255
    for number in range(2):
        save_png(tmp_path / "data" / "train" / "good" / f"{number}.png", grey(50 + number, 60))
        save_png(tmp_path / "data" / "test" / "good" / f"{number}.png", grey(48 + number, 64))
    save_png(tmp_path / "data" / "test" / "dot" / "a.png", grey(spot=True))
    save_png(tmp_path / "data" / "ground_truth" / "dot" / "a_mask.png", mask)
    return tmp_path / "data"


def test_evaluate_prints_one_json_line_in_a_pipe_and_writes_it_too(semscan, model, data):
    done = semscan("evaluate", data, "--model", model, "--out", "ev")
    record = json.loads(done.stdout)

    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert record == json.loads((semscan.here / "ev" / "evaluation.json").read_text("utf-8"))
    assert (record["image_auroc"], record["at_threshold"]["hit"], record["at_threshold"]["false_regions"]) == (1, 1, 0)
    assert record["model"] == str(model)
    assert "3 images measured" in done.stderr


def test_evaluate_takes_threshold_and_form(semscan, model, data):
    done = semscan("evaluate", data, "--model", model, "--threshold", "0.7", "--format", "text")

    assert "at threshold 0.7" in done.stdout
    assert (semscan.here / "semscan-evaluation" / "failures.png").is_file()


def test_a_seed_repeats_the_answer(semscan, model, data):
    answers = [semscan("evaluate", data, "--model", model, "--seed", "5", "-q") for _ in range(2)]
    records = [json.loads(done.stdout) | {"seconds": 0} for done in answers]

    assert records[0] == records[1]
    assert [done.stderr for done in answers] == ["", ""]


def test_evaluate_names_defects_on_dark_lines(semscan, save_png):
    for kind in ("bridge", "good"):
        path = min((LINES / "test" / kind).iterdir())
        save_png(semscan.here / "dark" / "test" / kind / path.name, 255 - cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))
    shutil.copytree(LINES / "ground_truth", semscan.here / "dark" / "ground_truth")
    recalls = []
    for options in ((), ("--dark-lines",)):
        done = semscan("evaluate", "dark", "--method", "periodic", *options)
        recalls.append(json.loads(done.stdout)["types"]["recall"]["bridge"])

    assert recalls == [0, 1]


def test_a_torn_test_image_is_left_out_with_code_3(semscan, model, data):
    (data / "test" / "dot" / "torn.png").write_bytes(b"x")
    done = semscan("evaluate", data, "--model", model)

    assert done.returncode == 3
    assert json.loads(done.stdout)["images"] == 3
    assert "torn.png" in done.stderr


@pytest.mark.parametrize("arguments", [["evaluate", "nowhere"], ["doctor", "nowhere"]])
def test_data_that_is_not_there_is_a_usage_error(semscan, model, arguments):
    done = semscan(*arguments, SEMSCAN_MODEL=str(model))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "no such folder" in done.stderr


def test_a_model_that_is_not_there_is_named_with_what_to_do(semscan, data):
    done = semscan("evaluate", data, "--model", "nowhere")

    assert (done.returncode, done.stdout) == (2, "")
    assert "semscan train" in done.stderr


def test_doctor_prints_findings_as_json_or_words(semscan, data, grey, save_png):
    save_png(data / "test" / "good" / "same.png", grey(50, 60))
    record = json.loads(semscan("doctor", data).stdout)
    words = semscan("doctor", data, "--format", "text").stdout

    assert record["findings"][0]["level"] == "problem"
    assert f"problem: {record['findings'][0]['said']}" in words
    assert "training the autoencoder" in words


def test_doctor_says_with_code_3_that_a_file_cannot_be_read(semscan, data):
    (data / "train" / "good" / "torn.png").write_bytes(b"x")
    done = semscan("doctor", data)

    assert done.returncode == 3
    assert "torn.png" in json.loads(done.stdout)["unreadable"][0]["image"]


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
def test_doctor_prints_words_on_a_terminal(data):
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", 0) as terminal:
        subprocess.run([sys.executable, "-m", "semscan", "doctor", os.fspath(data)], stdout=theirs, check=True)
        os.close(theirs)
        first = terminal.read(4096).decode()

    assert first.startswith(f"{data}: train/ with the class folder 'good'")


def test_a_folder_of_good_images_is_enough_to_see_what_would_be_found(semscan, model, save_png, tmp_path):
    for number in range(4):
        columns = 60 + 50 * np.sin(np.arange(256) / 3)
        noise = np.random.default_rng(number).normal(0, 3, (256, 256))
        save_png(tmp_path / "good" / f"{number}.png", np.clip(columns + noise, 0, 255).astype(np.uint8))

    done = semscan("evaluate", tmp_path / "good", "--model", model, "--out", tmp_path / "e", "--format", "json")

    record = json.loads(done.stdout)
    assert (record["images"], record["good_images"], record["defects"]) == (4, 4, 0)
    assert record["at_threshold"]["false_per_good_image"] is not None
    assert record["detection"]["real"] is None
    assert record["detection"]["painted_on"] == "the good test images"
    assert record["detection"]["painted"]["defects"] > 20
    assert (tmp_path / "e" / "sensitivity.png").is_file()


def test_a_loose_folder_of_another_name_is_taken_as_good_only_when_told(semscan, model, good, tmp_path):
    folder = tmp_path / "lot8"
    folder.mkdir()
    good.rename(folder / "a.png")

    refused = semscan("evaluate", folder, "--model", model)
    taken = semscan("evaluate", folder, "--model", model, "--good", "lot8", "--format", "json")

    assert refused.returncode == 2
    assert "or give --good lot8 if all are good" in refused.stderr
    assert json.loads(taken.stdout)["good_images"] == 1
