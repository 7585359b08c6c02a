"""Where in the field the defects lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from semscan.report.html.charts.plot import WIDE
from semscan.report.html.parts import many
from semscan.report.html.summary import Defect, Summary
from semscan.report.pictures.scale_bar import length_text

FIELD_MARGIN = 4
FIELD_HIGH = 300
MOST_DOTS = 2000
CELLS = 16  # of the map across the field, where dots would be too many


@dataclass(frozen=True, slots=True)
class Dot:
    """One defect in the field."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the field; `share` is its number of defects, 1 for the fullest."""

    x: float
    y: float
    width: float
    height: float
    share: float


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The field at `x`, `y`, `wide` and `high`, with a dot for each defect or, for very many, cells."""

    title: str
    words: str
    x: float
    wide: float
    high: float
    dots: list[Dot]
    cells: list[Cell]
    y: int = FIELD_MARGIN
    width: int = WIDE

    @property
    def height(self) -> float:
        """The height of the drawing."""
        return self.high + 2 * FIELD_MARGIN


def field_map(summary: Summary) -> FieldMap | None:
    """Show where in the field the defects lie, all images on top of each other; None without defects."""
    if not summary.defects:
        return None
    shapes = Counter((record.width or 1, record.height or 1) for record in summary.inspected)
    ((width, height), _), *_ = shapes.most_common(1)
    scale = min((WIDE - 2 * FIELD_MARGIN) / width, FIELD_HIGH / height)
    wide = width * scale
    high = height * scale
    left = (WIDE - wide) / 2
    is_few = len(summary.defects) <= MOST_DOTS
    return FieldMap(
        title="Where in the field",
        words=f"{many(len(summary.defects), 'region')} of all images in one field ({_field_words(summary)})",
        x=left,
        wide=wide,
        high=high,
        dots=[_dot(defect, left, wide, high) for defect in summary.defects] if is_few else [],
        cells=[] if is_few else _cells(summary.defects, left, wide, high),
    )


def _dot(defect: Defect, left: float, wide: float, high: float) -> Dot:
    radius = defect.diameter / 2 * wide / (defect.record.width or 1)
    return Dot(left + defect.x * wide, FIELD_MARGIN + defect.y * high, min(12.0, max(2.0, radius)))


def _cells(defects: Sequence[Defect], left: float, wide: float, high: float) -> list[Cell]:
    down = max(1, round(CELLS * high / wide))
    counts = Counter((min(CELLS - 1, int(d.x * CELLS)), min(down - 1, int(d.y * down))) for d in defects)
    most = max(counts.values())
    return [
        Cell(left + wide * col / CELLS, FIELD_MARGIN + high * row / down, wide / CELLS, high / down, count / most)
        for (col, row), count in counts.items()
    ]


def _field_words(summary: Summary) -> str:
    """Return the size of the field in pixels and, if it is one, in nm; its words do not break."""
    shapes = {(record.width, record.height) for record in summary.inspected}
    scales = {record.nm_per_pixel for record in summary.inspected}
    if len(shapes) > 1:
        return "fields of several sizes, stretched to one"
    ((width, height),) = shapes
    words = f"{width or 1:g} × {height or 1:g} px"
    if len(scales) == 1 and (nm := scales.pop()):
        words += f", {length_text(_rounded((width or 1) * nm))} × {length_text(_rounded((height or 1) * nm))}"
    return words.replace(" nm", "\u00a0nm").replace(" µm", "\u00a0µm").replace(" × ", "\u00a0×\u00a0")


def _rounded(nm: float) -> float:
    return float(f"{nm:.3g}")
