"""How far the defect of a region reaches, as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.values.json_record import JsonRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtentRecord(JsonRecord):
    """See `semscan.values.Extent`. `place` is x, y, `bbox` is x, y, width, height."""

    place: tuple[float, float]
    bbox: tuple[int, int, int, int]
    area_px: int
    feret_max_px: float
    feret_min_px: float
    orientation_deg: float | None = None

    @property
    def is_usable(self) -> bool:
        """True if it has all its values."""
        return self.whole
