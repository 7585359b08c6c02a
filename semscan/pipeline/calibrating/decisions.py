"""Calibrate by the decisions of a review: set another threshold, or learn which regions are a nuisance.

The threshold is set by the peaks of real and of harmless regions. A nuisance filter compares regions with those that
were decided about. It holds at the threshold at which these were cut, so the threshold stays where a filter makes more
decisions right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semscan.errors import BadDataError
from semscan.files.datasets.reviewed import ReviewedResults
from semscan.maps.review_threshold import reviewed_threshold
from semscan.phrases import plural
from semscan.pipeline.calibrating.calibrated import FILTER_GONE, Calibrated, Log
from semscan.pipeline.calibrating.nuisance import (
    LearnedNuisance,
    at_other_thresholds,
    learn_nuisance,
    undecided_marked,
)
from semscan.pipeline.calibrating.peaks import ReviewedPeaks, reviewed_peaks
from semscan.pipeline.calibrating.review_files import ReviewFiles
from semscan.poisson import poisson_interval
from semscan.scores.intervals import share_interval
from semscan.values.detection import DetectionCurve
from semscan.values.model.calibration import REVIEWED, Calibration
from semscan.values.model.nuisance import NuisanceFilter
from semscan.values.record import CALIBRATED_THRESHOLD

FEWEST = 10  # decided regions
NOT_PAINTED = "Which painted defects it finds was not measured."
PAINTED_BEFORE = "Which painted defects it finds was measured without the nuisance filter."
FILTER_UNWANTED = "the nuisance filter is left out, as --no-nuisance-filter asks"
FEWEST_OF_A_KIND = 3


@dataclass(frozen=True, slots=True)
class Present:
    """What is calibrated: its threshold `before`, and the filter and the painted defects that belong to it.

    `calibration` is None for a method without one. `written` returns what writes the folder, of a calibration, the
    painted defects, a filter and the news.
    """

    before: float
    calibration: Calibration | None
    painted: DetectionCurve | None
    nuisance: NuisanceFilter | None
    written: Callable[[Calibration, DetectionCurve | None, NuisanceFilter | None, str], Callable[[Path], None]]


@dataclass(frozen=True, slots=True)
class _Decided:
    """What the reviews say: their decisions, the peaks of the regions, and both in words."""

    reviews: Sequence[ReviewedResults]
    peaks: ReviewedPeaks
    source: str

    @property
    def images(self) -> int:
        """How many images have a decision."""
        return sum(len(review.images) for review in self.reviews)


def calibrate_by_decisions(
    reviews: Sequence[ReviewedResults], files: ReviewFiles, present: Present, log: Log
) -> Calibrated:
    """Add a nuisance filter, or set the threshold: whichever makes more decisions right.

    Raises
    ------
    BadDataError
        If too few regions are decided.
    """
    peaks, names = reviewed_peaks(reviews), ", ".join(files.names)
    decided = _Decided(reviews, peaks, f"{peaks.kinds} of {names}")
    is_enough = _is_enough(peaks)
    learned = None
    if files.nuisance_filter and (is_enough or present.nuisance is not None):
        learned = _learned(reviews, present.nuisance, log)
    has_filter = learned is not None and learned.filter is not None
    if not is_enough and not has_filter:
        raise BadDataError(
            f"{names}: {peaks.kinds}, wanted at least {FEWEST} together and {FEWEST_OF_A_KIND} of each kind; review "
            "more, or set the threshold on good images (semscan calibrate GOOD)"
        )
    if peaks.unmapped:
        log(f"{plural(peaks.unmapped, 'missed defect')} without a saved map, whose score is not known: not counted")
    multiple = reviewed_threshold(peaks.real, peaks.harmless, peaks.undecided) if is_enough else 1.0
    if learned is not None and has_filter and (learned.gain > peaks.gain(multiple) or not is_enough):
        return _filtered(decided, learned, present)
    reason = _why_no_filter(learned, present, is_useful=peaks.counts(multiple)["harmless_above"] > 0)
    if reason:
        log(reason)
    return _with_threshold(decided, multiple, present)


def _learned(reviews: Sequence[ReviewedResults], earlier: NuisanceFilter | None, log: Log) -> LearnedNuisance:
    """Learn a nuisance filter, and say which images cannot be learned from."""
    others = at_other_thresholds(reviews)
    if others:
        log(
            f"{plural(others, 'reviewed image')} inspected at another --threshold than {CALIBRATED_THRESHOLD}: "
            "no nuisance filter is learned from them"
        )
    return learn_nuisance(reviews, earlier)


def _why_no_filter(learned: LearnedNuisance | None, present: Present, *, is_useful: bool) -> str | None:
    """Say why there is no filter where one was before, or where one would be of use."""
    had_one = present.nuisance is not None
    if learned is None:
        return FILTER_UNWANTED if had_one else None
    if learned.filter is not None:
        return FILTER_GONE if had_one else None
    return " ".join(learned.lines()) if had_one or is_useful else None


def _with_threshold(decided: _Decided, multiple: float, present: Present) -> Calibrated:
    """Return the calibration of another threshold, given as a multiple of the present one."""
    peaks, before = decided.peaks, present.before
    reached = peaks.false_on_good(multiple) / len(peaks.good) if peaks.good else None
    worth = float(len(peaks.good))
    calibration = Calibration(before * multiple, reached or 0.0, reached, decided.source, worth, REVIEWED)
    news = " ".join(_news(peaks, decided.source, before, multiple))
    write = present.written(calibration, None, None, news)
    return Calibrated(calibration, before, decided.images, None, news, write, reviewed=peaks.counts(multiple))


def _filtered(decided: _Decided, learned: LearnedNuisance, present: Present) -> Calibrated:
    """Return the calibration with a nuisance filter: the threshold stays, and what was measured at it."""
    assert learned.filter is not None
    peaks, before = decided.peaks, present.before
    calibration = present.calibration
    if calibration is None:
        calibration = Calibration(before, 0.0, None, decided.source, float(len(peaks.good)), REVIEWED)
    lines = [
        f"Calibrated by review on {decided.source}: the threshold stays raw score {before:.4g}.",
        *learned.lines(),
    ]
    undecided, marked = undecided_marked(decided.reviews, learned.filter)
    if undecided:
        lines.append(f"It marks {marked or 'none'} of {plural(undecided, 'region')} without a decision.")
    news = " ".join([*lines, NOT_PAINTED if present.painted is None else PAINTED_BEFORE])
    counts = {**peaks.counts(1.0), "nuisance_filter": learned.counts()}
    write = present.written(calibration, present.painted, learned.filter, news)
    return Calibrated(calibration, before, decided.images, present.painted, news, write, reviewed=counts)


def _is_enough(peaks: ReviewedPeaks) -> bool:
    """Return whether enough is decided to set a threshold."""
    real, harmless = len(peaks.real), len(peaks.harmless)
    return real + harmless >= FEWEST and min(real, harmless) >= FEWEST_OF_A_KIND


def _news(peaks: ReviewedPeaks, source: str, before: float, multiple: float) -> list[str]:
    """State what the threshold is based on, what it keeps, and what is not known."""
    of = peaks.counts(multiple)
    span = share_interval(of["real_above"], of["real"], np.zeros(0)) or [0.0, 1.0]
    lines = [
        f"Calibrated by review on {source}: the threshold is raw score {before * multiple:.4g} (was {before:.4g}).",
        f"Above it are {of['real_above']} of the {of['real']} real ones (95 % interval {span[0]:.0%} to {span[1]:.0%}) "
        f"and {of['harmless_above']} of the {of['harmless']} harmless ones.",
    ]
    if peaks.undecided.size:
        lines.append(
            f"{of['undecided_above']} of {plural(of['undecided'], 'region')} without a decision stay above it."
        )
    above, good = peaks.false_on_good(multiple), len(peaks.good)
    rate = poisson_interval(above, good)
    if rate is not None:
        lines.append(
            f"{plural(good, 'image')} without a defect by the review: {above / good:.2g} false regions each "
            f"({rate[0]:.2g} to {rate[1]:.2g})."
        )
    if multiple < 1:
        lines.append("It is lower than before: images that were not reviewed may show more regions.")
    elif multiple == 1:
        lines.append(
            "No threshold that keeps nine in ten of the real ones, or as many as this one, decides better: it stays."
        )
    lower = int((peaks.undecided < min(peaks.real.min(), peaks.harmless.min())).sum())
    if lower:
        lines.append(
            f"{plural(lower, 'region')} scored lower than all that were decided; decide about the lowest ones too."
        )
    lines.append(NOT_PAINTED)
    return lines
