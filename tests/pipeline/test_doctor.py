"""What may be wrong with a data set is found, and what is right is not spoken against."""

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from semscan.errors import BadDataError
from semscan.files.datasets.layout import find_layout
from semscan.pipeline.checks.quick import quick_check
from semscan.pipeline.doctor import doctor
from semscan.pipeline.training.data import reader
from semscan.pipeline.training.data.dataset import open_classes, open_good
from semscan.pipeline.training.findings import TrainingFindings
from semscan.pipeline.training.plan import autoencoder_plan, classifier_plan
from semscan.report.text.doctor import diagnosis_lines
from semscan.settings import DoctorSettings, ReadSettings, TrainSettings
from semscan.values.model.config import NetworkConfig


def texture(seed, rows=96, cols=112, size=3.0, mean=120, contrast=30):
    """Grey texture whose structures are about `size` pixels, with noise of its own."""
    rng = np.random.default_rng(seed)
    smooth = cv2.GaussianBlur(rng.standard_normal((rows, cols)), (0, 0), size)
    image = mean + contrast * smooth / smooth.std() + rng.normal(0, 4, (rows, cols))
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.fixture
def data(tmp_path, save_png):
    """Eight good training images and three to test on, all different."""
    for number in range(8):
        save_png(tmp_path / "data" / "train" / "good" / f"{number}.png", texture(number))
    for number in range(3):
        save_png(tmp_path / "data" / "test" / "good" / f"{number}.png", texture(100 + number))
    return tmp_path / "data"


def findings(data, **more):
    return [(found.level, found.about) for found in doctor(data, DoctorSettings(**more)).findings]


def test_a_sound_data_set_has_no_findings(data):
    record = doctor(data, DoctorSettings())

    assert record.findings == ()
    assert (record.train, record.test) == ({"good": 8}, {"good": 3})
    assert (record.sizes, record.depths, record.formats) == ({"112 x 96": 11}, {"uint8": 11}, {"PNG": 11})
    assert diagnosis_lines(record)[-1] == "nothing found that stands against training"
    assert quick_check(find_layout(data)) == []


def test_the_same_image_in_train_and_test_is_a_problem(data, save_png):
    save_png(data / "test" / "good" / "again.png", texture(3))
    (found,) = doctor(data, DoctorSettings()).findings

    assert (found.level, found.about) == ("problem", "duplicates")
    assert [Path(path).name for path in found.images] == ["3.png", "again.png"]


def saved_as_jpeg(pixels):
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_GRAYSCALE)


def relit(pixels):
    return np.clip(pixels * 0.8 + 20, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("change", [saved_as_jpeg, relit, lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 0.8)])
def test_an_image_that_was_slightly_changed_is_nearly_the_same(data, save_png, change):
    save_png(data / "test" / "good" / "again.png", change(texture(3)))

    assert findings(data) == [("problem", "near-duplicates")]


def test_what_is_ignored_makes_no_images_alike_and_none_saturated(tmp_path, save_png):
    rng = np.random.default_rng(5)
    text = rng.integers(0, 2, (24, 60)).astype(np.uint8) * 255
    for number in range(6):
        values = cv2.GaussianBlur(rng.integers(60, 180, (96, 96)).astype(np.uint8), (0, 0), 3)
        values[4:28, 4:64] = text
        save_png(tmp_path / "data" / ("test" if number > 3 else "train") / "good" / f"{number}.png", values)
    without, ignored = (
        {found.about for found in doctor(tmp_path / "data", DoctorSettings(read=ReadSettings(ignore=areas))).findings}
        for areas in ((), ("4,4,60,24",))
    )

    assert "saturated" in without
    assert ignored.isdisjoint({"saturated", "near-duplicates"})


def test_two_exposures_of_one_pattern_are_no_duplicates(tmp_path, save_png):
    lines = np.where(np.arange(128) % 16 < 8, 90, 170)[None, :].repeat(128, 0)
    for number in range(6):
        noisy = np.random.default_rng(number).normal(lines, 14).clip(0, 255).astype(np.uint8)
        save_png(tmp_path / "data" / "good" / f"{number}.png", noisy)

    assert findings(tmp_path / "data") == [("note", "test")]


def test_one_image_in_two_classes_is_a_problem(data, save_png):
    save_png(data / "train" / "gap" / "a.png", texture(2))

    assert ("problem", "duplicates") in findings(data)
    assert any("two classes" in line for line in quick_check(find_layout(data)))


