"""All dies of one wafer as KLARF 1.2."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from semscan.report.formats.klarf_text import (
    MARK,
    NUISANCE_BIN,
    REVIEWED_BINS,
    class_lookup,
    defect_list,
    defect_spec,
    file_name,
    number,
    pair,
    text,
)
from semscan.values.fab.class_codes import ClassCodes
from semscan.values.fab.defect import InspectedWafer, WaferDefect
from semscan.values.fab.place import WaferFrame
from semscan.version import __version__

NEEDED = {
    "step": "step",
    "device": "device",
    "slot": "slot",
    "pitch_um": "die_pitch_x_um and die_pitch_y_um",
    "centre_um": "centre_x_um and centre_y_um",
    "size_mm": "sample_size_mm",
    "mark": "mark",
    "mark_at": "orientation",
}


def missing_fields(frame: WaferFrame) -> list[str]:
    """Return the columns of the table of places that KLARF needs and nobody filled in."""
    return [column for name, column in NEEDED.items() if getattr(frame, name) is None]


def klarf_wafer(
    wafer: InspectedWafer, codes: ClassCodes, stack: str | None, pages: Mapping[str, int], when: datetime
) -> bytes:
    """Return one wafer as a KLARF file.

    Parameters
    ----------
    wafer : InspectedWafer
        Its frame has all that `missing_fields` asks for.
    codes : ClassCodes
        The number of each class of the defects.
    stack : str or None
        Name of the TIFF file with the images; None: no image is listed.
    pages : mapping
        Image -> its page in that file, from 1.
    when : datetime
        Of the inspection.
    """
    stamp = when.strftime("%m-%d-%Y %H:%M:%S")
    dies = wafer.dies
    lines = [
        *_header(wafer.frame, stack, stamp),
        *class_lookup(codes),
        "InspectionTest 1;",
        f"SampleTestPlan {len(dies)}",
        *(f" {column} {row}{';' if (column, row) == dies[-1] else ''}" for column, row in dies),
        f"AreaPerTest {number(wafer.area_um2)};",
        defect_spec(),
        *defect_list([_row(defect, codes, pages) for defect in wafer.defects]),
        *_summary(wafer),
        "EndOfFile;",
    ]
    return ("\n".join(lines) + "\n").encode("ascii")


def _header(frame: WaferFrame, stack: str | None, stamp: str) -> list[str]:
    pitch, centre = frame.pitch_um or (0.0, 0.0), frame.centre_um or (0.0, 0.0)
    return [
        "FileVersion 1 2;",
        f"FileTimestamp {stamp};",
        f'{MARK.decode()} "semscan" "{__version__}";',
        "SampleType WAFER;",
        f"ResultTimestamp {stamp};",
        f'LotID "{text(frame.lot)}";',
        f"SampleSize 1 {frame.size_mm:g};",
        f'DeviceID "{text(frame.device or "")}";',
        f'SetupID "{text(frame.setup or "semscan")}" {stamp};',
        f'StepID "{text(frame.step or "")}";',
        f"SampleOrientationMarkType {frame.mark};",
        f"OrientationMarkLocation {frame.mark_at};",
        *([] if stack is None else [f"TiffFileName {file_name(stack)};"]),
        f"DiePitch {pair(*pitch)};",
        f"DieOrigin {pair(0, 0)};",
        f'WaferID "{text(frame.wafer)}";',
        f"Slot {frame.slot};",
        f"SampleCenterLocation {pair(*centre)};",
    ]


def _row(defect: WaferDefect, codes: ClassCodes, pages: Mapping[str, int]) -> str:
    page = pages.get(defect.source)
    size = f"{defect.width_um:.6f} {defect.height_um:.6f} {defect.area_um2:.9f}"
    longest = max(defect.width_um, defect.height_um)
    fine = REVIEWED_BINS.get(defect.reviewed or "", 0)
    return (
        f" {defect.id} {defect.x_um:.6f} {defect.y_um:.6f} {defect.column} {defect.row} {size} {longest:.6f} "
        f"{codes.number(defect.class_name) or 0} 1 0 {NUISANCE_BIN if defect.nuisance else 0} {fine} {int(fine > 0)} "
        + ("0 0" if page is None else f"1 1 {page} 0")
    )


def _summary(wafer: InspectedWafer) -> list[str]:
    """Return the lines that count the defects: nuisance is not counted."""
    count = len(wafer.counted)
    density = count / wafer.area_um2 * 1e8 if wafer.area_um2 else 0.0
    return [
        "SummarySpec 5 TESTNO NDEFECT DEFDENSITY NDIE NDEFDIE ;",
        "SummaryList",
        f" 1 {count} {number(density)} {len(wafer.dies)} {len({defect.die for defect in wafer.counted})};",
    ]
