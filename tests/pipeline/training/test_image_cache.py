"""Good images on tap, and the part that is held back."""

from pathlib import Path

import numpy as np
import pytest

from semscan.pipeline.training.data.image_cache import ImageCache
from semscan.pipeline.training.data.split import Split, TrainPart, crop, looks_alike_turned, split_good, tile_for


def numbered(count, shape=(100, 160)):
    """Images whose pixels say their column, plus their number in thousands; and how often each was read."""
    reads = []

    def load(path):
        reads.append(path.name)
        return np.tile(np.arange(shape[1], dtype=np.float32), (shape[0], 1))

    return ImageCache([Path(str(n)) for n in range(count)], load), reads


def test_an_image_is_read_once_while_it_fits():
    cache, reads = numbered(2)
    for _ in range(3):
        cache[0], cache[1]

    assert reads == ["0", "1"]


def test_memory_stays_below_the_limit_and_the_oldest_image_goes_first():
    shape, reads = (100, 100), []

    def load(path):
        reads.append(path.name)
        return np.zeros(shape, np.float32)

    cache = ImageCache([Path(str(n)) for n in range(3)], load, limit=2 * 2 * 10_000)
    for number in (0, 1, 0, 2, 0, 1):
        cache[number]

    assert reads == ["0", "1", "2", "1"]


def test_of_many_images_whole_ones_are_held_back():
    cache, _ = numbered(20)

    split = split_good(cache, share=0.2, few=10, seed=1)

    assert len(split.held) == 4
    assert len(split.parts) == 16
    assert not {number for number, _, _ in split.held} & {part.number for part in split.parts}
    assert split.description == "4 of 20 good images"


def test_of_few_images_the_end_of_the_longer_side_is_held_back_and_never_drawn():
    cache, _ = numbered(3)

    split = split_good(cache, share=0.25, few=10, seed=1)
    rng = np.random.default_rng(0)
    drawn = max(crop(cache, split, 64, rng).max() for _ in range(200))

    assert split.held == ((0, 0, 120), (1, 0, 120), (2, 0, 120))
    assert drawn == 119
    assert split.description == "25% of each of the 3 good images"


@pytest.mark.parametrize("side", ["right", "left"])
def test_of_few_images_a_share_of_what_is_judged_is_held_back(side):
    ignored = np.zeros((100, 160), bool)
    ignored[:, 80:] = True
    ignored = ignored if side == "right" else ignored[:, ::-1]
    cache = ImageCache([Path("a")], lambda path: np.zeros((100, 160), np.float32), 1 << 20, lambda path: ignored)

    ((_, row, col),) = split_good(cache, share=0.25, few=10, seed=1).held

    assert (~ignored[row:, col:]).sum() == pytest.approx(0.25 * (~ignored).sum(), rel=0.06)


@pytest.mark.parametrize(("shape", "tile"), [((1000, 1000), 256), ((100, 100), 96), ((20, 500), 32)])
def test_tile_is_a_multiple_of_32_that_fits(shape, tile):
    cache, _ = numbered(12, shape)
    split = split_good(cache, share=0.2, few=10, seed=0)

    assert tile_for(split, 256) == tile
    assert crop(cache, split, tile, np.random.default_rng(0)).shape == (tile, tile)


def test_lines_do_not_look_alike_turned_but_noise_does():
    rng = np.random.default_rng(0)
    lines = np.tile(np.sin(np.arange(128) / 3), (128, 1))
    for values, alike in ((lines, False), (rng.normal(size=(128, 128)), True)):
        cache = ImageCache([Path("a")], lambda _, values=values: values.astype(np.float32))
        assert looks_alike_turned(cache, [0]) is alike


def test_images_of_known_shape_are_not_read_to_split_them():
    def load(path):
        raise AssertionError("read")

    cache = ImageCache([Path(str(n)) for n in range(20)], load, shapes=[(100, 160)] * 20)

    assert tile_for(split_good(cache, share=0.2, few=10, seed=1), 256) == 96


def test_opened_images_split_without_being_read_again(tmp_path, grey, save_png, monkeypatch):
    from semscan.files.datasets.layout import find_layout
    from semscan.pipeline.training.data import dataset, reader
    from semscan.settings import ReadSettings

    for number in range(12):
        save_png(tmp_path / "good" / f"{number}.png", grey())
    cache = dataset.open_good(find_layout(tmp_path), ReadSettings(), print).cache
    monkeypatch.setattr(reader, "read_image", None)

    assert split_good(cache, share=0.2, few=10, seed=1).parts[0].rows == 48


def test_the_edges_of_an_image_are_drawn_often(grey, save_png, tmp_path):
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    paths = [save_png(tmp_path / "ramp.png", ramp)]
    cache = ImageCache(paths, lambda path: ramp.astype(np.float32))
    split = Split((TrainPart(0, 256, 256),), (), "")
    rng = np.random.default_rng(0)

    first = [crop(cache, split, 64, rng)[0, 0] for _ in range(400)]

    # 193 places and 8 px beyond at either end: an edge is drawn about nine times as often as a place inside
    for edge in (0, 192):
        assert 8 <= np.sum(np.array(first) == edge) <= 32
    assert min(first) == 0
    assert max(first) == 192
