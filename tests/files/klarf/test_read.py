"""KLARF files of other tools, read and written back."""

import os

import pytest

from semscan.errors import BadKlarfError
from semscan.files.klarf.file import ListedImage
from semscan.files.klarf.read import image_path, parse_klarf
from semscan.files.klarf.write import Finding, NewDefect, rewritten


def test_each_defect_is_read_with_its_wafer_and_images(klarf):
    file = parse_klarf(klarf.encode())
    frame = file.wafers[0].frame

    assert [defect.id for defect in file.defects] == [1, 2, 3]
    assert [(defect.column, defect.row) for defect in file.defects] == [(0, 0), (1, 0), (1, 2)]
    assert [[(image.name, image.page) for image in defect.images] for defect in file.defects] == [
        [("stack of 3.tif", 0)],
        [("stack of 3.tif", 1), ("stack of 3.tif", 2)],
        [],
    ]
    assert (frame.lot, frame.wafer, frame.step, frame.slot) == ("LOT0001", "W07", "ADI", 7)
    assert (frame.pitch_um, frame.centre_um, frame.size_mm) == ((5000.0, 4000.0), (10.0, 20.0), 300.0)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_without_a_finding_the_file_stays_byte_for_byte(klarf, newline):
    data = klarf.replace("LOT0001", "LÖT").replace("\n", newline).encode("latin-1")

    assert rewritten(parse_klarf(data), {}) == data


def test_a_finding_changes_class_and_size_and_nothing_else(klarf):
    data = rewritten(parse_klarf(klarf.encode()), {1: Finding(50, "old", (0.5, 0.25), 0.1)}).decode()
    expected = klarf.replace("2 200.730 0.310 1 0 0.014 0.030 50 1", "2 200.730 0.310 1 0 0.500000 0.250000 50 1")

    assert data == expected


def test_a_class_that_the_table_lacks_is_added_to_it(klarf):
    data = rewritten(parse_klarf(klarf.encode()), {0: Finding(5, "particle", (0.5, 0.25), 0.1)}).decode()

    assert 'ClassLookup 3\n 0 "Unclassified"\n 50 "old"\n 5 "particle";\n' in data
    assert parse_klarf(data.encode()).lookup.names == {0: "Unclassified", 50: "old", 5: "particle"}


def test_a_class_is_added_to_a_table_with_a_number_twice(klarf):
    twice = klarf.replace(' 0 "Unclassified"', ' 50 "Unclassified"').encode()
    data = rewritten(parse_klarf(twice), {0: Finding(5, "particle", (0.5, 0.25), 0.1)})

    assert b"ClassLookup 3" in data
    assert 5 in parse_klarf(data).lookup.names


def test_a_new_defect_is_a_row_below_its_image_s_and_counted(klarf):
    file = parse_klarf(klarf.encode())
    listed = file.defects[1]
    new = NewDefect(listed, listed.images[1], 4, 201.5, 0.25, 2, 0, Finding(50, "old", (0.5, 0.25), 0.1))
    data = rewritten(file, {}, [new]).decode()
    rows = data.splitlines()

    assert rows[rows.index(" 2 200.730 0.310 1 0 0.014 0.030 50 1 78 2 2 2 0 3 5") + 1] == (
        " 4 201.500000 0.250000 2 0 0.500000 0.250000 50 1 0 1 1 3 5"
    )
    assert " 1 4 8.0000000000e+02 40 4;" in rows
    assert len(parse_klarf(data.encode()).defects) == 4


def test_image_lists_without_their_own_count_are_read_too(klarf):
    plain = (
        klarf.replace("77 1 1 1 0", "77 1 1 0").replace("78 2 2 2 0 3 5", "78 2 2 0 3 5").replace("80 0 0;", "80 0;")
    )
    file, counted = parse_klarf(plain.encode()), parse_klarf(klarf.encode())

    assert [[image.page for image in defect.images] for defect in file.defects] == [[0], [1, 2], []]
    assert [image.alone for image in file.defects[1].images] == ["2 0", "3 5"]
    assert [image.alone for image in counted.defects[1].images] == ["1 2 0", "1 3 5"]