def test_blank_and_saturated_images_are_told_apart(data, save_png):
    blank = np.full((96, 112), 80, np.uint8)
    blank[0, 0] = 82
    save_png(data / "train" / "good" / "blank.png", blank)
    save_png(data / "train" / "good" / "white.png", np.where(texture(51) > 130, np.uint8(255), texture(50)))
    found = {found.about: found for found in doctor(data, DoctorSettings()).findings}

    assert [Path(path).name for path in found["blank"].images] == ["blank.png"]
    assert [Path(path).name for path in found["saturated"].images] == ["white.png"]
    assert any("blank.png" in line for line in quick_check(find_layout(data)))


@pytest.mark.parametrize(
    ("about", "odd"),
    [
        ("detail", texture(60, size=7.0)),
        ("deviation", texture(60, contrast=9)),
        ("mean", texture(60, mean=60)),
    ],
)
def test_an_image_unlike_the_others_is_named(data, save_png, about, odd):
    save_png(data / "train" / "good" / "odd.png", odd)
    found = {found.about: found for found in doctor(data, DoctorSettings()).findings}

    assert [Path(path).name for path in found[about].images] == ["odd.png"]


def test_test_images_of_another_magnification_are_drift(data, save_png):
    for number in range(3):
        save_png(data / "test" / "good" / f"{number}.png", texture(100 + number, size=6.0))

    assert findings(data) == [("warning", "drift")]


def test_mixed_sizes_are_noted_and_mixed_depths_warned_of(data, save_png):
    save_png(data / "train" / "good" / "deep.png", texture(70, 80, 80).astype(np.uint16) * 257)

    assert findings(data) == [("warning", "depth"), ("note", "size")]


def test_few_good_images_are_said_to_be_few(tmp_path, save_png):
    save_png(tmp_path / "data" / "good" / "a.png", texture(1))

    assert findings(tmp_path / "data") == [("warning", "count"), ("note", "test")]
    assert "only 1 good image:" in quick_check(find_layout(tmp_path / "data"))[0]


