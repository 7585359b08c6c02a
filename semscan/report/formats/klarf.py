"""The regions of one image as KLARF 1.2, the fab's defect list.

KLARF has no public specification. What is written here is what real files and open parsers have in common. Lengths
are in µm, areas in µm², the sample in mm; the die's origin is its lower left corner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from semscan.report.formats.region_pixels import RegionPixels
from semscan.settings import KlarfSettings
from semscan.values.record import Record
from semscan.version import __version__

MARK = b'InspectionStationID "SEMSCAN"'
UNCLASSIFIED = "Unclassified"
NUISANCE_BIN = 1  # ROUGHBINNUMBER of regions that are reported and not counted
REVIEWED_BINS = {"real": 1, "harmless": 2, "unsure": 3, "missed": 4}  # FINEBINNUMBER by the verdict of a review
COLUMNS = (
    *("DEFECTID", "XREL", "YREL", "XINDEX", "YINDEX", "XSIZE", "YSIZE", "DEFECTAREA", "DSIZE", "CLASSNUMBER", "TEST"),
    *("CLUSTERNUMBER", "ROUGHBINNUMBER", "FINEBINNUMBER", "REVIEWSAMPLE", "IMAGECOUNT", "IMAGELIST"),
)


def klarf(
    record: Record,
    pieces: Sequence[RegionPixels],
    classes: Sequence[str],
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
    classes : sequence of str
        The classes of all files that are written together: their numbers are then the same in each.
    header : KlarfSettings
        What is not in an image: lot, wafer, step.
    image_name : str
        The image's file name.
    when : datetime
        Of the inspection.
    """
    scale = (record.nm_per_pixel or 0.0) / 1000  # µm
    size = record.width * scale, record.height * scale
    judged = 1.0 if record.judged_fraction is None else record.judged_fraction
    inspected = record.height * record.width * scale**2 * judged  # µm²
    lines = [
        *_header(header, image_name, when.strftime("%m-%d-%Y %H:%M:%S"), size),
        *_class_lookup(classes),
        "InspectionTest 1;",
        "SampleTestPlan 1",
        " 0 0;",
        f"AreaPerTest {_number(inspected)};",
        f"DefectRecordSpec {len(COLUMNS)} {' '.join(COLUMNS)} ;",
        *_defect_list([_row(piece, record.height, scale, classes) for piece in pieces]),
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
        f'LotID "{_text(header.lot)}";',
        "SampleSize 1 300;",
        f'DeviceID "{_text(header.device)}";',
        f'SetupID "{_text(header.setup)}" {stamp};',
        f'StepID "{_text(header.step)}";',
        "SampleOrientationMarkType NOTCH;",
        "OrientationMarkLocation DOWN;",
        f"TiffFileName {_file_name(image_name)};",
        f"DiePitch {_pair(*size)};",
        f"DieOrigin {_pair(0, 0)};",
        f'WaferID "{_text(header.wafer)}";',
        f"Slot {header.slot};",
        f"SampleCenterLocation {_pair(0, 0)};",
    ]


def _summary(counted: int, inspected: float) -> list[str]:
    """Return the lines that count the defects; `inspected` is the inspected area in µm²."""
    density = counted / inspected * 1e8 if inspected else 0.0  # per cm²
    return [
        "SummarySpec 5 TESTNO NDEFECT DEFDENSITY NDIE NDEFDIE ;",
        "SummaryList",
        f" 1 {counted} {_number(density)} 1 {int(counted > 0)};",
    ]


def _row(piece: RegionPixels, rows: int, scale: float, classes: Sequence[str]) -> str:
    x, y = piece.region.centroid
    _, _, width, height = piece.region.bbox
    place = f"{x * scale:.6f} {(rows - y) * scale:.6f} 0 0"
    size = f"{width * scale:.6f} {height * scale:.6f} {piece.region.area_px * scale**2:.9f}"
    name = piece.region.class_name
    number = classes.index(name) + 1 if name else 0
    rough = NUISANCE_BIN if piece.region.nuisance else 0
    fine = REVIEWED_BINS.get(piece.region.reviewed or "", 0)
    bins = f"{number} 1 0 {rough} {fine} {int(fine > 0)}"
    # at the end one image: the first in its file, of type 0
    return f" {piece.region.id} {place} {size} {max(width, height) * scale:.6f} {bins} 1 1 1 0"


def _defect_list(rows: list[str]) -> list[str]:
    return ["DefectList", *rows[:-1], f"{rows[-1]};"] if rows else ["DefectList;"]


def _class_lookup(classes: Sequence[str]) -> list[str]:
    names = [UNCLASSIFIED, *classes]
    rows = [f' {number} "{_text(name)}"' for number, name in enumerate(names)]
    return [f"ClassLookup {len(rows)}", *rows[:-1], f"{rows[-1]};"]


def _pair(x: float, y: float) -> str:
    return f"{_number(x)} {_number(y)}"


def _number(value: float) -> str:
    """Return a number with ten decimals and an exponent of three digits, as the fab's own tools write it.

    Examples
    --------
    >>> _number(2.048), _number(4.7e7)
    ('2.0480000000e+000', '4.7000000000e+007')
    """
    mantissa, exponent = f"{value:.10e}".split("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:]:0>3}"


def _file_name(name: str) -> str:
    """Return a file name as one word that cannot end a line: other letters than plain ones are escaped as in a URL.

    Examples
    --------
    >>> _file_name("die 1.tif"), _file_name("µ;.tif")
    ('die%201.tif', '%C2%B5%3B.tif')
    """
    return quote(name.encode("utf-8", errors="surrogateescape"), safe="+,=@()")


def _text(words: str) -> str:
    """Return text that cannot end a string or a line of a KLARF file."""
    plain = words.replace('"', "'").replace(";", ",").encode("ascii", "replace").decode()
    return "".join(letter if letter.isprintable() else " " for letter in plain)
