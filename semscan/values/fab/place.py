"""Where an image was taken: lot, wafer, die, and the place in the die."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WaferFrame:
    """One wafer at one step, and how its dies lie. None stands for what nobody stated.

    `pitch_um` is the die's size from one die to the next, x and y. `centre_um` is the centre of the wafer, seen from
    the lower left corner of the die in column 0 and row 0 (KLARF: SampleCenterLocation). `size_mm` is the diameter,
    `mark` "NOTCH" or "FLAT", and `mark_at` where that is: "DOWN", "UP", "LEFT" or "RIGHT".
    """

    lot: str
    wafer: str
    step: str | None = None
    device: str | None = None
    setup: str | None = None
    slot: int | None = None
    pitch_um: tuple[float, float] | None = None
    centre_um: tuple[float, float] | None = None
    size_mm: float | None = None
    mark: str | None = None
    mark_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the centre of one image lies: die column and row, and µm from the die's lower left corner, y upwards."""

    image: str
    frame: WaferFrame
    column: int
    row: int
    x_um: float
    y_um: float
