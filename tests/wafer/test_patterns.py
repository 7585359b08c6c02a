"""Repeaters, scratches and clusters of small wafers whose defects are known."""

from dataclasses import replace

import numpy as np
import pytest

from semscan.values.fab.defect import Field, InspectedWafer, WaferDefect
from semscan.values.fab.place import WaferFrame
from semscan.wafer.summary import density, summarise_wafer

PITCH = 100.0
DIES = [(column, row) for column in range(5) for row in range(4)]
FRAME = WaferFrame(lot="L", wafer="W", pitch_um=(PITCH, PITCH))


def wafer(defects):
    fields = tuple(
        Field(image=f"{die}", column=die[0], row=die[1], x_um=50, y_um=50, width_um=100, height_um=100, area_um2=1e4)
        for die in DIES
    )
    return InspectedWafer(frame=FRAME, fields=fields, defects=tuple(defects))


def defect(number, die, x, y, **more):
    return WaferDefect(
        id=number, image="a", source="/a", region=1, column=die[0], row=die[1], x_um=x, y_um=y,
        width_um=1, height_um=1, area_um2=1, **more,
    )  # fmt: skip


def scattered(count, seed):
    rng = np.random.default_rng(seed)
    return [defect(1000 + n, DIES[rng.integers(len(DIES))], *rng.uniform(0, 100, 2)) for n in range(count)]


def scratched(number, angle):
    """A piece of a scratch that rises by 10 degrees, in an image of its own."""
    place = defect(number, (number, 1), 50, 30 + 17.6 * number, class_name="scratch", elongation=4.0, angle_deg=angle)
    return replace(place, source=f"{number}")


def test_the_same_place_in_every_die_is_one_repeater():
    same = [defect(n, die, 30 + 0.02 * n, 40) for n, die in enumerate(DIES, start=1)]
    (pattern,) = summarise_wafer(wafer([*same, *scattered(10, seed=1)]), 1.0).patterns

    assert pattern.kind == "repeater"
    assert [each.id for each in pattern.defects] == list(range(1, 21))
    assert pattern.of_dies == 20
    assert (pattern.x_um, pattern.y_um) == pytest.approx((30.21, 40))
    assert pattern.chance < 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_random_defects_are_nothing_else(seed):
    assert summarise_wafer(wafer(scattered(30, seed)), 1.0).patterns == ()


def test_dense_random_defects_are_no_repeater():
    """Ten in each die within a tolerance of a tenth of it: three dies meet by chance everywhere."""
    found = summarise_wafer(wafer(scattered(200, seed=3)), 10.0).patterns

    assert [pattern for pattern in found if pattern.kind == "repeater"] == []


def test_long_defects_in_line_across_dies_are_one_scratch():
    pieces = [
        defect(n, (n, 1), 50, 30 + 17.6 * n, elongation=8.0, angle_deg=10.0, reach_um=49) for n in range(3)
    ]  # 17.6 µm up on 100: 10 degrees
    (pattern,) = summarise_wafer(wafer([*pieces, *scattered(5, seed=2)]), 1.0).patterns

    assert (pattern.kind, pattern.dies) == ("scratch", ((0, 1), (1, 1), (2, 1)))


def test_long_defects_that_point_elsewhere_are_no_scratch():
    pieces = [defect(n, (n, 1), 50, 30, elongation=8.0, angle_deg=60.0, reach_um=49) for n in range(3)]

    assert [pattern.kind for pattern in summarise_wafer(wafer(pieces), 0.1).patterns if pattern.kind == "scratch"] == []


def test_an_axis_that_points_elsewhere_does_not_end_a_scratch():
    """Two short pieces side by side say little of the direction: here the first of three axes is wrong."""
    axes = (90.0, 10.5, 9.0)
    (pattern,) = summarise_wafer(wafer([scratched(n, angle) for n, angle in enumerate(axes)]), 0.1).patterns

    assert (pattern.kind, pattern.dies) == ("scratch", ((0, 1), (1, 1), (2, 1)))


def test_two_long_defects_that_point_at_each_other_are_a_scratch_only_if_they_do_so_well():
    """Two axes within 3 degrees: (6 / 180) squared, twice for the two tolerances; within 8: (16 / 180) squared."""
    well, badly = ([scratched(0, angle), scratched(1, angle)] for angle in (11.0, 15.0))
    (pattern,) = summarise_wafer(wafer(well), 0.1).patterns

    assert pattern.chance == pytest.approx(2 * (6 / 180) ** 2)
    assert summarise_wafer(wafer(badly), 0.1).patterns == ()


@pytest.mark.parametrize("seed", range(5))
def test_long_defects_along_the_lines_of_the_pattern_are_no_scratch(seed):
    """All have the axis of the pattern, so that many lie one above the other by chance."""
    rng = np.random.default_rng(seed)
    along = [replace(each, elongation=6.0, angle_deg=90 + float(rng.normal(0, 2))) for each in scattered(50, seed)]
    found = summarise_wafer(wafer(along), 0.1).patterns

    assert [pattern for pattern in found if pattern.kind == "scratch"] == []


def test_defects_close_together_across_the_edge_of_dies_are_one_cluster():
    close = [defect(n, (1 + n % 2, 1), 98.0 if n % 2 == 0 else 2.0, 50.0 + n) for n in range(6)]
    (pattern,) = summarise_wafer(wafer([*close, *scattered(6, seed=5)]), 1.0).patterns

    assert (pattern.kind, pattern.dies) == ("cluster", ((1, 1), (2, 1)))


def test_a_density_has_the_exact_interval_of_its_count():
    found = density(0, 1e8)

    assert found.per_cm2 == 0.0
    assert found.interval == pytest.approx((0.0, 3.689), abs=1e-3)
    assert density(2, 0.0).per_cm2 is None


def test_nuisance_is_listed_and_not_counted():
    summary = summarise_wafer(wafer([defect(1, (0, 0), 5, 5), defect(2, (0, 0), 9, 9, nuisance=True)]), 1.0)

    assert summary.density.defects == 1
    assert dict(summary.dies)[0, 0].defects == 1
    assert summary.classes == (("unclassified", 1),)