def test_a_file_that_cannot_be_read_is_a_problem(data):
    (data / "train" / "good" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    record = doctor(data, DoctorSettings())

    assert [found.about for found in record.findings] == ["unreadable"]
    assert "torn.png" in record.unreadable[0].error


def test_masks_that_do_not_match_are_named(data, save_png):
    marked = np.zeros((96, 112), np.uint8)
    marked[10:20, 10:20] = 255
    masks = {"right": marked, "empty": marked * 0, "small": marked[:90], "inverted": 255 - marked, "orphan": marked}
    for number, (name, mask) in enumerate(masks.items()):
        save_png(data / "ground_truth" / "gap" / f"{name}_mask.png", mask)
        if name != "orphan":
            save_png(data / "test" / "gap" / f"{name}.png", texture(200 + number))
    save_png(data / "test" / "gap" / "bare.png", texture(210))
    said = [found.said for found in doctor(data, DoctorSettings()).findings]

    for words in (
        "inverted_mask.png: the mask marks 99%",
        "empty_mask.png: the mask marks no pixel",
        "small_mask.png: the mask has 112 x 90",
        "belong to no test image",
        "have no mask",
    ):
        assert sum(words in line for line in said) == 1, words
    assert not any("right" in line for line in said)


def test_the_cost_is_of_the_network_that_would_be_trained(data, save_png):
    good_only = doctor(data, DoctorSettings()).training
    for number in range(20):
        save_png(data / "train" / "gap" / f"{number}.png", texture(300 + number))
    classes = doctor(data, DoctorSettings()).training

    assert (good_only.network, classes.network) == ("autoencoder", "attention-cnn")
    assert classes.minutes > 0
    assert 1000 < classes.memory_mib < 3000


def trained_with(data):
    """Side of a patch, patches a step and steps, as train sets them; nothing is fitted."""
    layout, settings = find_layout(data), TrainSettings()
    if layout.network == "autoencoder":
        images = open_good(layout, settings.read, [].append, settings.zoom)
        plan = autoencoder_plan(images, NetworkConfig("autoencoder", "soft-mask"), settings, TrainingFindings())
    else:
        images = open_classes(layout, settings.read, [].append)
        classes = tuple(sorted(set(images.labels)))
        network = NetworkConfig("attention-cnn", "feature-mask", classes, layout.good_name)
        plan = classifier_plan(images, network, settings, TrainingFindings())
    return plan.tiling.tile, plan.batch, plan.steps


def slow_lines(seed, rows, cols, pitch):
    lines = 120 + 60 * np.sign(np.sin(2 * np.pi * np.arange(cols) / pitch))
    noisy = lines + np.random.default_rng(seed).normal(0, 8, (rows, cols))
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("pitch", [20, 80])
@pytest.mark.parametrize(("rows", "cols"), [(96, 320), (300, 400), (600, 700)])
@pytest.mark.parametrize("count", [2, 11])
def test_the_estimate_is_of_the_training_that_train_does(tmp_path, save_png, pitch, rows, cols, count):
    for number in range(count):
        save_png(tmp_path / f"{number}.png", slow_lines(number, rows, cols, pitch))
    tile, batch, steps = trained_with(tmp_path)
    record = doctor(tmp_path, DoctorSettings()).training

    seconds = steps * batch * tile**2 / 2.1e6 * (2 / record.cores) ** 0.7
    assert (record.patch_px, record.steps) == (tile, steps)
    assert record.minutes == pytest.approx(seconds / 60, abs=0.06)


@pytest.mark.parametrize("side", [24, 100, 500])
def test_so_it_is_for_classes(tmp_path, save_png, side):
    for name in ("good", "gap"):
        for number in range(20):
            save_png(tmp_path / name / f"{number}.png", texture(number + 40 * (name == "gap"), side, side))
    tile, batch, steps = trained_with(tmp_path)
    record = doctor(tmp_path, DoctorSettings()).training

    seconds = steps * batch * tile**2 / 1.0e6 * (2 / record.cores) ** 0.7
    assert (record.network, record.patch_px, record.steps) == ("attention-cnn", tile, steps)
    assert record.minutes == pytest.approx(seconds / 60, abs=0.06)


def test_the_estimate_is_at_the_magnification_of_training_and_without_the_data_bar(tmp_path, save_png, monkeypatch):
    from semscan.pipeline.checks import quick as page

    for number, rows in enumerate((200, 200, 400, 200, 200)):
        save_png(tmp_path / f"{number}.png", texture(number, rows, rows + 20))
    for module in (page, reader):
        real = module.read_image
        monkeypatch.setattr(
            module,
            "read_image",
            lambda path, settings, real=real: replace(
                real(path, settings), nm_per_pixel=1.0 if path.name == "2.png" else 2.0, data_bar_rows=9
            ),
        )
    tile, _, _ = trained_with(tmp_path)

    assert doctor(tmp_path, DoctorSettings()).training.patch_px == tile == 160


def test_the_quick_look_never_reads_test(data):
    for path in (data / "test" / "good").iterdir():
        path.write_bytes(b"torn")

    assert quick_check(find_layout(data)) == []


def test_the_quick_look_reads_a_sample_alone(data, monkeypatch):
    from semscan.pipeline.checks import quick as page

    read, real = [], page.read_image
    monkeypatch.setattr(page, "read_image", lambda path, settings: read.append(path) or real(path, settings))
    quick_check(find_layout(data), DoctorSettings(sample=3))

    assert len(read) == 3


def test_nothing_to_train_on_is_an_error(tmp_path):
    with pytest.raises(BadDataError, match="no images"):
        doctor(tmp_path, DoctorSettings())


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_that_leads_nowhere_is_named(data):
    (data / "train" / "good" / "gone.png").symlink_to("nowhere.png")

    assert quick_check(find_layout(data)) == []
    assert findings(data) == [("problem", "unreadable")]


def test_files_of_one_size_that_cannot_be_opened_are_passed_over(data, monkeypatch):
    for name in ("a.png", "b.png"):
        (data / "train" / "good" / name).write_bytes(b"same size")
    real = Path.read_bytes

    def read_bytes(path):
        if path.name == "a.png":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    assert quick_check(find_layout(data), DoctorSettings(sample=1)) == []


def test_masks_that_cannot_be_read_are_a_warning(data, monkeypatch):
    (data / "ground_truth").mkdir()
    real = os.scandir

    def denied(path):
        if str(path).endswith("ground_truth"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", denied)
    assert findings(data) == [("warning", "test")]
