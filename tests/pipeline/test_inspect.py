"""The steps of an inspection, joined."""

import json
from pathlib import Path

import numpy as np
import pytest

from semscan.errors import BadMapError, BadModelError
from semscan.files.find.images import InputImage
from semscan.files.images.read import read_image
from semscan.files.models.folder import read_model_folder
from semscan.files.results.map_file import read_tiff_map
from semscan.image.clean import clean
from semscan.pipeline.inspect import inspect_image
from semscan.pipeline.inspecting.images import inspect_images, score_images
from semscan.pipeline.methods.base import MethodResult, choose_method
from semscan.pipeline.methods.model import ModelMethod, blend_evidence
from semscan.pipeline.run.error_records import or_error
from semscan.settings import InspectSettings, OutputSettings, ReadSettings, RegionSettings
from semscan.values import SemImage
from semscan.values.method import MethodProvenance


class Bright:
    """A method that needs no model: raw score is the brightness in tenths."""

    name = "bright"
    raw_threshold: float | None = 5.0

    def __init__(self, **stated):
        self.provenance = MethodProvenance(**stated)

    def __call__(self, image):
        return MethodResult(np.where(image.judged, image.values * 10, 0).astype(np.float32))


def image_of(pixels, **extra):
    return SemImage(pixels, "/d/a.png", **extra)


def test_any_callable_with_a_name_is_a_method():
    pixels = np.zeros((30, 40), np.uint8)
    pixels[3:8, 4:10] = 255
    judged = inspect_image(image_of(pixels), "a.png", InspectSettings(), Bright())

    assert judged.record.method == ("bright",)
    assert judged.regions[0].methods == judged.record.regions[0].methods == ("bright",)
    assert judged.regions[0].area == 30
    assert judged.record.raw_score == 10.0
    assert judged.record.score == pytest.approx(10 / 15)
    assert (judged.mask == 255).sum() == 30


def test_pixels_that_are_not_judged_are_zero_in_the_map():
    pixels = np.full((40, 40), 255, np.uint8)
    judged = inspect_image(image_of(pixels, data_bar_rows=10), "a.png", InspectSettings(), Bright())

    assert (judged.anomaly_map.values[30:] == 0).all()
    assert (judged.anomaly_map.values[:30] > 0.5).all()
    assert judged.record.judged_fraction == 0.75


def test_the_network_never_sees_the_data_bar(model):
    method = ModelMethod(read_model_folder(model))
    pixels = np.random.default_rng(0).integers(90, 116, (70, 64)).astype(np.uint8)
    blank, busy = pixels.copy(), pixels.copy()
    blank[60:], busy[60:] = 0, np.random.default_rng(1).integers(0, 256, (10, 64))
    maps = [method(clean(image_of(each, data_bar_rows=10), ReadSettings())).raw for each in (blank, busy)]

    np.testing.assert_array_equal(maps[0], maps[1])
    assert (maps[0][60:] == 0).all()


def test_an_image_smaller_than_a_tile_gets_a_map_of_its_own_size(model):
    method = ModelMethod(read_model_folder(model))
    pixels = np.full((20, 17), 100, np.uint8)
    pixels[5:9, 5:9] = 220

    raw = method(clean(image_of(pixels), ReadSettings())).raw

    assert raw.shape == (20, 17)
    assert np.unravel_index(raw.argmax(), raw.shape)[0] in range(5, 9)


def test_two_tile_grids_agree(model, alter_model, grey):
    folder = read_model_folder(model)
    image = clean(image_of(grey(150, 170, spot=True)), ReadSettings())
    coarse = ModelMethod(folder)(image).raw
    fine = ModelMethod(alter_model(folder, tiling={"overlap": 16}))(image).raw

    assert np.abs(coarse / (coarse + 1) - fine / (fine + 1)).max() < 0.02


