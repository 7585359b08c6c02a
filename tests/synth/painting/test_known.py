"""Painted defects whose place, size and contrast are known."""

import numpy as np
import pytest

from semscan.synth.painting.kinds import families
from semscan.synth.painting.known import GAP, paint_known


@pytest.fixture
def image():
    rng = np.random.default_rng(0)
    columns = 0.4 + 0.2 * np.sin(np.arange(400) / 4)
    return (np.tile(columns, (300, 1)) + rng.normal(0, 0.01, (300, 400))).astype(np.float32)


def painted_in(image, area=None, seed=0, **choices):
    area = np.ones(image.shape, bool) if area is None else area
    return paint_known(image, area, np.random.default_rng(seed), **{"count": 8, **choices})


def test_only_the_windows_of_the_defects_change(image):
    painted, defects = painted_in(image)

    elsewhere = np.ones(image.shape, bool)
    for defect in defects:
        elsewhere[defect.window] = False
    assert len(defects) > 4
    assert (painted[elsewhere] == image[elsewhere]).all()
    assert all((painted[defect.window] != image[defect.window])[defect.mask].mean() > 0.5 for defect in defects)


def test_size_and_contrast_are_those_of_the_change(image):
    painted, defects = painted_in(image)

    for defect in defects:
        change = np.abs(painted - image)[defect.window][defect.mask]
        assert np.pi / 4 * defect.size_px**2 == pytest.approx(defect.mask.sum())
        assert defect.contrast < change.max()
        assert defect.contrast == pytest.approx(change.mean(), rel=0.8)


def test_defects_lie_apart_and_in_the_area(image):
    area = np.zeros(image.shape, bool)
    area[:, 200:] = True

    _, defects = painted_in(image, area, count=20)

    assert len(defects) > 1
    for number, one in enumerate(defects):
        assert one.window[1].start >= 200
        for other in defects[:number]:
            pairs = list(zip(one.window, other.window, strict=True))
            apart = [max(mine.start - theirs.stop, theirs.start - mine.stop) for mine, theirs in pairs]
            assert max(apart) >= GAP


def test_the_same_seed_gives_the_same_defects_and_another_seed_others(image):
    first, again, other = (painted_in(image, seed=seed)[0] for seed in (1, 1, 2))

    assert (first == again).all()
    assert (first != other).any()


def test_every_kind_is_painted_and_larger_ones_where_asked(image):
    small = [one for seed in range(40) for one in painted_in(image, seed=seed)[1]]
    large = [one for seed in range(40) for one in painted_in(image, seed=seed, enlarge=2.0)[1]]

    assert {one.kind for one in small} == set(families())
    assert np.median([one.size_px for one in large]) > 1.5 * np.median([one.size_px for one in small])


def test_no_room_gives_no_defects(image):
    painted, defects = painted_in(image, np.zeros(image.shape, bool))

    assert defects == []
    assert (painted == image).all()
