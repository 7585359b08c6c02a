"""Areas to ignore and care areas, by rectangle, mask image and folder of masks."""

import numpy as np
import pytest
from PIL import Image

from semscan.errors import BadImageError
from semscan.files.images.read import read_image
from semscan.settings import ReadSettings

GREY = np.random.default_rng(0).integers(0, 255, (40, 60), dtype=np.uint8)
MASK = np.zeros((40, 60), np.uint8)
MASK[10:20, 30:50] = 1


def read(path, **settings):
    return read_image(path, ReadSettings(**{name: tuple(map(str, areas)) for name, areas in settings.items()}))


@pytest.fixture
def image(tmp_path, save_png):
    return save_png(tmp_path / "images" / "a.png", GREY)


def test_nothing_is_ignored_unless_asked_for(image):
    assert read(image).ignored is None


def test_a_rectangle_is_x_y_width_height_and_several_join(image):
    ignored = read(image, ignore=("30,10,20,10", "0,0,5,3")).ignored

    assert ignored[10:20, 30:50].all()
    assert ignored[:3, :5].all()
    assert ignored.sum() == 215


def test_a_rectangle_may_reach_over_the_edge_and_one_outside_is_told(image):
    over, outside = read(image, ignore=("50,30,100,100",)), read(image, ignore=("60,0,5,5",))

    assert over.ignored.sum() == 100
    assert not outside.ignored.any()
    assert outside.warnings == ("the ignore area 60,0,5,5 lies outside this image of 60 x 40 pixels",)


def test_a_mask_ignores_where_it_is_not_zero_and_cares_likewise(tmp_path, image, save_png):
    mask = save_png(tmp_path / "m.png", MASK)

    assert np.array_equal(read(image, ignore=(mask,)).ignored, MASK > 0)
    assert np.array_equal(read(image, care=(mask,)).ignored, MASK == 0)
    both = read(image, care=(mask,), ignore=("30,10,5,10",)).ignored
    assert (~both).sum() == 150


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a_mask.png", "below/a.bmp"])
def test_a_folder_of_masks_is_searched_by_name(tmp_path, image, save_png, name):
    save_png(tmp_path / "masks" / name, MASK)
    save_png(tmp_path / "masks" / "b.png", MASK * 0)

    assert np.array_equal(read(image, ignore=(tmp_path / "masks",)).ignored, MASK > 0)


def test_of_masks_of_one_name_the_one_in_the_alike_folder_counts(tmp_path, save_png):
    image = save_png(tmp_path / "lot" / "bridge" / "a.png", GREY)
    save_png(tmp_path / "masks" / "bridge" / "a.png", MASK)
    save_png(tmp_path / "masks" / "gap" / "a.png", MASK * 0)

    assert np.array_equal(read(image, ignore=(tmp_path / "masks",)).ignored, MASK > 0)


def test_the_image_is_not_its_own_mask_and_a_mask_beside_it_is_found(image, save_png):
    save_png(image.with_name("a_mask.png"), MASK)

    assert np.array_equal(read(image, care=(image.parent,)).ignored, MASK == 0)


def test_a_mask_is_found_by_the_folder_that_an_image_lies_in_however_it_is_named(tmp_path, save_png, monkeypatch):
    image = save_png(tmp_path / "lot" / "bridge" / "a.png", GREY)
    save_png(tmp_path / "masks" / "bridge" / "a.png", MASK)
    save_png(tmp_path / "masks" / "gap" / "a.png", MASK * 0)
    monkeypatch.chdir(image.parent)

    assert np.array_equal(read("a.png", ignore=("../../masks",)).ignored, MASK > 0)


@pytest.mark.parametrize("colour", [(1, 0, 0), (0, 0, 1), (0, 1, 0)])
def test_a_mask_of_dark_colours_counts(tmp_path, image, colour):
    path = tmp_path / "m.png"
    Image.fromarray((MASK[..., None] > 0) * np.uint8(colour)).save(path)

    assert np.array_equal(read(image, ignore=(path,)).ignored, MASK > 0)


def test_a_missing_ignore_mask_is_told_and_a_missing_care_mask_refused(tmp_path, image, save_png):
    save_png(tmp_path / "masks" / "b.png", MASK)

    plain = read(image, ignore=(tmp_path / "masks",))
    assert plain.ignored is None
    assert "no ignore mask called a below" in plain.warnings[0]
    with pytest.raises(BadImageError, match="no care mask called a below"):
        read(image, care=(tmp_path / "masks",))


def test_two_masks_that_cannot_be_told_apart_are_refused(tmp_path, image, save_png):
    save_png(tmp_path / "masks" / "x" / "a.png", MASK)
    save_png(tmp_path / "masks" / "y" / "a.png", MASK)

    with pytest.raises(BadImageError, match="are both its ignore mask"):
        read(image, ignore=(tmp_path / "masks",))


def test_a_mask_of_another_size_or_no_image_is_refused(tmp_path, image, save_png):
    save_png(tmp_path / "small.png", MASK[:20])
    (tmp_path / "text.png").write_text("no image")

    with pytest.raises(BadImageError, match=r"is 60 x 20 pixels, the image 60 x 40"):
        read(image, ignore=(tmp_path / "small.png",))
    with pytest.raises(BadImageError, match=r"text\.png"):
        read(image, ignore=(tmp_path / "text.png",))


def test_a_mask_put_there_after_the_first_image_is_seen(tmp_path, image, save_png):
    (tmp_path / "masks").mkdir()
    assert read(image, ignore=(tmp_path / "masks",)).ignored is None
    save_png(tmp_path / "masks" / "a.png", MASK)

    assert np.array_equal(read(image, ignore=(tmp_path / "masks",)).ignored, MASK > 0)