def test_a_classifier_says_the_class_of_the_shrunken_image(tmp_path, make_model, grey):
    classes = ["good", "gap", "bridge"]
    folder = read_model_folder(make_model(tmp_path / "m", classes=classes, good="good", scale_to=32))
    judged = inspect_image(image_of(grey(96, 128)), "a.png", InspectSettings(), ModelMethod(folder))

    assert judged.anomaly_map.values.shape == (96, 128)
    assert judged.record.class_name == "good"
    assert sum(judged.record.class_probabilities.values()) == pytest.approx(1)
    assert list(judged.record.class_probabilities) == classes


def test_an_image_larger_than_those_of_training_is_judged_in_tiles(tmp_path, make_model, alter_model, grey):
    classes, image = ["good", "gap", "bridge"], image_of(grey(150, 170, spot=True))
    folder = read_model_folder(make_model(tmp_path / "m", classes=classes, good="good", scale_to=32))
    whole = read_model_folder(make_model(tmp_path / "w"))
    folder = alter_model(folder, tiling={"largest_image": 28})

    judged = inspect_image(image, "a.png", InspectSettings(), ModelMethod(folder))

    assert judged.record.class_name == "bridge"  # one tile of many shows it
    assert judged.record.defect
    plain = inspect_image(image, "a.png", InspectSettings(), ModelMethod(whole))
    np.testing.assert_allclose(judged.anomaly_map.values, plain.anomaly_map.values, atol=1e-6)


