"""Outlines along the edges of the pixels."""

import numpy as np
import pytest

from semscan.errors import ReportError
from semscan.report.formats.outline import outline, rings, signed_area
from semscan.report.formats.region_pixels import region_pixels
from semscan.values.record import Record


def filled(found, shape):
    """The pixels whose centres lie within an odd number of the rings."""
    centres = np.stack(np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5), axis=-1)
    inside = np.zeros(shape, bool)
    for ring in found:
        for (x1, y1), (_, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
            if y1 != y2:  # sides run along the pixels
                crossed = (centres[..., 1] > min(y1, y2)) & (centres[..., 1] < max(y1, y2)) & (centres[..., 0] < x1)
                inside ^= crossed
    return inside


def test_outlines_hold_exactly_the_pixels_of_ragged_regions(noise, pieces_of):
    found = pieces_of(noise)
    for piece in found:
        left, top, width, height = piece.region.bbox
        moved = [[(x - left, y - top) for x, y in ring] for ring in outline(piece)]
        assert np.array_equal(filled(moved, (height, width)), piece.inside)
        assert sum(map(signed_area, moved)) == piece.region.area_px
    assert len(found) > 5
    assert any(len(outline(piece)) > 1 for piece in found), "a region with a hole"


def test_pixels_that_touch_at_a_corner_share_one_ring():
    (ring,) = rings(np.eye(3, dtype=bool))

    assert signed_area(ring) == 3


def test_a_hole_is_a_ring_of_its_own_that_runs_the_other_way(ring, pieces_of):
    outer, hole = outline(*pieces_of(ring))

    assert outer == [(20, 10), (35, 10), (35, 20), (20, 20)]
    assert sorted(hole) == [(25, 13), (25, 16), (30, 13), (30, 16)]
    assert (signed_area(outer), signed_area(hole)) == (150, -15)


def test_without_a_mask_the_box_is_the_outline(three):
    record, _ = three

    assert outline(region_pixels(record, None)[0]) == [[(30, 10), (60, 10), (60, 18), (30, 18)]]


@pytest.mark.parametrize("change", ["moved", "cropped"])
def test_a_mask_that_does_not_fit_the_record_is_not_believed(three, change):
    record, mask = three
    other = np.roll(mask, 1, axis=0) if change == "moved" else mask[:-1]

    assert [piece.inside for piece in region_pixels(record, other)] == [None] * 3


@pytest.mark.parametrize(
    "damage",
    [{"bbox": [1, 2, 3]}, {"bbox": [0, 0, 0, 4]}, {"centroid": None}, {"peak": "hot"}, {"class": 7}, {"id": 0}],
)
def test_a_damaged_record_is_refused_by_name(three, damage):
    record, mask = three
    json = record.to_json()
    json["regions"][1] |= damage

    with pytest.raises(ReportError, match=r"a\.tif: its record is damaged"):
        region_pixels(Record.parse(json), mask)
