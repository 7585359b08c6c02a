"""The overlay picture, by its pixels."""

from dataclasses import replace

import numpy as np
import pytest

from semscan.regions.find import segment
from semscan.report.pictures import lettering
from semscan.report.pictures.colours import COOL, INK, NUISANCE, OUTLINE, paint, to_grey
from semscan.report.pictures.overlay import SMALLEST_PICTURE, draw_overlay, image_part
from semscan.report.pictures.region_marks import MOST_NAMES
from semscan.report.record import with_regions
from semscan.settings import RegionSettings
from semscan.values import CleanImage
from semscan.values.record import Record


def record_of(shape, **more):
    """The record of an image of this shape, without regions."""
    values = {"image": "a", "source": "/a", "score": 0.1, "height": shape[0], "width": shape[1], "regions": ()}
    return Record(**values | more)


def overlay_of(values, anomaly_map, *, threshold=0.5, name="wafer.png", score=0.9, more=(), **style):
    """The overlay, and what was segmented; `more` is what the regions carry, hottest first."""
    found = segment(anomaly_map, RegionSettings(threshold=threshold))
    told = dict(enumerate(more))
    regions = tuple(replace(region, **told.get(place, {})) for place, region in enumerate(found.regions))
    image = CleanImage(values.astype(np.float32), np.ones(values.shape, bool))
    record = record_of(values.shape, image=name, source=f"/x/{name}", score=score, threshold=threshold)
    return draw_overlay(image, anomaly_map, found.labels, with_regions(record, regions), **style), found


@pytest.fixture
def texture():
    return np.random.default_rng(2).random((400, 500)).astype(np.float32)


def heat_with(shape, *boxes, base=0.1, value=0.8):
    anomaly_map = np.full(shape, base, np.float32)
    for top, left, bottom, right in boxes:
        anomaly_map[top:bottom, left:right] = value
    return anomaly_map


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
    anomaly_map = heat_with((400, 500), *boxes)
    picture, found = overlay_of(texture, anomaly_map, style="heat")
    inside = found.mask == 255

    assert len(found.regions) == 5
    np.testing.assert_array_equal(picture[:400, :500][inside], paint(to_grey(texture), anomaly_map)[inside])


def test_no_mark_covers_a_region_in_a_crowd(texture):
    rng = np.random.default_rng(8)
    corners = rng.integers(0, 390, (150, 2))
    anomaly_map = heat_with((400, 500), *[(row, col, row + 4, col + 6) for row, col in corners])
    picture, found = overlay_of(texture, anomaly_map, style="heat")
    inside = found.mask == 255

    np.testing.assert_array_equal(picture[:400, :500][inside], paint(to_grey(texture), anomaly_map)[inside])


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
        values,
        np.maximum(
            heat_with((400, 400), (100, 100, 140, 140), value=0.7),
            heat_with((400, 400), (300, 300, 340, 340), value=0.99),
        ),
    )

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
    record = record_of((400, 500))
    anomaly_map = np.zeros(texture.shape, np.float32)
    picture = draw_overlay(CleanImage(texture, judged), anomaly_map, np.zeros(texture.shape, np.uint8), record)
    changed = (picture[:400, :500] != to_grey(texture)[..., None]).any(axis=2)

    assert not changed[:, :400].any()
    assert 0.05 < changed[:, 400:].mean() < 0.5


@pytest.mark.parametrize(
    ("shape", "nm", "length"), [((400, 500), 2.0, 200), ((64, 64), 10.0, 100), ((900, 20), 1.0, 50)]
)
def test_a_calibrated_overlay_has_a_scale_bar_of_the_right_length(shape, nm, length):
    values = np.full(shape, 0.5, np.float32)
    anomaly_map, mask = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
    image = CleanImage(values, np.ones(shape, bool))
    plain = draw_overlay(image, anomaly_map, mask, record_of(shape))
    scaled = draw_overlay(image, anomaly_map, mask, record_of(shape, nm_per_pixel=nm))
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
    record = record_of((400, 500))
    zeros = np.zeros(values.shape, np.float32)
    picture = draw_overlay(CleanImage(values, judged, data_bar_px=40), zeros, zeros.astype(np.uint8), record)
    changed = (picture[:400, :500] != to_grey(values)[..., None]).any(axis=2)

    assert not changed[362:].any()
    assert changed[357:361].any(axis=0).all(), "a line above it"
    assert changed[:350, :50].any()


