"""Inspection without a model, as its users do it."""

import json
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from semscan.report.pictures.overlay import image_part

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
    for region in (*inspected["regions"], *again["regions"]):
        del region["extent"]["place"]  # by the reference image, which the map does not hold
    assert again["regions"] == inspected["regions"]


def test_a_charging_streak_is_reported_but_is_no_defect(semscan, tmp_path, save_png):
    from semscan.settings import SynthSettings
    from semscan.synth.simulator.image import make_image

    grey = make_image(SynthSettings(rows=192, cols=256, pitch=24, dose=100)).pixels.astype(int)
    grey[90:93, 100:150] += 110
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


def test_a_comparison_is_explained_without_tensorflow(tmp_path, striped):
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "explain", striped, "--method", "periodic", "--out", tmp_path / "why"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    loaded = {name.split(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}
    record = json.loads(done.stdout)
    pictures = {key: cv2.imread(path) for key, path in record["outputs"]["panels"].items()}

    assert not loaded & {"tensorflow", "keras"}
    assert record["method"] == "periodic"
    assert list(pictures) == [
        "input", "reference", "residual", "fine", "middle", "coarse", "chance", "judge", "map",
    ]  # fmt: skip
    assert all(picture.shape == (128, 160, 3) for picture in pictures.values())
    for key in ("residual", "middle", "chance", "judge", "map"):  # the bridge is the brightest place
        grey = pictures[key].sum(-1).astype(int)
        assert grey[60:66, 100:112].mean() > grey[100:, :].mean() + 60
    assert cv2.imread(record["outputs"]["figure"]) is not None


def test_a_pair_is_explained_by_its_reference(semscan, tmp_path, striped):
    done = semscan("explain", striped, "--reference", striped, "--out", tmp_path / "why")
    (record,) = records(done)

    assert record["method"] == "reference"
    assert list(record["outputs"]["panels"]) == ["input", "reference", "residual", "map"]
    assert record["page"] == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--method", "reference"), "--method reference needs the image to compare with"),
        (("--method", "periodic", "--faithful"), "--faithful tests the attention of a network"),
        (("--method", "periodic", "--reference", "a.png"), "--reference is given but not used by --method periodic"),
        (("--method", "model", "--reference", "a.png"), "--reference is given but not used by --method model"),
        (("--method", "periodic", "--model", "m"), "--model is given but not used to explain --method periodic"),
    ],
)
def test_what_cannot_be_explained_is_refused_before_anything_is_written(semscan, tmp_path, striped, given, said):
    done = semscan("explain", striped, *given, "--out", tmp_path / "why")

    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "why").exists()


def test_an_image_that_does_not_repeat_is_not_explained_by_its_repeats(semscan, tmp_path, save_png):
    noise = np.random.default_rng(0).integers(0, 255, (96, 96)).astype(np.uint8)
    done = semscan(
        "explain", save_png(tmp_path / "noise.png", noise), "--method", "periodic", "--out", tmp_path / "why"
    )

    assert done.returncode == 3
    assert "not periodic enough" in records(done)[0]["error"]


def test_an_image_that_is_read_but_not_judged_has_an_overlay_that_says_so(semscan, tmp_path, save_png, striped):
    noise = np.random.default_rng(0).integers(0, 255, (96, 96)).astype(np.uint8)
    image = save_png(tmp_path / "noise.png", noise)
    done = semscan("inspect", image, "--method", "periodic", "--out", "o")
    bare = semscan("inspect", image, "--method", "periodic", "--out", "bare", "--no-overlay")
    page = semscan("report", "o", "--to", "html")
    (record,) = records(done)
    overlay = semscan.here / record["outputs"]["overlay"]
    drawn = cv2.imread(str(overlay))
    shutil.copy(striped, image)
    again = semscan("inspect", image, "--method", "periodic", "--out", "o")

    assert (done.returncode, record["status"]) == (3, "error")
    assert record["outputs"] == {"overlay": "o/noise.overlay.png"}
    assert image_part(drawn, 96, 96).shape == (384, 384, 3)
    assert (image_part(drawn, 96, 96)[:100:4, ::4] == noise[:25, :, None]).all()
    assert not (image_part(drawn, 96, 96)[::4, ::4] == noise[..., None]).all()
    assert (semscan.here / record["outputs"]["overlay"]).is_file()
    assert not list((semscan.here / "bare").glob("*.overlay.png"))
    assert "outputs" not in records(bare)[0]
    assert "noise.overlay.png" in (semscan.here / "o" / "report.html").read_text("utf-8"), page.stderr
    assert records(again)[0]["outputs"]["overlay"] == "o/noise.overlay.png"
    assert "earlier_outputs" not in records(again)[0]