def test_a_name_may_change_between_lists(klarf):
    begin, row, rest = klarf.partition(" 2 200.730")
    split = begin.rstrip() + ";\nTiffFileName b.tif;\nDefectList\n" + row + rest
    file = parse_klarf(split.encode())

    assert [defect.images[0].name for defect in file.defects[:2]] == ["stack of 3.tif", "b.tif"]
    assert len(file.wafers) == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("EndOfFile;", "", "without EndOfFile"),
        ("FileVersion 1 2;", "FileVersion 9 9;", "FileVersion 1 0 to 1 2"),
        ('"LOT0001"', '"LOT0001', "quote"),
        ("DefectRecordSpec 12", "DefectRecordSpec 13", "names 12 columns"),
        (" XINDEX ", " OTHER ", "no XINDEX"),
        ("1 100.512 1.204", "1 nan 1.204", "XREL is 'nan'"),
        ("1 100.512 1.204", "1 1e99 1.204", "XREL"),
        ("\n 2 200.730", "\n 1 200.730", "same DEFECTID"),
        ("1 0 0.014 0.030 50 1 78 2 2 2 0 3 5", "1 0 0.014 0.030 50 1 78 3 2 2 0 3 5", "IMAGELIST"),
        ("78 2 2 2 0 3 5", "78 2 2 0 0 3 5", "counted from 1"),
        ("77 1 1 1 0", "1 1 1 0", "IMAGELIST"),
        ("77 1 1 1 0", "77 1 1 1 0 9", "more values"),
        ("TiffFileName stack of 3.tif;\n", "", "no TiffFileName"),
        ('WaferID "W07";\n', "", "no WaferID"),
        ("DiePitch 5000.0 4000.0", "DiePitch 5000.0 -1", "DiePitch"),
        ("LotID", "Lot\0ID", "no text"),
        ("SummaryList\n 1 3", "SummaryList\n 3", "SummarySpec"),
    ],
)
def test_a_damaged_file_is_refused_with_its_reason(klarf, old, new, words):
    assert old in klarf

    with pytest.raises(BadKlarfError, match=words):
        parse_klarf(klarf.replace(old, new, 1).encode())


@pytest.mark.parametrize("name", ["../a.tif", "/etc/passwd", "C:\\a.tif", "%2e%2e/a.tif", "b/../../a.tif"])
def test_an_image_outside_the_folder_is_refused(tmp_path, name):
    with pytest.raises(BadKlarfError, match="leads out of the folder"):
        image_path(tmp_path, ListedImage(name, 0, "1 0"))


@pytest.mark.parametrize("name", ["*.tif", "a?.tif", ".", "sub"])
def test_a_name_that_stands_for_other_files_is_refused(tmp_path, name):
    (tmp_path / "sub").mkdir()
    (tmp_path / "ab.tif").touch()

    with pytest.raises(BadKlarfError, match="no file next to it"):
        image_path(tmp_path, ListedImage(name, 0, "1 0"))


def test_a_name_that_is_too_long_for_a_file_is_one_that_is_not_there(tmp_path):
    assert not os.path.exists(image_path(tmp_path, ListedImage(f"{'a' * 300}.tif", 0, "1 0")))


@pytest.mark.parametrize("name", ["a b.tif", "Öff.tif", "a%20b.tif", '"a b.tif"', "sub\\a.tif", "sub/a.tif"])
def test_names_with_blanks_letters_and_folders_are_found(tmp_path, name):
    (tmp_path / "sub").mkdir()
    for file in ("a b.tif", "Öff.tif", "sub/a.tif"):
        (tmp_path / file).touch()

    latin = name.encode().decode("latin-1")
    assert image_path(tmp_path, ListedImage(latin, 0, "1 0")).is_file()
