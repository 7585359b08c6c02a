"""Defect lists of a fab: in, out, and wafers in the reports."""

import json
import shutil
import warnings

import cv2
import numpy as np
import pytest
import tifffile

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from klarf_reader.klarf import Klarf

COLUMNS = "DEFECTID XREL YREL XINDEX YINDEX XSIZE YSIZE DEFECTAREA DSIZE CLASSNUMBER TEST MINE FINEBINNUMBER"
HEADER = """FileVersion 1 2;
FileTimestamp 11-20-2026 20:05:00;
InspectionStationID "KLA" "2367" "x1";
SampleType WAFER;
ResultTimestamp 11-20-2026 20:04:31;
LotID "LOT0001";
SampleSize 1 300;
DeviceID "L32P";
SetupID "s" 11-20-2026 20:04:31;
StepID "ADI";
SampleOrientationMarkType NOTCH;
OrientationMarkLocation DOWN;
{name}DiePitch 5000.0 4000.0;
DieOrigin 0.0 0.0;
WaferID "W07";
Slot 7;
SampleCenterLocation 0.0 0.0;
InspectionTest 1;
AreaPerTest 4.1e+000;
DefectRecordSpec 15 {columns} IMAGECOUNT IMAGELIST ;
DefectList
{rows};
SummarySpec 5 TESTNO NDEFECT DEFDENSITY NDIE NDEFDIE ;
SummaryList
 1 3 6.0e+002 40 3;
EndOfFile;
"""
ROWS = """ 1 100.5 1.25 0 0 0.1 0.1 0.01 0.1 5 1 7.5 3 1 1 1 0
 2 200.5 1.25 1 0 0.1 0.1 0.01 0.1 5 1 8.5 3 1 1 2 0
 3 300.5 1.25 1 1 0.1 0.1 0.01 0.1 5 1 9.5 3 0 0"""


@pytest.fixture
def wafer(semscan, spotted, good):
    """A KLARF file and its images, pages of one file: one with a defect, one without."""
    folder = semscan.here / "from the tool"
    folder.mkdir()
    pages = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in (spotted, good)]
    with tifffile.TiffWriter(folder / "Öff nung.tif") as writer:
        for page in pages:
            writer.write(page, photometric="minisblack", contiguous=False)
    path = folder / "W07.001"
    path.write_text(HEADER.format(columns=COLUMNS, name="TiffFileName Öff nung.tif;\n", rows=ROWS), "utf-8")
    return path


def review(semscan, wafer, model, *more):
    return semscan("inspect", "--klarf-in", wafer, "--out", "o", "--model", model, "--nm-per-px", "2", *more)


def test_the_file_comes_back_with_class_and_size_and_all_else_as_it_was(semscan, wafer, model):
    done = review(semscan, wafer, model)
    before = wafer.read_text("utf-8").splitlines()
    after = (semscan.here / "o" / "W07.001").read_text("utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]

    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["defect"] for line in done.stdout.splitlines()] == [True, False]
    assert len(changed) == 2
    assert changed[0][1] == " 1 100.5 1.25 0 0 0.016000 0.012000 0.000192000 0.016000 0 1 7.5 3 1 1 1 0"
    assert changed[1][1] == " 2 200.5 1.25 1 0 0.1 0.1 0.01 0.1 99 1 8.5 3 1 1 2 0"
    assert "1 of 3 listed defects have a region, 1 have none, 1 have no image that was inspected" in done.stderr


def test_a_page_that_the_file_has_not_is_named_with_the_reason(semscan, wafer, model):
    wafer.write_text(wafer.read_text("utf-8").replace("8.5 3 1 1 2 0", "8.5 3 1 1 3 0"), "utf-8")
    done = review(semscan, wafer, model)

    assert done.returncode == 3
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["ok", "error"]
    assert "is missing: " in done.stderr
    assert "it has 2 pages, page 2 (from 0) was asked for" in done.stderr


