"""All figures of a test set, with what is needed to draw them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from semscan.scores import figures
from semscan.scores.confusion import confusion
from semscan.scores.counts import Tally, count_pixels_and_regions
from semscan.scores.curves import Line, curves
from semscan.scores.defects import Patch, detected_regions
from semscan.scores.intervals import poisson_interval, resamples, share_interval, spread
from semscan.scores.ranking import ranked
from semscan.scores.scored_image import ScoredImage
from semscan.scores.types import type_figures
from semscan.settings import DEFECTS, UNKNOWN

_DIGITS = 6
_KINDS = {kind for kinds in DEFECTS.values() for kind in kinds}
_OF_MASKS = (
    "defects",
    "defect_pixels",
    "pixel_share",
    "pixel_auroc",
    "pixel_ap",
    "aupro30",
    *map(figures.recall_key, figures.ALLOWED),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """`figures` are plain values, for JSON. `lines` are the curves by name. `misses` and `alarms` are the
    defects not hit, coldest first, and the false regions, hottest first, each with its case."""

    figures: dict[str, Any]
    lines: dict[str, Line]
    misses: list[tuple[ScoredImage, Patch]]
    alarms: list[tuple[ScoredImage, Patch]]


def measure(
    cases: Sequence[ScoredImage],
    threshold: float,
    *,
    seed: int = 0,
    draws: int = 1000,
    seen: Callable[[], None] = lambda: None,
) -> Measured:
    """Measure maps against what is true.

    Defective images without a mask count in the image figures only.

    Parameters
    ----------
    cases : sequence of Case
        At least one.
    threshold : float
        In map units.
    seed, draws : int
        Of the intervals: that many test sets are drawn from the images, with replacement.
    seen : callable
        Called after each image.
    """
    defective = _groups(cases)
    peaks = np.array([case.peak for case in cases])
    images = ranked(peaks, defective)
    drawn = figures.image_figures(peaks, defective, resamples(defective, draws, seed))
    intervals = {name: spread(values) for name, values in drawn.items()}
    lines: dict[str, Line] = {} if images.auroc() is None else {"image ROC": images.roc()}
    found: dict[str, Any] = {
        "images": len(cases),
        "good_images": int((~defective).sum()),
        "defective_images": int(defective.sum()),
        "without_mask": sum(not case.masked for case in cases),
        "image_auroc": images.auroc(),
        "image_ap": images.average_precision(),
        **dict.fromkeys(_OF_MASKS),
    }
    known = [case for case in cases if case.masked]
    tally = count_pixels_and_regions(known, threshold, seen) if known else None
    flagged = _flagged(cases, tally, threshold)
    at = {"threshold": threshold, **_images_at(flagged, defective)}
    classes = {name: _class_images(cases, flagged, name) for name in sorted({case.class_name for case in cases})}
    misses: list[tuple[ScoredImage, Patch]] = []
    alarms: list[tuple[ScoredImage, Patch]] = []
    if tally is not None:
        again = resamples(_groups(known), draws, seed)
        found |= _pixels(tally, again, intervals)
        at |= _regions_at(tally, ~_groups(known), again, intervals)
        for name in {case.class_name for case in known}:
            rows = [row for row, case in enumerate(known) if case.class_name == name]
            classes[name] |= _class_defects(tally, rows, again)
        lines |= curves(tally)
        limit = np.float32(threshold)
        misses = [(case, defect) for case in known for defect in case.defects if not defect.peak > limit]
        misses.sort(key=lambda miss: miss[1].peak)
        alarms = sorted(((known[row], patch) for row, patch in tally.alarms), key=lambda alarm: -alarm[1].peak)
    told = [(case.class_name, case.told) for case in cases if case.told is not None]
    found["at_threshold"], found["classes"] = at, classes
    found["confusion"] = confusion([name for name, _ in told], [called for _, called in told]) if told else None
    found["types"] = _types(cases, threshold, resamples(defective, draws, seed), intervals)
    found["intervals"] = intervals
    return Measured(_rounded(found), lines, misses, alarms)


def _flagged(cases: Sequence[ScoredImage], tally: Tally | None, threshold: float) -> np.ndarray:
    """Which images have a region at all."""
    regions = iter(() if tally is None else tally.regions)
    nowhere = np.zeros(0, np.int64)
    return np.array(
        [
            (next(regions) if case.masked else detected_regions(case.load(), threshold, nowhere).regions) > 0
            for case in cases
        ]
    )


def _images_at(flagged: np.ndarray, defective: np.ndarray) -> dict[str, Any]:
    """Whole images at the threshold."""

    def f1(called: np.ndarray) -> float:
        return float(2 * (called & defective).sum() / (called.sum() + defective.sum()))

    known = bool(defective.any() and not defective.all())
    return {
        "defective_images_found": int((flagged & defective).sum()),
        "good_images_flagged": int((flagged & ~defective).sum()),
        "image_f1": f1(flagged) if known else None,
        "image_f1_of_calling_all_defective": f1(np.ones_like(defective)) if known else None,
    }


def _pixels(tally: Tally, drawn: np.ndarray, intervals: dict[str, Any]) -> dict[str, Any]:
    """Figures of pixels and defects at all levels; their intervals are added to `intervals`."""
    recalls = figures.recall_figures(tally, np.ones((1, drawn.shape[1])))
    intervals |= {name: spread(values) for name, values in figures.ranking_figures(tally, drawn).items()}
    intervals |= {name: spread(values) for name, values in figures.recall_figures(tally, drawn).items()}
    return {
        "defects": int(tally.defects.sum()),
        "defect_pixels": int(tally.true.sum()),
        "pixel_share": _true_share(tally),
        "pixel_auroc": tally.ranking.auroc(),
        "pixel_ap": tally.ranking.average_precision(),
        "aupro30": tally.ranking.overlap(figures.PRO_LIMIT),
        **figures.only(recalls),
    }


def _regions_at(tally: Tally, good: np.ndarray, drawn: np.ndarray, intervals: dict[str, Any]) -> dict[str, Any]:
    """Defects, false regions and pixels at the threshold; their intervals are added to `intervals`."""
    at = figures.only(figures.threshold_figures(tally, np.ones((1, len(good))), good))
    drawn_at = figures.threshold_figures(tally, drawn, good)
    intervals |= {f"at_threshold.{name}": spread(values) for name, values in drawn_at.items()}
    defects, hit = int(tally.defects.sum()), int(tally.hit.sum())
    intervals["at_threshold.hit_share"] = share_interval(hit, defects, drawn_at["hit_share"])
    false, false_good = int(tally.false_at.sum()), int(tally.false_at[good].sum())
    true_share = _true_share(tally)
    return {
        "hit": hit,
        "defects": defects,
        **at,
        "f1_of_calling_all_defective": 2 * true_share / (1 + true_share),
        "false_regions": false,
        "false_per_image_95": poisson_interval(false, len(good)),
        "false_regions_on_good": false_good,
        "false_per_good_image_95": poisson_interval(false_good, int(good.sum())),
    }


def _class_images(cases: Sequence[ScoredImage], flagged: np.ndarray, name: str) -> dict[str, Any]:
    rows = [row for row, case in enumerate(cases) if case.class_name == name]
    return {"images": len(rows), "images_flagged": int(flagged[rows].sum())}


def _class_defects(tally: Tally, rows: list[int], drawn: np.ndarray) -> dict[str, Any]:
    """Defects and false regions of one class. Recalls allow the false regions of all images."""
    false, defects, hit = (int(column[rows].sum()) for column in (tally.false_at, tally.defects, tally.hit))
    entry: dict[str, Any] = {
        "defects": defects,
        "hit": hit,
        "false_per_image": false / len(rows),
        "false_per_image_95": poisson_interval(false, len(rows)),
    }
    if defects:
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = (drawn[:, rows] @ tally.hit[rows]) / (drawn[:, rows] @ tally.defects[rows])
        entry |= {"hit_share": hit / defects, "hit_share_95": share_interval(hit, defects, shares)}
        entry |= figures.only(figures.recall_figures(tally, np.ones((1, drawn.shape[1])), rows))
    return entry


def _types(
    cases: Sequence[ScoredImage], threshold: float, drawn: np.ndarray, intervals: dict[str, Any]
) -> dict[str, Any] | None:
    """What the defects of each type were called; None if nothing has a class, or no defect a type that is known."""
    limit = np.float32(threshold)
    images = [
        [
            (typed.true, (typed.told or UNKNOWN) if defect.peak > limit else None)
            for defect, typed in zip(case.defects, case.types, strict=True)
            if typed.true is not None
        ]
        if case.types
        else []
        for case in cases
    ]
    true, told = ({pair[side] for image in images for pair in image} for side in (0, 1))
    if not true & (told | _KINDS) or not any(case.named for case in cases):  # of another vocabulary, no name is wrong
        return None
    found, spreads = type_figures(images, drawn)
    intervals |= spreads
    return found


def _true_share(tally: Tally) -> float:
    true = float(tally.true.sum())
    return true / (true + tally.ranking.negatives)


def _groups(cases: Sequence[ScoredImage]) -> np.ndarray:
    return np.array([case.defective for case in cases])


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, _DIGITS) if isinstance(value, float) else value
