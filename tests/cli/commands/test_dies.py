"""A lot inspected as its users do it: exit codes, streams and files."""

import json

import cv2
import numpy as np
import pytest

SPOT = slice(60, 70), slice(50, 60)


@pytest.fixture
def lot(tmp_path, save_png):
    """Write a folder of five dies, shifted, the second one with a defect; return the folder."""
    field = cv2.GaussianBlur(np.random.default_rng(1).random((180, 180), np.float32), (0, 0), 2)
    place = 60 + 130 * (field - field.min()) / np.ptp(field)
    folder = tmp_path / "Los 7 für Öffnungen"
    for number, (row, col) in enumerate([(20, 20), (12, 30), (31, 17), (25, 26), (18, 12)]):
        grey = place[row : row + 130, col : col + 120].copy()
        if number == 1:
            grey[SPOT] -= 60
        noisy = grey + 6 * np.random.default_rng([2, number]).standard_normal(grey.shape)
        save_png(folder / f"die {number}.png", np.clip(noisy, 0, 255).astype(np.uint8))
    return folder


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_defective_die_is_found_and_all_outputs_are_written(semscan, lot):
    done = semscan("inspect", lot, "--method", "dies", "--exit-code")
    found = records(done)

    assert done.returncode == 1
    assert [record["defect"] for record in found] == [False, True, False, False, False]
    assert found[1]["regions"][0]["witnesses"] == found[1]["method"] == ["dies"]
    assert found[1]["outputs"].keys() >= {"overlay", "mask", "map", "reference"}
    assert (semscan.here / found[1]["outputs"]["reference"]).exists()
    assert len(done.stderr.splitlines()) == 1


def test_names_on_standard_input_are_a_lot_too(semscan, lot):
    names = "\n".join(map(str, sorted(lot.iterdir()))).encode()
    done = semscan("score", "-", "--method", "dies", "--jobs", "2", stdin=names)

    assert done.returncode == 0
    assert [record["defect"] for record in records(done)] == [False, True, False, False, False]


def test_3_for_an_image_of_another_place(semscan, lot, save_png):
    other = np.random.default_rng(5).random((130, 120), np.float32)
    other = cv2.normalize(cv2.GaussianBlur(other, (0, 0), 2), None, 60, 190, cv2.NORM_MINMAX)
    save_png(lot / "die 9.png", other.astype(np.uint8))
    done = semscan("score", lot, "--method", "dies")

    assert done.returncode == 3
    assert [record["status"] for record in records(done)] == ["ok"] * 5 + ["error"]
    assert "die 9.png: shows another place than most images of the lot" in done.stderr


def test_2_for_fewer_than_4_images_and_nothing_is_written(semscan, lot):
    done = semscan("inspect", *sorted(lot.iterdir())[:3], "--method", "dies")

    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "wanted, got 3 images; name more, or compare two images with --reference" in done.stderr
    assert not (semscan.here / "semscan-results").exists()


def test_2_for_a_folder_that_is_not_there(semscan):
    done = semscan("inspect", "nowhere", "--method", "dies")

    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere: no such file or folder" in done.stderr
