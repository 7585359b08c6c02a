"""Real defects, taken out of their image and put into others."""

import numpy as np
import pytest

from semscan.synth.painting.paste import best_place, components, inpainted, paste


def dots(rows=96, cols=96, pitch=12):
    """A lattice of dark dots on grey, smooth, without noise."""
    row, col = np.mgrid[:rows, :cols]
    return (0.6 - 0.4 * np.clip(np.sin(np.pi * row / pitch) ** 2 * np.sin(np.pi * col / pitch) ** 2, 0, 1)).astype(
        np.float32
    )


def missing(values, row, col, side=12):
    """Without the dot in one cell: (image, mask)."""
    mask = np.zeros(values.shape, bool)
    mask[row : row + side, col : col + side] = True
    return np.where(mask, np.float32(0.6), values), mask


def test_a_missing_dot_comes_back_from_another_cell():
    whole = dots()
    broken, mask = missing(whole, 36, 48)

    mended = inpainted(broken, mask)

    assert np.abs(broken - whole).max() > 0.3
    assert np.abs(mended - whole).max() < 1e-3


def test_nothing_marked_is_copied():
    whole = dots()
    broken, mask = missing(whole, 36, 48)
    broken, other = missing(broken, 36, 60)

    mended = inpainted(broken, mask | other)

    assert np.abs(mended - whole).max() < 1e-3


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_or_nothing_marked_changes_nothing_or_all_but_stays_finite(share):
    values = dots(40, 40)
    mended = inpainted(values, np.full(values.shape, share > 0))

    assert np.isfinite(mended).all()
    assert (mended == values).all() if share == 0 else np.ptp(mended) < 1e-6


def test_a_piece_is_found_where_it_was_cut():
    scene = np.random.default_rng(3).normal(size=(60, 70)).astype(np.float32)

    assert best_place(scene, scene[21:33, 40:55].copy(), np.ones((12, 15))) == (21, 40)
    assert best_place(scene, scene[:9, :9].copy(), np.ones((9, 9)), np.ones((52, 62), bool)) is None


def test_components_are_boxes_and_single_pixels_are_left_out():
    mask = np.zeros((20, 20), bool)
    mask[2:5, 7:11] = mask[15, 15] = True

    assert components(mask) == [(2, 7, 5, 11)]
    assert components(mask, least=1) == [(2, 7, 5, 11), (15, 15, 16, 16)]


def test_a_pasted_defect_is_labelled_and_the_rest_of_the_patch_untouched():
    patch, label = np.full((64, 64), 0.4, np.float32), np.zeros((64, 64), np.float32)
    cut, mask = np.full((24, 24), 0.4, np.float32), np.zeros((24, 24), np.float32)
    cut[8:16, 8:16], mask[8:16, 8:16] = 0.9, 1

    paste(patch, label, cut, mask, np.random.default_rng(1), fit=False)

    assert 64 <= label.sum() <= 100
    assert patch[label > 0].mean() > 0.8
    changed = np.abs(patch - 0.4) > 1e-6
    assert changed[label > 0].all()
    assert changed.sum() < 24 * 24


def test_what_does_not_show_is_not_labelled():
    patch, label = dots(), np.zeros((96, 96), np.float32)
    mask = np.zeros((36, 36), np.float32)
    mask[12:24, 12:24] = 1

    paste(patch, label, dots()[24:60, 24:60].copy(), mask, np.random.default_rng(1), fit=True)

    assert label.sum() == 0
    assert np.abs(patch - dots()).max() < 1e-4