def test_klarf_reader_reads_what_is_written(semscan, wafer, model):
    review(semscan, wafer, model)
    (back,) = Klarf.load_from_file(semscan.here / "o" / "W07.001").wafers

    assert [defect.class_number for defect in back.defects] == [0, 99, 5]
    assert [defect.x_rel for defect in back.defects] == [100.5, 200.5, 300.5]


def test_two_spots_are_two_defects_when_asked(semscan, wafer, spotted, model):
    image = cv2.imread(str(spotted), cv2.IMREAD_UNCHANGED)
    rows, cols = np.nonzero(image > image.mean() + 40)
    spot = slice(rows.min(), rows.max() + 1), slice(cols.min(), cols.max() + 1)
    image[4 : 4 + rows.max() + 1 - rows.min(), 4 : 4 + cols.max() + 1 - cols.min()] = image[spot]
    tifffile.imwrite(wafer.parent / "two.tif", image)
    rows_text = ROWS.splitlines()[0]
    wafer.write_text(
        HEADER.format(columns=COLUMNS, name="TiffFileName two.tif;\n", rows=rows_text).replace(
            " 1 3 6.0e+002 40 3", " 1 1 6.0e+002 40 1"
        )
    )
    review(semscan, wafer, model, "--klarf-add")
    (back,) = Klarf.load_from_file(semscan.here / "o" / "W07.001").wafers
    (record,) = [json.loads(line) for line in (semscan.here / "o" / "results.jsonl").read_text().splitlines()]
    centre = (image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2
    nearest, other = sorted(record["regions"], key=lambda region: np.hypot(*np.subtract(region["centroid"], centre)))

    assert [defect.id for defect in back.defects] == [1, 2]
    assert back.defects[1].x_rel == pytest.approx(100.5 + (other["centroid"][0] - centre[0]) * 0.002, abs=1e-6)
    assert back.defects[1].y_rel == pytest.approx(1.25 + (centre[1] - other["centroid"][1]) * 0.002, abs=1e-6)
    assert back.defects[0].x_size == pytest.approx(nearest["bbox"][2] * 0.002)
    assert (back.summary.number_of_defects, back.summary.defect_density) == (2, 1200.0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("TiffFileName Öff nung.tif;\n", "TiffFileName ../../x.tif;\n", "leads out of the folder"),
        ("EndOfFile;", "", "EndOfFile"),
        ("1 1 1 0\n 2", "1 1 1\n 2", "W07.001"),
        ("SampleCenterLocation 0.0 0.0;", 'ClassLookup 1\n 5 "Void";', "--classes"),
    ],
)
def test_a_file_that_cannot_be_used_gives_one_line_and_no_output(semscan, wafer, model, old, new, words):
    wafer.write_text(wafer.read_text("utf-8").replace(old, new), "utf-8")
    done = review(semscan, wafer, model)

    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert words in done.stderr
    assert not (semscan.here / "o").exists()


def test_defects_cannot_be_added_where_the_file_sums_a_wafer_up_twice(semscan, wafer, model):
    text = wafer.read_text("utf-8")
    wafer.write_text(text.replace("6.0e+002 40 3;", "6.0e+002 40 3\n 2 0 0.0e+000 40 0;"), "utf-8")
    done = review(semscan, wafer, model, "--klarf-add")

    assert (done.returncode, done.stdout) == (2, "")
    assert "several rows of one wafer; leave out --klarf-add" in done.stderr
    assert not (semscan.here / "o").exists()


def test_without_a_pixel_size_nothing_is_inspected(semscan, wafer, model):
    done = semscan("inspect", "--klarf-in", wafer, "--out", "o", "--model", model)

    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "Öff nung.tif states no nm per pixel, which KLARF needs; give --nm-per-px" in done.stderr
    assert not (semscan.here / "o").exists()


