"""The records of an inspection as the page of a review gets them: images by number, names as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semscan.report.formats.outline import Point, outline
from semscan.report.formats.region_pixels import RegionPixels
from semscan.report.html.environment import visible
from semscan.report.html.parts import names_of
from semscan.report.html.table import VERDICTS, verdict_of
from semscan.values.record import Record

MOST_OUTLINES = 500  # regions of an image; beyond, boxes are drawn


@dataclass(frozen=True, slots=True)
class ListRegion:
    """What the list knows of a region."""

    id: int
    class_name: str | None
    nuisance: bool


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One image of the list. `number` counts from 0, `verdict` is a key of `semscan.report.html.table.VERDICTS`."""

    number: int
    name: str
    folder: str
    verdict: str
    score: float | None
    class_name: str | None
    regions: tuple[ListRegion, ...]


@dataclass(frozen=True, slots=True)
class ShownRegion:
    """One region in full. `bbox` is x, y, width, height; `outline` has an outer ring of corners x, y, then holes."""

    id: int
    bbox: tuple[int, int, int, int]
    outline: list[list[Point]]
    class_name: str | None
    class_probability: float | None
    peak: float
    nuisance: bool
    description: str | None


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One image in full; `pictures` names those that the server can draw."""

    number: int
    width: int
    height: int
    nm_per_pixel: float | None
    score: float | None
    threshold: float
    verdict: str
    regions: tuple[ShownRegion, ...]
    warnings: tuple[str, ...]
    pictures: tuple[str, ...]


def list_entries(records: Sequence[Record]) -> list[ListEntry]:
    """Return one entry for each record, in their order."""
    _, names = names_of(records)
    return [
        ListEntry(
            number,
            visible(name.name),
            visible(name.folder),
            verdict_of(record),
            record.score,
            _text(record.class_name),
            tuple(ListRegion(region.id, _text(region.class_name), region.nuisance) for region in record.regions),
        )
        for number, (record, name) in enumerate(zip(records, names, strict=True))
    ]


def image_entry(
    number: int, record: Record, pieces: Sequence[RegionPixels], pictures: Sequence[str], notes: Sequence[str] = ()
) -> ImageEntry:
    """Return all that the page shows of one image.

    Parameters
    ----------
    number : int
        Its place in the list.
    record : Record
    pieces : sequence of RegionPixels
        The regions with their pixels.
    pictures : sequence of str
        Names of the pictures there are.
    notes : sequence of str
        Said before the record's own warnings.
    """
    whole = len(pieces) <= MOST_OUTLINES
    return ImageEntry(
        number=number,
        width=record.width,
        height=record.height,
        nm_per_pixel=record.nm_per_pixel,
        score=record.score,
        threshold=record.threshold,
        verdict=VERDICTS[verdict_of(record)],
        regions=tuple(_shown(piece if whole else RegionPixels(piece.region, None)) for piece in pieces),
        warnings=tuple(visible(words) for words in (*notes, *record.warnings)),
        pictures=tuple(pictures),
    )


def _shown(piece: RegionPixels) -> ShownRegion:
    region = piece.region
    return ShownRegion(
        id=region.id,
        bbox=region.bbox,
        outline=outline(piece),
        class_name=_text(region.class_name),
        class_probability=region.class_probability,
        peak=region.peak,
        nuisance=region.nuisance,
        description=_text(region.description),
    )


def _text(words: str | None) -> str | None:
    return None if words is None else visible(words)
