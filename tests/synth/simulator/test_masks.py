from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from semscan.settings import DEFECTS, SynthSettings
from semscan.synth.simulator.image import make_image, visible_mask

EVERY = [(pattern, kind) for pattern, kinds in DEFECTS.items() for kind in kinds]


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("pattern", "kind"), EVERY)
def test_every_defect_has_a_mask_inside_the_image(pattern, kind, bits):
    for index in range(3):
        image = make_image(SynthSettings(pattern=pattern, bits=bits, seed=9), [kind], index=index)
        (defect,) = image.defects

        assert image.mask.shape == image.pixels.shape == (256, 256)
        assert set(np.unique(image.mask)) == {0, 255}
        assert defect.kind == kind
        assert defect.area == np.count_nonzero(image.mask) >= 4
        rows, cols = np.nonzero(image.mask)
        assert (defect.box.top, defect.box.left) == (rows.min(), cols.min())
        assert (defect.box.bottom, defect.box.right) == (rows.max() + 1, cols.max() + 1)
        assert 0 < defect.box.top < defect.box.bottom < 256
        assert 0 < defect.box.left < defect.box.right < 256


@pytest.mark.parametrize(("pattern", "kind"), EVERY)
def test_mask_is_where_the_noise_free_images_differ(pattern, kind):
    image = make_image(SynthSettings(pattern=pattern, seed=4), [kind])
    differs = np.abs(image.defective - image.clean) > SynthSettings().visible
    mask = image.mask > 0

    assert (differs & ~mask).sum() <= 0.1 * mask.sum()  # specks apart from the defect
    near = ndimage.binary_dilation(differs, iterations=2)
    assert not (mask & ~ndimage.binary_fill_holes(near)).any()
    assert np.abs(image.defective - image.clean)[mask].max() > 2 * SynthSettings().visible


@pytest.mark.parametrize("pattern", list(DEFECTS))
def test_good_image_has_no_mask(pattern):
    image = make_image(SynthSettings(pattern=pattern))

    assert not image.mask.any()
    assert image.defects == ()
    assert image.clean is image.defective


def test_planting_changes_nothing_far_from_the_defect():
    image = make_image(SynthSettings(), ["bridge"])
    far = ~ndimage.binary_dilation(image.mask > 0, iterations=12)

    np.testing.assert_allclose(image.clean[far], image.defective[far], atol=1e-5)


def test_missing_hole_is_unetched_surface(quiet):
    recipe = replace(quiet, pattern="contacts", pitch=40)
    image = make_image(recipe, ["missing"])
    core = ndimage.binary_erosion(image.mask > 0, iterations=6)

    assert core.any()
    np.testing.assert_allclose(image.defective[core], recipe.top, atol=0.03)
    assert image.clean[core].min() < recipe.bottom


def test_break_reaches_the_bottom_and_bridge_the_top(quiet):
    gap = make_image(quiet, ["break"], index=3)
    join = make_image(quiet, ["bridge"], index=3)

    assert (gap.defective - gap.clean)[gap.mask > 0].min() < -0.2
    assert (join.defective - join.clean)[join.mask > 0].max() > 0.4


def test_oversized_hole_stays_one_hole(quiet):
    recipe = replace(quiet, pattern="contacts", pitch=24, cd=15, seed=2)
    image = make_image(recipe, ["oversized"])
    dark = quiet.bottom + 0.1

    holes_before, holes_after = (ndimage.label(signal < dark)[1] for signal in (image.clean, image.defective))

    assert holes_before == holes_after


def test_merged_holes_become_one(quiet):
    image = make_image(replace(quiet, pattern="contacts", seed=2, pitch=32), ["merged"])
    dark = quiet.bottom + 0.12

    holes_before, holes_after = (ndimage.label(signal < dark)[1] for signal in (image.clean, image.defective))

    assert holes_after == holes_before - 1


def test_several_defects_lie_apart():
    kinds = ("bridge", "break", "particle")
    image = make_image(SynthSettings(rows=320, cols=320), kinds)

    assert tuple(defect.kind for defect in image.defects) == kinds
    assert np.count_nonzero(image.mask) == sum(defect.area for defect in image.defects)
    assert ndimage.label(image.mask, np.ones((3, 3)))[1] >= 3


def test_mask_is_filled_and_without_specks():
    before = np.zeros((40, 40), np.float32)
    after = before.copy()
    after[10:20, 10:20] = 1
    after[14:16, 14:16] = 0
    after[30, 30] = 1

    mask = visible_mask(before, after, 0.1)

    assert mask[10:20, 10:20].all()
    assert mask.sum() == 100
