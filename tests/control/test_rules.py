from semscan.control.rules import find_signals
from semscan.values.control.trend import Limits

AROUND = Limits(centre=10.0, lower=7.0, upper=13.0)
RARE = Limits(centre=0.3, lower=None, upper=2.0)


def test_the_eighth_point_on_one_side_ends_a_run():
    found = find_signals([11.0] * 7 + [10.5, 11.0, 9.0], [AROUND] * 10)

    assert found == [()] * 7 + [
        ("8 in a row above the centre line",),
        ("9 in a row above the centre line",),
        (),
    ]


def test_a_point_on_the_centre_line_breaks_a_run():
    assert not any(find_signals([9.0] * 7 + [10.0] + [9.0] * 7, [AROUND] * 15))


def test_a_limit_itself_is_inside():
    assert find_signals([7.0, 13.0, 6.999, 13.001], [AROUND] * 4) == [
        (),
        (),
        ("below the lower limit",),
        ("above the upper limit",),
    ]


def test_rare_defects_below_their_mean_are_no_run():
    assert not any(find_signals([0.0] * 12, [RARE] * 12))
    assert find_signals([0.5] * 8, [RARE] * 8)[-1] == ("8 in a row above the centre line",)
