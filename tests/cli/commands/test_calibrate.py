"""semscan calibrate: recalibrate the threshold of a model."""

import json

import numpy as np
import pytest

from semscan.errors import BadDataError
from semscan.pipeline.calibrate import calibrate
from semscan.pipeline.calibrating import network
from semscan.settings import CalibrateSettings, ReadSettings


@pytest.fixture
def brighter(tmp_path, save_png):
    """Twelve good images, brighter and noisier than the model's own: all of them are above its old threshold."""
    rng = np.random.default_rng(3)
    for number in range(12):
        pixels = rng.normal(175, 12, (64, 80)).clip(0, 255).astype(np.uint8)
        save_png(tmp_path / "lot 8" / "good" / f"{number:02d}.png", pixels)
    return tmp_path / "lot 8"


def flagged(semscan, folder, model):
    records = [json.loads(line) for line in semscan("score", folder, "--model", model).stdout.splitlines()]
    return sum(record["defect"] is not False for record in records), len(records)


def test_good_images_that_were_flagged_pass_with_the_new_threshold(semscan, tmp_path, model, brighter):
    before = (model / "config.json").read_bytes()
    assert flagged(semscan, brighter, model) == (12, 12)

    done = semscan("calibrate", brighter, "--model", model, "--out", tmp_path / "new")

    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["raw_threshold"] > record["raw_threshold_before"] == 1.0
    assert record["images"] == 12
    assert flagged(semscan, brighter, tmp_path / "new")[0] <= 2
    assert (model / "config.json").read_bytes() == before
    usual = json.loads((tmp_path / "new" / "config.json").read_text())["training_look"]
    assert usual["brightness"]["median"] == pytest.approx(175 / 255, abs=0.01)  # later images are compared with these
    assert "Calibrated on 12 good images" in (tmp_path / "new" / "MODEL_CARD.md").read_text()


def test_a_larger_allowance_lowers_the_threshold(semscan, tmp_path, model, brighter):
    thresholds = []
    for rate in ("0.1", "2"):
        done = semscan("calibrate", brighter, "--model", model, "--out", tmp_path / rate, "--false-alarms", rate)
        thresholds.append(json.loads(done.stdout)["raw_threshold"])

    assert thresholds[0] > thresholds[1]


def test_a_finished_model_is_replaced_only_when_asked(semscan, tmp_path, model, brighter):
    first = semscan("calibrate", brighter, "--model", model, "--out", model)
    assert first.returncode == 2
    assert first.stdout == ""
    assert "add --overwrite" in first.stderr

    assert semscan("calibrate", brighter, "--model", model, "--out", model, "--overwrite").returncode == 0
    assert flagged(semscan, brighter, model)[0] <= 2


def test_a_damaged_image_is_named_and_left_out(semscan, tmp_path, model, brighter):
    (brighter / "good" / "broken.png").write_bytes(b"\x89PNG\r\n")

    done = semscan("calibrate", brighter, "--model", model, "--out", tmp_path / "new")

    assert done.returncode == 0, done.stderr
    assert "broken.png" in done.stderr
    assert json.loads(done.stdout)["images"] == 12


@pytest.mark.parametrize("case", ["empty", "no model", "no good class"])
def test_what_cannot_be_calibrated_is_one_clear_line(semscan, tmp_path, make_model, brighter, case):
    model = make_model(
        tmp_path / "m",
        classes=["a", "b"] if case == "no good class" else None,
        raw_threshold=None if case == "no good class" else 1.0,
    )
    (tmp_path / "empty").mkdir()
    good = tmp_path / "empty" if case == "empty" else brighter

    done = semscan(
        "calibrate", good, "--model", tmp_path / "nowhere" if case == "no model" else model, "--out", tmp_path / "new"
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_a_folder_called_good_beside_images_is_refused_as_the_help_says(
    semscan, tmp_path, model, brighter, grey, save_png
):
    save_png(brighter / "loose.png", grey())

    done = semscan("calibrate", brighter, "--model", model, "--out", tmp_path / "new")

    assert done.returncode == 2
    assert "holds 1 image next to the class folders 'good'" in done.stderr
    assert "beside other folders, but not beside images" in " ".join(semscan("calibrate", "--help").stdout.split())


def test_folders_below_good_are_all_taken_where_none_is_called_good(semscan, tmp_path, model, brighter):
    for number, path in enumerate(sorted((brighter / "good").iterdir())):
        day = brighter / "good" / ("mon", "tue")[number % 2]
        day.mkdir(exist_ok=True)
        path.rename(day / path.name)

    done = semscan("calibrate", brighter / "good", "--model", model, "--out", tmp_path / "new")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["images"] == 12
    assert "none called good: 12 images, all taken as good" in done.stderr


def test_an_image_that_cannot_be_judged_is_left_out_and_not_the_end(tmp_path, model, brighter, save_png, grey):
    save_png(brighter / "good" / "low.png", grey(20, 80))  # the data bar leaves 8 rows of it
    messages = []

    record = calibrate(
        brighter, model, CalibrateSettings(str(tmp_path / "new"), read=ReadSettings(databar=12)), messages.append
    )

    assert record["images"] == 12
    assert sum("left out" in line and "low.png" in line for line in messages) == 1


def test_images_of_a_far_magnification_are_left_out_line_by_line(tmp_path, model, brighter):
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"nm_per_pixel": 1.0}))
    settings = CalibrateSettings(str(tmp_path / "new"), read=ReadSettings(nm_per_px=9.0))
    messages = []

    with pytest.raises(BadDataError, match="none of the good images can be used"):
        calibrate(brighter, model, settings, messages.append)
    assert sum("too far to resample" in line for line in messages) == 12
    assert not (tmp_path / "new.unfinished").exists()


def test_nothing_begun_is_left_when_it_fails(tmp_path, model, brighter, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("out of the blue")

    monkeypatch.setattr(network, "measure_threshold", fails)
    with pytest.raises(RuntimeError):
        calibrate(brighter, model, CalibrateSettings(str(tmp_path / "new")), print)

    assert not list(tmp_path.glob("new*"))


def test_a_rate_that_no_model_can_keep_is_refused_at_once(semscan, tmp_path, model, brighter):
    for rate in ("nan", "2e6"):
        done = semscan("calibrate", brighter, "--model", model, "--out", tmp_path / "new", "--false-alarms", rate)

        assert (done.returncode, done.stdout) == (2, "")
        assert "--false-alarms is" in done.stderr