def test_the_file_that_is_read_is_never_replaced(semscan, wafer, model):
    before = wafer.read_bytes()
    done = semscan("inspect", "--klarf-in", wafer, "--out", wafer.parent, "--model", model, "--nm-per-px", "2")

    assert done.returncode == 2
    assert "choose another --out" in done.stderr
    assert wafer.read_bytes() == before


def test_an_image_that_is_gone_leaves_its_defects_as_they_were(semscan, wafer, model):
    (wafer.parent / "Öff nung.tif").unlink()
    done = review(semscan, wafer, model)

    assert done.returncode == 3
    assert (semscan.here / "o" / "W07.001").read_bytes() == wafer.read_bytes()


@pytest.mark.parametrize("more", [("a.png",), ("--follow",), ("--page", "1")])
def test_what_the_file_states_is_not_stated_again(semscan, wafer, model, more):
    done = review(semscan, wafer, model, *more)

    assert (done.returncode, done.stdout) == (2, "")
    assert "leave out" in done.stderr


@pytest.fixture
def placed(semscan, spotted, model):
    """Results of six dies with the same defect, and a table of their places."""
    folder = semscan.here / "dies"
    folder.mkdir()
    rows = ["image,lot,wafer,slot,step,device,die_column,die_row,x_um,y_um,die_pitch_x_um,die_pitch_y_um,"
            "centre_x_um,centre_y_um,sample_size_mm,mark,orientation"]  # fmt: skip
    for number in range(6):
        shutil.copy(spotted, folder / f"d{number}.png")
        rows.append(f"d{number}.png,L1,W1,3,ADI,D,{number % 3},{number // 3},50,60,1000,2000,1500,2000,200,NOTCH,DOWN")
    (folder / "places.csv").write_text("\n".join(rows) + "\n")
    semscan("inspect", folder, "--out", "o", "--model", model, "--nm-per-px", "2")
    return folder / "places.csv"


