"""What training sees of labelled images and of accepted regions: arrays and labels, no training."""

import json
from pathlib import Path

import numpy as np
import pytest

from semscan.errors import BadDataError
from semscan.files.datasets.layout import find_layout
from semscan.image.resize import Scale
from semscan.pipeline.methods.base import MethodResult
from semscan.pipeline.training.data.accepted_regions import open_accepted, region_peaks
from semscan.pipeline.training.data.dataset import open_good
from semscan.pipeline.training.data.examples import AcceptedRegions, autoencoder_examples, real_examples
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.pipeline.training.data.labelled_defects import differing, open_labelled_defects
from semscan.pipeline.training.data.reader import TrainingReader
from semscan.pipeline.training.findings import TrainingFindings
from semscan.pipeline.training.plan import autoencoder_plan
from semscan.settings import AugmentSettings, ReadSettings, TrainSettings
from semscan.values.model.config import NetworkConfig
from semscan.values.model.training import LabelledCount

READ, STILL = ReadSettings(), AugmentSettings(flip=False, gain=0, offset=0, noise=0)
SQUARE = (slice(40, 50), slice(60, 72))


def lines(seed, shape=(96, 128)):
    """Lines of pitch 16 with little noise, uint8."""
    wave = 110 + 50 * np.sin(2 * np.pi * np.arange(shape[1]) / 16)
    return (wave + np.random.default_rng(seed).normal(0, 3, shape)).clip(0, 255).astype(np.uint8)


def with_square(seed):
    values = lines(seed)
    values[SQUARE] = 250
    return values


HARMLESS = {"accepted": True}


@pytest.fixture
def data(tmp_path, save_png):
    """Three good images and two with a square, one of them with a mask."""
    root = tmp_path / "data"
    for seed in range(3):
        save_png(root / "train" / "good" / f"{seed}.png", lines(seed))
    for seed in (7, 8):
        save_png(root / "train" / "square" / f"{seed}.png", with_square(seed))
    mask = np.zeros((96, 128), np.uint8)
    mask[SQUARE] = 255
    save_png(root / "ground_truth" / "square" / "7_mask.png", mask)
    return root


def records(path, *regions, source, outputs=None):
    boxes = [{"bbox": list(bbox)} | more for bbox, more in regions]
    path.write_text(
        json.dumps(
            {
                "image": "a",
                "source": str(source),
                "status": "ok",
                "width": 128,
                "height": 96,
                "regions": boxes,
                "outputs": outputs or {},
            }
        )
        + "\n"
    )
    return str(path)


def test_a_masked_defect_gives_patches_whose_label_is_the_defect_and_whose_target_is_without_it(data):
    said = []
    few = open_labelled_defects(find_layout(data), TrainingReader(READ, Scale()), None, said.append)
    rng, good = np.random.default_rng(0), lines(0)[:64, :64].astype(np.float32) / 255

    examples = [few.defects.example(64, lambda rng: good, rng, STILL, False) for _ in range(40)]

    own = [e for e in examples if not np.array_equal(e[2], good)]
    assert 10 < len(own) < 30
    for patch, label, target in examples:
        assert patch.shape == label.shape == target.shape == (64, 64)
        assert set(np.unique(label)) <= {0, 1}
        assert (patch[label > 0] > 0.75).mean() > 0.75  # the square is bright
        assert np.abs(patch - target)[label == 0].mean() < 0.02
    assert sum(label.sum() for _, label, _ in own) > 0
    for _, _, target in own:
        assert target.max() < 0.8  # inpainted
    assert few.rest == (data / "train" / "square" / "8.png",)
    assert few.count == LabelledCount(images=2, by_mask=1, by_repeats=0, defects=1)
    assert "1 without a mask or a place that stands out only check the threshold" in said[0]


def test_without_a_mask_the_place_that_does_not_repeat_is_the_defect(data):
    few = open_labelled_defects(find_layout(data), TrainingReader(READ, Scale()), 3.0, lambda line: None)

    assert few.count.by_repeats == 1
    assert few.rest == ()
    marks = few.defects.masks[1] > 0
    assert marks[SQUARE].mean() > 0.8
    assert marks.sum() < 4 * 120
    assert not differing(lines(5).astype(np.float32) / 255, 3.0).any()
    assert differing(np.random.default_rng(0).random((96, 96), np.float32), 3.0) is None


