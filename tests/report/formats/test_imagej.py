"""ImageJ ROIs, read back by roifile."""

import numpy as np
import pytest
import roifile

from semscan.report.formats.imagej import NUISANCE_GROUP, roi_zip
from semscan.report.formats.outline import signed_area
from semscan.report.formats.region_pixels import region_pixels


def loaded(data, path):
    path.write_bytes(data)
    return roifile.roiread(path)


def test_roifile_gives_back_outlines_named_by_id(three, tmp_path):
    record, mask = three
    rois = loaded(roi_zip(region_pixels(record, mask)), tmp_path / "a.zip")

    assert [roi.name for roi in rois] == ["1", "2", "3"]
    assert [roi.group for roi in rois] == [0, NUISANCE_GROUP, 0]
    for roi, region in zip(rois, record.regions, strict=True):
        left, top, width, height = region.bbox
        assert (roi.left, roi.top, roi.right, roi.bottom) == (left, top, left + width, top + height)
        corners = roi.coordinates().tolist()
        assert abs(signed_area(corners)) == region.area_px
        assert sorted(corners) == [[left, top], [left, top + height], [left + width, top], [left + width, top + height]]


def test_a_hole_stays_a_hole(ring, tmp_path):
    record, mask = ring
    (roi,) = loaded(roi_zip(region_pixels(record, mask)), tmp_path / "a.zip")
    outer, hole = roi.coordinates(multi=True)

    assert roi.composite
    assert np.ptp(outer, axis=0).tolist() == [15, 10]
    assert np.ptp(hole, axis=0).tolist() == [5, 3]
    assert hole.min(axis=0).tolist() == [25, 13]


@pytest.mark.parametrize("with_mask", [True, False])
def test_ragged_regions_and_boxes_keep_their_place(noise, tmp_path, with_mask):
    record, mask = noise
    rois = loaded(roi_zip(region_pixels(record, mask if with_mask else None)), tmp_path / "a.zip")

    for roi, region in zip(rois, record.regions, strict=True):
        assert [roi.left, roi.top, roi.right - roi.left, roi.bottom - roi.top] == list(region.bbox)


def test_no_regions_make_an_empty_zip(empty, tmp_path):
    assert loaded(roi_zip(region_pixels(*empty)), tmp_path / "a.zip") == []


def test_the_same_findings_give_the_same_bytes(three):
    assert roi_zip(region_pixels(*three)) == roi_zip(region_pixels(*three))
