"""Test images, their classes and their masks."""

import os

import cv2
import numpy as np
import pytest

from semscan.errors import BadDataError
from semscan.files.datasets.labelled_images import find_labelled_images, read_defect_mask


@pytest.fixture
def make(tmp_path):
    def make(*names):
        for name in names:
            path = tmp_path / "data" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        return tmp_path / "data"

    return make


def summary(found):
    return [
        (f"{image.class_name}/{image.path.name}", image.defective, image.mask and image.mask.name)
        for image in found.images
    ]


def test_test_images_find_their_masks_and_training_is_left_alone(make):
    masks = "ground_truth/gap/a_mask.png", "ground_truth/gap/b.png"
    data = make("train/good/a.png", "test/good/a.png", "test/gap/a.tif", "test/gap/b.tif", *masks)
    found = find_labelled_images(data)

    assert summary(found) == [
        ("gap/a.tif", True, "a_mask.png"),
        ("gap/b.tif", True, "b.png"),
        ("good/a.png", False, None),
    ]
    assert (found.good, found.held_out, found.orphans) == (1, True, ())
    assert found.description == "test/ with 3 images: 2 of 'gap', 1 of 'good'; masks for 2"


def test_the_masks_of_a_class_are_found_in_any_case_of_its_name_not_of_the_images(make):
    data = make("test/good/a.png", "test/Gap/a.png", "test/Gap/A.png", "ground_truth/gap/A_mask.png")

    assert summary(find_labelled_images(data)) == [
        ("Gap/A.png", True, "A_mask.png"),
        ("Gap/a.png", True, None),
        ("good/a.png", False, None),
    ]


def test_a_mask_may_lie_beside_its_image(make):
    assert summary(find_labelled_images(make("test/gap/a.png", "test/gap/a_mask.png"))) == [
        ("gap/a.png", True, "a_mask.png")
    ]


def test_class_folders_alone_may_be_those_of_training(make):
    found = find_labelled_images(make("OK/a.png", "gap/b.png"))

    assert summary(found) == [("OK/a.png", False, None), ("gap/b.png", True, None)]
    assert not found.held_out


def test_loose_images_are_defective_when_they_have_a_mask(make):
    found = find_labelled_images(make("test/a.png", "test/b.png", "ground_truth/b_mask.png"))

    assert summary(found) == [("good/a.png", False, None), ("defect/b.png", True, "b_mask.png")]


def test_a_mask_without_an_image_is_an_orphan(make):
    found = find_labelled_images(make("test/gap/a.png", "ground_truth/gap/a_mask.png", "ground_truth/gap/z_mask.png"))

    assert [path.name for path in found.orphans] == ["z_mask.png"]


def test_the_good_class_may_be_named(make):
    found = find_labelled_images(make("test/fine/a.png", "test/good/b.png"), good="fine")

    assert summary(found) == [("fine/a.png", False, None), ("good/b.png", True, None)]


@pytest.mark.parametrize(
    ("names", "good", "said"),
    [
        (["train/good/a.png"], None, "no test folder"),
        (["test/notes.txt"], None, "holds no images"),
        (["test/a.png"], None, "nothing shows which are defective"),
        (["test/a.png", "test/gap/b.png"], None, "1 image next to the class folders 'gap'"),
        (["test/gap/a.png"], "fine", "no class folder 'fine', but 'gap'"),
    ],
)
def test_what_cannot_be_scored_is_refused(make, names, good, said):
    with pytest.raises(BadDataError, match=said):
        find_labelled_images(make(*names), good)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadDataError, match="no such folder"):
        find_labelled_images(tmp_path / "no")


def test_every_grey_level_above_black_marks_a_defect(tmp_path, save_png):
    pixels = np.zeros((20, 30), np.uint8)
    pixels[2, 3], pixels[4, 5] = 1, 255

    assert np.argwhere(read_defect_mask(save_png(tmp_path / "m.png", pixels), (20, 30))).tolist() == [[2, 3], [4, 5]]


def test_a_mask_of_another_size_is_refused(tmp_path, save_png):
    mask = np.zeros((20, 30), np.uint8)
    mask[0, 0] = 255

    with pytest.raises(BadDataError, match="30 x 20 pixels, its image 31 x 20"):
        read_defect_mask(save_png(tmp_path / "m.png", mask), (20, 31))


def test_an_empty_mask_marks_nothing(tmp_path, save_png):
    assert not read_defect_mask(save_png(tmp_path / "m.png", np.zeros((20, 30), np.uint8)), (20, 30)).any()


def test_the_good_class_may_be_named_in_any_case(make):
    found = find_labelled_images(make("test/Fine/a.png", "test/gap/b.png"), good="fine")

    assert summary(found) == [("Fine/a.png", False, None), ("gap/b.png", True, None)]


def test_of_two_cases_the_one_that_is_written_so_is_the_good_class(make):
    found = find_labelled_images(make("test/Fine/a.png", "test/fine/b.png"), good="fine")

    assert [image.defective for image in found.images] == [True, False]


def test_masks_that_cannot_be_read_are_an_error_and_not_none(make, monkeypatch):
    data, real = make("test/good/b.png", "test/gap/a.png", "ground_truth/gap/a_mask.png"), os.scandir

    def denied(path):
        if str(path).endswith("ground_truth"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(BadDataError, match=r"ground_truth: the folder cannot be read \(Permission denied\)"):
        find_labelled_images(data)


@pytest.mark.parametrize("mask", ["test/gap/masks/a.png", "masks/gap/a_mask.png", "GT/a.png"])
def test_folders_of_masks_are_no_test_images(make, mask):
    root = "test/" if mask.startswith("test") else ""
    data = make(f"{root}good/a.png", f"{root}gap/images/a.png", mask)

    with pytest.raises(BadDataError, match=r"by its name it holds masks, .* put the mask of <class>/a\.png into"):
        find_labelled_images(data)


@pytest.mark.parametrize("colour", [False, True])
def test_a_mask_in_a_jpeg_file_is_split_at_half_of_its_largest_value(tmp_path, colour):
    mask = np.zeros((40, 60), np.uint8)
    mask[10:20, 30:41] = 255
    pixels = np.dstack([mask] * 3) if colour else mask
    (tmp_path / "m.jpg").write_bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes())
    (tmp_path / "m.png").write_bytes(cv2.imencode(".png", mask // 255)[1].tobytes())  # 0 and 1

    assert (read_defect_mask(tmp_path / "m.jpg", mask.shape) == (mask > 0)).all()
    assert (read_defect_mask(tmp_path / "m.png", mask.shape) == (mask > 0)).all()
