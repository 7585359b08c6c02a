"""--looks and --device on the command line."""

import json

import onnxruntime
import pytest


def run_json(folder):
    return json.loads((folder / "run.json").read_text("utf-8"))


def test_inspect_takes_the_looks_it_is_told_and_their_threshold(semscan, model_with_looks, spotted):
    records = []
    for looks in ((), ("--looks", "4")):
        done = semscan("inspect", spotted, "--model", model_with_looks, "--out", "o", *looks)
        assert done.returncode == 0, done.stderr
        records.append(json.loads(done.stdout))

    own, four = records
    assert four["raw_score"] == pytest.approx(2 * own["raw_score"], rel=1e-4)
    assert four["score"] == pytest.approx(own["score"], abs=1e-4)  # the threshold is twice as high too
    method = run_json(semscan.here / "o")["method"]
    assert (method["looks"], method["calibration"]["raw_threshold"]) == (4, 4.0)


@pytest.mark.parametrize(
    ("looks", "said"),
    [("3", "is not one of 1, 2, 4"), ("1", "has a threshold for 2 looks at each tile and none for 1")],
)
def test_other_looks_are_refused_in_one_line(semscan, model_with_looks, spotted, looks, said):
    done = semscan("score", spotted, "--model", model_with_looks, "--looks", looks)

    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_of_an_earlier_version_takes_four_looks_alone(semscan, model, spotted, good):
    assert semscan("score", spotted, "--model", model, "--looks", "4").returncode == 0
    assert semscan("score", spotted, "--model", model, "--looks", "1").returncode == 2

    done = semscan("calibrate", good.parent, "--model", model, "--looks", "1", "--out", "n")

    assert (done.returncode, done.stdout) == (2, "")
    assert "always takes the same number of looks; leave --looks away" in done.stderr
    assert not (semscan.here / "n").exists()


def test_calibrate_sets_the_threshold_of_another_number_of_looks(semscan, model_with_looks, tmp_path, grey, save_png):
    for number in range(3):
        save_png(tmp_path / "good images" / f"{number}.png", grey())

    done = semscan("calibrate", tmp_path / "good images", "--model", model_with_looks, "--looks", "1", "--out", "n")

    assert done.returncode == 0, done.stderr
    config = json.loads((semscan.here / "n" / "config.json").read_text("utf-8"))
    assert config["looks"] == 1
    assert "other_looks" not in config  # their thresholds are those of other good images
    assert semscan("inspect", tmp_path / "good images", "--model", "n", "--out", "o").returncode == 0
    assert run_json(semscan.here / "o")["method"]["looks"] == 1
    assert semscan("score", tmp_path / "good images", "--model", "n", "--looks", "2").returncode == 2


def test_looks_belong_to_a_network(semscan, spotted):
    done = semscan("score", spotted, "--method", "periodic", "--looks", "2")
    assert done.returncode == 2
    assert "--looks is given but not used by --method periodic" in done.stderr

    (semscan.here / "semscan.toml").write_text("[score]\nlooks = 2\n")
    assert semscan("score", spotted, "--method", "periodic").returncode == 3  # it does not repeat


@pytest.mark.skipif("CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="onnxruntime has CUDA")
def test_cuda_that_is_not_there_is_one_clear_line(semscan, model, spotted):
    done = semscan("inspect", spotted, "--model", model, "--device", "cuda", "--out", "o")

    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install onnxruntime-gpu" in done.stderr
    assert semscan("score", spotted, "--model", model, "--device", "cpu").returncode == 0
