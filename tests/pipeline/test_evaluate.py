"""From a folder of images whose answer is known to figures, notes and pictures."""

import json
from dataclasses import replace

import numpy as np
import pytest

from semscan.errors import BadDataError, OutputError
from semscan.pipeline.evaluate import evaluate
from semscan.pipeline.methods.base import MethodResult
from semscan.report.text.evaluation import evaluation_lines
from semscan.settings import EvaluateSettings, InspectSettings, ReadSettings, RegionSettings
from semscan.values.method import ChanceCalibration, MethodProvenance
from semscan.values.model.calibration import Calibration

SPOT = (slice(20, 26), slice(30, 38))


class Bright:
    """Raw score is the brightness in tenths; 0.5 lies at `raw_threshold`."""

    name = "bright"

    def __init__(self, raw_threshold=5.0, told=None, classify_regions=None, **stated):
        self.raw_threshold, self._told, self._namer = raw_threshold, told, classify_regions
        self.provenance = MethodProvenance(**stated)

    def __call__(self, image):
        raw = np.where(image.judged, image.values * 10, 0).astype(np.float32)
        return MethodResult(raw, self._told(image) if self._told else None, classify_regions=self._namer)


@pytest.fixture
def data(tmp_path, grey, save_png):
    """Three good images, one of them with a bright spot, and two with a spot that the masks mark."""
    folder = tmp_path / "data"
    for number in range(3):
        save_png(folder / "test" / "good" / f"{number}.png", grey(spot=number == 2))
    mask = np.zeros((48, 64), np.uint8)
    mask[SPOT] = 255
    for number in range(2):
        save_png(folder / "test" / "dot" / f"{number}.png", grey(spot=number == 0))
        save_png(folder / "ground_truth" / "dot" / f"{number}_mask.png", mask)
    return folder


def settings(tmp_path, **more):
    return EvaluateSettings(out=str(tmp_path / "out"), draws=20, **more)


def test_figures_notes_and_pictures_come_of_a_folder(data, tmp_path):
    record = evaluate(data, settings(tmp_path), method=Bright(model="m", fingerprint="f0"))
    at = record.at_threshold

    assert (record.images, record.good_images, record.defects) == (5, 3, 2)
    assert (at.hit, at.defects, at.false_regions, at.false_regions_on_good) == (1, 2, 1, 1)
    assert at.false_per_good_image == pytest.approx(1 / 3, abs=1e-6)
    assert (at.defective_images_found, at.good_images_flagged) == (1, 1)
    assert (record.method, record.model, record.fingerprint) == ("bright", "m", "f0")
    out = tmp_path / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "curves.png",
        "evaluation.json",
        "failures.png",
        "sensitivity.png",
    ]
    assert json.loads((out / "evaluation.json").read_text("utf-8")) == record.to_json()


@pytest.mark.usefixtures("without_pictures")
def test_few_images_are_said_to_be_few(data, tmp_path):
    notes = evaluate(data, settings(tmp_path), method=Bright()).notes

    assert any("only 3 good images" in note for note in notes)
    assert any("only 2 defective images" in note for note in notes)
    assert any("only 2 defects" in note for note in notes)


@pytest.mark.usefixtures("without_pictures")
def test_an_f1_no_better_than_calling_all_defective_is_said(data, tmp_path):
    low = InspectSettings(regions=RegionSettings(threshold=0.1))
    notes = evaluate(data, settings(tmp_path, inspect=low), method=Bright()).notes

    assert any("no better than calling every image defective" in note for note in notes)
    assert any("no better than calling every pixel defective" in note for note in notes)


@pytest.mark.usefixtures("without_pictures")
def test_a_broken_promise_is_said(data, tmp_path, grey, save_png):
    for number in range(10, 40):
        save_png(data / "test" / "good" / f"{number}.png", grey(spot=True))
    method = Bright(calibration=ChanceCalibration(5.0, 0.1, "nothing"))
    notes = evaluate(data, settings(tmp_path), method=method).notes

    assert any("0.1 stated: more than promised" in note for note in notes)


