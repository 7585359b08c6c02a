"""The peaks of the regions that a review decides about, in multiples of the threshold they were judged by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from semscan.files.datasets.reviewed import ReviewedImage, ReviewedResults
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.review import HARMLESS, REAL, UNSURE
from semscan.maps.normalise import threshold_multiple
from semscan.pipeline.reviewed.pixels import drawn_defects, found_again, read_map, region_masks

LARGEST_MULTIPLE = 1e6


@dataclass(frozen=True, slots=True)
class ReviewedPeaks:
    """Peaks in multiples of the threshold: of decided and undecided regions, and of images without defects or regions.

    `good` has, for each image without a defect, the peaks of its regions. `unmapped` missed defects have no saved map.
    """

    real: np.ndarray
    harmless: np.ndarray
    undecided: np.ndarray
    good: tuple[np.ndarray, ...]
    unmapped: int

    @property
    def kinds(self) -> str:
        """How many peaks there are of each kind, in words."""
        return f"{len(self.real)} real and {len(self.harmless)} harmless peaks"

    def counts(self, multiple: float) -> dict[str, int]:
        """Return how many peaks there are, and how many above a threshold."""
        kinds = {"real": self.real, "harmless": self.harmless, "undecided": self.undecided}
        numbers = {name: (len(peaks), int((peaks > multiple).sum())) for name, peaks in kinds.items()}
        return {
            key: count
            for name, pair in numbers.items()
            for key, count in zip((name, f"{name}_above"), pair, strict=True)
        }

    def gain(self, multiple: float) -> int:
        """Return how many more decisions are right with a threshold than with the present one."""
        right = [int((self.harmless <= limit).sum() + (self.real > limit).sum()) for limit in (multiple, 1.0)]
        return right[0] - right[1]

    def false_on_good(self, multiple: float) -> int:
        """Return how many regions of images without a defect lie above a threshold."""
        return sum(int((found > multiple).sum()) for found in self.good)


def reviewed_peaks(reviews: Sequence[ReviewedResults]) -> ReviewedPeaks:
    """Collect the peaks of reviewed results, all judged by the same threshold.

    Nuisance regions, real ones too, do not count. An image without defects that has no region counts with its score.
    """
    real: list[float] = []
    harmless: list[float] = []
    undecided: list[float] = []
    good: list[np.ndarray] = []
    unmapped = 0
    for review in reviews:
        reviewed = {id(image.record): image for image in review.images}
        for record in review.finished.inspected:
            image = reviewed.get(id(record), ReviewedImage(record))
            by_verdict = {
                verdict: [region.peak for region in record.defects if image.verdict_of(region) == verdict]
                for verdict in (REAL, HARMLESS, None)
            }
            missed = _missed_peaks(review.finished, image)
            unmapped += missed.count(None)
            real += by_verdict[REAL] + [peak for peak in missed if peak is not None]
            undecided += by_verdict[None]
            if image.is_harmless and not record.defects and record.score is not None:
                by_verdict[HARMLESS] = [record.score]
            harmless += by_verdict[HARMLESS]
            if image.is_decided and not image.missed and not _may_have_defects(image):
                good.append(_multiples(by_verdict[HARMLESS]))
    return ReviewedPeaks(_multiples(real), _multiples(harmless), _multiples(undecided), tuple(good), unmapped)


def _may_have_defects(image: ReviewedImage) -> bool:
    """Return whether the reviewer called anything real or unsure, nuisance regions too, or the image defective."""
    whole = image.whole is not None and image.whole.verdict == REAL
    return whole or bool(image.with_verdict(REAL)) or bool(image.with_verdict(UNSURE))


def _missed_peaks(finished: FinishedRun, image: ReviewedImage) -> list[float | None]:
    """Return the largest value of the map in each missed defect; None without a map."""
    if not image.missed:
        return []
    masks = region_masks(finished, image.record)
    missed = [drawn for drawn in drawn_defects(image) if found_again(drawn, image, masks) is None]
    values = read_map(finished, image.record)
    if values is None:
        return [None] * len(missed)
    windows = ((values[one.box.top : one.box.bottom, one.box.left : one.box.right], one.inside) for one in missed)
    return [float(window[inside].max()) for window, inside in windows]


def _multiples(values: Iterable[float]) -> np.ndarray:
    """Return map values as multiples of the threshold, (n,)."""
    largest = LARGEST_MULTIPLE / (1 + LARGEST_MULTIPLE)
    return np.array([max(threshold_multiple(min(value, largest)), 1 / LARGEST_MULTIPLE) for value in values])
