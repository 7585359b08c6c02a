"""Defects near the edge of a die: those of one image may lie in two dies."""

from datetime import UTC, datetime
from pathlib import Path

from semscan.files.klarf.read import parse_klarf
from semscan.pipeline.fab.klarf_in import ListedInspection
from semscan.pipeline.fab.match import matched
from semscan.pipeline.fab.wafers import PlacedImages, inspected_wafers
from semscan.report.formats.klarf_wafer import klarf_wafer
from semscan.values.fab.class_codes import BUILT_IN_CODES
from semscan.values.fab.place import Place, WaferFrame
from semscan.values.record import Record, RegionRecord
from semscan.wafer.summary import summarise_wafer

LISTED = b"""FileVersion 1 2;
LotID "L";
WaferID "W";
DiePitch 1000 1000;
TiffFileName a.tif;
DefectRecordSpec 9 DEFECTID XREL YREL XINDEX YINDEX CLASSNUMBER DSIZE IMAGECOUNT IMAGELIST ;
DefectList
 1 999.95 500.0 0 0 0 0 1 1 1 0
 2 0.05 500.0 1 0 0 0 1 1 1 0;
EndOfFile;
"""
FRAME = WaferFrame(
    lot="L", wafer="W", step="S", device="D", slot=1, pitch_um=(1000.0, 1000.0), centre_um=(0.0, 0.0), size_mm=300.0,
    mark="NOTCH", mark_at="DOWN",
)  # fmt: skip


def region(number, x, name="particle"):
    place = {"bbox": (int(x) - 3, 196, 8, 8), "centroid": (x, 199.5)}
    return RegionRecord(id=number, area_px=50, peak=0.9, class_name=name, **place)


def record(*regions):
    return Record(image="a.tif", source="/a", width=400, height=400, regions=regions, nm_per_pixel=1.0, score=0.9)


def test_a_listed_defect_in_the_next_die_gets_the_region_at_its_place():
    found = record(region(1, 199.5), region(2, 299.5, "bridge"), region(3, 40.0, "break"))
    listed = ListedInspection(Path("x"), parse_klarf(LISTED), BUILT_IN_CODES, Path("o"), False, {("a.tif", 0): "/a"})

    entries = matched(listed, {"/a": found}).entries

    assert [(entry["defect_id"], entry["class"]) for entry in entries] == [
        (1, "particle"),
        (2, "bridge"),
        (None, "break"),
    ]


def test_a_die_without_an_image_of_its_own_counts_with_the_defects_found_in_it():
    place = Place(image="a.tif", frame=FRAME, column=0, row=0, x_um=999.95, y_um=500.0)
    images = PlacedImages({("L", "W", "S"): [(record(region(1, 19.5), region(2, 299.5)), place)]}, [])
    (wafer,) = inspected_wafers(images)
    summary = summarise_wafer(wafer, None)
    words = klarf_wafer(wafer, BUILT_IN_CODES, None, {}, datetime.now(UTC)).decode()

    assert [(die, density.defects) for die, density in summary.dies] == [((0, 0), 1), ((1, 0), 1)]
    assert (summary.dies[0][1].per_cm2 is None, summary.dies[1][1].per_cm2 is None) == (False, True)
    plan = words[words.index("SampleTestPlan") :].split(";")[0].split()
    assert plan == ["SampleTestPlan", "2", "0", "0", "1", "0"]
    assert words[words.index("SummaryList") :].split(";")[0].split()[-2:] == ["2", "2"]
