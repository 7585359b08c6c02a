"""The record of a measured image: a line of `measures.jsonl`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from semscan.values.json_record import JsonRecord
from semscan.values.measured.dimensions import Dimensions
from semscan.values.record import OK


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureOutputs(JsonRecord):
    """The files written for one measured image; None for what was not asked for or does not exist."""

    OMITTED: ClassVar[frozenset[str]] = frozenset({"table", "spectrum", "picture"})

    table: str | None = None
    spectrum: str | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRecord(JsonRecord):
    """The record of one measured image.

    `judged_fraction` is the share of the image without data bar and ignored areas, `stem` the name of its files in the
    output folder, without suffix.
    """

    OMITTED: ClassVar[frozenset[str]] = frozenset({"stem"})
    DIGITS: ClassVar[Mapping[str, int]] = {"judged_fraction": 6, "seconds": 3}

    image: str
    source: str
    status: str = OK
    width: int
    height: int
    judged_fraction: float
    nm_per_pixel: float | None = None
    nm_per_pixel_source: str | None = None
    data_bar_px: int = 0
    dimensions: Dimensions
    outputs: MeasureOutputs = MeasureOutputs()
    stem: str | None = None
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
