"""What a training takes from a review: arrays, boxes and masks with known answers, no training."""

import json
from pathlib import Path

import numpy as np
import pytest

from semscan.errors import BadDataError
from semscan.files.datasets.layout import find_layout
from semscan.files.results.review import Decision, append_decision
from semscan.image.resize import Scale
from semscan.pipeline.training.data.accepted_regions import open_accepted
from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.pipeline.training.data.labelled_defects import open_labelled_defects
from semscan.pipeline.training.data.reader import TrainingReader
from semscan.pipeline.training.data.reviewed_images import open_reviewed, with_reviewed
from semscan.pipeline.training.data.split import HeldPart, Split
from semscan.pipeline.training.plan import _apart_from_held
from semscan.settings import ReadSettings
from semscan.values import Box
from semscan.values.model.training import ReviewedCount

READ = ReadSettings()
READER = TrainingReader(READ, Scale())
SHAPE = (48, 64)
BLOB, BAR, SPOT = (slice(4, 10), slice(6, 14)), (slice(30, 36), slice(40, 50)), (slice(20, 23), slice(20, 24))
BOXES = {1: [6, 4, 8, 6], 2: [40, 30, 10, 6]}
POLYGON = ((20.0, 20.0), (24.0, 20.0), (24.0, 23.0), (20.0, 23.0))


def grey(seed=0, *bright):
    values = np.random.default_rng(seed).integers(90, 110, SHAPE).astype(np.uint8)
    for place in bright:
        values[place] = 230
    return values


@pytest.fixture
def lot(tmp_path, save_png):
    """Two good images to train on; a reviewed lot of one image with two regions and a spot that was missed, and one
    without regions."""
    for seed in (1, 2):
        save_png(tmp_path / "data" / "good" / f"{seed}.png", grey(seed))
    save_png(tmp_path / "lot" / "a.png", grey(3, BLOB, BAR, SPOT))
    save_png(tmp_path / "lot" / "clean.png", grey(4))
    mask = np.zeros(SHAPE, np.uint8)
    mask[BLOB] = mask[BAR] = 255
    mask[4, 6] = 0  # a corner of the blob is no part of it
    save_png(tmp_path / "out" / "a.mask.png", mask)
    regions = [
        {"id": number, "bbox": bbox, "centroid": [1, 1], "area_px": bbox[2] * bbox[3] - (number == 1), "peak": 0.9}
        for number, bbox in BOXES.items()
    ]
    write_results(
        tmp_path, [record(tmp_path, "a.png", regions, {"mask": "out/a.mask.png"}), record(tmp_path, "clean.png")]
    )
    return tmp_path


def record(root, image, regions=(), outputs=None):
    size = {"width": SHAPE[1], "height": SHAPE[0]}
    source = str(root / "lot" / image)
    return {
        "image": image,
        "source": source,
        "status": "ok",
        **size,
        "regions": list(regions),
        "outputs": outputs or {},
    }


def write_results(root, records):
    (root / "out").mkdir(exist_ok=True)
    (root / "out" / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))


def decide(root, *decisions):
    for decision in decisions:
        append_decision(root / "out" / "review.jsonl", Decision(**{"at": "", "image": "a.png", **decision}))
    return [str(root / "out" / "review.jsonl")]


def opened(root, *decisions, said=None):
    return open_reviewed(decide(root, *decisions), root / "data", READ, (said if said is not None else []).append)


def test_harmless_regions_become_normal_and_what_else_was_found_is_not_shown(lot):
    learned = opened(
        lot,
        {"region": 1, "verdict": "harmless"},
        {"region": 2, "verdict": "real"},
        {"verdict": "missed", "polygon": POLYGON},
    )
    said = []
    accepted = open_accepted((), lot / "data", READER, said.append, reviewed=learned)
    shown = accepted.images[0].astype(float)

    assert accepted.places == ((0, (4, 6, 10, 14)),)
    assert shown[BLOB].min() > 0.85
    assert shown[BAR].max() < 0.6
    assert shown[SPOT].max() < 0.6
    assert said[0].startswith("1 accepted region of 1 image become normal")


