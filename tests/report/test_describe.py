"""A region in one sentence."""

from dataclasses import replace

import pytest

from semscan.report.record import with_regions
from semscan.report.region_entry import describe
from semscan.values import Box, Measures, Periodic, Region
from semscan.values.record import PeriodicRecord, Record

REGION = Region(
    Box(10, 80, 20, 100),
    200,
    0.9,
    0.7,
    (15.0, 90.0),
    measures=Measures(22.4, 10.0, 0.0, 59.1, 0.6, 0.25, 14.0),
)


@pytest.fixture
def record():
    return Record(image="a.tif", source="/a.tif", score=0.9, width=100, height=100, method=("model",), regions=())


def test_without_a_scale_sizes_are_in_pixels(record):
    assert describe(REGION, record) == (
        "Region of 16.0 px, brighter than its surroundings by 25 % of the grey scale, at the top right."
    )


def test_class_nanometres_and_darkness_are_said(record):
    region = replace(REGION, class_name="gap", measures=replace(REGION.measures, contrast=-0.1), centroid=(50.0, 50.0))

    assert describe(region, replace(record, nm_per_pixel=10.0)) == (
        "Gap of 160 nm, darker than its surroundings by 10 % of the grey scale, at the centre."
    )


@pytest.mark.parametrize(("name", "compared"), [("micro-bridge", False), ("missing", False), ("particle", True)])
def test_a_wrong_line_or_hole_is_not_compared_with_the_pattern_around_it(record, name, compared):
    assert ("than its surroundings" in describe(replace(REGION, class_name=name), record)) is compared


def test_a_long_region_says_how_long(record):
    region = replace(REGION, measures=replace(REGION.measures, feret_max_px=40.0, contrast=0.001))

    assert "16.0 px (40.0 px long), as bright as its surroundings" in describe(region, record)


def test_what_does_not_count_is_called_so(record):
    said = describe(replace(REGION, class_name="charging", nuisance=True), record)

    assert said.startswith("Charging (nuisance, not counted) of")


def test_in_a_lattice_the_place_is_told_in_pitches(record):
    lines = replace(record, periodic=PeriodicRecord.of(Periodic(True, 0.9, (30.0,), (90.0,)), None))
    array = replace(record, periodic=PeriodicRecord.of(Periodic(True, 0.9, (30.0, 5.0), (0.0, 90.0)), None))

    assert describe(REGION, lines).endswith("at the top right (0.5 pitches from the top left corner).")
    assert describe(REGION, array).endswith("at the top right (3.0 and 3.0 pitches from the top left corner).")


@pytest.mark.parametrize("periodic", [Periodic(False, 0.1), Periodic(True, 0.9, (30.0, 30.0), (10.0, 10.0))])
def test_no_lattice_no_pitches(record, periodic):
    assert describe(REGION, replace(record, periodic=PeriodicRecord.of(periodic, None))).endswith("at the top right.")


def test_the_record_has_every_size_in_both_units(record):
    (entry,) = with_regions(replace(record, nm_per_pixel=2.5), [REGION]).to_json()["regions"]

    assert entry["area_nm2"] == 1250
    assert (entry["feret_max_nm"], entry["feret_min_nm"], entry["perimeter_nm"]) == (56, 25, 147.75)
    assert entry["neighbour_distance_nm"] == 35
    assert entry["equivalent_diameter_nm"] == pytest.approx(2.5 * entry["equivalent_diameter_px"], rel=1e-3)
    assert entry["bbox_nm"] == [200, 25, 50, 25]
    assert entry["centroid_nm"] == [225, 37.5]


def test_without_a_scale_nm_is_null_never_invented(record):
    (entry,) = with_regions(record, [REGION]).to_json()["regions"]
    lengths = [key for key in entry if key.endswith(("_nm", "_nm2"))]

    assert len(lengths) == 8
    assert {entry[key] for key in lengths} == {None}