def test_a_mask_of_another_size_and_an_empty_one_are_left_out_aloud(data, save_png):
    save_png(data / "ground_truth" / "square" / "7_mask.png", np.full((32, 32), 255, np.uint8))
    save_png(data / "ground_truth" / "square" / "8_mask.png", np.zeros((96, 128), np.uint8))
    said = []

    few = open_labelled_defects(find_layout(data), TrainingReader(READ, Scale()), 3.0, said.append)

    assert few.defects is None
    assert few.count.defects == 0
    assert "left out" in said[0]
    assert "the mask has 32 x 32 pixels" in said[0]
    assert "2 of the masks could not be used or mark nothing" in said[-1]


def test_good_images_alone_give_the_very_same_patches_as_ever(data):
    found = open_good(find_layout(data / "train" / "good"), READ, print)
    plan = autoencoder_plan(found, NetworkConfig("autoencoder", "none"), TrainSettings(steps=1), TrainingFindings())
    again = autoencoder_examples(found.cache, *_split(found), found.preprocessing, AugmentSettings(), False)

    for draw in (plan.draw, again):
        patch, targets = draw(np.random.default_rng([0, 3]))
        first = plan.draw(np.random.default_rng([0, 3]))
        assert np.array_equal(patch, first[0])
        assert np.array_equal(targets["score"], first[1]["score"])


def test_a_small_image_does_not_make_the_patches_small_that_choose_the_best_round(tmp_path, save_png):
    for number in range(40):
        side = 40 if number % 5 == 0 else 128
        save_png(tmp_path / "good" / f"{number}.png", lines(number, (side, side)))
    found = open_good(find_layout(tmp_path), READ, print)

    plan = autoencoder_plan(found, NetworkConfig("autoencoder", "none"), TrainSettings(steps=1), TrainingFindings())

    assert plan.tiling.tile == 128
    assert plan.validation[0].shape[1:] == (128, 128, 1)
    assert any(min(found.cache[part.number].shape) == 40 for part in plan.held)


def _split(found):
    from semscan.pipeline.training.data.split import split_good, tile_for

    split = split_good(found.cache, share=0.2, few=10, seed=0)
    return split, tile_for(split, 256)


def test_real_patches_come_in_their_share(data):
    few = open_labelled_defects(find_layout(data), TrainingReader(READ, Scale()), None, lambda line: None)
    accepted = AcceptedRegions(
        ImageCache([Path("a")], lambda path: np.zeros((64, 64), np.float32)), ((0, (1, 1, 5, 5)),)
    )
    good = lines(0)[:64, :64].astype(np.float32) / 255
    draw = real_examples(few.defects, accepted, 64, STILL, False)
    rng = np.random.default_rng(0)

    found = [draw(rng, lambda rng: good) for _ in range(1000)]

    empty = sum(one is None for one in found)
    assert 0.5 < empty / 1000 < 0.6
    assert 0.1 < sum(one is not None and one[0].max() == 0 for one in found) / 1000 < 0.2
    assert real_examples(None, None, 64, STILL, False) is None


def test_an_accepted_region_gives_patches_of_label_0_that_show_it(data, tmp_path):
    source = data / "train" / "square" / "8.png"
    said = []
    given = records(tmp_path / "r.jsonl", ((60, 40, 12, 10), HARMLESS), source=source)
    accepted = open_accepted([given], data, TrainingReader(READ, Scale()), said.append)
    rng = np.random.default_rng(0)

    for _ in range(20):
        patch, label, target = accepted.example(64, rng, STILL, False)
        assert label.sum() == 0
        assert np.array_equal(patch, target)
        assert patch.max() == pytest.approx(250 / 255, abs=1e-3)
    assert said == [
        "1 accepted region of 1 image become normal: training shows them as they are, and the threshold is kept above "
        "them where it can be."
    ]


def test_what_else_was_found_in_that_image_is_not_shown_as_normal(data, tmp_path, save_png):
    values = lines(8)
    values[SQUARE] = values[10:20, 20:30] = values[70:80, 100:110] = 250
    source = save_png(tmp_path / "lot" / "a.png", values)
    mask = save_png(tmp_path / "a.mask.png", np.where(values == 250, 255, 0).astype(np.uint8))
    judged = ((60, 40, 12, 10), {"accepted": True}), ((20, 10, 10, 10), {"accepted": False})
    path = records(tmp_path / "r.jsonl", *judged, source=source, outputs={"mask": str(mask)})

    shown = open_accepted([path], data, TrainingReader(READ, Scale()), lambda line: None).images[0]

    assert shown[SQUARE].min() > 0.9
    assert shown[10:20, 20:30].max() < 0.8  # said not to be harmless
    assert shown[70:80, 100:110].max() < 0.8  # taken out of the file


