"""Inspection without a model, as its users do it."""

import json
import subprocess
import sys

import numpy as np
import pytest

HEAVY = ("tensorflow", "keras", "onnxruntime", "scipy", "skimage", "matplotlib")
PROBE = """
import json, sys
from semscan.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.fixture
def striped(tmp_path, save_png):
    """Lines with a bridge at rows 60 to 65, columns 100 to 111."""
    rows, cols = np.mgrid[:128, :160]
    grey = 100 + 40 * np.tanh(3 * np.sin(2 * np.pi * (cols + 0.03 * rows) / 16))
    grey[60:66, 100:112] = 170
    noisy = grey + 8 * np.random.default_rng(0).standard_normal(grey.shape)
    return save_png(tmp_path / "striped.png", np.clip(noisy, 0, 255).astype(np.uint8))


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_without_a_model_a_periodic_image_is_compared_with_its_own_repeats_and_stderr_names_it(semscan, striped):
    done = semscan("inspect", striped, "--exit-code")
    (record,) = records(done)

    assert done.returncode == 1
    assert record["method"] == ["periodic"]
    assert record["model"] is None
    assert record["regions"][0]["witnesses"] == ["periodic"]
    assert list(record["periodic"]) == ["found", "confidence", "pitch_px", "angle_deg"]
    assert "--method periodic" in done.stderr.splitlines()[0]
    assert (semscan.here / "semscan-results" / "striped.reference.tif").exists()


def test_a_chosen_method_is_not_announced(semscan, striped):
    assert len(semscan("inspect", striped, "--method", "periodic").stderr.splitlines()) == 1


def test_no_golden_leaves_the_reference_out(semscan, striped):
    (record,) = records(semscan("inspect", striped, "--method", "periodic", "--no-golden"))

    assert "reference" not in record["outputs"]


def test_3_for_an_image_that_does_not_repeat_and_what_to_do(semscan, good):
    done = semscan("inspect", good)
    (record,) = records(done)

    assert done.returncode == 3
    assert record["status"] == "error"
    assert "semscan train" in record["error"]
    assert "--reference" in record["error"]
    assert record["periodic"]["found"] is False


def test_score_falls_back_too(semscan, striped):
    assert records(semscan("score", striped))[0]["defect"] is True


def test_two_methods_are_asked_for_by_repeating_method(semscan, striped, model):
    done = semscan("inspect", striped, "--method", "periodic", "--method", "model", "--model", model)

    assert records(done)[0]["method"] == ["periodic", "model"]


def test_a_saved_map_keeps_what_was_found_about_the_repeats(semscan, striped):
    (inspected,) = records(semscan("inspect", striped, "--method", "periodic"))
    (again,) = records(semscan("regions", inspected["outputs"]["map"]))

    assert again["periodic"] == inspected["periodic"]
    assert again["regions"] == inspected["regions"]


def test_a_charging_streak_is_reported_but_is_no_defect(semscan, tmp_path, save_png):
    from semscan.settings import SynthSettings
    from semscan.synth.simulator.image import make_image

    grey = make_image(SynthSettings(rows=192, cols=256, pitch=24, dose=100)).pixels.astype(int)
    grey[90:93, 70:190] += 70
    streaked = save_png(tmp_path / "streaked.png", np.clip(grey, 0, 255).astype(np.uint8))
    done = semscan("inspect", streaked, "--method", "periodic", "--exit-code")
    (record,) = records(done)
    (again,) = records(semscan("regions", record["outputs"]["map"]))

    assert done.returncode == 0
    assert record["regions"]
    assert all(region["nuisance"] for region in record["regions"])
    assert (record["defect"], record["score"]) == (False, 0.5)
    assert [again[key] for key in ("defect", "score")] == [False, 0.5]
    assert [region["nuisance"] for region in again["regions"]] == [True] * len(record["regions"])


def test_a_second_search_leaves_reference_images_out(semscan, striped):
    semscan("inspect", striped, "--method", "periodic", "--out", striped.parent / "seen")
    done = semscan("score", striped.parent / "seen", "--method", "periodic")

    assert "no image in this folder" in records(done)[0]["error"]


@pytest.mark.parametrize("method", ["periodic", "model"])
def test_each_method_loads_only_its_own_libraries(tmp_path, striped, model, method):
    named = ["--model", str(model)] if method == "model" else []
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "inspect", striped, "--method", method, *named, "--out", tmp_path / "o"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.split(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}

    # lines are compared by a network, too
    assert loaded & set(HEAVY) == {"onnxruntime"}
