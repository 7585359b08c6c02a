"""The Python door: arrays and files in, the same results as the command line out."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import tifffile

import semscan
from semscan.errors import BadImageError, BadModelError, NotPeriodicError, UsageFault
from semscan.files.models.method_folder import method_config_text
from semscan.pipeline.methods.raw_map import raw_map
from semscan.regions.nuisance_filter import region_look
from semscan.values.method import MethodConfig
from semscan.values.model.calibration import Calibration
from semscan.values.model.nuisance import DecidedRegion, NuisanceFilter

HEAVY = ("tensorflow", "keras", "cv2", "skimage", "scipy", "matplotlib", "onnxruntime", "numpy")


def lines(rows=160, cols=160, pitch=16, bridge=False, seed=0):
    """Return lines with noise, grey 90 and 140, uint8; with `bridge` two of them joined."""
    levels = 90.0 + 50.0 * (np.arange(cols) // (pitch // 2) % 2)
    image = np.random.default_rng(seed).normal(np.tile(levels, (rows, 1)), 5.0)
    if bridge:
        image[80:90, 80:96] = 140.0
    return np.clip(image, 0, 255).astype(np.uint8)


def test_import_loads_nothing_heavy():
    code = f"import sys, semscan; dir(semscan); print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_inspecting_loads_no_tensorflow(model, spotted):
    code = (
        "import sys, semscan; print(semscan.load_model(sys.argv[1]).inspect(sys.argv[2]).defect, "
        "'tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, model, spotted], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "False", "False"]


def test_the_public_names_are_there_and_no_others():
    assert callable(semscan.load_model)
    assert {
        "Inspection",
        "train",
        "inspect_dies",
        "inspect_pair",
        "inspect_periodic",
        "load_model",
        "__version__",
    } <= set(dir(semscan))
    with pytest.raises(AttributeError, match="no attribute 'inspekt'"):
        _ = semscan.inspekt


def test_a_model_finds_in_an_array_what_the_command_finds_in_its_file(model, grey, spotted, tmp_path):
    loaded = semscan.load_model(model)
    by_array = loaded.inspect(grey(spot=True))
    command = [sys.executable, "-m", "semscan", "inspect", str(spotted), "--model", str(model), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    record = json.loads(done.stdout)
    found = loaded.inspect(spotted).to_record()

    assert by_array.score == record["score"]
    assert by_array.to_record()["regions"] == record["regions"]
    left_out = ("seconds", "outputs", "image", "model", "fingerprint")
    assert {key: value for key, value in found.items() if key not in left_out} == {
        key: value for key, value in record.items() if key not in left_out
    }


def test_an_inspection_holds_map_mask_and_regions_of_the_image_size(model, grey):
    inspection = semscan.load_model(model).inspect(grey(spot=True), nm_per_pixel=2.0)

    assert inspection.anomaly_map.shape == inspection.mask.shape == inspection.image.shape == (48, 64)
    assert inspection.anomaly_map.dtype == np.float32
    assert inspection.mask.dtype == bool
    (region,) = inspection.regions
    assert inspection.mask[region.box.top : region.box.bottom, region.box.left : region.box.right].sum() == region.area
    assert inspection.mask.sum() == region.area
    assert inspection.defect
    assert inspection.nm_per_pixel == 2.0
    assert inspection.to_record()["regions"][0]["area_nm2"] == pytest.approx(4 * region.area)
    assert "score 0." in repr(inspection)


def test_the_threshold_decides_what_is_a_region(model, grey):
    loaded = semscan.load_model(model)
    score = loaded.inspect(grey(spot=True)).score

    assert not loaded.inspect(grey(spot=True), threshold=(score + 1) / 2).defect
    assert loaded.inspect(grey(spot=True), min_area=10_000).regions == ()


def test_the_overlay_is_rgb_and_the_notebook_picture_is_the_same(model, grey):
    import cv2

    inspection = semscan.load_model(model).inspect(grey(spot=True))
    overlay = inspection.overlay()
    shown = cv2.imdecode(np.frombuffer(inspection._repr_png_(), np.uint8), cv2.IMREAD_COLOR)

    assert overlay.dtype == np.uint8
    assert overlay.shape[2] == 3
    np.testing.assert_array_equal(shown[:, :, ::-1], overlay)


def test_ignored_pixels_are_not_judged(model, grey):
    ignore = np.zeros((48, 64), bool)
    ignore[:, :40] = True
    inspection = semscan.load_model(model).inspect(grey(spot=True), ignore=ignore)

    assert not inspection.judged[:, :40].any()
    assert (inspection.anomaly_map[:, :40] == 0).all()
    assert not inspection.defect


def test_a_periodic_image_is_its_own_reference():
    inspection = semscan.inspect_periodic(lines(bridge=True))

    (region,) = inspection.regions
    assert region.box.top < 85 < region.box.bottom
    assert region.box.left < 88 < region.box.right
    assert inspection.periodic.pitch_px[0] == pytest.approx(16, abs=0.1)
    assert inspection.reference.shape == (160, 160)
    assert semscan.inspect_periodic(lines()).defect is False


def test_an_image_without_repeats_is_refused():
    noise = np.random.default_rng(1).integers(0, 255, (96, 96)).astype(np.uint8)
    with pytest.raises(NotPeriodicError, match="array: not periodic enough"):
        semscan.inspect_periodic(noise)


def test_a_pair_shows_what_differs(tmp_path, save_png):
    rng = np.random.default_rng(2)
    reference = np.kron(rng.integers(60, 200, (24, 24)), np.ones((8, 8))).astype(np.uint8)
    image = np.clip(reference + rng.normal(0, 3, reference.shape), 0, 255).astype(np.uint8)
    image[80:90, 100:110] = 255
    by_arrays = semscan.inspect_pair(image, reference)
    by_files = semscan.inspect_pair(
        save_png(tmp_path / "image.png", image), save_png(tmp_path / "reference.png", reference)
    )

    assert len(by_arrays.regions) == 1
    assert by_arrays.regions == by_files.regions


def test_the_dies_of_a_lot_are_compared_with_each_other(tmp_path, save_png):
    rng = np.random.default_rng(2)
    place = np.kron(rng.integers(60, 200, (18, 18)), np.ones((8, 8)))
    dies = [place[n : n + 128, 8 - n : 136 - n] + rng.normal(0, 3, (128, 128)) for n in (0, 2, 5, 8)]
    dies = [np.clip(die, 0, 255).astype(np.uint8) for die in dies]
    dies[1][80:90, 100:110] = 255
    by_arrays = semscan.inspect_dies(dies)
    files = [save_png(tmp_path / f"{number}.png", die) for number, die in enumerate(dies)]
    by_files = semscan.inspect_dies(files)

    assert [inspection.defect for inspection in by_arrays] == [False, True, False, False]
    assert [inspection.regions for inspection in by_files] == [inspection.regions for inspection in by_arrays]
    assert by_arrays[1].reference[85, 105] < 0.9
    assert [inspection.name for inspection in by_files] == [str(file) for file in files]


def test_three_dies_are_too_few():
    with pytest.raises(UsageFault, match="got 3 images"):
        semscan.inspect_dies([lines()] * 3)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(64), "1 axes, wanted"),
        (np.zeros((1, 1)), "at least 16 x 16"),
        (np.zeros((0, 0)), "at least 16 x 16"),
        (np.full((32, 32), 7), "every pixel has the value 7"),
        (np.full((32, 32), np.nan), "1024 of its pixels are NaN"),
        (np.zeros((32, 32, 7)), "7 channels"),
        (np.full((32, 32), "a"), "wanted integers or floats"),
        (np.full((32, 32), None), "wanted integers or floats"),
    ],
)
def test_an_array_that_is_not_an_image_is_refused(array, message):
    with pytest.raises(BadImageError, match=message):
        semscan.inspect_periodic(array)


def test_colour_and_floats_are_taken(model, grey):
    loaded = semscan.load_model(model)
    plane = grey(spot=True)

    assert loaded.inspect(np.dstack([plane] * 3)).score == loaded.inspect(plane).score
    assert loaded.inspect(plane.astype(np.float64)).defect


def test_a_wrong_setting_is_one_sentence(model, grey, spotted):
    loaded = semscan.load_model(model)
    with pytest.raises(UsageFault, match="threshold"):
        loaded.inspect(grey(), threshold=1.5)
    with pytest.raises(UsageFault, match="ignore is for arrays"):
        loaded.inspect(spotted, ignore=np.zeros((48, 64), bool))
    with pytest.raises(BadImageError, match="ignore has the shape"):
        loaded.inspect(grey(), ignore=np.zeros((4, 4), bool))
    with pytest.raises(BadModelError, match="no such folder"):
        semscan.load_model("nowhere")
    with pytest.raises(UsageFault, match="train has no setting 'stepps'"):
        semscan.train(".", stepps=3)


@pytest.fixture
def calibrated(tmp_path):
    """Write the calibrated threshold of a method; returns the folder."""

    def write(method, name=None, **other):
        folder = tmp_path / (name or method)
        folder.mkdir()
        calibration = Calibration(2.0, 0.1, 0.0, "2 good images of good")
        config = MethodConfig("0.1.0", method, raw_map(method), calibration, **other)
        (folder / "config.json").write_text(method_config_text(config))
        return folder

    return write


def test_the_threshold_of_a_calibrated_method_is_used(calibrated):
    own = semscan.inspect_periodic("sample_images/wafer.png")
    cells = semscan.load_model(calibrated("periodic"))
    found = cells.inspect("sample_images/wafer.png")

    assert (cells.kind, cells.classes, len(cells.fingerprint)) == ("periodic", None, 16)
    assert found.to_record()["raw_score"] == own.to_record()["raw_score"]
    assert found.score < own.score


def test_the_nuisance_filter_of_a_review_can_be_switched_off(calibrated):
    image = "sample_images/wafer.png"
    plain = semscan.load_model(calibrated("periodic")).inspect(image)
    like = region_look(plain.regions[0])
    decided = [DecidedRegion(name * 8, like, is_real=False) for name in "ab"]
    filtered = semscan.load_model(calibrated("periodic", "filtered", nuisance=NuisanceFilter(tuple(decided), 0.5)))
    off = filtered.inspect(image, nuisance_filter=False)

    assert filtered.inspect(image).regions[0].nuisance
    assert not any(region.nuisance for region in off.regions)
    assert off.score == plain.score


def test_a_calibrated_reference_method_takes_its_reference_as_array_or_file(calibrated, tmp_path, save_png):
    folder = calibrated("reference")
    path = save_png(tmp_path / "reference.png", lines())

    found = [semscan.load_model(folder, reference=one).inspect(lines(bridge=True)) for one in (lines(), path)]

    assert found[0].score == found[1].score
    assert found[0].to_record()["method"] == ["reference"]


def test_a_calibrated_reference_method_reads_its_reference_as_the_image(calibrated, tmp_path):
    paths = []
    for name, bridge in (("image.tif", True), ("reference.tif", False)):
        with tifffile.TiffWriter(tmp_path / name) as writer:
            for page in (np.rot90(lines()), lines(bridge=bridge)):
                writer.write(page, photometric="minisblack", contiguous=False)
        paths.append(tmp_path / name)
    image, reference = paths
    loaded = semscan.load_model(calibrated("reference"), reference=reference)

    assert loaded.inspect(image, page=1).score == loaded.inspect(lines(bridge=True), page=1).score
    assert loaded.inspect(image, page=1).regions


def test_a_loaded_method_goes_to_another_process(calibrated):
    image = "sample_images/wafer.png"
    loaded = [
        semscan.load_model(calibrated("periodic")),
        semscan.load_model(calibrated("reference"), reference=lines()),
    ]
    for one, picture in zip(loaded, (image, lines(bridge=True)), strict=True):
        again = pickle.loads(pickle.dumps(one))

        assert again.inspect(picture).score == one.inspect(picture).score


def test_dies_are_compared_in_the_same_way_in_any_order(tmp_path, save_png):
    paths = [save_png(tmp_path / f"{n:02d}.png", lines(bridge=n == 3, seed=n)) for n in range(20)]
    forwards = semscan.inspect_dies(paths)
    backwards = semscan.inspect_dies(paths[::-1])[::-1]

    assert [one.score for one in forwards] == [one.score for one in backwards]


def test_a_reference_that_is_missing_or_not_used_is_one_sentence(calibrated, model, grey):
    with pytest.raises(UsageFault, match="is a threshold for pairs; name the image to compare with"):
        semscan.load_model(calibrated("reference"))
    with pytest.raises(UsageFault, match="of the method periodic, which takes no reference"):
        semscan.load_model(calibrated("periodic"), reference=grey())
    with pytest.raises(UsageFault, match="is a trained model, which takes no reference"):
        semscan.load_model(model, reference=grey())
    with pytest.raises(BadModelError, match="no such folder"):
        semscan.load_model("nowhere", reference=grey())


def test_train_returns_the_model_that_it_saved(tmp_path, save_png):
    rng = np.random.default_rng(3)
    for name in ("good", "pit"):
        for number in range(20):
            image = rng.integers(90, 120, (32, 32)).astype(np.uint8)
            if name == "pit":
                image[10:20, 10:20] = 20
            save_png(tmp_path / "data" / name / f"{number}.png", image)
    said = []
    model = semscan.train(tmp_path / "data", out=tmp_path / "model", steps=1, seed=1, flip=False, log=said.append)

    assert model.kind == "attention-cnn"
    assert set(model.classes) == {"good", "pit"}
    assert any("Saved" in line for line in said)
    assert json.loads((tmp_path / "model" / "config.json").read_text())["seed"] == 1
    assert model.inspect(image).class_probabilities.keys() == {"good", "pit"}
