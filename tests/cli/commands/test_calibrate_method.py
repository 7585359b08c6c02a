"""semscan calibrate --method: the threshold of a method without training, and every command that is given it."""

import json
import shutil

import numpy as np
import pytest

from semscan.files.results.map_file import read_tiff_map
from semscan.pipeline.detection import painted
from semscan.pipeline.methods.raw_map import raw_map
from semscan.settings import SynthSettings
from semscan.synth.simulator.image import make_image
from tests.in_process import run as run_in_process

RECIPE = SynthSettings(pattern="lines", pitch=16, rows=96, cols=128, seed=5)
IMAGES = 2


@pytest.fixture(scope="module")
def lot(tmp_path_factory):
    """Good images with their references, one image with a bridge, and two calibrated methods."""
    import cv2

    folder = tmp_path_factory.mktemp("lot")
    images = {f"good/{n}": make_image(RECIPE, [], key="a", index=n) for n in range(IMAGES)}
    images |= {f"reference/{n}": make_image(RECIPE, [], key="b", index=n) for n in range(IMAGES)}
    images["bridge"] = make_image(RECIPE, ["bridge"], key="c")
    for name, image in images.items():
        path = folder / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(cv2.imencode(".png", image.pixels)[1].tobytes())
    return folder


@pytest.fixture(scope="module")
def periodic(lot, calibrated):
    return calibrated(lot / "good", "--method", "periodic", "--out", lot / "periodic.F")


@pytest.fixture(scope="module")
def reference(lot, calibrated):
    arguments = ("--method", "reference", "--reference", lot / "reference", "--out", lot / "reference.F")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(painted, "ROUNDS", 1)  # a comparison of two images takes ten times as long as one with itself
        return calibrated(lot / "good", *arguments)


@pytest.fixture(scope="module")
def calibrated():
    """Calibrate and return the folder; the record lies beside it."""

    def run(*arguments):
        done = run_in_process("calibrate", *arguments)
        assert done.returncode == 0, done.stderr
        out = arguments[-1]
        (out.parent / f"{out.name}.stdout").write_text(done.stdout)
        (out.parent / f"{out.name}.stderr").write_text(done.stderr)
        return out

    return run


