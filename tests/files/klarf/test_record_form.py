"""KLARF 1.8, read and written back."""

import pytest

from semscan.errors import BadKlarfError
from semscan.files.klarf.read import parse_klarf
from semscan.files.klarf.write import Finding, NewDefect, rewritten

KLARF = """Record FileRecord  "1.8"
{
  Field FileTimestamp 2 {"12-08-2025", "04:40:00"}
  Record LotRecord "LOT.01"
  {
    Record WaferRecord "W01"
    {
      Field DieOrigin 2 {0, 0}
      Field SlotNumber 1 {4}
      Field ImageFileName 2 {"LOT 1.I01", "TIF"}
      List DefectList
      {
        Columns 9 { int32 DEFECTID,  int32 XREL,  int32 YREL,  int32 XINDEX,
        int32 YINDEX, int32 XSIZE, int32 CLASSNUMBER,  int32 IMAGECOUNT,  ImageList IMAGEINFO  }
        Data 3
        {
          1 100500 200500 0 0
            40 1 2 Images 2 {1 "30",2 "31"} ;
          2 300000 400000 1 -1 50 1 1 Images 1 { "d 2.png" "PNG" 1 "24" } ;
          3 5000 6000 1 1 60 1 0 ;
        }
      }
      Record SummaryRecord
      {
        List TestSummaryList
        {
          Columns 5 { int32 TESTNO,  int32 NDEFECT,  float DEFDENSITY,  int32 NDIE,  int32 NDEFDIE }
          Data 1
          {
            1  3  3.0e-02  1  3 ;
          }
        }
      }
    }
    Field DeviceID 1 {"DEV"}
    Field DiePitch 2 {23376636, 32874750}
    Field SampleSize 2 {200000000, 0}
    Field StepID 1 {"ADI"}
    List ClassLookupList
    {
      Columns 3 { int32 CLASSNUMBER, string CLASSNAME, string CLASSCODE }
      Data 2
      {
         0 "UNCLASSIFIED" "";
         1 "bridge" "";
      }
    }
  }
}
EndOfFile;
"""


def test_lengths_are_in_nanometres_and_images_by_page_or_name():
    file = parse_klarf(KLARF.encode())
    frame = file.wafers[0].frame

    assert [[(image.name, image.page) for image in defect.images] for defect in file.defects] == [
        [("LOT 1.I01", 0), ("LOT 1.I01", 1)],
        [("d 2.png", 0)],
        [],
    ]
    assert (file.defects[0].x_um, file.defects[0].y_um) == (100.5, 200.5)
    assert (frame.lot, frame.wafer, frame.slot, frame.step, frame.size_mm) == ("LOT.01", "W01", 4, "ADI", 200.0)
    assert frame.pitch_um == pytest.approx((23376.636, 32874.75))


def test_without_a_finding_it_stays_byte_for_byte():
    assert rewritten(parse_klarf(KLARF.encode()), {}) == KLARF.encode()


def test_what_was_found_and_added_is_written_in_nanometres():
    file = parse_klarf(KLARF.encode())
    found = Finding(5, "particle", (0.12, 0.2), 0.01)
    new = NewDefect(file.defects[1], file.defects[1].images[0], 4, 300.1, 400.2, 1, -1, found)
    data = rewritten(file, {0: found}, [new]).decode()
    rows = [line.strip() for line in data.splitlines()]

    assert '120 5 2 Images 2 {1 "30",2 "31"} ;' in rows
    assert '4 300100 400200 1 -1 120 5 1 Images 1 {"d 2.png" "PNG" 1 "24"} ;' in rows
    assert "Data 4" in rows
    assert "1  4  4.0000000000e-02  1  3 ;" in rows
    assert '5 "particle" "" ;' in rows
    assert [defect.id for defect in parse_klarf(data.encode()).defects] == [1, 2, 4, 3]


@pytest.mark.parametrize(
    ("degrees", "word"), [("0", "DOWN"), ("90", "LEFT"), ("180", "UP"), ("270", "RIGHT"), ("DOWN", "DOWN")]
)
def test_the_notch_is_stated_in_degrees(degrees, word):
    text = KLARF.replace("    Field DeviceID", f"    Field OrientationMarkLocation 1 {{{degrees}}}\n    Field DeviceID")

    assert parse_klarf(text.encode()).wafers[0].frame.mark_at == word


def test_a_new_row_has_empty_text_in_a_column_of_text():
    text = KLARF.replace("Columns 9 {", "Columns 10 {").replace(
        "ImageList IMAGEINFO", "string NOTE, ImageList IMAGEINFO"
    )
    text = (
        text.replace("1 2 Images", '1 2 "a" Images')
        .replace("1 1 Images", '1 1 "b" Images')
        .replace("1 0 ;", '1 0 "c" ;')
    )
    file = parse_klarf(text.encode())
    new = NewDefect(file.defects[1], file.defects[1].images[0], 4, 300.1, 400.2, 1, -1, Finding(5, "particle"))
    (row,) = [line for line in rewritten(file, {}, [new]).decode().splitlines() if line.strip().startswith("4 ")]

    assert row.endswith('1 "" Images 1 {"d 2.png" "PNG" 1 "24"} ;')


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"1.8"', '"1.9"', "version 1.8"),
        ("EndOfFile;", "", "EndOfFile"),
        ("Data 3", "Data 4", "as many rows"),
        ("Columns 9", "Columns 8", "columns"),
        ('Record LotRecord "LOT.01"', 'Record OtherRecord "LOT.01"', "lotrecord"),
        ("Images 2 {1", "Images 3 {1", "image list"),
        ('{1 "30"', '{0 "30"', "image 0"),
        ("Field DieOrigin 2 {0, 0}", "Field DieOrigin 2 {0, 0", "wanted"),
        ("int32 XINDEX", "int32 OTHER", "no XINDEX"),
        ("1 100500", "1 1e5000", "XREL"),
        ('"W01"\n    {', '"W01"\n    {' + "Record X {" * 50, "braces"),
    ],
)
def test_a_damaged_file_is_refused_with_its_reason(old, new, words):
    assert old in KLARF

    with pytest.raises(BadKlarfError, match=words):
        parse_klarf(KLARF.replace(old, new, 1).encode())


@pytest.mark.parametrize("between", [" ", " 9 9 9 0 0 1 1 0 ;\n          "])
def test_a_row_that_shares_its_line_is_not_copied_with_the_words_before_it(between):
    rows = between.count(";") + 1
    start, end = KLARF.index("        Data 3"), KLARF.index("        }\n      }\n      Record Summary")
    row = '1 100500 200500 0 0 40 1 1 Images 1 {1 "30"} ;'
    text = f"{KLARF[:start]}        Data {rows} {{{between}{row} }}\n{KLARF[end + 10 :]}"
    file = parse_klarf(text.encode())
    listed = file.defects[-1]
    new = NewDefect(listed, listed.images[0], 44, 1.0, 2.0, 0, 0, Finding(1, "bridge", (0.1, 0.1), 0.01))

    again = parse_klarf(rewritten(file, {}, [new]))

    assert [defect.id for defect in again.defects] == [defect.id for defect in file.defects] + [44]
