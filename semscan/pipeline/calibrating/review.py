"""Set a threshold by the decisions of a review: by the peaks of real and of harmless regions, without an image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from semscan.errors import BadDataError
from semscan.files.datasets.reviewed import ReviewedResults, read_review
from semscan.files.models.folder import ModelFolder, recalibrated_text
from semscan.files.models.method_folder import MethodFolder, method_config_text
from semscan.files.results.finished_run import FinishedRun
from semscan.maps.review_threshold import reviewed_threshold
from semscan.phrases import plural
from semscan.pipeline.calibrating.calibrated import Calibrated, Log
from semscan.pipeline.calibrating.method import write_method
from semscan.pipeline.calibrating.network import copy_with
from semscan.pipeline.calibrating.peaks import ReviewedPeaks, reviewed_peaks
from semscan.pipeline.methods.looks import looks_of
from semscan.pipeline.methods.raw_map import raw_map
from semscan.pipeline.run.record import library_versions
from semscan.poisson import poisson_interval
from semscan.report.text.method_card import method_card
from semscan.scores.intervals import share_interval
from semscan.values.method import MethodConfig
from semscan.values.model_config import REVIEWED, Calibration
from semscan.version import __version__

FEWEST = 10  # decided regions
FEWEST_OF_A_KIND = 3


def calibrate_network_by_review(folder: ModelFolder, files: Sequence[str], log: Log) -> Calibrated:
    """Set the threshold of a trained model by reviews of its results.

    Raises
    ------
    BadDataError
        If a review cannot be read or is of other results, or too few regions are decided.
    """
    reviews = _read(files, folder.fingerprint, "model", log, looks_of(folder.config))
    before = folder.config.calibration.raw_threshold or 0.0

    def made(calibration: Calibration, news: str) -> Callable[[Path], None]:
        config = replace(folder.config, calibration=calibration, painted=None)
        return partial(copy_with, folder, recalibrated_text(folder, config), news)

    return _calibrated(reviews, files, before, made, log)


def calibrate_method_by_review(
    name: str, own: float, earlier: MethodFolder | None, files: Sequence[str], log: Log
) -> Calibrated:
    """Set the threshold of a method without training, `own` without a calibration, by reviews of its results.

    Raises BadDataError as `calibrate_network_by_review`.
    """
    reviews = _read(files, earlier.fingerprint if earlier else None, name, log)
    stated = earlier.config.calibration.raw_threshold if earlier else None
    before = own if stated is None else stated
    scales = {record.nm_per_pixel for review in reviews for record in review.finished.inspected}

    def made(calibration: Calibration, news: str) -> Callable[[Path], None]:
        config = MethodConfig(
            semscan_version=__version__,
            method=name,
            raw_map=raw_map(name),
            calibration=calibration,
            nm_per_pixel=scales.pop() if len(scales) == 1 else None,
            appearance=earlier.config.appearance if earlier else {},
            libraries=library_versions(),
        )
        return partial(write_method, method_config_text(config), method_card(config, [news]))

    return replace(_calibrated(reviews, files, before, made, log), method=name)


def _read(
    files: Sequence[str], fingerprint: str | None, method: str, log: Log, looks: int | None = None
) -> list[ReviewedResults]:
    reviews = []
    for name in files:
        review = read_review(Path(name))
        if review.left_out:
            log(f"warning: {review.left_out}")
        reason = _of_others(review.finished, fingerprint, method, looks)
        if reason:
            raise BadDataError(f"{name}: {reason}; inspect again with what is to be calibrated, and review that")
        reviews.append(review)
    return reviews


def _of_others(finished: FinishedRun, fingerprint: str | None, method: str, looks: int | None) -> str | None:
    """Return why the scores of results are not those of a model or method; None if they are."""
    for record in finished.inspected:
        if record.method != (method,):
            return f"{record.image} was judged by {' and '.join(record.method) or 'an unknown method'}, not by {method}"
    if len({record.model for record in finished.inspected}) > 1:
        return "its images were judged by several models"
    if finished.run.fingerprint != fingerprint:
        return "the results beside it are of another model or threshold"
    if finished.run.method.get("looks") != looks:
        return f"the results beside it are of --looks {finished.run.method.get('looks')}, not {looks}"
    if method != "model" and finished.run.semscan_version not in (None, __version__):
        return f"the results beside it are of semscan {finished.run.semscan_version}, and this is {__version__}"
    return None


def _calibrated(
    reviews: Sequence[ReviewedResults],
    files: Sequence[str],
    before: float,
    made: Callable[[Calibration, str], Callable[[Path], None]],
    log: Log,
) -> Calibrated:
    peaks = reviewed_peaks(reviews)
    _check_enough(peaks, files)
    multiple = reviewed_threshold(peaks.real, peaks.harmless, peaks.undecided)
    after = before * multiple
    reached = peaks.false_on_good(multiple) / len(peaks.good) if peaks.good else None
    source = f"{peaks.kinds} of {', '.join(files)}"
    calibration = Calibration(after, reached or 0.0, reached, source, float(len(peaks.good)), REVIEWED)
    news = " ".join(_news(peaks, source, before, multiple))
    if peaks.unmapped:
        log(f"{plural(peaks.unmapped, 'missed defect')} without a saved map, whose score is not known: not counted")
    images = sum(len(review.images) for review in reviews)
    return Calibrated(calibration, before, images, None, news, made(calibration, news), reviewed=peaks.counts(multiple))


def _check_enough(peaks: ReviewedPeaks, files: Sequence[str]) -> None:
    real, harmless = len(peaks.real), len(peaks.harmless)
    if real + harmless < FEWEST or min(real, harmless) < FEWEST_OF_A_KIND:
        raise BadDataError(
            f"{', '.join(files)}: {peaks.kinds}, wanted at least {FEWEST} together and {FEWEST_OF_A_KIND} of each "
            "kind; review more, or set the threshold on good images (semscan calibrate GOOD)"
        )


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
    lines.append("Which painted defects it finds was not measured.")
    return lines
