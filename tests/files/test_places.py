"""Tables of places."""

import pytest

from semscan.errors import BadKlarfError
from semscan.files.places import read_places, write_places

HEADER = "image,lot,wafer,die_column,die_row,x_um,y_um,die_pitch_x_um,die_pitch_y_um,centre_x_um,centre_y_um\n"


def table(folder, text):
    path = folder / "places.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_place_in_the_die_is_read_as_stated(tmp_path):
    (source,) = (places := read_places(table(tmp_path, HEADER + "Ö 1.tif,L1,W1,2,-1,3.5,4.5,10,20,0,0\n")))
    place = places[source]

    assert source == str(tmp_path / "Ö 1.tif")
    assert (place.frame.lot, place.frame.wafer, place.column, place.row) == ("L1", "W1", 2, -1)
    assert (place.x_um, place.y_um, place.frame.pitch_um) == (3.5, 4.5, (10.0, 20.0))


def test_a_place_on_the_wafer_gives_die_and_place_in_it(tmp_path):
    header = "image;lot;wafer;wafer_x_um;wafer_y_um;die_pitch_x_um;die_pitch_y_um;centre_x_um;centre_y_um\n"
    (place,) = read_places(table(tmp_path, header + "a.tif;L1;W1;-12;25;10;20;5;10\n")).values()

    assert (place.column, place.row, place.x_um, place.y_um) == (-1, 1, 3.0, 15.0)


def test_lot_and_wafer_may_be_given_for_all(tmp_path):
    path = table(tmp_path, "image,die_column,die_row,x_um,y_um\na.tif,0,0,1,1\n")
    (place,) = read_places(path, {"lot": "L9", "wafer": "W9", "slot": 3}).values()

    assert (place.frame.lot, place.frame.wafer, place.frame.slot) == ("L9", "W9", 3)


def test_what_is_written_is_read_back(tmp_path):
    places = read_places(table(tmp_path, HEADER + "a.tif,L1,W1,2,1,0.1,4.5,10,20,1.5,2.5\n"))
    (tmp_path / "again.csv").write_bytes(write_places(places))
    (again,) = read_places(tmp_path / "again.csv").items()

    assert again[0] == str(tmp_path / "a.tif")
    assert again[1].frame == places[again[0]].frame
    assert (again[1].x_um, again[1].y_um) == (0.1, 4.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "image"),
        (HEADER, "no line"),
        ("image,place\n", "'place'"),
        (HEADER + "a.tif,,W1,0,0,1,1,10,20,0,0\n", "no lot"),
        (HEADER + "a.tif,L1,W1,0,0,,1,10,20,0,0\n", "y_um and no x_um"),
        (HEADER + "a.tif,L1,W1,,0,1,1,10,20,0,0\n", "no die_column"),
        (HEADER + "a.tif,L1,W1,0.5,0,1,1,10,20,0,0\n", "whole number"),
        (HEADER + "a.tif,L1,W1,0,0,inf,1,10,20,0,0\n", "x_um is 'inf'"),
        (HEADER + "a.tif,L1,W1,0,0,1,1,0,20,0,0\n", "pitch"),
        (HEADER + "a.tif,L1,W1,0,0,1,1,10,20\n", "as many values"),
        (HEADER + 2 * "a.tif,L1,W1,0,0,1,1,10,20,0,0\n", "earlier line"),
        (HEADER + "a.tif,L1,W1,0,0,1,1,10,20,0,0\nb.tif,L1,W1,0,0,1,1,11,20,0,0\n", "two ways"),
    ],
)
def test_a_bad_table_is_refused_in_one_line(tmp_path, text, words):
    with pytest.raises(BadKlarfError, match=words) as caught:
        read_places(table(tmp_path, text))
    assert "\n" not in str(caught.value)
