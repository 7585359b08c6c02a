"""Few and dirty data through the command line: tiny trainings, of which only the path of the data is asserted."""

import json

import cv2
import numpy as np
import pytest

from semscan.files.models.folder import read_model_folder

QUICK = ["--steps", "1", "--precision", "float32", "--format", "text"]


def texture(seed, shape=(64, 72)):
    return np.random.default_rng(seed).normal(110, 9, shape).clip(0, 255).astype(np.uint8)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    return path


@pytest.fixture(scope="module")
def dirty(tmp_path_factory, in_process):
    """Ten good images of two sizes, one of them with a hidden spot, a labelled one with and one without a mask, one
    with a harmless region, and a reviewed lot: (folder of all, the result)."""
    root = tmp_path_factory.mktemp("dirty")
    for seed in range(10):
        save(root / "data" / "train" / "good" / f"{seed}.png", texture(seed, (64, 72) if seed else (56, 90)))
    hidden, marked, mask = texture(3), texture(20), np.zeros((64, 72), np.uint8)
    hidden[20:30, 30:44] = 240
    save(root / "data" / "train" / "good" / "3.png", hidden)
    marked[10:20, 10:24], mask[10:20, 10:24] = 30, 255
    save(root / "data" / "train" / "pit" / "a.png", marked)
    save(root / "data" / "train" / "pit" / "b.png", marked[::-1])
    save(root / "data" / "ground_truth" / "pit" / "a_mask.png", mask)
    harmless = save(root / "lot" / "x.png", marked[:, ::-1])
    record = {
        "image": "x",
        "source": str(harmless),
        "status": "ok",
        "width": 72,
        "height": 64,
        "regions": [{"bbox": [48, 10, 14, 10], "accepted": True}],
    }
    (root / "judged.jsonl").write_text(json.dumps(record) + "\n")
    feeds = ("--accept", root / "judged.jsonl", "--review", reviewed(root))
    return root, in_process("train", root / "data", "--out", root / "model", *feeds, *QUICK)


def reviewed(root):
    """Write a lot of an image with a confirmed defect and one without defects; return its review."""
    defective = texture(21)
    defective[30:40, 30:44] = 240
    region = {"id": 1, "bbox": [30, 30, 14, 10], "centroid": [37, 35], "area_px": 140, "peak": 0.9}
    records = [
        {"image": name, "source": str(save(root / "lot" / name, pixels)), "status": "ok", "width": 72, "height": 64}
        | {"regions": regions}
        for name, pixels, regions in (("y.png", defective, [region]), ("clean.png", texture(22), []))
    ]
    (root / "out").mkdir()
    (root / "out" / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    about = {"at": "2026-01-31", "by": None, "class": None, "polygon": None, "note": None}
    decisions = [
        about | {"image": "y.png", "region": 1, "verdict": "real"},
        about | {"image": "clean.png", "region": None, "verdict": "harmless"},
        about | {"image": "gone.png", "region": 4, "verdict": "harmless"},
    ]
    (root / "out" / "review.jsonl").write_text("".join(json.dumps(one) + "\n" for one in decisions))
    return root / "out" / "review.jsonl"


def test_train_says_what_it_did_with_all_of_them(dirty):
    _, done = dirty

    assert done.returncode == 0, done.stderr
    assert "autoencoder with attention soft-mask, 11 images, 1 step, threshold: raw score " in done.stdout
    assert "warning: " in done.stderr
    assert "3.png looks odd among the good images: " in done.stderr
    assert "a place in it is unlike all other images" in done.stderr
    assert "Of 3 labelled images, 2 defects sharpen the training: by the masks of 2" in done.stderr
    assert "1 accepted region of 1 image become normal" in done.stderr
    assert "1 of 1 labelled image that was not trained on has a score above the threshold" in done.stderr
    assert "The review teaches 0 harmless regions, 1 confirmed defect, 0 drawn defects and 1 image" in done.stderr
    assert "decisions that do not count: 1 about images that the results do not hold" in done.stderr


def test_the_model_keeps_a_record_of_it(dirty):
    root, _ = dirty
    config = json.loads((root / "model" / "config.json").read_text())
    training = config["training"]

    assert training["images"] == 11
    assert training["said"].endswith("; 1 good image of the review")
    assert training["review"] == [str(root / "out" / "review.jsonl")]
    assert training["reviewed"] == {"harmless": 0, "real": 1, "missed": 0, "good_images": 1, "left_out": 1}
    assert read_model_folder(root / "model").config.training.reviewed.left_out == 1
    assert training["labelled"]["by_mask"] == 2
    assert training["labelled"]["checked"] == 1
    assert training["accepted"]["regions"] == 1
    assert [entry["image"].rsplit("/", 1)[-1] for entry in training["odd_images"]][:1] == ["3.png"]
    assert set(config["training_look"]) == {"brightness", "contrast", "noise", "sharpness"}
    assert (root / "model" / "sensitivity.png").stat().st_size > 0
    card = (root / "model" / "MODEL_CARD.md").read_text()
    assert "Unusual among the good images" in card
    assert "none was held out" in card
    assert "Accepted as harmless: 1 regions" in card
    assert "From a review: 0 harmless regions (counted as accepted), 1 confirmed defect and 0 drawn defects" in card
    assert "1 decision could not be used" in card


def test_an_image_of_another_look_is_inspected_and_gets_no_verdict(dirty, tmp_path, in_process):
    root, _ = dirty
    dull = save(tmp_path / "dull.png", (110 + 0.3 * (texture(5).astype(float) - 110)).astype(np.uint8))

    done = in_process(
        "inspect",
        dull,
        root / "data" / "train" / "good" / "5.png",
        "--model",
        root / "model",
        "--out",
        tmp_path / "out",
    )

    first, second = map(json.loads, done.stdout.splitlines())
    assert first["unlike_training"]
    assert "unlike the training images: contrast 70 % lower than in training" in first["warnings"][-1]
    assert "unlike_training" not in second


def test_a_review_is_checked_before_the_training(dirty, tmp_path, in_process):
    root, _ = dirty
    (tmp_path / "review.jsonl").write_text('{"image": 1}\n')

    done = in_process("train", root / "data", "--out", tmp_path / "m", "--review", tmp_path / "review.jsonl", *QUICK)

    assert (done.returncode, done.stdout) == (2, "")
    assert "review.jsonl: line 1 is not a decision: a key is missing or of the wrong type" in done.stderr
    assert not (tmp_path / "m").exists()


def test_the_attention_cnn_takes_no_review(dirty, tmp_path, in_process):
    root, _ = dirty
    names = ("--model", "attention-cnn", "--out", tmp_path / "m", "--review", root / "out" / "review.jsonl")

    done = in_process("train", root / "data", *names, *QUICK)

    assert (done.returncode, done.stdout) == (2, "")
    assert "--review is not for the attention CNN, which learns from whole images" in done.stderr


def test_accept_is_checked_before_the_training(dirty, tmp_path, in_process):
    root, _ = dirty
    (tmp_path / "empty.jsonl").write_text("")

    done = in_process("train", root / "data", "--out", tmp_path / "m", "--accept", tmp_path / "empty.jsonl", *QUICK)

    assert (done.returncode, done.stdout) == (2, "")
    assert "accepts nothing" in done.stderr
    assert not (tmp_path / "m").exists()
