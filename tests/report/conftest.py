"""Records with their masks, as an inspection leaves them."""

import numpy as np
import pytest

from semscan.regions.find import segment
from semscan.regions.measure import measure
from semscan.report.formats.region_pixels import region_pixels
from semscan.report.record import with_regions
from semscan.settings import RegionSettings
from semscan.values.record import Record


def inspected(anomaly_map, *, nm_per_pixel=None, classes=(), nuisance=(), image="a.tif"):
    """The record of an image with this map, and its mask; classes and nuisance by region, hottest first."""
    from dataclasses import replace

    found = segment(anomaly_map, RegionSettings(min_area=1))
    regions = tuple(
        replace(region, class_name=dict(enumerate(classes)).get(place), nuisance=place in nuisance)
        for place, region in enumerate(measure(found))
    )
    rows, cols = anomaly_map.shape
    record = Record(
        image=image,
        source=f"/data/{image}",
        score=0.9,
        raw_score=4.0,
        width=cols,
        height=rows,
        judged_fraction=1.0,
        nm_per_pixel=nm_per_pixel,
        method=("model",),
        regions=(),
    )
    return with_regions(record, regions), found.mask


@pytest.fixture
def noise():
    """A record of many ragged regions, some with holes and corners that touch, and its mask."""
    anomaly_map = np.random.default_rng(11).random((60, 70), dtype=np.float32)
    return inspected(anomaly_map)


@pytest.fixture
def three():
    """A record of a bridge, charging (nuisance) and a gap without class, 2 nm a pixel, and its mask."""
    anomaly_map = np.zeros((120, 200), np.float32)
    anomaly_map[10:18, 30:60] = 0.9
    anomaly_map[50:60, 150:160] = 0.8
    anomaly_map[100:106, 20:23] = 0.7
    return inspected(anomaly_map, nm_per_pixel=2.0, classes=("bridge", "charging"), nuisance=(1,))


@pytest.fixture
def empty():
    """A record without regions, and its mask."""
    return inspected(np.zeros((40, 50), np.float32), nm_per_pixel=2.0)


@pytest.fixture
def ring():
    """A record of one region with a hole, and its mask."""
    anomaly_map = np.zeros((40, 50), np.float32)
    anomaly_map[10:20, 20:35] = 0.9
    anomaly_map[13:16, 25:30] = 0.1
    return inspected(anomaly_map)


@pytest.fixture
def pieces_of():
    """The pieces of a record and its mask."""
    return lambda record_and_mask: region_pixels(*record_and_mask)


@pytest.fixture
def pixels_of():
    """The pixels of a piece in the whole image, by its mask."""

    def whole(piece, mask):
        left, top, width, height = piece.region.bbox
        image = np.zeros(mask.shape, bool)
        image[top : top + height, left : left + width] = piece.inside
        return image

    return whole
