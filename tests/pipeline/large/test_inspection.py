"""Large images in windows: what is found is what is found in the whole image."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from semscan.errors import BadModelError
from semscan.files.find.images import InputImage
from semscan.files.models.folder import read_model_folder
from semscan.files.models.method_folder import MethodFolder
from semscan.pipeline.inspect import NO_TRIPTYCH, inspect_file
from semscan.pipeline.inspecting.images import inspect_images, score_images
from semscan.pipeline.methods.calibrated import CalibratedMethod
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.pipeline.methods.raw_map import raw_map
from semscan.settings import InspectSettings, OutputSettings, ReadSettings, RegionSettings
from semscan.values.method import MethodConfig
from semscan.values.model.calibration import Calibration
from semscan.values.model.config import Surround
from semscan.version import __version__

PIECE = 200  # px: so that a small image has windows
DIFFERENT = ("outputs", "seconds", "streamed")


def lines(rows=300, cols=450, pitch=16.0):
    """Vertical lines with noise, float32, and defects: in a window, on the border of two, and where four meet."""
    x = np.arange(cols, dtype=np.float32)
    image = 0.45 + 0.2 * np.tanh(3 * np.sin(2 * np.pi * x / pitch))[None].repeat(rows, 0)
    image += np.random.default_rng(3).normal(0, 0.04, image.shape)
    for row, col in ((50, 60), (75, 150), (150, 300)):
        image[row - 5 : row + 5, col - 5 : col + 5] = 0.9
    return image.astype(np.float32)


def grey_spots(rows=600, cols=300):
    """Grey noise with bright spots, one of them where rows of tiles meet."""
    image = np.random.default_rng(7).integers(90, 116, (rows, cols)).astype(np.uint8)
    for row, col in ((20, 20), (256, 200), (599, 299), (300, 120)):
        image[max(0, row - 4) : row + 4, max(0, col - 4) : col + 4] = 200
    return image


def as_type(image, dtype):
    scale = {"uint8": 255, "uint16": 9000}.get(dtype, 1)
    return (image * scale).clip(0).astype(dtype)


def both(path, tmp_path, method=None, **settings):
    """The records of a file inspected as a whole and in windows, and the folders of their outputs."""
    settings = InspectSettings(**{"method": ("periodic",), **settings})
    found = []
    for name, above in (("whole", 1 << 40), ("windows", 1000)):
        output = replace(settings.output, out=str(tmp_path / name))
        found += inspect_images([str(path)], replace(settings, output=output, stream_above=above), method=method)
    whole, windows = (record.to_json() for record in found)
    assert "streamed" not in whole
    return whole, windows


def assert_alike(whole, windows, closest=0.02):
    """Same regions, and numbers as close as the grey scale of a large image allows."""
    assert windows["streamed"] is True
    assert windows["score"] == pytest.approx(whole["score"], abs=closest)
    for key in set(whole) - {*DIFFERENT, "score", "raw_score", "regions", "periodic", "detects_from"}:
        assert windows[key] == whole[key], key
    assert [r["bbox"] for r in windows["regions"]] == [r["bbox"] for r in whole["regions"]]
    for one, other in zip(windows["regions"], whole["regions"], strict=True):
        for key in set(one) - {"bbox", "peak", "mean", "class_probability"}:
            assert one[key] == pytest.approx(other[key], rel=1e-3) if isinstance(other[key], float) else True, key
    maps = [tifffile.imread(record["outputs"]["map"], key=0) for record in (whole, windows)]
    assert np.abs(maps[0] - maps[1]).max() <= closest
    masks = [cv2.imread(record["outputs"]["mask"], cv2.IMREAD_UNCHANGED) for record in (whole, windows)]
    assert (masks[0] == masks[1]).all()


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr("semscan.reference.cell.pieces.PIECE", PIECE)


@pytest.mark.parametrize(
    ("dtype", "layout"),
    [
        ("uint8", {"tile": (256, 128)}),
        ("uint8", {"rowsperstrip": 37}),
        ("uint8", {"rowsperstrip": 300}),
        ("uint8", {"tile": (64, 64), "compression": "zlib", "predictor": True}),
        ("uint16", {"rowsperstrip": 16, "compression": "zlib"}),
        ("uint16", {"tile": (128, 128), "bigtiff": True, "byteorder": ">"}),
        ("float32", {"tile": (128, 256), "compression": "zlib"}),
    ],
)
def test_lines_in_windows_have_the_regions_of_the_whole_image(dtype, layout, tmp_path, small_pieces):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, as_type(lines(), dtype), photometric="minisblack", **layout)

    whole, windows = both(path, tmp_path)

    assert len(whole["regions"]) == 3  # each defect once, also those on borders of windows
    assert_alike(whole, windows, closest=1e-6)
    assert windows["periodic"] == whole["periodic"]


def test_a_data_bar_is_left_out_in_windows_too(tmp_path, small_pieces):
    image = as_type(lines(), "uint8")
    image[270:] = 0
    image[275:295, 20:420] = np.where(np.arange(400) // 5 % 2, 255, 0)
    path = tmp_path / "bar.tif"
    tifffile.imwrite(path, image, photometric="minisblack", tile=(128, 128))

    whole, windows = both(path, tmp_path)

    assert windows["data_bar_px"] == 30
    assert_alike(whole, windows, closest=1e-6)
    references = [tifffile.imread(record["outputs"]["reference"], key=0) for record in (whole, windows)]
    assert (references[0] == references[1]).all()


def test_an_image_that_does_not_repeat_is_an_error_with_its_confidence(tmp_path):
    path = tmp_path / "noise.tif"
    tifffile.imwrite(path, grey_spots(), photometric="minisblack", tile=(128, 128))

    whole, windows = both(path, tmp_path)

    assert windows["status"] == "error"
    assert windows["error"] == whole["error"]
    assert windows["periodic"] == whole["periodic"]
    assert [path.name for path in (tmp_path / "windows").iterdir() if "noise" in path.name or "part" in path.name] == []


@pytest.mark.parametrize("surround", [None, Surround(0.1, 12.0)])
@pytest.mark.parametrize("tiling", [{}, {"overlap": 16}, {"largest_tile": 64}])
def test_a_model_in_rows_of_tiles_gives_the_map_of_the_whole_image(surround, tiling, model, alter_model, tmp_path):
    folder = alter_model(read_model_folder(model), tiling={"surround": surround, **tiling})
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, grey_spots(), photometric="minisblack", rowsperstrip=50, compression="zlib")

    whole, windows = both(path, tmp_path, method=ModelMethod(folder))

    assert len(whole["regions"]) == 4
    assert_alike(whole, windows, closest=1e-6)


def test_a_network_that_fails_is_said_in_windows_as_with_the_whole_image(model, tmp_path, monkeypatch):
    def fail(self, tiles):
        raise RuntimeError("out of memory")

    path = tmp_path / "a.tif"
    tifffile.imwrite(path, grey_spots(), photometric="minisblack", rowsperstrip=50)
    monkeypatch.setattr("semscan.runtime.session.Network.run", fail)

    for stream_above in (1 << 30, 100):
        settings = InspectSettings(stream_above=stream_above)
        with pytest.raises(BadModelError, match=r"the network cannot be run \(out of memory\)"):
            inspect_file(InputImage("a.tif", path), tmp_path / "o", settings, ModelMethod(read_model_folder(model)))


def test_a_model_with_matched_brightness_is_fed_the_same_in_rows_of_tiles(model, alter_model, tmp_path):
    folder = alter_model(read_model_folder(model), preprocessing={"matched": True})
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, grey_spots(), photometric="minisblack", tile=(128, 128))

    whole, windows = both(path, tmp_path, method=ModelMethod(folder))

    assert_alike(whole, windows, closest=1e-6)


def test_a_calibrated_threshold_and_its_warnings_hold_in_windows(tmp_path, small_pieces):
    appearance = {name: {"median": 0.01, "spread": 0.0} for name in ("brightness", "contrast", "noise", "sharpness")}
    calibration = Calibration(1.7, 0.1, 0.0, "15 good images of good", 15.0, "tail")
    config = MethodConfig(__version__, "periodic", raw_map("periodic"), calibration, appearance=appearance)
    folder = MethodFolder(Path("F"), config, "0123456789abcdef")
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, as_type(lines(), "uint8"), photometric="minisblack", tile=(128, 128))

    whole, windows = both(path, tmp_path, method=CalibratedMethod(PeriodicMethod(), folder))

    assert "differs from the good images" in "".join(windows["warnings"])
    assert_alike(whole, windows, closest=1e-6)


@pytest.mark.parametrize("regions", [RegionSettings(low=0.3, min_area=10), RegionSettings(threshold=0.7)])
def test_region_settings_hold_in_windows(regions, tmp_path, small_pieces):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, as_type(lines(), "uint8"), photometric="minisblack", tile=(128, 128))

    assert_alike(*both(path, tmp_path, regions=regions), closest=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"regions": RegionSettings(closing=3)},
        {"read": ReadSettings(ignore=("10,10,50,50",))},
    ],
)
def test_what_cannot_be_done_in_windows_is_done_with_the_whole_image(settings, tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, as_type(lines(), "uint8"), photometric="minisblack", tile=(128, 128))

    whole, windows = both(path, tmp_path, **settings)

    assert "streamed" not in windows
    assert windows["regions"] == whole["regions"]


@pytest.mark.parametrize("options", [{"compression": "zlib", "photometric": "rgb"}])
def test_colour_is_read_as_a_whole(options, tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, as_type(lines(), "uint8")[..., None].repeat(3, -1), tile=(128, 128), **options)

    whole, windows = both(path, tmp_path)

    assert "streamed" not in windows
    assert windows["regions"] == whole["regions"]


def test_score_says_what_inspect_says(tmp_path, small_pieces):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, as_type(lines(), "uint8"), photometric="minisblack", tile=(128, 128))
    settings = InspectSettings(method=("periodic",), output=OutputSettings(out=str(tmp_path / "o")), stream_above=1000)

    (inspected,) = inspect_images([str(path)], settings)
    (scored,) = score_images([str(path)], settings)

    assert scored.streamed
    assert scored.regions == inspected.regions
    assert scored.score == inspected.score


def test_overlay_has_a_preview_and_a_pyramid_and_crops(tmp_path, small_pieces, monkeypatch):
    monkeypatch.setattr("semscan.pipeline.large.preview.LARGEST", 600)
    image = lines(1040, 300)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, as_type(image, "uint8"), photometric="minisblack", tile=(128, 128))
    output = OutputSettings(out=str(tmp_path / "o"), crops=True, overlay_style="triptych")

    (record,) = inspect_images([str(path)], InspectSettings(method=("periodic",), output=output, stream_above=1000))

    assert NO_TRIPTYCH in record.warnings
    assert max(cv2.imread(record.outputs.overlay).shape) <= 600
    assert Path(record.outputs.overlay_pyramid).name == "a.overlay.tif"
    with tifffile.TiffFile(record.outputs.overlay_pyramid) as tiff:
        assert [page.shape[:2] for page in tiff.pages] == [(1040, 300), (520, 150), (260, 75)]
        assert tiff.pages[0].is_tiled
    assert len(record.outputs.crops) == len(record.regions) == 3
    assert all(cv2.imread(crop) is not None for crop in record.outputs.crops)


def test_a_map_in_tiles_is_cut_again(tmp_path, small_pieces, in_process):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, as_type(lines(), "uint8"), photometric="minisblack", tile=(128, 128))
    _, windows = both(path, tmp_path)

    cut = in_process("regions", windows["outputs"]["map"])

    assert cut.returncode == 0
    (record,) = map(json.loads, cut.stdout.splitlines())
    assert [region["bbox"] for region in record["regions"]] == [region["bbox"] for region in windows["regions"]]


def test_files_that_are_not_wanted_are_not_left(tmp_path, small_pieces):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, as_type(lines(), "uint8"), photometric="minisblack", tile=(128, 128))
    output = OutputSettings(out=str(tmp_path / "o"), overlay=False, map=False, mask=False, reference=False)

    list(inspect_images([str(path)], InspectSettings(method=("periodic",), output=output, stream_above=1000)))

    assert sorted(path.name for path in (tmp_path / "o").iterdir() if not path.name.startswith(".semscan-names")) == [
        "results.jsonl",
        "run.json",
    ]


def test_damage_in_the_middle_is_one_line_and_leaves_no_file(tmp_path, small_pieces):
    path = tmp_path / "torn.tif"
    tifffile.imwrite(path, as_type(lines(), "uint8"), photometric="minisblack", tile=(128, 128), compression="zlib")
    with tifffile.TiffFile(path) as tiff:
        place = tiff.pages[0].dataoffsets[10] + 10
    with path.open("r+b") as file:
        file.seek(place)
        file.write(bytes(range(255, 155, -1)))
    output = OutputSettings(out=str(tmp_path / "o"))

    (record,) = inspect_images([str(path)], InspectSettings(method=("periodic",), output=output, stream_above=1000))

    assert record.status == "error"
    assert "damaged around row 256, column 256" in record.error
    assert "\n" not in record.error
    assert not [each.name for each in (tmp_path / "o").iterdir() if "torn" in each.name or "part" in each.name]


@pytest.mark.parametrize("fails", ["semscan.pipeline.large.pictures.PngRows.push", "semscan.regions.in_bands._runs"])
def test_an_interruption_leaves_no_half_file(fails, tmp_path, small_pieces, monkeypatch):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, as_type(lines(), "uint8"), photometric="minisblack", tile=(128, 128))
    output = OutputSettings(out=str(tmp_path / "o"))

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(fails, interrupt)
    with pytest.raises(KeyboardInterrupt):
        list(inspect_images([str(path)], InspectSettings(method=("periodic",), output=output, stream_above=1000)))

    left = {each.name for each in (tmp_path / "o").iterdir()}
    assert not {name for name in left if name.endswith(".part")}
    assert "a.map.tif" not in left


def test_nan_and_one_grey_level_are_refused(tmp_path):
    broken, flat = lines(), np.full((300, 450), 7, np.uint8)
    broken[200, 250] = np.nan
    for name, image in (("nan", broken), ("flat", flat)):
        tifffile.imwrite(tmp_path / f"{name}.tif", image, photometric="minisblack", tile=(128, 128))

    records = [both(tmp_path / f"{name}.tif", tmp_path)[1] for name in ("nan", "flat")]

    assert "NaN or infinite" in records[0]["error"]
    assert "every pixel has the value 7" in records[1]["error"]
