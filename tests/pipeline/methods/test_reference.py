"""References: which file is one, how it is read and scaled, and what is said of an image that is its own."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import tifffile

from semscan.errors import BadImageError
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.pipeline.methods.reference import OWN_REFERENCE, ReferenceMethod
from semscan.settings import InspectSettings, ReadSettings
from semscan.values import CleanImage


@pytest.fixture(scope="module")
def place():
    """An irregular pattern of 200 x 180 px without noise."""
    own = cv2.GaussianBlur(np.random.default_rng(5).standard_normal((200, 180)).astype(np.float32), (0, 0), 4)
    return (0.5 + 0.2 * np.tanh(2 * own / own.std())).astype(np.float32)


def shot(values, seed, **known):
    noisy = values + 0.02 * np.random.default_rng(seed).standard_normal(values.shape)
    return CleanImage(noisy.astype(np.float32), np.ones(values.shape, bool), **known)


def eight_bits(values):
    return np.clip(np.round(values * 255), 0, 255).astype(np.uint8)


def test_a_reference_put_there_after_an_earlier_run_is_found(tmp_path, grey, save_png):
    image = clean(read_image(save_png(tmp_path / "a.png", grey(96, 128)), ReadSettings()), ReadSettings())
    settings = InspectSettings(reference=str(tmp_path / "golden"))
    (tmp_path / "golden").mkdir()
    with pytest.raises(BadImageError, match=r"no reference called a\.png"):
        ReferenceMethod(settings)(image)
    save_png(tmp_path / "golden" / "a.png", grey(96, 128))

    assert ReferenceMethod(settings)(image).judged is not None


def test_an_image_that_is_its_own_reference_shows_nothing_and_that_is_said(place):
    image = shot(place, 1)
    same = ReferenceMethod.of_image(image)(image)
    other = ReferenceMethod.of_image(shot(place, 2))(image)

    assert (same.is_own_reference, same.warnings, same.detects_from_px) == (True, (OWN_REFERENCE,), None)
    assert (other.is_own_reference, other.warnings) == (False, ())
    assert other.detects_from_px is not None


@pytest.mark.parametrize("nm", [0.5, 2.0])
def test_a_reference_of_another_magnification_is_resampled(place, nm):
    defect = place.copy()
    cv2.circle(defect, (90, 100), 4, 0.95, -1)
    size = [round(side / nm) for side in place.shape[::-1]]
    reference = shot(cv2.resize(place, size, interpolation=cv2.INTER_AREA), 3, nm_per_pixel=nm)
    found = ReferenceMethod.of_image(reference)(shot(defect, 4, nm_per_pixel=1.0))
    rows, cols = np.nonzero(found.raw > 1)

    assert found.warnings == (
        f"the reference has {nm:g} nm per pixel, the image 1: it was resampled to those of the image",
    )
    assert (rows.mean(), cols.mean()) == pytest.approx((100, 90), abs=2)
    assert abs(rows - 100).max() < 9


def test_a_reference_of_a_far_magnification_is_refused_in_one_line(place):
    method = ReferenceMethod.of_image(shot(place, 3, nm_per_pixel=40.0, source="gold.tif"))

    with pytest.raises(BadImageError, match=r"^a\.tif against gold\.tif: .*has 40 nm per pixel, the image 1; give"):
        method(shot(place, 4, nm_per_pixel=1.0, source="a.tif"))


def test_a_mask_of_the_image_does_not_have_to_fit_its_reference(tmp_path, place, save_png):
    mask = np.zeros((150, 140), np.uint8)
    mask[:20] = 255
    settings = ReadSettings(ignore=(str(save_png(tmp_path / "mask.png", mask)),))
    image = save_png(tmp_path / "a.png", eight_bits(shot(place[20:170, 10:150], 1).values))
    golden = save_png(tmp_path / "golden.png", eight_bits(shot(place, 2).values))
    method = ReferenceMethod(InspectSettings(reference=str(golden), read=settings))
    found = method(clean(read_image(image, settings), settings))

    assert not found.judged[:20].any()
    assert found.judged[30:140, 10:130].all()


def test_a_reference_of_one_page_serves_every_page(tmp_path, place, save_png):
    tifffile.imwrite(tmp_path / "a.tif", np.stack([eight_bits(shot(place, seed).values) for seed in (1, 2)]))
    golden = save_png(tmp_path / "golden.png", eight_bits(shot(place, 3).values))
    settings = ReadSettings(page=1)
    image = clean(read_image(tmp_path / "a.tif", settings), settings)

    for reference, own in ((golden, False), (tmp_path / "a.tif", True)):  # of two pages, the same one is taken
        method = ReferenceMethod(InspectSettings(reference=str(reference), read=settings))
        assert method(image).is_own_reference == own
    with pytest.raises(BadImageError, match="page 2"):
        ReferenceMethod(InspectSettings(reference=str(tmp_path / "a.tif"), read=replace(settings, page=2)))
