"""A region in one sentence."""

from dataclasses import replace

import pytest

from semscan.report.record import to_record
from semscan.report.region_entry import describe
from semscan.values import Box, Inspection, Measures, Periodic, Region

REGION = Region(
    Box(10, 80, 20, 100),
    200,
    0.9,
    0.7,
    (15.0, 90.0),
    measures=Measures(22.4, 10.0, 0.0, 59.1, 0.6, 0.25, 14.0),
)


@pytest.fixture
def inspection():
    return Inspection("a.tif", "/a.tif", 0.9, 4.0, 0.5, (REGION,), 100, 100, 1.0, ("model",))


def test_without_a_scale_sizes_are_in_pixels(inspection):
    assert describe(REGION, inspection) == (
        "Region of 16.0 px, brighter than its surroundings by 25 % of the grey scale, at the top right."
    )


def test_class_nanometres_and_darkness_are_said(inspection):
    region = replace(REGION, class_name="gap", measures=replace(REGION.measures, contrast=-0.1), centroid=(50.0, 50.0))

    assert describe(region, replace(inspection, nm_per_pixel=10.0)) == (
        "Gap of 160 nm, darker than its surroundings by 10 % of the grey scale, at the centre."
    )


def test_a_long_region_says_how_long(inspection):
    region = replace(REGION, measures=replace(REGION.measures, feret_max_px=40.0, contrast=0.001))

    assert "16.0 px (40.0 px long), as bright as its surroundings" in describe(region, inspection)


def test_what_does_not_count_is_called_so(inspection):
    said = describe(replace(REGION, class_name="charging", nuisance=True), inspection)

    assert said.startswith("Charging (nuisance, not counted) of")


def test_in_a_lattice_the_place_is_told_in_pitches(inspection):
    lines = replace(inspection, periodic=Periodic(True, 0.9, (30.0,), (90.0,)))
    array = replace(inspection, periodic=Periodic(True, 0.9, (30.0, 5.0), (0.0, 90.0)))

    assert describe(REGION, lines).endswith("at the top right (0.5 pitches from the top left corner).")
    assert describe(REGION, array).endswith("at the top right (3.0 and 3.0 pitches from the top left corner).")


@pytest.mark.parametrize("periodic", [Periodic(False, 0.1), Periodic(True, 0.9, (30.0, 30.0), (10.0, 10.0))])
def test_no_lattice_no_pitches(inspection, periodic):
    assert describe(REGION, replace(inspection, periodic=periodic)).endswith("at the top right.")


def test_the_record_has_every_size_in_both_units(inspection):
    (entry,) = to_record(replace(inspection, nm_per_pixel=2.5), {}, 0.1)["regions"]

    assert entry["area_nm2"] == 1250
    assert (entry["feret_max_nm"], entry["feret_min_nm"], entry["perimeter_nm"]) == (56, 25, 147.75)
    assert entry["neighbour_distance_nm"] == 35
    assert entry["equivalent_diameter_nm"] == pytest.approx(2.5 * entry["equivalent_diameter_px"], rel=1e-3)
    assert entry["bbox_nm"] == [200, 25, 50, 25]
    assert entry["centroid_nm"] == [225, 37.5]


def test_without_a_scale_nm_is_null_never_invented(inspection):
    (entry,) = to_record(inspection, {}, 0.1)["regions"]
    lengths = [key for key in entry if key.endswith(("_nm", "_nm2"))]

    assert len(lengths) == 8
    assert {entry[key] for key in lengths} == {None}
