"""Calibrate by the decisions of a review, without an image: set a threshold, or learn which regions are a nuisance.

The threshold is set by the peaks of real and of harmless regions. A nuisance filter compares regions with those that
were decided about. It holds at the threshold at which these were cut, so the threshold stays where a filter makes more
decisions right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from semscan.errors import BadDataError
from semscan.files.datasets.reviewed import ReviewedResults
from semscan.files.models.folder import ModelFolder, recalibrated_text
from semscan.files.models.method_folder import MethodFolder, method_config_text
from semscan.maps.review_threshold import reviewed_threshold
from semscan.phrases import plural
from semscan.pipeline.calibrating.calibrated import FILTER_GONE, Calibrated, Log
from semscan.pipeline.calibrating.method import write_method
from semscan.pipeline.calibrating.network import copy_with
from semscan.pipeline.calibrating.nuisance import LearnedNuisance, learn_nuisance, undecided_marked
from semscan.pipeline.calibrating.peaks import ReviewedPeaks, reviewed_peaks
from semscan.pipeline.calibrating.review_files import ReviewFiles
from semscan.pipeline.methods.looks import looks_of
from semscan.pipeline.methods.raw_map import raw_map
from semscan.pipeline.run.record import library_versions
from semscan.poisson import poisson_interval
from semscan.report.text.method_card import method_card
from semscan.scores.intervals import share_interval
from semscan.values.method import MethodConfig
from semscan.values.model_config import REVIEWED, Calibration, NuisanceFilter
from semscan.version import __version__

FEWEST = 10  # decided regions
NOT_PAINTED = "Which painted defects it finds was not measured."
FEWEST_OF_A_KIND = 3
Made = Callable[[Calibration, NuisanceFilter | None, str], Callable[[Path], None]]


def calibrate_network_by_review(folder: ModelFolder, files: ReviewFiles, log: Log) -> Calibrated:
    """Calibrate a trained model by reviews of its results.

    Raises
    ------
    BadDataError
        If a review cannot be read or is of other results, or too few regions are decided.
    """
    reviews = files.read(folder.fingerprint, "model", log, looks_of(folder.config))
    before = folder.config.calibration.raw_threshold or 0.0

    def made(calibration: Calibration, nuisance: NuisanceFilter | None, news: str) -> Callable[[Path], None]:
        config = replace(folder.config, calibration=calibration, painted=None, nuisance=nuisance)
        return partial(copy_with, folder, recalibrated_text(folder, config), news)

    return _calibrated(reviews, files, before, made, log, folder.config.nuisance)


def calibrate_method_by_review(
    name: str, own: float, earlier: MethodFolder | None, files: ReviewFiles, log: Log
) -> Calibrated:
    """Calibrate a method without training, of the threshold `own` without a calibration, by reviews of its results.

    Raises BadDataError as `calibrate_network_by_review`.
    """
    reviews = files.read(earlier.fingerprint if earlier else None, name, log)
    stated = earlier.config.calibration.raw_threshold if earlier else None
    before = own if stated is None else stated
    scales = {record.nm_per_pixel for review in reviews for record in review.finished.inspected}

    def made(calibration: Calibration, nuisance: NuisanceFilter | None, news: str) -> Callable[[Path], None]:
        config = MethodConfig(
            semscan_version=__version__,
            method=name,
            raw_map=raw_map(name),
            calibration=calibration,
            nm_per_pixel=scales.pop() if len(scales) == 1 else None,
            appearance=earlier.config.appearance if earlier else {},
            libraries=library_versions(),
            nuisance=nuisance,
        )
        return partial(write_method, method_config_text(config), method_card(config, [news]))

    known = earlier.config.nuisance if earlier else None
    return replace(_calibrated(reviews, files, before, made, log, known), method=name)


def _calibrated(
    reviews: Sequence[ReviewedResults],
    files: ReviewFiles,
    before: float,
    made: Made,
    log: Log,
    earlier: NuisanceFilter | None,
) -> Calibrated:
    peaks, names = reviewed_peaks(reviews), ", ".join(files.names)
    is_enough = _is_enough(peaks)
    learned = None
    if files.nuisance_filter and (is_enough or earlier is not None):
        learned = learn_nuisance(reviews, earlier)
    if not is_enough and (learned is None or learned.filter is None):
        raise BadDataError(
            f"{names}: {peaks.kinds}, wanted at least {FEWEST} together and {FEWEST_OF_A_KIND} of each kind; review "
            "more, or set the threshold on good images (semscan calibrate GOOD)"
        )
    if peaks.unmapped:
        log(f"{plural(peaks.unmapped, 'missed defect')} without a saved map, whose score is not known: not counted")
    source = f"{peaks.kinds} of {names}"
    multiple = reviewed_threshold(peaks.real, peaks.harmless, peaks.undecided) if is_enough else 1.0
    is_better = learned is not None and (learned.gain > peaks.gain(multiple) or not is_enough)
    if learned is not None and learned.filter is not None and is_better:
        return _filtered(reviews, peaks, source, before, made, learned)
    if earlier is not None:
        log(FILTER_GONE if learned is None or learned.filter is not None else " ".join(learned.lines()))
    elif learned is not None and learned.filter is None and peaks.counts(multiple)["harmless_above"]:
        log(" ".join(learned.lines()))
    reached = peaks.false_on_good(multiple) / len(peaks.good) if peaks.good else None
    calibration = Calibration(before * multiple, reached or 0.0, reached, source, float(len(peaks.good)), REVIEWED)
    news = " ".join(_news(peaks, source, before, multiple))
    write = made(calibration, None, news)
    return Calibrated(calibration, before, _images(reviews), None, news, write, reviewed=peaks.counts(multiple))


def _filtered(
    reviews: Sequence[ReviewedResults],
    peaks: ReviewedPeaks,
    source: str,
    before: float,
    made: Made,
    learned: LearnedNuisance,
) -> Calibrated:
    """Return the calibration with a nuisance filter, at the threshold that the regions were cut at."""
    calibration = Calibration(before, 0.0, None, source, float(len(peaks.good)), REVIEWED)
    lines = [f"Calibrated by review on {source}: the threshold stays raw score {before:.4g}.", *learned.lines()]
    if peaks.undecided.size:
        undecided = plural(peaks.undecided.size, "region")
        lines.append(f"Of {undecided} without a decision, {undecided_marked(reviews, learned.filter)} are nuisance.")
    news = " ".join([*lines, NOT_PAINTED])
    counts = {**peaks.counts(1.0), "nuisance_filter": learned.counts()}
    write = made(calibration, learned.filter, news)
    return Calibrated(calibration, before, _images(reviews), None, news, write, reviewed=counts)


def _images(reviews: Sequence[ReviewedResults]) -> int:
    return sum(len(review.images) for review in reviews)


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
        lines.append("No other threshold that keeps nine in ten of the real ones decides better: it stays as it is.")
    lower = int((peaks.undecided < min(peaks.real.min(), peaks.harmless.min())).sum())
    if lower:
        lines.append(
            f"{plural(lower, 'region')} scored lower than all that were decided; decide about the lowest ones too."
        )
    lines.append(NOT_PAINTED)
    return lines
