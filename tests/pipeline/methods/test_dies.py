"""The images of a lot are compared with each other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from semscan.errors import UsageFault
from semscan.pipeline.detection import painted
from semscan.pipeline.evaluate import evaluate
from semscan.pipeline.inspecting.images import inspect_images, score_images
from semscan.pipeline.methods import dies as dies_method
from semscan.settings import EvaluateSettings, InspectSettings, OutputSettings, ReadSettings

SHAPE = (128, 116)
SPOT = (68, 52)  # row, column


def pixels(number, *, place=1, spot=None, shape=SHAPE):
    """One die of a lot, uint8: shifted by its number, with noise of its own; `spot` is the centre of a dark defect."""
    field = cv2.GaussianBlur(np.random.default_rng(place).random((240, 240), np.float32), (0, 0), 2)
    place_grey = 60 + 130 * (field - field.min()) / np.ptp(field)
    row, col = 20 + 7 * (number % 5), 50 - 6 * (number % 6)
    grey = place_grey[row : row + shape[0], col : col + shape[1]].copy()
    if spot is not None:
        rows, cols = np.mgrid[: shape[0], : shape[1]]
        grey[np.hypot(rows - spot[0], cols - spot[1]) < 5] -= 60
    noise = 6 * np.random.default_rng([4, number]).standard_normal(shape)
    return np.clip(grey + noise, 0, 255).astype(np.uint8)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """Inspect all images in this process unless several jobs are asked for."""
    monkeypatch.setattr("semscan.pipeline.inspecting.images.FEW", 1000)


@pytest.fixture
def lot(tmp_path, save_png):
    """A folder of dies; `bad` of them have a defect, `others` are overwritten by what is given for their number."""

    def make(count, bad=(), **others):
        for number in range(count):
            made = pixels(number, spot=SPOT if number in bad else None)
            save_png(tmp_path / "lot" / f"{number}.png", others.get(f"die{number}", made))
        return tmp_path / "lot"

    return make


@pytest.fixture
def settings(tmp_path):
    output = OutputSettings(out=str(tmp_path / "o"), overlay=False, mask=False)
    return InspectSettings(method=("dies",), output=output)


def defective(records):
    return [Path(record.image).name for record in records if record.status == "ok" and record.defect]


@pytest.mark.parametrize(("count", "bad"), [(4, (1,)), (6, (2, 4))])
def test_defects_are_found_in_their_own_die_alone(lot, settings, count, bad):
    records = list(inspect_images([str(lot(count, bad))], settings))

    assert defective(records) == [f"{number}.png" for number in bad]
    for number in bad:
        (region,) = records[number].regions
        assert np.hypot(region.centroid[0] - SPOT[1], region.centroid[1] - SPOT[0]) < 2
        assert region.methods == ("dies",)
    assert {record.method for record in records} == {("dies",)}


def test_the_golden_reference_is_the_image_without_its_defect(lot, settings):
    folder = lot(4, bad=(2,), die2=np.clip(1.2 * pixels(2, spot=SPOT) - 20.0, 0, 255).astype(np.uint8))
    record = list(inspect_images([str(folder)], settings))[2]
    reference = cv2.imread(record.outputs.reference, cv2.IMREAD_UNCHANGED).astype(float)
    without = 1.2 * pixels(2).astype(float) - 20

    assert reference.shape == SHAPE
    assert abs(float((reference - without)[SPOT[0] - 4 : SPOT[0] + 5, SPOT[1] - 4 : SPOT[1] + 5].mean())) < 5


def test_two_jobs_and_another_order_give_the_same_records(lot, settings):
    folder = lot(4, bad=(1,))
    names = [str(folder / f"{number}.png") for number in range(4)]

    def known(records):
        return {record.image: replace(record, seconds=0) for record in records}

    once = known(inspect_images(names, settings))
    assert known(inspect_images(names[::-1], replace(settings, jobs=2))) == once


def test_an_image_of_another_place_is_named_and_does_not_count(lot, settings):
    folder = lot(5, bad=(1,), die3=pixels(3, place=7))
    records = list(inspect_images([str(folder)], settings))

    assert defective(records) == ["1.png"]
    assert [record.status for record in records] == ["ok"] * 3 + ["error", "ok"]
    assert "3.png: shows another place than most images of the lot (similarity 0." in records[3].error
    assert "leave it out" in records[3].error


def test_a_file_that_cannot_be_read_does_not_count(lot, settings):
    folder = lot(5)
    (folder / "2.png").write_bytes(b"torn")
    records = list(inspect_images([str(folder)], settings))

    assert [record.status for record in records] == ["ok", "ok", "error", "ok", "ok"]
    assert "not a TIFF" in records[2].error


def test_too_few_images_are_refused(lot, settings):
    with pytest.raises(UsageFault, match=r"at least 4 dies are wanted, got 3 images; name more"):
        list(inspect_images([str(lot(3))], settings))

    assert not Path(settings.output.out).exists()


def test_the_same_file_twice_is_one_image(lot, settings):
    name = str(lot(1) / "0.png")
    with pytest.raises(UsageFault, match="got 1 image"):
        list(score_images([name] * 5, settings))


def test_a_missing_folder_is_named(settings):
    with pytest.raises(UsageFault, match=r"nowhere: no such file .* got 0 images"):
        list(inspect_images(["nowhere"], settings))


def test_fewer_than_4_images_of_one_place_are_an_error_each(lot, settings):
    records = list(inspect_images([str(lot(4, die2=pixels(2, place=7)))], settings))

    assert {record.status for record in records} == {"error"}
    assert (
        "3 of the 4 readable images of the lot show the same place (not 2.png), wanted at least 4" in records[0].error
    )


def test_two_places_in_equal_parts_are_no_lot(lot, settings):
    others = {f"die{number}": pixels(number, place=7) for number in range(4, 8)}
    records = list(inspect_images([str(lot(8, **others))], settings))

    assert {record.status for record in records} == {"error"}
    assert (
        "4 of the 8 readable images of the lot show the same place, wanted at least 4 and more than" in records[0].error
    )


def test_a_blank_image_is_an_error(lot, settings):
    records = list(inspect_images([str(lot(5, die1=np.full(SHAPE, 90, np.uint8)))], settings))

    assert [record.status for record in records].count("error") == 1
    assert "every pixel has the value 90" in records[1].error


def test_a_large_lot_is_compared_with_a_sample(lot, settings, monkeypatch):
    monkeypatch.setattr(dies_method, "MOST_SAMPLED", 5)
    read = []
    read_image = dies_method.read_image
    monkeypatch.setattr(dies_method, "read_image", lambda path, *rest: read.append(path) or read_image(path, *rest))
    records = list(inspect_images([str(lot(7, bad=(0, 5)))], settings))

    assert len(read) == 5
    assert defective(records) == ["0.png", "5.png"]


def test_the_sample_is_spread_over_the_names():
    names = [f"{number:03}" for number in range(100)]
    image = np.zeros((4, 4), np.float32)
    read = []

    dies_method._sampled(names, lambda name: read.append(int(name)) or dies_method.CleanImage(image, image == 0))

    assert len(read) == 16
    assert np.diff(sorted([*read, 100])).max() <= 10


def test_fewer_large_images_are_sampled(monkeypatch):
    monkeypatch.setattr(dies_method, "MOST_PIXELS", 50)
    image = np.zeros((4, 4), np.float32)

    sampled = dies_method._sampled(list("abcdefghijkl"), lambda name: dies_method.CleanImage(image, image == 0))

    assert len(sampled) == dies_method.FEWEST_SAMPLED


def test_other_sizes_and_ignored_areas(lot, settings):
    small = pixels(2, spot=SPOT, shape=(120, 110))
    folder = lot(4, die2=small)
    ignoring = replace(settings, read=ReadSettings(ignore=("10,20,30,15",)))
    records = list(inspect_images([str(folder)], ignoring))

    assert defective(records) == ["2.png"]
    for record in records:
        anomaly_map = cv2.imread(record.outputs.map, cv2.IMREAD_UNCHANGED)
        assert anomaly_map.shape == (record.height, record.width)
        assert (anomaly_map[20:35, 10:40] == 0).all()
        assert float((anomaly_map > 0).mean()) <= record.judged_fraction < 0.95


def test_run_and_maps_say_what_the_threshold_comes_from(lot, settings):
    from semscan.files.results.map_file import read_tiff_map

    (record, *_) = inspect_images([str(lot(4))], settings)
    run = json.loads((Path(settings.output.out) / "run.json").read_text("utf-8"))
    described = read_tiff_map(Path(record.outputs.map))[1]

    assert run["method"] == {"calibration": described["calibration"]}
    assert described["calibration"]["held_back"] == "each image and the middle of 4 images of the run, without itself"
    assert described["method"] == ["dies"]
    assert record.detects_from is not None


def test_with_a_model_the_dies_that_cannot_be_compared_are_judged_by_it_alone(lot, settings, model):
    folder = lot(5, bad=(1,), die3=pixels(3, place=7))
    both = replace(settings, method=("dies", "model"), model=str(model))
    records = list(inspect_images([str(folder)], both))

    assert records[1].method == ("dies", "model")
    assert "dies" in records[1].regions[0].methods
    assert records[3].method == ("model",)
    assert any("another place" in warning for warning in records[3].warnings)


def test_evaluate_takes_all_test_images_as_the_lot(tmp_path, save_png, monkeypatch, without_pictures):
    monkeypatch.setattr(painted, "PIXELS", 2 * SHAPE[0] * SHAPE[1])  # of images with painted defects
    for number in range(5):
        kind = "spot" if number == 4 else "good"
        save_png(
            tmp_path / "data" / "test" / kind / f"{number}.png", pixels(number, spot=SPOT if number == 4 else None)
        )
    mask = np.zeros(SHAPE, np.uint8)
    mask[SPOT[0] - 4 : SPOT[0] + 5, SPOT[1] - 4 : SPOT[1] + 5] = 255
    save_png(tmp_path / "data" / "ground_truth" / "spot" / "4_mask.png", mask)
    inspect = InspectSettings(method=("dies",))

    evaluation = evaluate(tmp_path / "data", EvaluateSettings(inspect=inspect, out=str(tmp_path / "e"), draws=20))

    assert evaluation.image_auroc == 1.0
    assert evaluation.failed == ()


def test_evaluate_refuses_too_few_test_images(tmp_path, save_png):
    for kind in ("good", "spot"):
        save_png(tmp_path / "data" / "test" / kind / "a.png", pixels(0))

    with pytest.raises(UsageFault, match="got 2 images"):
        evaluate(tmp_path / "data", EvaluateSettings(InspectSettings(method=("dies",)), out=str(tmp_path / "e")))
