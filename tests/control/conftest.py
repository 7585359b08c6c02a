"""Samples of images with known figures."""

import pytest

from semscan.values.control.trend import Sample
from semscan.values.measured.dimensions import LINES, Dimensions, Length
from semscan.values.record import ErrorRecord, Record, RegionRecord


def region(number, nuisance=False):
    return RegionRecord(
        id=number, bbox=(1, 1, 2, 2), centroid=(2, 2), area_px=4, peak=0.9, class_name="bridge", nuisance=nuisance
    )


def image(name="a.png", defects=0, cd=None, nm=2.0, **more):
    """A record of 1000 x 1000 px with so many defects, and lines of this width in px."""
    dimensions = None
    if cd is not None:
        length = Length.of(cd, None, None, nm)
        dimensions = Dimensions(
            pattern=LINES, edge=more.pop("edge", "level 0.5"), parts=9, pitch=(length,), angle_deg=(0.0,), blur_px=1.0
        )
        dimensions = Dimensions.parse({**dimensions.to_json(), "line_cd": length.to_json()})
    keys = {"score": 0.9 if defects else 0.1, "defect": defects > 0, "threshold": 0.5, "method": ("periodic",), **more}
    return Record(
        image=name,
        source=f"/d/{name}",
        width=1000,
        height=1000,
        judged_fraction=1.0,
        nm_per_pixel=nm,
        regions=tuple(region(number) for number in range(1, defects + 1)),
        dimensions=dimensions,
        **keys,
    )


@pytest.fixture
def make_image():
    """One record; see `image`."""
    return image


@pytest.fixture
def torn():
    """The record of an image that could not be inspected."""
    return ErrorRecord(image="torn.png", source="/d/torn.png", error="the file is empty")


@pytest.fixture
def samples_of():
    """Samples W01, W02, ... of these records."""
    return lambda *images: [
        Sample(name=f"W{number:02d}", records=tuple(records)) for number, records in enumerate(images, 1)
    ]
