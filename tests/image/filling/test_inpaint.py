import cv2
import numpy as np

from semscan.image.filling.inpaint import inpaint_ignored

LINES = np.tile(0.3 + 0.4 * (np.arange(160) % 16 < 8), (120, 1)).astype(np.float32)
NOISY = (LINES + np.random.default_rng(0).normal(0, 0.03, LINES.shape)).astype(np.float32)


def test_an_image_judged_throughout_is_the_very_same_array():
    assert inpaint_ignored(NOISY, np.ones(NOISY.shape, bool)) is NOISY


def test_text_gives_way_to_the_lines_around_it():
    judged, text = np.ones(NOISY.shape, bool), NOISY.copy()
    judged[40:60, 30:80] = False
    text[40:60, 30:80] = 1

    clear = inpaint_ignored(text, judged)

    assert np.array_equal(clear[judged], text[judged])
    assert np.abs(clear - LINES).max() < 0.2


def test_a_mask_of_single_letters_is_patched_as_one():
    ink = np.zeros(NOISY.shape, np.uint8)
    cv2.putText(ink, "10 nm", (30, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 1, 1)

    clear = inpaint_ignored(np.where(ink > 0, np.float32(1), NOISY), ink == 0)

    assert np.abs(clear - LINES).max() < 0.2


def test_what_is_too_large_or_has_no_place_stays_as_it_is():
    outside = np.zeros(NOISY.shape, bool)
    outside[:30, :30] = True
    crossing = np.ones(NOISY.shape, bool)
    crossing[:, 80], crossing[60] = False, False

    assert np.array_equal(inpaint_ignored(NOISY, outside), NOISY)
    assert np.array_equal(inpaint_ignored(NOISY, crossing), NOISY)