def test_one_klarf_holds_all_dies_of_a_wafer(semscan, placed):
    done = semscan("report", "o", "--to", "klarf", "--places", placed)
    back = Klarf.load_from_file(semscan.here / "o" / "L1_W1.klarf")
    record = json.loads((semscan.here / "o" / "results.jsonl").read_text().splitlines()[0])
    x, y = record["regions"][0]["centroid"]

    assert done.returncode == 0, done.stderr
    assert (back.lot_id, back.step_id, back.wafers[0].id, back.wafers[0].slot) == ("L1", "ADI", "W1", 3)
    assert [(defect.x_index, defect.y_index) for defect in back.wafers[0].defects] == [
        (n % 3, n // 3) for n in range(6)
    ]
    assert back.wafers[0].defects[0].x_rel == pytest.approx(50 + (x - (record["width"] - 1) / 2) * 0.002, abs=1e-6)
    assert back.wafers[0].defects[0].y_rel == pytest.approx(60 + ((record["height"] - 1) / 2 - y) * 0.002, abs=1e-6)
    with tifffile.TiffFile(semscan.here / "o" / "L1_W1.tif") as stack:
        assert len(stack.pages) == 6


def test_images_of_one_name_are_images_of_their_own(semscan, placed):
    results = semscan.here / "o" / "results.jsonl"
    records = [json.loads(line) | {"image": "d.png"} for line in results.read_text().splitlines()]
    results.write_text("".join(json.dumps(record) + "\n" for record in records))
    done = semscan("report", "o", "--to", "klarf", "--places", placed)

    assert done.returncode == 0, done.stderr
    with tifffile.TiffFile(semscan.here / "o" / "L1_W1.tif") as stack:
        assert len(stack.pages) == 6


def test_a_wafer_klarf_is_read_back_with_its_own_images(semscan, placed, model):
    semscan("report", "o", "--to", "klarf", "--places", placed, "--out", "fab")
    done = semscan("inspect", "--klarf-in", "fab/L1_W1.klarf", "--out", "again", "--model", model, "--nm-per-px", "2")

    assert done.returncode == 0, done.stderr
    assert (semscan.here / "again" / "L1_W1.klarf").read_bytes() == (semscan.here / "fab" / "L1_W1.klarf").read_bytes()


def test_wafers_are_summed_up_in_json_and_on_the_page(semscan, placed):
    done = semscan("report", "o", "--to", "json,html", "--places", placed)
    (wafer,) = json.loads((semscan.here / "o" / "wafers.json").read_text())["wafers"]
    page = (semscan.here / "o" / "report.html").read_text("utf-8")

    assert done.returncode == 0, done.stderr
    assert (wafer["defects"], [pattern["kind"] for pattern in wafer["patterns"]]) == (6, ["repeater"])
    assert wafer["patterns"][0]["of_dies"] == 6
    assert "Lot L1, wafer W1, step ADI" in page
    assert "repeater at" in page
    assert (semscan.here / "o" / "L1_W1.wafer.png").read_bytes().startswith(b"\x89PNG")


def test_wafers_of_one_step_have_control_charts_by_lot_and_wafer(semscan, placed):
    lines = placed.read_text().splitlines()
    for number, wafer in enumerate(("L2,W1", "L1,W2", "L1,W2", "L1,W10", "L1,W10"), 2):
        lines[number] = lines[number].replace("L1,W1", wafer)
    lines[6] = lines[6].replace("ADI", "AEI")
    placed.write_text("\n".join(lines) + "\n")
    done = semscan("report", "o", "--to", "json", "--places", placed, "--baseline", "3")
    found = json.loads((semscan.here / "o" / "wafers.json").read_text())
    (trend,) = found["trends"]
    density = next(chart for chart in trend["charts"] if chart["measure"] == "defect_density")

    assert done.returncode == 0, done.stderr
    assert (trend["by"], trend["step"], trend["baseline"]) == ("wafer", "ADI", 3)
    assert [(point["name"], point["count"]) for point in density["points"]] == [
        ("L1 W1", 1),
        ("L1 W2", 2),
        ("L1 W10", 1),
        ("L2 W1", 1),
    ]
    assert [wafer["wafer"] for wafer in found["wafers"]] == ["W1", "W2", "W10", "W10", "W1"]


def test_a_baseline_that_no_wafers_have_is_refused(semscan, placed):
    too_many = semscan("report", "o", "--to", "json", "--places", placed, "--baseline", "2")
    without_places = semscan("report", "o", "--to", "html", "--baseline", "2")

    assert (too_many.returncode, without_places.returncode) == (2, 2)
    assert too_many.stderr.startswith("Error: --baseline 2 is more than the 1 wafer of a step")
    assert without_places.stderr.startswith("Error: --baseline is about wafers here, and no place of an image")
    assert not list((semscan.here / "o").glob("report.*"))


def test_images_that_were_moved_are_known_by_their_names(semscan, placed):
    placed.parent.rename(semscan.here / "moved")
    done = semscan("report", "o", "--to", "json", "--places", semscan.here / "moved" / "places.csv")

    assert done.returncode == 0, done.stderr
    assert json.loads((semscan.here / "o" / "wafers.json").read_text())["wafers"][0]["defects"] == 6


def test_a_field_that_klarf_needs_is_named(semscan, placed):
    placed.write_text(placed.read_text().replace(",3,ADI,", ",,ADI,"))
    done = semscan("report", "o", "--to", "klarf", "--places", placed)
    given = semscan("report", "o", "--to", "klarf", "--places", placed, "--slot", "9")

    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "no slot, which KLARF needs" in done.stderr
    assert given.returncode == 0, given.stderr
    assert Klarf.load_from_file(semscan.here / "o" / "L1_W1.klarf").wafers[0].slot == 9


def test_an_image_without_a_place_is_named(semscan, placed):
    placed.write_text("\n".join(placed.read_text().splitlines()[:-1]) + "\n")
    done = semscan("report", "o", "--to", "klarf", "--places", placed)

    assert (done.returncode, done.stdout) == (2, "")
    assert "1 image without a place" in done.stderr


def test_without_places_json_says_what_it_needs(semscan, placed):
    done = semscan("report", "o", "--to", "json")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--places" in done.stderr


def test_without_places_json_is_refused_before_anything_is_inspected(semscan, good, model):
    done = semscan("inspect", good, "--model", model, "--report", "csv,json")

    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "no places.csv in semscan-results" in done.stderr
    assert not (semscan.here / "semscan-results").exists()


def test_a_class_without_a_number_is_named(semscan, placed, tmp_path):
    path = semscan.here / "o" / "results.jsonl"
    path.write_text(path.read_text().replace('"class": null', '"class": "blob"'))
    (semscan.here / "codes.toml").write_text("[codes]\nblob = 44\n")
    done = semscan("report", "o", "--to", "klarf")
    own = semscan("report", "o", "--to", "klarf", "--classes", "codes.toml", "--places", placed)

    assert (done.returncode, done.stdout) == (2, "")
    assert "the class 'blob' has no number" in done.stderr
    assert own.returncode == 0, own.stderr
    assert {
        defect.class_number for defect in Klarf.load_from_file(semscan.here / "o" / "L1_W1.klarf").wafers[0].defects
    } == {44}


@pytest.mark.parametrize("name", ["places.csv", "klarf.jsonl", "W07.001"])
def test_files_of_somebody_else_are_never_replaced(semscan, wafer, model, name):
    (semscan.here / "o").mkdir()
    theirs = wafer.read_bytes() if name == "W07.001" else b"my own table"
    (semscan.here / "o" / name).write_bytes(theirs)

    done = review(semscan, wafer, model)

    assert (done.returncode, done.stdout) == (2, "")
    assert name in done.stderr
    assert (semscan.here / "o" / name).read_bytes() == theirs


def test_a_second_run_replaces_what_the_first_wrote(semscan, wafer, model):
    review(semscan, wafer, model)
    before = (semscan.here / "o" / "W07.001").read_bytes()

    assert review(semscan, wafer, model).returncode == 0
    assert (semscan.here / "o" / "W07.001").read_bytes() == before


def test_reports_of_wafers_replace_their_own_files(semscan, placed):
    words = ("report", "o", "--to", "json,html,klarf", "--places", placed, "--out", "reports")

    assert [semscan(*words).returncode for _ in range(2)] == [0, 0]


def test_two_stacks_of_one_name_are_two_images(semscan, wafer, spotted, good, model):
    for folder, path in (("A", spotted), ("B", good)):
        page = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        (wafer.parent / folder).mkdir()
        with tifffile.TiffWriter(wafer.parent / folder / "s.tif") as writer:
            for _ in range(2):
                writer.write(page, photometric="minisblack", contiguous=False)
    text = wafer.read_text("utf-8")
    listed = {"TiffFileName Öff nung.tif;\n": "", "EndOfFile": "EndOfFile"}
    for old, new in listed.items():
        text = text.replace(old, new)
    one, two, _ = ROWS.splitlines()
    rows = f"{one}\nTiffFileName B/s.tif;\nDefectList\n{two}"
    text = text.replace("DefectRecordSpec", "TiffFileName A/s.tif;\nDefectRecordSpec").replace(ROWS, rows, 1)
    wafer.write_text(text.replace(f"{one}\n", f"{one};\n", 1), "utf-8")

    done = review(semscan, wafer, model)

    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["defect"] for line in done.stdout.splitlines()] == [True, False]