def lines_of(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_prints_one_record_and_says_what_set_the_threshold(lot, periodic):
    (line,) = (lot / "periodic.F.stdout").read_text().splitlines()
    record = json.loads(line)
    words = (lot / "periodic.F.stderr").read_text()

    assert (record["method"], record["status"], record["from"], record["images"]) == ("periodic", "ok", None, IMAGES)
    assert (record["raw_threshold_before"], record["false_alarms"], record["threshold_rule"]) == (1.0, 0.1, "tail")
    assert record["painted"]["defects"] > 20
    assert f"on {IMAGES} good images of {lot / 'good'}: the threshold is raw" in words
    assert f"raw score {record['raw_threshold']:.4g}" in words
    assert "false regions per good image; these show" in words
    assert "number is extrapolated to higher scores" in words
    assert f"semscan inspect IMAGE --model {periodic}" in words


def test_the_folder_holds_its_configuration_and_a_card_and_no_network(periodic):
    config = json.loads((periodic / "config.json").read_text())
    card = (periodic / "MODEL_CARD.md").read_text()

    assert sorted(path.name for path in periodic.iterdir()) == ["MODEL_CARD.md", "config.json"]
    assert (config["schema_version"], config["method"]) == (3, "periodic")
    assert config["raw_map"] == raw_map("periodic")
    assert config["calibration"]["held_back"].startswith(f"{IMAGES} good images of ")
    assert set(config["appearance"]) == {"brightness", "contrast", "noise", "sharpness"}
    assert "numpy" in config["libraries"]
    assert card.startswith("# Calibrated method")
    assert "| size " in card


def test_inspect_uses_it_as_the_method_that_it_names(semscan, lot, periodic, tmp_path):
    done = semscan("inspect", lot / "bridge.png", "--model", periodic, "--out", tmp_path / "o")
    (record,) = lines_of(done)
    run = json.loads((tmp_path / "o" / "run.json").read_text())
    threshold = json.loads((periodic / "config.json").read_text())["calibration"]["raw_threshold"]
    values, description = read_tiff_map(tmp_path / "o" / "bridge.map.tif")

    assert (record["method"], record["model"], record["defect"]) == (["periodic"], str(periodic), True)
    assert values.max() == pytest.approx(record["raw_score"] / (record["raw_score"] + threshold), rel=1e-4)
    assert description["calibration"] == run["method"]["calibration"]
    assert description["calibration"]["raw_threshold"] == threshold
    assert len(run["method"]["fingerprint"]) == 16
    assert description["fingerprint"] == run["method"]["fingerprint"]
    assert f"{periodic} holds a threshold of --method periodic, which is used" in done.stderr


def test_what_run_json_repeats_gives_the_same_threshold(semscan, lot, periodic, tmp_path):
    (first,) = lines_of(semscan("inspect", lot / "bridge.png", "--out", tmp_path / "o", SEMSCAN_MODEL=str(periodic)))
    repeat = json.loads((tmp_path / "o" / "run.json").read_text())["repeat"]

    (again,) = lines_of(semscan(*repeat[1:]))

    assert again["score"] == first["score"]


def test_score_and_evaluate_use_it(semscan, lot, periodic, tmp_path):
    for name, folder in (("bridge.png", "bridge"), ("good/1.png", "good")):
        (tmp_path / "data" / folder).mkdir(parents=True)
        shutil.copy(lot / name, tmp_path / "data" / folder)
    (scored,) = lines_of(semscan("score", lot / "bridge.png", "--model", periodic))
    evaluated = semscan("evaluate", tmp_path / "data", "--model", periodic, "--out", tmp_path / "e")
    (figures,) = lines_of(evaluated)

    assert scored["raw_score"] / (scored["raw_score"] + 1) != pytest.approx(scored["score"], abs=1e-6)
    assert (figures["method"], figures["model"]) == ("periodic", str(periodic))
    assert figures["at_threshold"]["defective_images_found"] == 1


def test_regions_and_report_read_what_it_left(semscan, lot, periodic, tmp_path):
    semscan("inspect", lot / "bridge.png", "--model", periodic, "--out", tmp_path / "o")
    (cut,) = lines_of(semscan("regions", tmp_path / "o"))
    lines_of(semscan("report", tmp_path / "o", "--to", "html"))
    page = (tmp_path / "o" / "report.html").read_text()

    assert (cut["defect"], cut["model"]) == (True, str(periodic))
    assert "the threshold is raw score" in page  # its card
    assert "has changed since the inspection" not in page


def test_a_calibrated_reference_method_needs_its_reference_and_no_further_option(semscan, lot, reference):
    image = lot / "good" / "1.png"
    (record,) = lines_of(semscan("score", image, "--reference", lot / "reference", "--model", reference))
    (found,) = lines_of(semscan("score", image, "--reference", lot / "reference", SEMSCAN_MODEL=str(reference)))
    (own,) = lines_of(semscan("score", image, "--reference", lot / "reference"))
    refused = semscan("score", image, "--model", reference)

    assert record["score"] == found["score"] != own["score"]
    assert record["raw_score"] == own["raw_score"]
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.splitlines() == [
        f"Error: {reference} holds a threshold of --method reference, which needs the image to compare with: "
        "--reference FILE, or a folder of them"
    ]


def test_a_model_of_the_configuration_file_serves_a_reference_if_it_is_for_one(semscan, lot, periodic, reference):
    image = lot / "good" / "1.png"
    scores = []
    for model in (periodic, reference):
        (semscan.here / "semscan.toml").write_text(f"[score]\nmodel = {str(model)!r}\n")
        (record,) = lines_of(semscan("score", image, "--reference", lot / "reference"))
        scores.append(record["score"] / (1 - record["score"]) / record["raw_score"])

    assert scores[0] == pytest.approx(1, abs=1e-4)  # the reference method's own threshold
    threshold = json.loads((reference / "config.json").read_text())["calibration"]["raw_threshold"]
    assert scores[1] == pytest.approx(1 / threshold, abs=1e-4)


def test_a_larger_allowance_lowers_the_threshold_of_a_calibrated_method(semscan, lot, periodic, tmp_path):
    done = semscan("calibrate", lot / "good", "--model", periodic, "--out", tmp_path / "again", "--false-alarms", "2")
    (record,) = lines_of(done)

    assert (record["from"], record["method"], record["threshold_rule"]) == (str(periodic), "periodic", "counted")
    assert record["raw_threshold"] < record["raw_threshold_before"]
    assert record["reached"] == pytest.approx(2, abs=0.11)
    assert json.loads((periodic / "config.json").read_text())["calibration"]["false_alarms"] == 0.1


def test_commands_that_need_a_network_refuse_it_in_one_line(semscan, lot, periodic, tmp_path):
    refused = (
        ("export", periodic, "--to", "onnx", tmp_path / "x"),
        ("explain", lot / "bridge.png", "--model", periodic, "--out", tmp_path / "x"),
        ("train", lot / "good", "--from", periodic, "--out", tmp_path / "x", "--steps", "1"),
        ("inspect", lot / "bridge.png", "--model", periodic, "--method", "model"),
        ("inspect", lot / "bridge.png", "--model", periodic, "--reference", lot / "bridge.png"),
    )
    for arguments in refused:
        done = semscan(*arguments)

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1].startswith("Error: ")
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "x").exists()


