"""The overlay picture, by its pixels."""

import numpy as np
import pytest

from semscan.regions.find import segment
from semscan.report.colours import COOL, INK, paint, to_grey
from semscan.report.overlay import SMALLEST_PICTURE, draw_overlay
from semscan.settings import RegionSettings
from semscan.values import CleanImage, Inspection


def overlay_of(values, heat, *, threshold=0.5, name="wafer.png", score=0.9):
    found = segment(heat, RegionSettings(threshold=threshold))
    image = CleanImage(values.astype(np.float32), np.ones(values.shape, bool))
    inspection = Inspection(
        image=name, source=f"/x/{name}", score=score, raw_score=2.0, threshold=threshold,
        regions=tuple(found.regions), width=values.shape[1], height=values.shape[0], judged_fraction=1.0,
        method=("model",),
    )  # fmt: skip
    return draw_overlay(image, heat, found.mask, inspection), found


@pytest.fixture
def texture():
    return np.random.default_rng(2).random((400, 500)).astype(np.float32)


def heat_with(shape, *boxes, base=0.1, value=0.8):
    heat = np.full(shape, base, np.float32)
    for top, left, bottom, right in boxes:
        heat[top:bottom, left:right] = value
    return heat


def test_where_the_map_is_cool_the_image_is_untouched(texture):
    picture, _ = overlay_of(texture, heat_with((400, 500), base=COOL))

    assert (picture[:400, :500] == to_grey(texture)[..., None]).all()


def test_pixel_for_pixel_the_picture_lies_on_the_image(texture):
    picture, _ = overlay_of(texture, heat_with((400, 500), (200, 300, 220, 330)))
    changed = np.argwhere((picture[:400, :500] != to_grey(texture)[..., None]).any(axis=2))

    assert (changed.min(axis=0) >= [190, 290]).all()
    assert (changed.max(axis=0) <= [230, 350]).all()


def test_no_outline_and_no_number_covers_a_region(texture):
    boxes = [(5, 5, 12, 12), (200, 300, 203, 303), (390, 480, 400, 500), (100, 100, 180, 250), (90, 100, 95, 110)]
    heat = heat_with((400, 500), *boxes)
    picture, found = overlay_of(texture, heat)
    inside = found.mask == 255

    assert len(found.regions) == 5
    np.testing.assert_array_equal(picture[:400, :500][inside], paint(to_grey(texture), heat)[inside])


def test_no_mark_covers_a_region_in_a_crowd(texture):
    rng = np.random.default_rng(8)
    corners = rng.integers(0, 390, (150, 2))
    heat = heat_with((400, 500), *[(row, col, row + 4, col + 6) for row, col in corners])
    picture, found = overlay_of(texture, heat)
    inside = found.mask == 255

    np.testing.assert_array_equal(picture[:400, :500][inside], paint(to_grey(texture), heat)[inside])


@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0])
def test_an_outline_stands_out_from_black_grey_and_white(grey):
    values = np.full((400, 400), grey, np.float32)
    picture, _ = overlay_of(values, heat_with((400, 400), (200, 200, 210, 210)))
    around = picture[190:220, 190:220].reshape(-1, 3).astype(int)

    assert np.abs(around - round(255 * grey)).max(axis=1).max() > 120


def test_one_heat_has_one_colour_in_every_image():
    values = np.full((400, 400), 0.5, np.float32)
    alone, _ = overlay_of(values, heat_with((400, 400), (100, 100, 140, 140), value=0.7))
    beside_hotter, _ = overlay_of(
        values, np.maximum(
            heat_with((400, 400), (100, 100, 140, 140), value=0.7),
            heat_with((400, 400), (300, 300, 340, 340), value=0.99),
        )
    )  # fmt: skip

    assert (alone[120, 120] == beside_hotter[120, 120]).all()


def test_hotter_is_painted_stronger():
    values = np.full((400, 400), 0.5, np.float32)
    strength = []
    for value in (0.2, 0.35, 0.45):
        picture, _ = overlay_of(values, heat_with((400, 400), (100, 100, 200, 200), value=value))
        strength.append(np.abs(picture[150, 150].astype(int) - 128).sum())

    assert strength[0] == 0 < strength[1] < strength[2]