def test_confirmed_and_drawn_defects_are_labelled_with_their_pixels(lot):
    learned = opened(lot, {"region": 1, "verdict": "real"}, {"verdict": "missed", "polygon": POLYGON})
    layout = find_layout(lot / "data")
    few = open_labelled_defects(layout, READER, None, lambda line: None, learned.defects)
    wanted = np.zeros(SHAPE, bool)
    wanted[BLOB] = wanted[SPOT] = True
    wanted[4, 6] = False

    assert np.array_equal(few.defects.masks[0] > 0, wanted)
    assert few.defects.images[0][BLOB].astype(float).min() > 0.85
    assert few.defects.images[0][BAR].astype(float).max() < 0.6  # undecided: shown neither as defect nor as good
    assert few.defects.inpainted[0][SPOT].astype(float).max() < 0.6
    assert (few.count.images, few.count.by_mask, few.count.defects) == (1, 1, 2)
    assert learned.count == ReviewedCount(harmless=0, real=1, missed=1, good_images=0, left_out=0)


def test_without_a_mask_the_box_of_a_region_is_its_defect(lot):
    (lot / "out" / "a.mask.png").unlink()
    learned = opened(lot, {"region": 1, "verdict": "real"})
    few = open_labelled_defects(find_layout(lot / "data"), READER, None, lambda line: None, learned.defects)

    assert (few.defects.masks[0] > 0).sum() == 8 * 6


def test_a_defect_in_the_box_of_a_harmless_region_is_not_shown(lot, save_png):
    mask = np.zeros(SHAPE, np.uint8)
    mask[BLOB] = mask[BAR] = 255
    save_png(lot / "out" / "a.mask.png", mask)
    path = lot / "out" / "results.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    records[0]["regions"][0] |= {"bbox": [2, 2, 60, 44]}  # a long harmless region around the confirmed one
    write_results(lot, records)
    learned = opened(
        lot,
        {"region": 1, "verdict": "harmless"},
        {"region": 2, "verdict": "real"},
        {"verdict": "missed", "polygon": POLYGON},
    )
    (shown,) = open_accepted((), lot / "data", READER, print, reviewed=learned).images

    assert shown[BAR].max() < 0.6


def test_an_image_with_a_region_of_which_the_reviewer_is_unsure_is_not_a_good_one(lot):
    learned = opened(
        lot,
        {"region": 1, "verdict": "unsure"},
        {"verdict": "harmless"},
        {"image": "clean.png", "verdict": "harmless"},
    )

    assert [path.name for path in learned.good] == ["clean.png"]


def test_an_image_with_a_mask_is_used_once_whatever_its_path(lot, save_png, monkeypatch):
    save_png(lot / "data" / "train" / "good" / "g.png", grey(5))
    image = save_png(lot / "data" / "train" / "bar" / "b.png", grey(3, BLOB, BAR, SPOT))
    mask = np.zeros(SHAPE, np.uint8)
    mask[BAR] = mask[SPOT] = 255
    save_png(lot / "data" / "ground_truth" / "bar" / "b_mask.png", mask)
    regions = [{"id": 1, "bbox": BOXES[2], "centroid": [1, 1], "area_px": 60, "peak": 0.9}]
    write_results(lot, [{**record(lot, "b.png", regions), "source": str(image)}])
    learned = open_reviewed(decide(lot, {"image": "b.png", "region": 1, "verdict": "real"}), lot / "data", READ, print)
    monkeypatch.chdir(lot)
    for data in (Path("data"), lot / "data"):
        found = open_labelled_defects(find_layout(data), READER, None, print, learned.defects)

        assert (found.count.images, found.count.defects) == (1, 2)


def test_accepted_places_of_held_out_images_are_not_drawn(lot):
    learned = opened(
        lot, {"region": 1, "verdict": "harmless"}, {"verdict": "harmless"}, {"region": 2, "verdict": "harmless"}
    )
    accepted = open_accepted((), lot / "data", READER, print, reviewed=learned)
    cache = ImageCache([lot / "lot" / "a.png"], READER.values, 1 << 20)

    def drawn(*held):
        return _apart_from_held(accepted, cache, Split((), tuple(held), ""), 16)

    assert drawn().places == accepted.places
    assert drawn(HeldPart(0, 0, 0)) is None
    assert drawn(HeldPart(0, 0, 30)).places == (accepted.places[0],)  # the other one lies beyond