def test_what_positions_of_tiles_say_is_put_together_as_the_tiles_lie():
    whole = np.random.default_rng(0).normal(size=(12, 20, 3)).astype(np.float32)
    offsets = [(row, col) for row in (0, 16) for col in (0, 16, 48)]
    tiles = [whole[row // 4 : row // 4 + 8, col // 4 : col // 4 + 8] for row, col in offsets]

    np.testing.assert_allclose(blend_evidence(np.stack(tiles), offsets, 32), whole, atol=1e-6)


def test_a_network_for_other_classes_is_refused(tmp_path, make_model, alter_model, grey):
    folder = read_model_folder(make_model(tmp_path / "m", classes=["good", "gap", "bridge"], good="good"))
    folder = alter_model(folder, network={"classes": ("good", "gap")})

    with pytest.raises(BadModelError, match=r"logits have the shape \(\d+, 3\), its config.json names 2 classes"):
        ModelMethod(folder)(clean(image_of(grey()), ReadSettings()))


def test_tiles_that_lie_less_than_a_position_apart_are_put_together_too():
    tiles = np.stack([np.full((8, 8, 2), 3.0), np.full((8, 8, 2), 5.0)]).astype(np.float32)

    np.testing.assert_allclose(blend_evidence(tiles, [(0, 0), (0, 1)], 32), np.full((8, 8, 2), 4.0))


def test_a_model_of_classes_only_gives_a_class_and_no_verdict(tmp_path, make_model, grey):
    folder = read_model_folder(make_model(tmp_path / "m", classes=["gap", "bridge"], raw_threshold=None))
    inspection = inspect_image(image_of(grey(spot=True)), "a.png", InspectSettings(), ModelMethod(folder)).record

    assert (inspection.score, inspection.defect, inspection.regions) == (None, False, ())
    assert inspection.class_name == "bridge"
    assert "no threshold" in inspection.warnings[0]


def test_a_saved_map_says_where_it_comes_from(tmp_path, spotted):
    settings = InspectSettings(output=OutputSettings(out=str(tmp_path / "o")))
    (record,) = inspect_images([str(spotted)], settings, method=Bright(model="m", fingerprint="f0"))
    values, about = read_tiff_map(Path(record.outputs.map))

    assert values.shape == (48, 64)
    assert about["source"] == str(spotted)
    assert about["fingerprint"] == "f0"
    assert (about["width"], about["height"]) == (64, 48)


def test_a_rerun_replaces_its_own_outputs_and_another_source_gets_its_own(tmp_path, grey, save_png):
    first, second = (save_png(tmp_path / name / "a.png", grey(spot=True)) for name in ("x", "y"))
    settings = InspectSettings(output=OutputSettings(out=str(tmp_path / "o")))
    (one,), (again,), (other,) = (
        list(inspect_images([str(path)], settings, method=Bright())) for path in (first, first, second)
    )

    assert one.outputs == again.outputs
    assert not set(one.outputs.paths) & set(other.outputs.paths)
    assert (tmp_path / "o" / "results.jsonl").read_text("utf-8").count("\n") == 2


def test_crops_are_replaced_and_the_users_own_of_such_a_name_stays(tmp_path, grey, save_png):
    pixels = grey(spot=True)
    pixels[5:11, 5:13] = 200
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "b.crop002.png").write_bytes(b"the user's own")
    settings = InspectSettings(output=OutputSettings(out=str(tmp_path / "o"), overlay=False, map=False, crops=True))
    written = []
    for image in (pixels, grey(spot=True)):  # two spots, then one
        paths = [str(save_png(tmp_path / "d" / name, image)) for name in ("a.png", "b.png")]
        written.append([record.outputs.crops for record in inspect_images(paths, settings, method=Bright())])

    assert [[len(crops) for crops in run] for run in written] == [[2, 2], [1, 1]]
    crops = sorted(path.name for path in (tmp_path / "o").glob("*.crop*.png"))
    assert crops == ["a.crop001.png", "b.crop002.png", "b.png.crop001.png"]
    assert (tmp_path / "o" / "b.crop002.png").read_bytes() == b"the user's own"


def test_a_name_of_dots_stops_no_batch(tmp_path, grey, save_png):
    paths = [str(save_png(tmp_path / "d" / name, grey())) for name in ("..png", "b.png")]
    settings = InspectSettings(output=OutputSettings(out=str(tmp_path / "o")))
    records = list(inspect_images(paths, settings, method=Bright()))

    assert [Path(record.outputs.map).name for record in records] == ["..png.map.tif", "b.map.tif"]


def test_a_folder_is_mirrored(tmp_path, grey, save_png):
    save_png(tmp_path / "d" / "bridge" / "a.png", grey(spot=True))
    settings = InspectSettings(output=OutputSettings(out=str(tmp_path / "o")))
    (record,) = inspect_images([str(tmp_path / "d")], settings, method=Bright())

    assert record.outputs.map == str(tmp_path / "o" / "bridge" / "a.map.tif")


@pytest.mark.parametrize("message", ["the raw scores hold NaN", "d/a b.png: the raw scores hold NaN"])
def test_an_error_names_its_image_once(message):
    def fail(found):
        raise BadMapError(message)

    assert or_error(InputImage("d/a b.png", Path("d/a b.png")), fail).error == "d/a b.png: the raw scores hold NaN"


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_is_finished_is_on_record_also_when_nobody_took_it(tmp_path, grey, save_png, jobs):
    for number in range(12):
        save_png(tmp_path / "d" / f"{number:02}.png", grey(spot=True))
    out = tmp_path / "o"
    records = inspect_images(
        [str(tmp_path / "d")], InspectSettings(output=OutputSettings(out=str(out)), jobs=jobs), method=Bright()
    )
    next(records)
    records.close()
    recorded = [json.loads(line)["outputs"]["map"] for line in (out / "results.jsonl").read_text("utf-8").splitlines()]

    assert recorded == sorted(map(str, out.glob("*.map.tif")))


@pytest.mark.parametrize(("fault", "said"), [(MemoryError(), "memory"), (RuntimeError("ort"), "internal fault")])
def test_whatever_fails_is_one_record(fault, said):
    def fail(found):
        raise fault

    record = or_error(InputImage("a.png", Path("a.png")), fail)

    assert record.status == "error"
    assert said in record.error


def test_a_score_needs_no_output_folder(tmp_path, spotted, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())

    assert [record.defect for record in score_images([str(spotted)], InspectSettings(), method=Bright())] == [True]
    assert sorted(tmp_path.iterdir()) == before


def test_the_map_is_the_same_at_any_threshold(tmp_path, spotted, model):
    maps = []
    for threshold in (0.2, 0.9):
        settings = InspectSettings(model=str(model), regions=RegionSettings(threshold=threshold))
        image = read_image(spotted, settings.read)
        maps.append(inspect_image(image, "a", settings, choose_method(settings)).anomaly_map.values)

    np.testing.assert_array_equal(*maps)
