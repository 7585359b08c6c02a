"""The table of all images: readable as it is, sortable and filterable where scripts run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semscan.report.html.parts import ImageName, Picture, names_of
from semscan.report.html.summary import diameters, has_verdict
from semscan.values.record import AnyRecord, ErrorRecord, Record

VERDICTS = {
    "defect": "defect",
    "unlike": "unlike the training images",
    "fine": "no defect",
    "unsure": "no verdict",
    "failed": "not inspected",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One image. `largest` is the diameter of its largest region, in the unit of the table."""

    place: int
    record: AnyRecord
    name: str
    folder: str
    verdict: str
    largest: float | None = None
    class_name: str | None = None
    warnings: tuple[str, ...] = ()
    preview: Picture | None = None
    link: str | None = None

    @property
    def verdict_words(self) -> str:
        """The verdict as people read it."""
        is_reviewed = isinstance(self.record, Record) and self.record.reviewed is not None
        return VERDICTS[self.verdict] + (", reviewed" if is_reviewed else "")

    @property
    def verdict_rank(self) -> int:
        """The place of the verdict when the table is sorted by it."""
        return list(VERDICTS).index(self.verdict)


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """How many images have a verdict."""

    key: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class ImageTable:
    """All rows, the unit of sizes, and the verdicts that occur."""

    rows: list[Row]
    unit: str
    verdicts: list[VerdictCount]


def image_table(records: Sequence[AnyRecord], previews: Mapping[int, Picture], links: Mapping[int, str]) -> ImageTable:
    """Make one row for each record.

    Parameters
    ----------
    records : sequence of Record or ErrorRecord
        Of `results.jsonl`.
    previews : mapping
        Number of a record, from 1 -> its picture.
    links : mapping
        Number of a record -> address of its full overlay, as it goes into a link.
    """
    unit = "nm" if any(isinstance(record, Record) and record.nm_per_pixel for record in records) else "px"
    _, names = names_of(records)
    rows = [
        _row(place, record, name, unit, previews.get(place), links.get(place))
        for place, (record, name) in enumerate(zip(records, names, strict=True), start=1)
    ]
    counts = {key: sum(row.verdict == key for row in rows) for key in VERDICTS}
    verdicts = [VerdictCount(key, words, counts[key]) for key, words in VERDICTS.items() if counts[key]]
    return ImageTable(rows, unit, verdicts)


def verdict_of(record: AnyRecord) -> str:
    """Return a key of `VERDICTS`."""
    if isinstance(record, ErrorRecord):
        return "failed"
    if record.unlike_training:
        return "unlike"
    if not has_verdict(record):
        return "unsure"
    return "defect" if record.defect else "fine"


def _row(place: int, record: AnyRecord, image: ImageName, unit: str, preview: Picture | None, link: str | None) -> Row:
    verdict = verdict_of(record)
    if isinstance(record, ErrorRecord):
        return Row(place, record, image.name, image.folder, verdict, link=link)
    sizes = [diameters(record, region)[unit == "nm"] for region in record.defects]
    largest = max((size for size in sizes if size is not None), default=None)
    return Row(
        place,
        record,
        image.name,
        image.folder,
        verdict,
        largest=largest,
        class_name=record.class_name,
        warnings=record.warnings,
        preview=preview,
        link=link,
    )