def test_an_image_without_defects_becomes_a_good_one(lot):
    said = []
    learned = opened(lot, {"image": "clean.png", "verdict": "harmless"}, {"verdict": "harmless"})
    layout = with_reviewed(find_layout(lot / "data"), learned, said.append)

    assert [path.name for path in layout.good] == ["1.png", "2.png", "a.png", "clean.png"]
    assert layout.description.endswith("; 2 good images of the review")
    assert learned.count == ReviewedCount(harmless=2, real=0, missed=0, good_images=2, left_out=0)
    assert said == [
        "The review teaches 2 harmless regions, 0 confirmed defects, 0 drawn defects and 2 images without defects."
    ]


def test_a_good_training_image_with_a_reviewed_defect_is_no_longer_good(lot, save_png):
    inside = save_png(lot / "data" / "good" / "a.png", grey(3, BLOB, BAR))
    write_results(
        lot,
        [
            {
                **record(lot, "a.png", [{"id": 1, "bbox": BOXES[1], "centroid": [1, 1], "area_px": 48, "peak": 1}]),
                "source": str(inside),
            }
        ],
    )
    said = []
    learned = opened(lot, {"region": 1, "verdict": "real"})
    layout = with_reviewed(find_layout(lot / "data"), learned, said.append)

    assert [path.name for path in layout.good] == ["1.png", "2.png"]
    assert (
        said[0] == f"warning: {inside} lies among the good images, and the review names defects in it: it is not good"
    )


def test_nothing_of_a_test_image_is_read(lot, monkeypatch):
    test = lot / "data" / "test" / "bad"
    test.mkdir(parents=True)
    (lot / "lot" / "a.png").rename(test / "a.png")
    (lot / "lot" / "a.png").symlink_to(test / "a.png")
    read = []
    monkeypatch.setattr("semscan.files.images.read._decode", lambda path, *_, **__: read.append(path))
    monkeypatch.setattr("semscan.pipeline.reviewed.pixels.read_mask", lambda *_: read.append("mask"))
    said = []
    with pytest.raises(BadDataError, match="teaches nothing"):
        opened(lot, {"region": 1, "verdict": "real"}, {"verdict": "missed", "polygon": POLYGON}, said=said)

    assert read == []
    assert said == [
        f"warning: the review of {lot / 'lot' / 'a.png'} is left out: it lies in test/, which is never trained on"
    ]


def test_images_that_moved_or_changed_and_stale_regions_are_said_and_counted(lot, save_png):
    (lot / "lot" / "clean.png").unlink()
    said = []
    learned = opened(
        lot,
        {"image": "clean.png", "verdict": "harmless"},
        {"region": 1, "verdict": "real"},
        {"region": 2, "verdict": "real", "bbox": (0, 0, 9, 9)},
        said=said,
    )

    assert learned.count == ReviewedCount(harmless=0, real=1, missed=0, good_images=0, left_out=2)
    assert "1 about regions that the results do not hold as they were decided" in said[0]
    assert "clean.png is left out: no such file" in said[1]
    save_png(lot / "lot" / "a.png", grey()[:20])
    with pytest.raises(BadDataError, match="teaches nothing"):
        open_reviewed([str(lot / "out")], lot / "data", READ, said.append)
    assert "a.png is left out: it has 64 x 20 pixels now, and had 64 x 48 then" in said[-2]


def test_a_review_that_decides_nothing_for_a_training_is_refused(lot):
    with pytest.raises(BadDataError, match="teaches nothing; wanted regions that are real or harmless"):
        opened(
            lot,
            {"region": 1, "verdict": "unsure"},
            {"region": 2, "verdict": "real"},
            {"region": 2, "verdict": "undone"},
        )


def test_of_two_reviews_the_later_decision_about_a_place_counts_and_both_teach(lot):
    first = decide(lot, {"region": 1, "verdict": "harmless"}, {"region": 2, "verdict": "harmless"})
    second = lot / "second"
    second.mkdir()
    again = {"id": 7, "bbox": BOXES[2], "centroid": [1, 1], "area_px": 60, "peak": 0.9}
    (second / "results.jsonl").write_text(json.dumps(record(lot, "a.png", [again])) + "\n")
    append_decision(second / "review.jsonl", Decision(at="", image="a.png", region=7, verdict="real"))

    learned = open_reviewed([*first, str(second / "review.jsonl")], lot / "data", READ, print)
    marked = learned.defects[lot / "lot" / "a.png"]

    assert learned.accepted[0].boxes == (Box(4, 6, 10, 14),)
    assert marked.defects.unpacked()[BAR].all()
    assert marked.defects.unpacked().sum() == 60
    assert not marked.open.bits.any()
