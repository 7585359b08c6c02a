"""Defects that were found in pieces, as a defect list has them: once."""

from semscan.pipeline.fab.whole import whole_defects
from semscan.values.measured.extent import ExtentRecord
from semscan.values.record import RegionRecord

LONG = ExtentRecord(
    place=(40.0, 12.0), bbox=(10, 10, 60, 4), area_px=240, feret_max_px=60.1, feret_min_px=4.0, orientation_deg=0.0
)


def piece(number, **more):
    return RegionRecord(
        id=number, bbox=(20, 10, 4, 4), centroid=(21.5, 11.5), area_px=16, peak=0.9, feret_max_px=5.7, **more
    )


def test_parts_are_one_defect_with_the_extent_of_the_whole():
    (whole,) = whole_defects([piece(1, class_name="unknown", extent=LONG), piece(2, class_name="scratch", part_of=1)])

    assert (whole.id, whole.class_name, whole.bbox, whole.area_px) == (1, "scratch", LONG.bbox, 240)
    assert (whole.centroid, whole.feret_max_px, whole.orientation_deg) == ((40.0, 12.0), 60.1, 0.0)


def test_a_defect_of_one_region_keeps_its_size_and_gets_its_place():
    short = ExtentRecord(place=(21.0, 11.0), bbox=(19, 9, 6, 6), area_px=36, feret_max_px=8.5, feret_min_px=6.0)
    (whole,) = whole_defects([piece(1, extent=short)])

    assert (whole.centroid, whole.bbox, whole.area_px) == ((21.0, 11.0), (20, 10, 4, 4), 16)


def test_a_short_piece_of_a_long_defect_has_the_size_of_the_defect():
    (whole,) = whole_defects([piece(1, extent=LONG)])

    assert (whole.bbox, whole.feret_max_px) == (LONG.bbox, 60.1)


def test_regions_of_earlier_versions_stay_as_they_are():
    assert whole_defects([piece(1), piece(2)]) == [piece(1), piece(2)]


def test_a_verdict_on_a_part_is_one_on_the_defect():
    harmless = piece(1, extent=LONG, nuisance=True, reviewed="harmless")
    (real,) = whole_defects([harmless, piece(2, part_of=1, reviewed="real")])
    (none,) = whole_defects([harmless, piece(2, part_of=1, nuisance=True, reviewed="harmless")])

    assert (real.nuisance, real.reviewed) == (False, "real")
    assert (none.nuisance, none.reviewed) == (True, "harmless")


def test_the_class_is_that_of_a_part_that_counts():
    harmless = piece(1, extent=LONG, nuisance=True, reviewed="harmless", class_name="residue")
    (real,) = whole_defects([harmless, piece(2, part_of=1, reviewed="real", class_name="bridge")])

    assert (real.class_name, real.nuisance) == ("bridge", False)


def test_parts_without_the_extent_of_the_whole_stay_as_they_are():
    parts = [piece(2, part_of=1), piece(3, part_of=1)]

    assert whole_defects(parts) == parts