def test_a_defect_in_the_box_of_an_accepted_region_is_not_shown_as_normal(data, tmp_path, save_png):
    values = lines(8)
    hot = np.zeros(values.shape, bool)
    hot[10:12, 20:90] = hot[10:70, 20:22] = True  # an angle, whose box holds the other region
    hot[40:46, 60:66] = True
    values[hot] = 250
    source = save_png(tmp_path / "lot" / "a.png", values)
    mask = save_png(tmp_path / "a.mask.png", np.where(hot, 255, 0).astype(np.uint8))
    judged = ((20, 10, 70, 60), {"accepted": True}), ((60, 40, 6, 6), {"accepted": False})
    path = records(tmp_path / "r.jsonl", *judged, source=source, outputs={"mask": str(mask)})

    shown = open_accepted([path], data, TrainingReader(READ, Scale()), lambda line: None).images[0]

    assert shown[10:12, 24:90].min() > 0.9
    assert shown[40:46, 60:66].max() < 0.9


def test_test_images_and_missing_ones_are_refused_with_a_warning(data, tmp_path, save_png):
    inside = save_png(data / "test" / "square" / "1.png", with_square(1))
    link = tmp_path / "link.png"
    link.symlink_to(inside)
    said = []

    for source in (inside, link, tmp_path / "gone.png"):
        path = records(tmp_path / "r.jsonl", ((60, 40, 12, 10), HARMLESS), source=source)
        assert open_accepted([path], data, TrainingReader(READ, Scale()), said.append) is None

    assert [line.startswith("warning: ") for line in said] == [True] * 3
    assert "lies in test/" in said[0]
    assert "lies in test/" in said[1]
    assert "gone.png: no such file" in said[2]


def test_regions_of_an_image_that_changed_its_size_are_left_out(data, tmp_path, save_png):
    source = save_png(tmp_path / "a.png", lines(0, (40, 128)))
    said = []

    assert (
        open_accepted(
            [records(tmp_path / "r.jsonl", ((1, 1, 3, 3), HARMLESS), source=source)],
            data,
            TrainingReader(READ, Scale()),
            said.append,
        )
        is None
    )
    assert "no longer has these places" in said[0]


def test_a_file_without_accepted_regions_is_refused(data, tmp_path):
    (tmp_path / "r.jsonl").write_text("")
    with pytest.raises(BadDataError, match="accepts nothing"):
        open_accepted([str(tmp_path / "r.jsonl")], data, TrainingReader(READ, Scale()), print)


def test_the_peak_of_each_accepted_region_is_measured_in_it_alone():
    images = ImageCache([Path("a")], lambda path: np.eye(8, dtype=np.float32))
    accepted = AcceptedRegions(images, ((0, (0, 0, 4, 4)), (0, (0, 4, 4, 8))))

    assert region_peaks(lambda image: MethodResult(image.values * 3), accepted).tolist() == [3, 0]


FAR = ReadSettings(nm_per_px=9.0)


@pytest.mark.parametrize("level", [None, 3.0])
def test_labelled_images_of_a_far_magnification_are_left_out_aloud(data, level):
    said = []
    few = open_labelled_defects(find_layout(data), TrainingReader(FAR, Scale(2.0)), level, said.append)

    assert few.defects is None
    assert [line.startswith("left out: ") for line in said].count(True) == (1 if level is None else 2)
    assert "9 nm per pixel, more than 2 times from 2" in said[0]


def test_accepted_regions_of_a_far_magnification_are_left_out_aloud(data, tmp_path):
    given = records(tmp_path / "r.jsonl", ((60, 40, 12, 10), HARMLESS), source=data / "train" / "square" / "8.png")
    said = []

    assert open_accepted([given], data, TrainingReader(FAR, Scale(2.0)), said.append) is None
    assert "accepted regions left out" in said[0]
    assert "9 nm per pixel, more than 2 times from 2" in said[0]
