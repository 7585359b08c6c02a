"""Numbers, names and lists as KLARF 1.2 writes them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from semscan.values.fab.class_codes import ClassCodes

MARK = b'InspectionStationID "SEMSCAN"'
NUISANCE_BIN = 1  # ROUGHBINNUMBER of regions that are reported and not counted
REVIEWED_BINS = {"real": 1, "harmless": 2, "unsure": 3, "missed": 4}  # FINEBINNUMBER by the verdict of a review
COLUMNS = (
    *("DEFECTID", "XREL", "YREL", "XINDEX", "YINDEX", "XSIZE", "YSIZE", "DEFECTAREA", "DSIZE", "CLASSNUMBER", "TEST"),
    *("CLUSTERNUMBER", "ROUGHBINNUMBER", "FINEBINNUMBER", "REVIEWSAMPLE", "IMAGECOUNT", "IMAGELIST"),
)


def defect_spec() -> str:
    """Return the line that names the columns of the defect list."""
    return f"DefectRecordSpec {len(COLUMNS)} {' '.join(COLUMNS)} ;"


def defect_list(rows: Sequence[str]) -> list[str]:
    """Return the defect list; a semicolon ends its last row."""
    return ["DefectList", *rows[:-1], f"{rows[-1]};"] if rows else ["DefectList;"]


def class_lookup(codes: ClassCodes) -> list[str]:
    """Return the whole table of classes, so that it is the same in every file."""
    rows = [f' {number} "{text(name).capitalize() if number == 0 else text(name)}"' for number, name in codes.rows]
    return [f"ClassLookup {len(rows)}", *rows[:-1], f"{rows[-1]};"]


def pair(x: float, y: float) -> str:
    """Return two numbers with a blank between them."""
    return f"{number(x)} {number(y)}"


def number(value: float) -> str:
    """Return a number with ten decimals and an exponent of three digits, as the fab's own tools write it.

    Examples
    --------
    >>> number(2.048), number(4.7e7)
    ('2.0480000000e+000', '4.7000000000e+007')
    """
    mantissa, exponent = f"{value:.10e}".split("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:]:0>3}"


def file_name(name: str) -> str:
    """Return a file name as one word that cannot end a line: other letters than plain ones are escaped as in a URL.

    Examples
    --------
    >>> file_name("die 1.tif"), file_name("µ;.tif")
    ('die%201.tif', '%C2%B5%3B.tif')
    """
    return quote(name.encode("utf-8", errors="surrogateescape"), safe="+,=@()")


def text(words: str) -> str:
    """Return text that cannot end a string or a line of a KLARF file."""
    plain = words.replace('"', "'").replace(";", ",").encode("ascii", "replace").decode()
    return "".join(letter if letter.isprintable() else " " for letter in plain)
