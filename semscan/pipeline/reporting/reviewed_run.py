"""A finished inspection as it is reported: with the verdicts of the review beside it, and its drawn defects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from semscan.files.datasets.reviewed import ReviewedImage, ReviewedResults, review_beside
from semscan.files.results.finished_run import FinishedRun, read_finished
from semscan.files.results.report_files import read_mask
from semscan.files.results.review import HARMLESS, MISSED, REAL
from semscan.phrases import plural
from semscan.pipeline.reviewed.pixels import DrawnDefect, drawn_defects, found_again, read_map, region_masks
from semscan.report.formats.region_pixels import RegionPixels, region_pixels
from semscan.report.region_entry import called_otherwise, region_record
from semscan.settings import ReportSettings
from semscan.values import Region
from semscan.values.record import AnyRecord, Record, RegionRecord


@dataclass(frozen=True, slots=True)
class ReviewedRun:
    """A finished inspection whose records hold what the review says.

    `drawn` has the pixels of each drawn defect in its box, by the source of its image and the id of its region.
    `is_reviewed` is True if the review decides about one of its images. `notes` state what a reader must know of the
    review; empty without one. `left_out` says which decisions do not count; empty where all do.
    """

    finished: FinishedRun
    drawn: Mapping[tuple[str, int], np.ndarray] = field(default_factory=dict)
    is_reviewed: bool = False
    notes: tuple[str, ...] = ()
    left_out: str = ""

    def pixels(self, record: Record) -> list[RegionPixels]:
        """Return the regions of a record with their pixels."""
        pieces = region_pixels(record, read_mask(self.finished, record))
        return [
            replace(piece, inside=self.drawn.get((record.source, piece.region.id), piece.inside)) for piece in pieces
        ]


def read_reviewed_run(results: Path, settings: ReportSettings) -> ReviewedRun:
    """Read a finished inspection, and the review beside it if there is one.

    The settings say whether the review is wanted, and whether only the last run.

    Raises
    ------
    OutputError
        If there are no records.
    BadDataError
        If the review cannot be read.
    """
    finished = read_finished(results, last=settings.last)
    review = review_beside(finished) if settings.review else None
    if review is None or not (review.images or review.left_out):
        return ReviewedRun(finished)
    drawn: dict[tuple[str, int], np.ndarray] = {}
    judged: dict[int, AnyRecord] = {}
    for image in review.images:
        judged[id(image.record)] = _with_verdicts(finished, image, drawn)
    reviewed = replace(finished, records=[judged.get(id(record), record) for record in finished.records])
    return ReviewedRun(reviewed, drawn, bool(review.images), _notes(review, len(drawn)), review.left_out or "")


def _notes(review: ReviewedResults, drawn: int) -> tuple[str, ...]:
    count = sum(len(image.regions) for image in review.images)
    said = (
        f"Reviewed: {plural(count, 'region')} and {plural(drawn, 'drawn defect')} in "
        f"{plural(len(review.images), 'image')}. Harmless regions are nuisance, and are not counted. Pictures show the "
        "regions as they were found."
    )
    return (*((said,) if review.images else ()), *((f"{review.left_out}.",) if review.left_out else ()))


def _with_verdicts(finished: FinishedRun, image: ReviewedImage, drawn: dict[tuple[str, int], np.ndarray]) -> Record:
    """Return the record of an image with what the review says; the pixels of drawn defects go into `drawn`."""
    record = image.record
    masks = region_masks(finished, record) if image.missed else {}
    confirmed: dict[int, str | None] = {}
    added: list[tuple[DrawnDefect, RegionRecord]] = []
    values = read_map(finished, record) if image.missed else None
    first = max((region.id for region in record.regions), default=0) + 1
    for one in drawn_defects(image):
        again = found_again(one, image, masks)
        if again is not None:  # by a later inspection
            confirmed[again.id] = one.decision.class_name
        else:
            added.append((one, _drawn_record(first + len(added), one, record, values)))
    drawn |= {(record.source, region.id): one.inside for one, region in added}
    regions = [_with_verdict(region, image, confirmed) for region in record.regions]
    regions += [region for _, region in added]
    verdict = _verdict(image, regions)
    judged = replace(record, regions=tuple(regions), reviewed=verdict)
    if verdict in (REAL, HARMLESS):  # a person has judged what the model could not
        judged = replace(judged, unlike_training=None)
    judged = replace(judged, score=_score(record, judged))
    return judged if judged.unlike_training else replace(judged, defect=verdict == REAL or bool(judged.defects))


def _score(before: Record, judged: Record) -> float | None:
    """Return the score of the regions that still count; where nothing was dismissed, at least that of before."""
    if before.score is None:
        return None
    peaks = {region.id: region.peak for region in judged.regions if not region.nuisance}
    gone = any(region.id not in peaks for region in before.regions if not region.nuisance)
    is_dismissed = gone or judged.reviewed == HARMLESS
    return max([min(before.score, before.threshold) if is_dismissed else before.score, *peaks.values()])


def _with_verdict(region: RegionRecord, image: ReviewedImage, confirmed: Mapping[int, str | None]) -> RegionRecord:
    verdict = image.verdict_of(region)
    class_name = image.class_of(region)
    if verdict is None and region.id in confirmed:
        verdict, class_name = REAL, confirmed[region.id] or class_name
    if verdict is None:
        return region
    probability = region.class_probability if class_name == region.class_name else None
    nuisance = {HARMLESS: True, REAL: False}.get(verdict, region.nuisance)
    return replace(
        region,
        reviewed=verdict,
        class_name=class_name,
        class_probability=probability,
        nuisance=nuisance,
        description=called_otherwise(region, class_name, nuisance),
    )


def _drawn_record(number: int, drawn: DrawnDefect, record: Record, values: np.ndarray | None) -> RegionRecord:
    """Return a drawn defect as a region; its peak and mean are those of the map, 0 without one."""
    box, inside = drawn.box, drawn.inside
    rows, cols = np.nonzero(inside)
    scores = np.zeros(1) if values is None else values[box.top : box.bottom, box.left : box.right][inside]
    region = Region(
        box=box,
        area=int(inside.sum()),
        peak=float(scores.max()),
        mean=float(scores.mean()),
        centroid=(box.top + float(rows.mean()), box.left + float(cols.mean())),
        class_name=drawn.decision.class_name,
    )
    return replace(region_record(number, region, record), reviewed=MISSED)


def _verdict(image: ReviewedImage, regions: list[RegionRecord]) -> str | None:
    """Return what the review says of the whole image; None where it leaves regions open."""
    if any(region.reviewed in (REAL, MISSED) for region in regions):
        return REAL
    if image.whole is not None:
        return image.whole.verdict
    verdicts = {image.verdict_of(region) for region in image.record.defects}
    return HARMLESS if verdicts == {HARMLESS} else None