def test_without_good_images_what_is_unknown_is_null_and_said(data, tmp_path):
    for path in (data / "test" / "good").iterdir():
        path.unlink()
    record = evaluate(data, settings(tmp_path), method=Bright())

    assert (record.image_auroc, record.at_threshold.false_per_good_image) == (None, None)
    assert any("no good images" in note for note in record.notes)


def test_class_folders_without_masks_give_image_figures_alone(tmp_path, grey, save_png):
    for number in range(2):
        save_png(tmp_path / "data" / "good" / f"{number}.png", grey())
        save_png(tmp_path / "data" / "dot" / f"{number}.png", grey(spot=True))
    record = evaluate(tmp_path / "data", settings(tmp_path), method=Bright())

    assert (record.image_auroc, record.pixel_auroc, record.without_mask) == (1, None, 2)
    assert record.at_threshold.defective_images_found == 2
    assert any("no masks" in note for note in record.notes)
    assert any("no test folder" in note for note in record.notes)


@pytest.mark.usefixtures("without_pictures")
def test_a_classifier_gets_a_confusion_matrix(data, tmp_path):
    told = Bright(told=lambda image: {"good": 0.5, "dot": float(image.values.max() > 0.7)})
    record = evaluate(data, settings(tmp_path), method=told)

    assert record.confusion.classes == ("dot", "good")
    assert record.confusion.matrix == ((1, 1), (1, 2))
    assert record.confusion.accuracy == 0.6


def all_dots(numbered, numbers):
    return [("dot", 0.9)] * len(numbers)


@pytest.mark.usefixtures("without_pictures")
def test_regions_with_a_class_give_types(data, tmp_path):
    record = evaluate(data, settings(tmp_path), method=Bright(classify_regions=all_dots))
    types = record.types

    assert (types.classes, types.matrix, types.missed) == (("dot",), ((1,),), 1)
    assert (types.macro_f1, types.macro_f1_with_missed) == (1, pytest.approx(2 / 3, abs=1e-6))
    assert record.intervals["types.macro_f1"] == (1, 1)
    assert any("2 of 'dot'" in note for note in record.notes)
    rows = [line.split() for line in evaluation_lines(record)]
    assert ["type", "\\", "was", "called", "dot", "missed", "precision", "recall", "F1"] in rows
    assert ["dot", "1", "1", "1.00", "1.00", "1.00"] in rows


@pytest.mark.usefixtures("without_pictures")
def test_regions_without_a_class_give_no_types(data, tmp_path):
    record = evaluate(data, settings(tmp_path), method=Bright())

    assert record.types is None
    assert not any("was called" in line for line in evaluation_lines(record))


@pytest.mark.usefixtures("without_pictures")
def test_the_types_of_a_mixed_folder_are_those_that_were_planted(data, tmp_path):
    for part in ("test", "ground_truth"):
        (data / part / "dot").rename(data / part / "mixed")
    planted = [{"kind": "streak", "bbox": [0, 0, 64, 48]}, {"kind": "dot", "bbox": [30, 20, 8, 6]}]
    images = [{"image": f"test/mixed/{number}.png", "defects": planted} for number in range(2)]
    (data / "synth.json").write_text(json.dumps({"made_by": "semscan synth", "images": images}), "utf-8")

    assert evaluate(data, settings(tmp_path), method=Bright(classify_regions=all_dots)).types.support == {"dot": 2}


@pytest.mark.usefixtures("without_pictures")
def test_images_in_no_class_folder_have_no_type(tmp_path, grey, save_png):
    mask = np.zeros((48, 64), np.uint8)
    mask[SPOT] = 255
    save_png(tmp_path / "data" / "test" / "a.png", grey(spot=True))
    save_png(tmp_path / "data" / "ground_truth" / "a_mask.png", mask)

    assert evaluate(tmp_path / "data", settings(tmp_path), method=Bright(classify_regions=all_dots)).types is None


