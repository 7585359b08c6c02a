"""The data bar in the pixels: found where one was drawn, never where none is."""

import cv2
import numpy as np
import pytest

from semscan.image.clean import clean
from semscan.image.data_bar import JPEG_SLACK, find_bar
from semscan.settings import ReadSettings, SynthSettings
from semscan.synth.simulator.image import make_image
from semscan.values import SemImage

WORDS = "EHT = 5.00 kV   WD = 3.9 mm   Mag = 50.0 K X"


def with_bar(pixels, rows, ground, ink, *, frame=False, inset=0, short=0):
    """Lay a bar with text over the last rows of an image, `short` rows above its end."""
    full = np.zeros((rows, pixels.shape[1]), np.uint8)
    cv2.putText(full, WORDS, (8, rows // 2 + 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255, 1, cv2.LINE_AA)
    bar = ground + (ink - ground) * (full / 255)
    if frame:
        bar[[0, -1]] = ink
    made, bottom = pixels.copy(), pixels.shape[0] - short
    made[bottom - rows : bottom, inset : pixels.shape[1] - inset] = np.rint(bar[:, inset : pixels.shape[1] - inset])
    return made


def image(pattern="lines", angle=0, pitch=20, bits=8, **options):
    settings = SynthSettings(pattern=pattern, angle=angle, pitch=pitch, rows=200, cols=320, bits=bits, **options)
    return make_image(settings).pixels


@pytest.mark.parametrize("pattern", ["lines", "contacts"])
@pytest.mark.parametrize("angle", [0, 90])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("shares", [(0, 1), (1, 0), (0.5, 1), (0.25, 1)], ids=["black", "white", "grey", "dark"])
def test_a_drawn_bar_is_found_to_the_row(pattern, angle, bits, shares):
    ground, ink = (round(share * (2**bits - 1)) for share in shares)
    plain = image(pattern, angle, bits=bits)

    assert find_bar(with_bar(plain, 24, ground, ink)) == 24
    assert find_bar(with_bar(plain, 30, ground, ink, frame=True, inset=3, short=2)) == 32
    assert find_bar(plain) == 0


@pytest.mark.parametrize("pattern", ["lines", "contacts"])
@pytest.mark.parametrize("angle", [0, 45, 90])
@pytest.mark.parametrize("pitch", [7, 20, 78])
@pytest.mark.parametrize("bits", [8, 16])
def test_no_bar_in_generated_images_of_any_pitch_and_angle(pattern, angle, pitch, bits):
    flat_and_saturated = {"dose": 1e6, "roughness": 0.0, "rotation": 0.0, "top": 0.95}
    for options in ({}, flat_and_saturated):
        pixels = image(pattern, angle, pitch, bits, **options)
        assert find_bar(pixels) == 0
        assert bits == 16 or find_bar(pixels, slack=JPEG_SLACK) == 0


def stripes(period, axis):
    index = np.indices((200, 320))[axis]
    return np.where(index % period < period // 2, 220, 30).astype(np.uint8)


NO_BARS = {
    "constant": np.full((200, 320), 7, np.uint8),
    "ideal lines": stripes(16, 1),
    "ideal horizontal lines": stripes(16, 0),
    "one wide horizontal line at the end": stripes(60, 0),
    "checkers": stripes(16, 0) ^ stripes(16, 1),
    "ramp": np.tile(np.arange(200, dtype=np.uint8)[:, np.newaxis], (1, 320)),
    "saturated bottom": np.where(np.arange(200)[:, np.newaxis] > 170, 0, image("contacts")).astype(np.uint8),
    "saturated specks": np.clip(image("contacts").astype(int) - 250, 0, 255).astype(np.uint8),
    "float": np.random.default_rng(0).normal(size=(200, 320)).astype(np.float32),
    "small": with_bar(image(), 24, 0, 255)[-40:, :100],
    "a bar too high": with_bar(image(), 60, 0, 255),
    "a bar in the middle": np.vstack([with_bar(image(), 24, 0, 255), image()[:40]]),
    "text alone": with_bar(image(), 200, 0, 255),
}


@pytest.mark.parametrize("name", NO_BARS)
def test_what_is_no_bar_is_left_alone(name):
    assert find_bar(NO_BARS[name]) == 0


def test_a_bar_in_a_jpeg_is_found():
    made = with_bar(image(), 32, 0, 255)
    packed = cv2.imdecode(cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_UNCHANGED)

    assert abs(find_bar(packed, slack=JPEG_SLACK) - 32) <= 1


def test_a_float_bar_is_found():
    assert find_bar(with_bar(image().astype(np.float32) / 255, 24, 0, 1)) == 24


def test_clean_leaves_a_found_bar_out_and_says_so():
    cleaned = clean(SemImage(with_bar(image(), 24, 0, 255), "a.png"), ReadSettings())

    assert (cleaned.data_bar_px, cleaned.data_bar_source) == (24, "pixels")
    assert not cleaned.judged[-24:].any()
    assert cleaned.judged[:-24].all()
    assert cleaned.warnings == ("the last 24 rows look like a data bar and are left out; --databar none judges them",)


@pytest.mark.parametrize(("databar", "rows", "source"), [("none", 0, "given"), (10, 10, "given")])
def test_the_user_decides_over_the_pixels(databar, rows, source):
    cleaned = clean(SemImage(with_bar(image(), 24, 0, 255), "a.png"), ReadSettings(databar=databar))

    assert (cleaned.data_bar_px, cleaned.data_bar_source, cleaned.warnings) == (rows, source, ())


def test_the_file_decides_over_the_pixels():
    tagged = SemImage(with_bar(image(), 24, 0, 255), "a.tif", data_bar_rows=20, metadata={"data_bar_from": "FEI tag"})
    without = SemImage(with_bar(image(), 24, 0, 255), "a.tif", metadata={"data_bar_from": "FEI tag"})

    assert clean(tagged, ReadSettings()).data_bar_px == 20
    assert clean(without, ReadSettings()).data_bar_px == 0
