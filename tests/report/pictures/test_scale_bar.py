import pytest

from semscan.report.pictures.scale_bar import bar_nm, length_text


@pytest.mark.parametrize("width", [0.7, 3.0, 9.99, 10.0, 512 * 1.85, 1024 * 2615.0, 4e9])
def test_a_bar_is_round_and_takes_a_tenth_to_a_quarter_of_the_width(width):
    length = bar_nm(width)

    assert 0.1 * width <= length * (1 + 1e-9)
    assert length <= 0.25 * width * (1 + 1e-9)
    assert f"{length:.0e}"[0] in "125"
    assert length == pytest.approx(float(f"{length:.0e}"))


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan"), float("inf")])
def test_no_width_has_no_scale(width):
    with pytest.raises(ValueError, match="no scale"):
        bar_nm(width)


def test_lengths_are_said_in_the_unit_that_reads_best():
    assert [length_text(nm) for nm in (0.05, 50, 999, 1000, 947.2, 2e5, 5e6)] == [
        "0.05 nm",
        "50 nm",
        "999 nm",
        "1 µm",
        "947.2 nm",
        "200 µm",
        "5 mm",
    ]