def test_without_a_threshold_nothing_is_said_at_one(data, tmp_path):
    method = Bright(None, calibration=Calibration(None, 0.1, None, "2 images"))
    record = evaluate(data, settings(tmp_path), method=method)

    assert (record.at_threshold, record.classes) == (None, None)
    assert record.pixel_auroc > 0.5
    assert any("no calibrated threshold" in note for note in record.notes)
    assert evaluation_lines(record)


@pytest.mark.usefixtures("without_pictures")
def test_a_file_that_cannot_be_read_is_left_out_and_named(data, tmp_path):
    (data / "test" / "dot" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    record = evaluate(data, settings(tmp_path), method=Bright())

    assert record.images == 5
    (failure,) = record.failed
    assert "torn.png" in failure.error


@pytest.mark.usefixtures("without_pictures")
def test_a_mask_of_another_size_leaves_its_image_out(data, tmp_path, save_png):
    save_png(data / "ground_truth" / "dot" / "1_mask.png", np.zeros((47, 64), np.uint8))
    record = evaluate(data, settings(tmp_path), method=Bright())

    assert record.images == 4
    assert "64 x 47 pixels, its image 64 x 48" in record.failed[0].error


def test_a_folder_of_which_nothing_can_be_read_is_an_error(tmp_path):
    (tmp_path / "data" / "test" / "gap").mkdir(parents=True)
    (tmp_path / "data" / "test" / "gap" / "a.png").write_bytes(b"x")

    with pytest.raises(BadDataError, match="none of the 1 images can be inspected"):
        evaluate(tmp_path / "data", settings(tmp_path), method=Bright())


def test_an_output_folder_that_is_a_file_is_refused_at_once(data, tmp_path):
    (tmp_path / "out").write_text("x")

    with pytest.raises(OutputError):
        evaluate(data, settings(tmp_path), method=Bright())


def test_images_may_differ_in_size(data, tmp_path, grey, save_png):
    save_png(data / "test" / "good" / "wide.png", grey(40, 90))

    assert evaluate(data, settings(tmp_path), method=Bright()).images == 6


@pytest.mark.usefixtures("without_pictures")
def test_the_text_tells_every_figure(data, tmp_path):
    text = "\n".join(evaluation_lines(evaluate(data, settings(tmp_path), method=Bright())))
    told = ("image AUROC", "pixel AP", "AUPRO", "at 0.1 false regions", "1 of 2", "good images flagged      1 of 3")

    for words in (*told, "note: only 3 good images", "dot"):
        assert words in text


@pytest.mark.parametrize("name", ["curves.png", "failures.png", "sensitivity.png", "evaluation.json"])
def test_a_file_of_somebody_elses_is_not_written_over(data, tmp_path, name):
    there = tmp_path / "out" / name
    there.parent.mkdir()
    there.write_bytes(b"{}")
    looked = []

    with pytest.raises(OutputError, match=f"{name} is there and not of an evaluation"):
        evaluate(data, settings(tmp_path), method=Bright(), progress=lambda *told: looked.append(told))
    assert there.read_bytes() == b"{}"
    assert looked == []


def test_an_earlier_evaluation_is_replaced(data, tmp_path):
    evaluate(data, settings(tmp_path), method=Bright())
    again = evaluate(data, settings(tmp_path), method=Bright(7.0))

    assert json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8")) == again.to_json()


@pytest.mark.usefixtures("without_pictures")
def test_nuisance_regions_count_no_more_than_in_an_inspection(data, tmp_path, monkeypatch):
    def harmless(found, image):
        is_good = "good" in image.source
        return replace(found, regions=[replace(region, nuisance=is_good) for region in found.regions])

    before = evaluate(data, settings(tmp_path), method=Bright())
    monkeypatch.setattr("semscan.pipeline.inspect.mark_nuisance", harmless)
    record = evaluate(data, settings(tmp_path), method=Bright())

    assert (before.at_threshold.false_regions, before.at_threshold.good_images_flagged) == (1, 1)
    assert (record.at_threshold.false_regions, record.at_threshold.good_images_flagged) == (0, 0)
    assert (record.at_threshold.hit, before.at_threshold.hit) == (1, 1)
    assert record.pixel_auroc > before.pixel_auroc
    assert record.image_auroc > before.image_auroc


@pytest.mark.usefixtures("without_pictures")
def test_pixels_that_are_left_out_are_neither_defects_nor_good(data, tmp_path, save_png, grey):
    save_png(data / "test" / "dot" / "2.png", grey(spot=True))
    mask = np.zeros((48, 64), np.uint8)
    mask[SPOT] = 255
    mask[40:44, 40:44] = 255
    save_png(data / "ground_truth" / "dot" / "2_mask.png", mask)

    def with_ignored(area):
        read = ReadSettings(ignore=(area,) if area else ())
        return evaluate(data, settings(tmp_path, inspect=InspectSettings(read=read)), method=Bright())

    everywhere, without_spot, without_rest = (with_ignored(area) for area in ("", "30,20,8,6", "0,0,20,48"))

    assert (everywhere.defects, everywhere.at_threshold.hit) == (4, 2)
    assert (without_spot.images, without_spot.defects, without_spot.at_threshold.hit) == (4, 1, 0)
    assert (
        "3 defects where nothing is to be judged: not counted; 2 images without others left out" in without_spot.notes
    )
    assert (without_rest.images, without_rest.defects, without_rest.at_threshold.hit) == (6, 4, 2)
    assert without_rest.defect_pixels == everywhere.defect_pixels
    share = without_rest.defect_pixels / (6 * 48 * (64 - 20))
    assert without_rest.pixel_share == pytest.approx(share, abs=1e-6)


def test_where_no_defect_is_to_be_judged_that_is_said(data, tmp_path):
    for path in (data / "test" / "good").iterdir():
        path.unlink()
    inspect = InspectSettings(read=ReadSettings(ignore=("30,20,8,6",)))

    with pytest.raises(BadDataError, match="no image shows a defect where it is judged; check --ignore"):
        evaluate(data, settings(tmp_path, inspect=inspect), method=Bright())


@pytest.mark.usefixtures("without_pictures")
def test_images_without_a_verdict_and_masks_without_an_image_are_said(data, tmp_path, save_png):
    save_png(data / "ground_truth" / "dot" / "0_gt.png", np.eye(48, 64, dtype=np.uint8))

    class Doubtful(Bright):
        def __call__(self, image):
            unlike = ("contrast 65 % higher than in training",) if "good" in image.source else ()
            return replace(super().__call__(image), unlike=unlike)

    notes = evaluate(data, settings(tmp_path), method=Doubtful()).notes

    assert any(note.startswith("3 images unlike the training images: an inspection gives no verdict") for note in notes)
    assert "1 mask of no test image, not used: 0_gt.png" in notes


@pytest.mark.usefixtures("without_pictures")
def test_names_of_classes_agree_in_any_case(data, tmp_path):
    (data / "test" / "dot").rename(data / "test" / "Dot")
    (data / "test" / "good").rename(data / "test" / "OK")
    told = Bright(told=lambda image: {"good": 0.5, "dot": float(image.values.max() > 0.7)}, classify_regions=all_dots)
    record = evaluate(data, settings(tmp_path), method=told)

    assert (record.confusion.classes, record.confusion.accuracy) == (("dot", "good"), 0.6)
    assert (record.types.classes, record.types.macro_f1) == (("dot",), 1)
    assert sorted(record.classes) == ["Dot", "OK"]


def test_pictures_of_an_earlier_evaluation_do_not_stay(data, tmp_path):
    evaluate(data, settings(tmp_path), method=Bright())
    record = evaluate(data / "test" / "good", settings(tmp_path), method=Bright())

    drawn = {path.name for path in (tmp_path / "out").glob("*.png")}
    assert drawn == {path.rsplit("/")[-1] for name, path in record.outputs.items() if name != "record"}
    assert "curves.png" not in drawn