@pytest.mark.parametrize("shape", [(16, 16), (64, 64), (200, 300), (20, 900), (900, 20), (1024, 768)])
def test_every_size_gets_room_for_its_legend(shape):
    values = np.full(shape, 0.5, np.float32)
    picture, _ = overlay_of(values, heat_with(shape, (4, 4, 8, 8)))
    zoom = -(-SMALLEST_PICTURE // max(shape))

    assert picture.dtype == np.uint8
    assert picture.shape[0] > shape[0] * zoom
    assert picture.shape[1] >= max(shape[1] * zoom + 40, 200)


def test_a_small_image_is_enlarged_by_a_whole_number():
    values = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    picture, _ = overlay_of(values, np.zeros((64, 64), np.float32))

    assert (picture[: 64 * 6 : 6, : 64 * 6 : 6, 0] == to_grey(values)).all()
    assert (picture[5 : 64 * 6 : 6, 5 : 64 * 6 : 6, 0] == to_grey(values)).all()


def test_a_region_as_large_as_the_image_and_thousands_of_specks_are_drawn():
    values = np.full((300, 300), 0.5, np.float32)
    everything, found = overlay_of(values, np.full((300, 300), 0.9, np.float32))
    specks = np.zeros((300, 300), np.float32)
    specks[::6, ::6] = specks[1::6, ::6] = specks[::6, 1::6] = specks[1::6, 1::6] = 0.9

    assert len(found.regions) == 1
    assert everything.shape[2] == 3
    assert len(overlay_of(values, specks)[1].regions) == 2500


@pytest.mark.parametrize("name", ["a" * 300 + ".png", "Öffnung µ 日本.tif", "\udcff.png", "%s{}.png"])
def test_any_name_can_be_written(name, texture):
    overlay_of(texture, heat_with((400, 500)), name=name)


def test_an_image_without_a_score_is_drawn_too(texture):
    overlay_of(texture, heat_with((400, 500)), score=None)


def test_what_was_not_judged_is_hatched_and_the_rest_is_left_alone(texture):
    judged = np.ones(texture.shape, bool)
    judged[:, 400:] = False
    inspection = Inspection(
        image="a", source="/a", score=0.1, raw_score=0.1, threshold=0.5, regions=(), width=500, height=400,
        judged_fraction=0.8, method=("reference",),
    )  # fmt: skip
    heat = np.zeros(texture.shape, np.float32)
    picture = draw_overlay(CleanImage(texture, judged), heat, np.zeros(texture.shape, np.uint8), inspection)
    changed = (picture[:400, :500] != to_grey(texture)[..., None]).any(axis=2)

    assert not changed[:, :400].any()
    assert 0.05 < changed[:, 400:].mean() < 0.5


@pytest.mark.parametrize(
    ("shape", "nm", "length"), [((400, 500), 2.0, 200), ((64, 64), 10.0, 100), ((900, 20), 1.0, 50)]
)
def test_a_calibrated_overlay_has_a_scale_bar_of_the_right_length(shape, nm, length):
    values = np.full(shape, 0.5, np.float32)
    heat, mask = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
    image = CleanImage(values, np.ones(shape, bool))
    about = {"image": "a", "source": "/a", "score": 0.1, "raw_score": 0.1, "threshold": 0.5, "regions": ()}
    about |= {"width": shape[1], "height": shape[0], "judged_fraction": 1.0, "method": ("model",)}
    plain = draw_overlay(image, heat, mask, Inspection(**about))
    scaled = draw_overlay(image, heat, mask, Inspection(**about, nm_per_pixel=nm))
    zoom = max(1, -(-SMALLEST_PICTURE // max(shape)))
    changed = np.argwhere((plain != scaled).any(axis=2))
    ink = (scaled == INK).all(axis=2) & (plain != scaled).any(axis=2)
    longest = max(len(run) for row in ink for run in "".join("#" if it else " " for it in row).split())

    assert changed[:, 0].min() >= shape[0] * zoom, "nothing of it lies on the image"
    assert abs(longest - length / nm * zoom) <= 1


def test_the_data_bar_stays_legible_below_its_line():
    values = np.random.default_rng(3).random((400, 500)).astype(np.float32)
    judged = np.ones(values.shape, bool)
    judged[360:] = False
    judged[:, :50] = False
    inspection = Inspection(
        image="a", source="/a", score=0.1, raw_score=0.1, threshold=0.5, regions=(), width=500, height=400,
        judged_fraction=0.9, method=("model",),
    )  # fmt: skip
    zeros = np.zeros(values.shape, np.float32)
    picture = draw_overlay(CleanImage(values, judged, data_bar_px=40), zeros, zeros.astype(np.uint8), inspection)
    changed = (picture[:400, :500] != to_grey(values)[..., None]).any(axis=2)

    assert not changed[362:].any()
    assert changed[357:361].any(axis=0).all(), "a line above it"
    assert changed[:350, :50].any()
