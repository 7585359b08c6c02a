"""What a KLARF file lists, with the place of each field in its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from semscan.errors import BadKlarfError
from semscan.values.fab.place import WaferFrame

LARGEST_FILE = 1 << 24  # bytes
MOST_DEFECTS = 100_000
LARGEST_NUMBER = 1e12
NEEDED = ("DEFECTID", "XREL", "YREL", "XINDEX", "YINDEX", "CLASSNUMBER")
Span = tuple[int, int]  # where a field begins and ends in the text


@dataclass(frozen=True, slots=True)
class ListedImage:
    """One entry of an image list: the file's name as written, the page from 0, and a list of this entry alone."""

    name: str
    page: int
    alone: str


@dataclass(frozen=True, slots=True)
class ListedDefect:
    """One row of a defect list.

    `x_um` and `y_um` are from the die's lower left corner. `fields` holds the place of each value by its column,
    `end` where the row ends, `frame` the number of its wafer in the file.
    """

    id: int
    x_um: float
    y_um: float
    column: int
    row: int
    images: tuple[ListedImage, ...]
    frame: int
    fields: Mapping[str, Span]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ClassLookup:
    """The file's table of classes: names by number, the places of the count and of the last row.

    Another row goes to `end`; `more` is what follows the name in it.
    """

    names: Mapping[int, str]
    count: Span
    end: int
    last: int
    more: str = ""


@dataclass(slots=True)
class Listed:
    """One wafer of a file: its frame and its summary, field by field."""

    frame: WaferFrame
    summary: list[Mapping[str, Span]] = field(default_factory=list)


@dataclass(slots=True)
class KlarfFile:
    """A KLARF file as read. `text` is one character a byte (latin-1); `um` is the unit of lengths in µm.

    `image_column` is that of the image lists. `data_count` is the place of the number of rows of the defect list,
    `row_end` what ends a row, `whole_columns` are those of whole numbers and `text_columns` those of text (these four
    of 1.8 only).
    """

    text: str
    version: str
    um: float
    columns: tuple[str, ...]
    wafers: list[Listed]
    defects: list[ListedDefect]
    lookup: ClassLookup | None = None
    image_column: str = "IMAGELIST"
    data_count: Span | None = None
    row_end: str = ""
    whole_columns: frozenset[str] = frozenset()
    text_columns: frozenset[str] = frozenset()

    def value(self, span: Span) -> str:
        """Return the text of a field without quotes."""
        return self.text[span[0] : span[1]].strip('"')

    def line(self, at: int) -> int:
        """Return the number of the line of a place, from 1."""
        return self.text.count("\n", 0, at) + 1


def whole_number(text: str, what: str) -> int:
    """Return a field as int; raise BadKlarfError for anything else."""
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise BadKlarfError(f"{what} is {text[:40]!r}, wanted a whole number")
    return int(text)


def number(text: str, what: str) -> float:
    """Return a field as float; raise BadKlarfError for anything else."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= LARGEST_NUMBER or "_" in text:
        raise BadKlarfError(f"{what} is {text[:40]!r}, wanted a number")
    return value


def check_columns(columns: tuple[str, ...], what: str) -> None:
    """Raise BadKlarfError if a column that is needed is missing, or one is there twice."""
    for name in NEEDED:
        if name not in columns:
            raise BadKlarfError(f"{what} has no {name}, which is needed")
    if len(set(columns)) < len(columns):
        raise BadKlarfError(f"{what} names a column twice")


def check_defects(defects: list[ListedDefect]) -> None:
    """Raise BadKlarfError if two defects of one wafer have the same number."""
    if not defects:
        raise BadKlarfError("it lists no defect, so there is nothing to inspect")
    seen = {(defect.frame, defect.id) for defect in defects}
    if len(seen) < len(defects):
        raise BadKlarfError("two defects of one wafer have the same DEFECTID")
