"""The regions of one image as KLARF 1.2, the fab's defect list.

KLARF has no public specification. What is written here is what real files and open parsers have in common. Lengths
are in µm, areas in µm², the sample in mm; the die's origin is its lower left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from semscan.report.formats.region_pixels import RegionPixels
from semscan.settings import KlarfSettings
from semscan.values.fab.class_codes import ClassCodes
from semscan.values.record import Record
from semscan.version import __version__


def klarf(
    record: Record,
    pieces: Sequence[RegionPixels],
    codes: ClassCodes,
    header: KlarfSettings,
    image_name: str,
    when: datetime,
) -> bytes:
    """Return one image as one die of a KLARF file: its pitch is the whole image, its lower left corner the origin.

    All regions are listed; nuisance is in rough bin `NUISANCE_BIN` and is not counted in the summary. Reviewed regions
    are in the fine bins of `REVIEWED_BINS`, and REVIEWSAMPLE is 1.

    Parameters
    ----------
    record : Record
        Of the image, with its `nm_per_pixel`.
    pieces : sequence of RegionPixels
        Its regions.
    codes : ClassCodes
        The number of each class of the regions.
    header : KlarfSettings
        What is not in an image: lot, wafer, step.
    image_name : str
        The image's file name.
    when : datetime
        Of the inspection.
    """
    scale = (record.nm_per_pixel or 0.0) / 1000  # µm
    size = record.width * scale, record.height * scale
    inspected = record.judged_px * scale**2  # µm²
    lines = [
        *_header(header, image_name, when.strftime("%m-%d-%Y %H:%M:%S"), size),
        *class_lookup(codes),
        "InspectionTest 1;",
        "SampleTestPlan 1",
        " 0 0;",
        f"AreaPerTest {number(inspected)};",
        defect_spec(),
        *defect_list([_row(piece, record.height, scale, codes) for piece in pieces]),
        *_summary(sum(not piece.region.nuisance for piece in pieces), inspected),
        "EndOfFile;",
    ]
    return ("\n".join(lines) + "\n").encode("ascii")


def _header(header: KlarfSettings, image_name: str, stamp: str, size: tuple[float, float]) -> list[str]:
    """Return the lines that say which sample was inspected and when; `size` is width and height of the image in µm."""
    return [
        "FileVersion 1 2;",
        f"FileTimestamp {stamp};",
        f'{MARK.decode()} "semscan" "{__version__}";',
        "SampleType WAFER;",
        f"ResultTimestamp {stamp};",
        f'LotID "{text(header.lot)}";',
        "SampleSize 1 300;",
        f'DeviceID "{text(header.device)}";',
        f'SetupID "{text(header.setup)}" {stamp};',
        f'StepID "{text(header.step)}";',
        "SampleOrientationMarkType NOTCH;",
        "OrientationMarkLocation DOWN;",
        f"TiffFileName {file_name(image_name)};",
        f"DiePitch {pair(*size)};",
        f"DieOrigin {pair(0, 0)};",
        f'WaferID "{text(header.wafer)}";',
        f"Slot {header.slot};",
        f"SampleCenterLocation {pair(0, 0)};",
    ]


def _summary(counted: int, inspected: float) -> list[str]:
    """Return the lines that count the defects; `inspected` is the inspected area in µm²."""
    density = counted / inspected * 1e8 if inspected else 0.0  # per cm²
    return [
        "SummarySpec 5 TESTNO NDEFECT DEFDENSITY NDIE NDEFDIE ;",
        "SummaryList",
        f" 1 {counted} {number(density)} 1 {int(counted > 0)};",
    ]


def _row(piece: RegionPixels, rows: int, scale: float, codes: ClassCodes) -> str:
    x, y = piece.region.centroid
    _, _, width, height = piece.region.bbox
    place = f"{(x + 0.5) * scale:.6f} {(rows - 0.5 - y) * scale:.6f} 0 0"  # 0 is the centre of the first pixel
    size = f"{width * scale:.6f} {height * scale:.6f} {piece.region.area_px * scale**2:.9f}"
    code = codes.number(piece.region.class_name) or 0
    rough = NUISANCE_BIN if piece.region.nuisance else 0
    fine = REVIEWED_BINS.get(piece.region.reviewed or "", 0)
    bins = f"{code} 1 0 {rough} {fine} {int(fine > 0)}"
    # at the end one image: the first in its file, of type 0
    return f" {piece.region.id} {place} {size} {max(width, height) * scale:.6f} {bins} 1 1 1 0"