def test_a_threshold_for_another_network_is_refused_until_it_is_set_again(semscan, lot, periodic, tmp_path):
    older = shutil.copytree(periodic, tmp_path / "older")
    config = json.loads((older / "config.json").read_text())
    (older / "config.json").write_text(json.dumps(config | {"raw_map": "rule 1, network 0123456789abcdef"}))
    for command in ("inspect", "score"):
        done = semscan(command, lot / "bridge.png", "--model", older)

        assert (done.returncode, done.stdout) == (2, "")
        (line,) = (line for line in done.stderr.splitlines() if line.startswith("Error: "))
        assert f"`semscan calibrate GOOD --model {older} --out NEW`" in line

    lines_of(semscan("calibrate", lot / "good", "--model", older, "--out", tmp_path / "new"))
    (record,) = lines_of(semscan("score", lot / "bridge.png", "--model", tmp_path / "new"))
    assert record["defect"]


def test_one_good_image_is_enough_and_doubted(semscan, lot, tmp_path):
    (tmp_path / "eins ü").mkdir()
    shutil.copy(lot / "good" / "0.png", tmp_path / "eins ü")

    done = semscan("calibrate", tmp_path / "eins ü", "--method", "periodic", "--out", tmp_path / "F")

    (record,) = lines_of(done)
    assert record["images"] == 1
    assert "1 good image, and at least 10 are advised" in done.stderr


def test_images_that_cannot_be_judged_are_named_and_left_out(semscan, lot, tmp_path, save_png):
    shutil.copytree(lot / "good", tmp_path / "good")
    noise = np.random.default_rng(1).integers(0, 255, (96, 96)).astype(np.uint8)
    save_png(tmp_path / "good" / "noise.png", noise)
    (tmp_path / "good" / "broken.png").write_bytes(b"\x89PNG\r\n")

    done = semscan("calibrate", tmp_path / "good", "--method", "periodic", "--out", tmp_path / "F")

    (record,) = lines_of(done)
    assert record["images"] == IMAGES
    for name in ("noise.png: not periodic enough", "broken.png"):
        assert any("left out" in line and name in line for line in done.stderr.splitlines())


def test_images_that_are_their_own_reference_calibrate_nothing(semscan, lot, tmp_path):
    arguments = ("--method", "reference", "--reference", lot / "good", "--out", tmp_path / "F")
    done = semscan("calibrate", lot / "good", *arguments)

    assert done.returncode == 2
    assert sum("0.png: the image and its reference are the same" in line for line in done.stderr.splitlines()) == 1
    assert "none of the good images can be used" in done.stderr
    assert not (tmp_path / "F").exists()


@pytest.mark.parametrize("case", ["empty", "not periodic", "blank", "a file"])
def test_good_images_that_are_not_there_are_one_clear_error(semscan, tmp_path, save_png, case):
    good = tmp_path / "good"
    good.mkdir()
    noise = np.random.default_rng(1).integers(0, 255, (96, 96)).astype(np.uint8)
    if case != "empty":
        save_png(good / "a.png", np.full((96, 96), 7, np.uint8) if case == "blank" else noise)
    named = good / "a.png" if case == "a file" else good

    done = semscan("calibrate", named, "--method", "periodic", "--out", tmp_path / "F")

    assert (done.returncode, done.stdout) == (2, "")
    assert sum(line.startswith("Error: ") for line in done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("F*"))


def test_what_is_calibrated_is_either_a_model_or_a_method(semscan, lot, periodic, model, tmp_path):
    for options in ((), ("--model", periodic, "--method", "periodic")):
        done = semscan("calibrate", lot / "good", *options, "--out", tmp_path / "x")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("Error: calibrate needs either --model DIR")
    for options, said in (
        (("--method", "reference"), "--reference FILE, or a folder"),
        (("--method", "reference", "--reference", tmp_path / "no"), "no reference at"),
        (("--method", "periodic", "--reference", lot / "reference"), "--reference is given but not used by"),
        (("--model", model, "--reference", lot / "reference"), "--reference is given but not used by"),
    ):
        done = semscan("calibrate", lot / "good", *options, "--out", tmp_path / "x")
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_finished_folder_is_replaced_only_when_asked(semscan, lot, periodic, model):
    one = ("calibrate", lot / "good", "--method", "periodic", "--out", model)
    assert semscan(*one).returncode == 2
    assert (model / "graph.onnx").exists()

    lines_of(semscan(*one, "--overwrite"))

    assert sorted(path.name for path in model.iterdir()) == ["MODEL_CARD.md", "config.json"]