def test_a_table_that_only_lies_there_need_not_know_all_images(semscan, placed, good, model):
    shutil.copy(placed, semscan.here / "o" / "places.csv")
    semscan("inspect", good, "--out", "o", "--model", model, "--nm-per-px", "2")

    done = semscan("report", "o", "--to", "html")
    page = (semscan.here / "o" / "report.html").read_text("utf-8")

    assert done.returncode == 0, done.stderr
    assert "1 image without a place in places.csv or without nm per pixel: on no wafer." in page
    assert "Lot L1, wafer W1, step ADI" in page
    assert semscan("report", "o", "--to", "html", "--places", placed).returncode == 2


def test_a_damaged_table_of_classes_is_said_before_anything_is_inspected(semscan, good, model):
    (semscan.here / "codes.toml").write_text("[codes")

    done = semscan("inspect", good, "--model", model, "--report", "klarf", "--classes", "codes.toml")

    assert (done.returncode, done.stdout) == (2, "")
    assert "codes.toml: cannot be read as TOML" in done.stderr
    assert not (semscan.here / "semscan-results").exists()


def test_files_of_two_wafers_share_an_output_folder(semscan, wafer, model):
    other = wafer.with_name("W08.001")
    other.write_text(wafer.read_text("utf-8").replace('WaferID "W07"', 'WaferID "W08"').replace("Öff", "Zu"), "utf-8")
    shutil.copy(wafer.parent / "Öff nung.tif", wafer.parent / "Zu nung.tif")
    for path in (wafer, other, wafer):
        assert review(semscan, path, model).returncode == 0
    entries = [json.loads(line) for line in (semscan.here / "o" / "klarf.jsonl").read_text("utf-8").splitlines()]
    done = semscan("report", "o", "--to", "json")

    assert [(one["klarf"], one["defect_id"]) for one in entries] == [
        *[("W08.001", 1), ("W08.001", 2)],
        *[("W07.001", 1), ("W07.001", 2)],
    ]
    assert done.returncode == 0, done.stderr
    wafers = json.loads((semscan.here / "o" / "wafers.json").read_text())["wafers"]
    assert sorted(one["wafer"] for one in wafers) == ["W07", "W08"]


