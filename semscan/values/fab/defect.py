"""Images and defects of one wafer, in its own coordinates."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.values.fab.place import WaferFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class WaferDefect:
    """One region of one image that was taken at a known place.

    `x_um` and `y_um` are the centroid, from the lower left corner of the die, y upwards. `angle_deg` is the long
    axis, from x upwards within (-90, 90], None for a round region. `elongation` is the largest by the smallest Feret
    diameter, `reach_um` half of the largest. `reviewed` is the verdict of a review, None without one. `image` is the
    name of the image as given, which others may have too; `source` is its own.
    """

    id: int
    image: str
    source: str
    region: int
    column: int
    row: int
    x_um: float
    y_um: float
    width_um: float
    height_um: float
    area_um2: float
    class_name: str | None = None
    nuisance: bool = False
    elongation: float = 1.0
    angle_deg: float | None = None
    reach_um: float = 0.0
    reviewed: str | None = None

    @property
    def die(self) -> tuple[int, int]:
        """Column and row of the die."""
        return self.column, self.row


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What one image shows of a die: the centre in the die, the size, and the judged area."""

    image: str
    column: int
    row: int
    x_um: float
    y_um: float
    width_um: float
    height_um: float
    area_um2: float

    @property
    def die(self) -> tuple[int, int]:
        """Column and row of the die."""
        return self.column, self.row


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedWafer:
    """All that was inspected and found on one wafer at one step. A nuisance is listed and does not count."""

    frame: WaferFrame
    fields: tuple[Field, ...]
    defects: tuple[WaferDefect, ...]

    @property
    def counted(self) -> tuple[WaferDefect, ...]:
        """The defects that count."""
        return tuple(defect for defect in self.defects if not defect.nuisance)

    @property
    def dies(self) -> tuple[tuple[int, int], ...]:
        """Column and row of each die with an image, or with a defect at its edge, row by row from the top."""
        seen = {field.die for field in self.fields} | {defect.die for defect in self.defects}
        return tuple(sorted(seen, key=lambda die: (-die[1], die[0])))

    @property
    def area_um2(self) -> float:
        """The judged area."""
        return sum(field.area_um2 for field in self.fields)