@pytest.fixture
def written(monkeypatch):
    """What was written beside regions: words, and the rows and columns they cover."""
    notes = []
    put = lettering.put_with_halo

    def noted(canvas, words, left, top, height, colour):
        rows, cols = lettering.halo_box(words, height)
        notes.append((words, slice(top, top + rows), slice(left, left + cols)))
        put(canvas, words, left, top, height, colour)

    monkeypatch.setattr("semscan.report.pictures.region_marks.lettering.put_with_halo", noted)
    return notes


def words_of(written):
    return [words for words, _, _ in written]


def test_a_region_is_named_beside_its_number(texture, written):
    anomaly_map = np.maximum(
        heat_with((400, 500), (50, 50, 60, 60), value=0.9),
        heat_with((400, 500), (150, 50, 160, 60), (250, 50, 260, 60), (350, 50, 360, 60)),
    )
    more = [
        {"class_name": "bridge", "class_probability": 0.9721},
        {"class_name": "unknown", "class_probability": 0.4},
        {"class_name": "pit"},
    ]
    overlay_of(texture, anomaly_map, more=more)

    assert words_of(written) == ["1 bridge 0.97", "2 unknown 0.40", "3 pit", "4"]


@pytest.mark.parametrize("shape", [(64, 64), (256, 256), (512, 512), (900, 2000)])
def test_words_lie_inside_the_picture_and_apart_from_regions_and_each_other(shape, written):
    rows, cols = shape
    corners = [(0, 0), (0, cols - 6), (rows - 6, 0), (rows - 6, cols - 6), (rows // 2, cols // 2)]
    anomaly_map = heat_with(shape, *[(row, col, row + 6, col + 6) for row, col in corners])
    _, found = overlay_of(np.full(shape, 0.5, np.float32), anomaly_map, more=5 * [{"class_name": "bridge"}])
    zoom = -(-SMALLEST_PICTURE // max(shape))
    covered = np.kron(found.mask > 0, np.ones((zoom, zoom), bool)).astype(int)
    for _, down, right in written:
        covered[down, right] += 1
        assert 0 <= down.start < down.stop <= rows * zoom
        assert 0 <= right.start < right.stop <= cols * zoom

    assert len(written) == 5
    assert covered.max() == 1
    assert sorted(words_of(written)) == [f"{number} bridge" for number in range(1, 6)]


def test_where_there_is_no_room_for_words_the_number_stands_alone(written):
    anomaly_map = np.full((60, 60), 0.9, np.float32)
    anomaly_map[:, 28:33] = 0.1
    overlay_of(np.full((60, 60), 0.5, np.float32), anomaly_map, more=[{"class_name": "micro-bridge"}])

    assert words_of(written) == ["1"]


def test_a_long_class_name_is_shortened(texture, written):
    overlay_of(texture, heat_with((400, 500), (200, 240, 210, 250)), more=[{"class_name": 20 * "long"}])
    ((words, _, right),) = written

    assert words.startswith("1 long")
    assert "..." in words
    assert right.stop - right.start < 250


def test_in_a_crowd_only_numbers_are_written(texture, written):
    places = [(row, col) for row in range(10, 390, 40) for col in range(10, 490, 60)]
    anomaly_map = heat_with((400, 500), *[(row, col, row + 4, col + 4) for row, col in places])
    overlay_of(texture, anomaly_map, more=len(places) * [{"class_name": "bridge"}])

    assert len(places) > MOST_NAMES
    assert all(words.isdigit() for words in words_of(written))


def test_a_nuisance_has_its_own_colour_and_says_so(written):
    values = np.full((400, 400), 0.5, np.float32)
    anomaly_map = np.maximum(
        heat_with((400, 400), (50, 50, 60, 150), value=0.9), heat_with((400, 400), (300, 50, 310, 60))
    )
    picture, _ = overlay_of(values, anomaly_map, more=[{"nuisance": True, "class_name": "scratch"}])

    def has(colour, rows):
        return (picture[rows, :400] == colour).all(axis=2).any()

    assert words_of(written) == ["1 nuisance", "2"]
    assert has(NUISANCE, slice(0, 200))
    assert not has(OUTLINE, slice(0, 200))
    assert has(OUTLINE, slice(200, 400))
    assert not has(NUISANCE, slice(200, 400))


def test_a_defect_in_the_hole_of_a_nuisance_keeps_its_colour():
    values = np.full((400, 400), 0.5, np.float32)
    anomaly_map = heat_with((400, 400), (50, 50, 350, 350), value=0.9)
    anomaly_map[100:300, 100:300] = 0.1
    anomaly_map[195:205, 195:205] = 0.8
    picture, _ = overlay_of(values, anomaly_map, more=[{"nuisance": True}])
    near = (picture[185:215, 185:215] == OUTLINE).all(axis=2)
    far = (picture[:150, :400] == NUISANCE).all(axis=2)

    assert near.any()
    assert far.any()
    assert not (picture[185:215, 185:215] == NUISANCE).all(axis=2).any()


@pytest.mark.parametrize("size", [13, 30])
def test_letters_below_the_line_lie_within_their_box(size):
    rows, cols = lettering.halo_box("gjpqy", size)
    canvas = np.full((rows + 40, cols + 40, 3), 128, np.uint8)
    lettering.put_with_halo(canvas, "gjpqy", 20, 20, size, (255, 255, 255))
    touched = np.argwhere((canvas > 140).any(axis=2))

    assert touched[:, 0].max() < 20 + rows - 1, "white ink ends before the box does"
    assert touched[:, 0].max() > 20 + 0.75 * size, "descenders are drawn"


def test_the_map_is_faded_within_an_outline_unless_it_is_asked_for(texture):
    anomaly_map = heat_with((400, 500), (200, 300, 220, 330))
    grey = to_grey(texture)[205:215, 305:325, None].astype(int)

    faded, heat, contour = (
        overlay_of(texture, anomaly_map, style=style)[0][205:215, 305:325] for style in ("faded", "heat", "contour")
    )

    assert (heat == paint(to_grey(texture), anomaly_map)[205:215, 305:325]).all()
    assert 0 < np.abs(faded - grey).max() < np.abs(heat - grey).max() / 2
    assert (contour == grey).all()


def test_a_triptych_shows_reference_and_difference_next_to_the_image(texture):
    reference = texture.copy()
    reference[50, 60] = 1 - texture[50, 60]
    whole = heat_with((400, 500))
    plain, _ = overlay_of(texture, whole)

    triptych, _ = overlay_of(texture, whole, style="triptych", reference=reference)

    height, width, _ = plain.shape
    panels = triptych[:400, width:].reshape(400, 2, -1, 3)[..., -500:, :]
    assert triptych.shape[0] == height
    assert (triptych[:, :width] == plain).all()
    assert (panels[:, 0] == to_grey(reference)[..., None]).all()
    assert np.argwhere(np.abs(panels[:, 1, :, 0].astype(int) - 128) > 1).tolist() == [[50, 60]]
    assert (overlay_of(texture, whole, style="triptych")[0] == plain).all()


@pytest.mark.parametrize("style", ["faded", "contour", "triptych"])
def test_the_image_is_found_in_an_overlay_of_every_style(texture, style):
    picture, _ = overlay_of(texture, heat_with((400, 500)), style=style, reference=texture)

    assert (image_part(picture, 400, 500) == to_grey(texture)[..., None]).all()


def test_a_title_stands_in_place_of_the_name(texture):
    whole = heat_with((400, 500))

    assert (overlay_of(texture, whole, title="wafer.png")[0] == overlay_of(texture, whole, name="wafer.png")[0]).all()
    assert (overlay_of(texture, whole, title="Lot 7")[0] != overlay_of(texture, whole, name="wafer.png")[0]).any()