def test_dies_of_another_size_are_not_mixed_with_those_of_an_earlier_file(semscan, wafer, model):
    review(semscan, wafer, model)
    before = (semscan.here / "o" / "places.csv").read_bytes()
    other = wafer.with_name("again.001")
    other.write_text(wafer.read_text("utf-8").replace("DiePitch 5000.0", "DiePitch 6000.0"), "utf-8")

    done = review(semscan, other, model)

    assert (done.returncode, done.stdout) == (2, "")
    assert "places.csv has other dies of wafer W07; choose another --out" in done.stderr
    assert (semscan.here / "o" / "places.csv").read_bytes() == before


def test_a_defect_seen_in_two_images_is_no_further_region(semscan, wafer, model):
    page = tifffile.imread(wafer.parent / "Öff nung.tif", key=0)
    with tifffile.TiffWriter(wafer.parent / "Öff nung.tif") as writer:
        for _ in range(2):
            writer.write(page, photometric="minisblack", contiguous=False)
    row = ROWS.splitlines()[0].replace("3 1 1 1 0", "3 2 2 1 0 2 0")
    text = HEADER.format(columns=COLUMNS, name="TiffFileName Öff nung.tif;\n", rows=row)
    wafer.write_text(text.replace(" 1 3 6.0e+002 40 3", " 1 1 6.0e+002 40 1"), "utf-8")

    done = review(semscan, wafer, model, "--klarf-add")
    entries = [json.loads(line) for line in (semscan.here / "o" / "klarf.jsonl").read_text("utf-8").splitlines()]
    (back,) = Klarf.load_from_file(semscan.here / "o" / "W07.001").wafers

    assert done.returncode == 0, done.stderr
    assert [one["defect_id"] for one in entries] == [1, 1]
    assert len(back.defects) == 1
    assert "further region" not in done.stderr


def test_a_byte_order_mark_is_no_keyword_and_stays(semscan, wafer, model):
    wafer.write_bytes(b"\xef\xbb\xbf" + wafer.read_bytes())

    assert review(semscan, wafer, model).returncode == 0
    written = (semscan.here / "o" / "W07.001").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfFileVersion 1 2;")
