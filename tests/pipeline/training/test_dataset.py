"""The training images, opened."""

import dataclasses
import os

import cv2
import numpy as np
import pytest

from semscan.errors import BadDataError, BadImageError
from semscan.files.datasets.layout import find_layout
from semscan.image.resize import Scale
from semscan.pipeline.training.data import reader
from semscan.pipeline.training.data.dataset import open_classes, open_good
from semscan.pipeline.training.data.reader import TrainingReader
from semscan.settings import ReadSettings
from semscan.settings.networks import MATCHED_MEDIAN


@pytest.mark.skipif(os.name == "nt", reason="such names are not possible on Windows")
def test_a_name_that_is_not_text_is_trained_on(tmp_path, grey, save_png):
    save_png(tmp_path / "whole.png", grey()).rename(tmp_path / os.fsdecode(b"bad\xff.png"))
    said = []

    assert len(open_good(find_layout(tmp_path), ReadSettings(), said.append).labels) == 1
    assert said == []


@pytest.fixture
def scaled(tmp_path, grey, save_png, monkeypatch):
    """Open good images of these nm per pixel (None: unknown), each 48 x 64: (the set, what was said)."""

    def scaled(*scales):
        for number in range(len(scales)):
            save_png(tmp_path / f"{number}.png", grey())
        read = reader.read_image
        by_name = {f"{number}.png": scale for number, scale in enumerate(scales)}
        monkeypatch.setattr(
            reader,
            "read_image",
            lambda path, settings: dataclasses.replace(read(path, settings), nm_per_pixel=by_name[path.name]),
        )
        said = []
        return open_good(find_layout(tmp_path), ReadSettings(), said.append), said

    return scaled


def test_images_of_one_magnification_give_the_models(scaled):
    found, said = scaled(2.0, 2.01, 1.99)

    assert found.scale.nm_per_pixel == 2.0
    assert [found.cache[n].shape for n in range(3)] == [(48, 64)] * 3
    assert said == []


def test_mixed_magnifications_are_resampled_to_the_middle_one_aloud(scaled):
    found, said = scaled(2.0, 2.0, 3.0, 1.0, 9.0)

    assert found.scale.nm_per_pixel == 2.0
    assert [found.cache[n].shape for n in range(4)] == [(48, 64), (48, 64), (72, 96), (24, 32)]
    assert len(found.labels) == 4
    assert said[0] == "The images have 1 to 9 nm per pixel; they are resampled to 2."
    assert "9 nm per pixel, more than 2 times from 2" in said[1]
    assert found.in_file(2, 0, 60) == (0, 40)
    assert found.in_file(0, 12, 0) == (12, 0)


def test_where_one_magnification_is_unknown_nothing_is_resampled(scaled):
    found, said = scaled(2.0, None, 3.0)

    assert found.scale.nm_per_pixel is None
    assert {found.cache[n].shape for n in range(3)} == {(48, 64)}
    assert said == []


def test_the_usual_look_is_that_of_the_good_images(tmp_path, grey, save_png):
    for number in range(4):
        save_png(tmp_path / "good" / f"{number}.png", grey())
        save_png(tmp_path / "bad" / f"{number}.png", 2 * grey())

    found = open_classes(find_layout(tmp_path), ReadSettings(), print)

    assert found.typical["brightness"]["median"] == pytest.approx(grey().mean() / 255, abs=1e-3)


def periodic_images(folder, pitch, save_png, count=3):
    rows, cols = np.mgrid[:400, :400]
    for number in range(count):
        wave = np.cos(2 * np.pi * (rows + 7 * number) / pitch) + np.cos(2 * np.pi * cols / pitch)
        noise = np.random.default_rng(number).normal(0, 4, wave.shape)
        save_png(folder / f"{number}.png", (120 + 40 * wave + noise).astype(np.uint8))


@pytest.mark.parametrize(("pitch", "zoom", "share"), [(90, "auto", 0.5), (40, "auto", 1), (90, 1.0, 1), (40, 0.5, 0.5)])
def test_slow_patterns_are_judged_at_half_size_unless_told_otherwise(tmp_path, save_png, pitch, zoom, share):
    periodic_images(tmp_path / "good", pitch, save_png)
    said = []

    found = open_good(find_layout(tmp_path), ReadSettings(), said.append, zoom)

    assert found.scale.share == share
    assert found.cache[1].shape == (400 * share, 400 * share)
    assert found.in_file(1, 60, 60 * share) == (60 / share, 60)
    assert any("half their size" in line for line in said) == (zoom == "auto" and share == 0.5)


def test_images_that_do_not_repeat_keep_their_size(tmp_path, save_png):
    for number in range(3):
        noise = cv2.GaussianBlur(np.random.default_rng(number).normal(0, 1, (200, 200)), (0, 0), 20)
        save_png(tmp_path / "good" / f"{number}.png", (120 + 40 * noise / noise.std()).clip(0, 255).astype(np.uint8))

    assert open_good(find_layout(tmp_path), ReadSettings(), print).scale.share == 1.0


@pytest.mark.parametrize(("brightness", "matched"), [("auto", True), ("keep", False), ("match", True)])
def test_images_of_varying_brightness_are_matched_unless_told_otherwise(tmp_path, save_png, brightness, matched):
    for number in range(12):
        noise = np.random.default_rng(number).normal(0, 8 + number, (64, 64))
        save_png(tmp_path / "good" / f"{number:02d}.png", (40 + 15 * number + noise).clip(0, 255).astype(np.uint8))
    said = []

    found = open_good(find_layout(tmp_path), ReadSettings(), said.append, brightness=brightness)

    assert found.preprocessing.matched is matched
    assert any("same brightness and contrast" in line for line in said) == (brightness == "auto")
    medians = [float(np.median(found.cache[number])) for number in range(12)]
    assert np.allclose(medians, MATCHED_MEDIAN, atol=0.02) is matched
    assert found.preprocessing.mean == pytest.approx(MATCHED_MEDIAN if matched else 0.48, abs=0.02)


def test_images_too_far_from_the_scale_of_training_are_not_resampled(tmp_path, good):
    assert TrainingReader(ReadSettings(nm_per_px=3.9), Scale(2.0, 0.5)).values(good).shape == (47, 62)
    for nm in (4.1, 0.9):
        with pytest.raises(BadImageError, match="more than 2 times from 2"):
            TrainingReader(ReadSettings(nm_per_px=nm), Scale(2.0, 0.5)).values(good)


@pytest.mark.parametrize("name", ["unknown", "Unknown"])
def test_a_class_called_as_unsure_regions_are_is_refused(tmp_path, name):
    for folder in ("good", name):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(b"x")

    with pytest.raises(BadDataError, match=f"class folder '{name}': .* rename the folder"):
        open_classes(find_layout(tmp_path), ReadSettings(), print)
