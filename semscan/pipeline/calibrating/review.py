"""Calibrate a model, or a method without training, by the decisions of a review, without an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from semscan.files.models.folder import ModelFolder
from semscan.files.models.method_folder import MethodFolder, method_config_text
from semscan.pipeline.calibrating.calibrated import Calibrated, Log
from semscan.pipeline.calibrating.decisions import Present, calibrate_by_decisions
from semscan.pipeline.calibrating.method import write_method
from semscan.pipeline.calibrating.network import copy_with
from semscan.pipeline.calibrating.review_files import ReviewFiles
from semscan.pipeline.methods.looks import looks_of
from semscan.pipeline.methods.raw_map import raw_map
from semscan.pipeline.run.record import library_versions
from semscan.report.text.method_card import method_card, method_lines
from semscan.values.detection import DetectionCurve
from semscan.values.method import MethodConfig
from semscan.values.model.calibration import REVIEWED, Calibration
from semscan.values.model.nuisance import NuisanceFilter
from semscan.version import __version__


def calibrate_network_by_review(folder: ModelFolder, files: ReviewFiles, log: Log) -> Calibrated:
    """Calibrate a trained model by reviews of its results.

    Raises
    ------
    BadDataError
        If a review cannot be read or is of other results, or too few regions are decided.
    """
    reviews = files.read(folder.fingerprint, "model", log, looks_of(folder.config))
    own = folder.config

    def written(
        calibration: Calibration, painted: DetectionCurve | None, nuisance: NuisanceFilter | None, news: str
    ) -> Callable[[Path], None]:
        config = replace(own, calibration=calibration, painted=painted, nuisance=nuisance)
        return partial(copy_with, folder, config, news)

    raw = own.calibration.raw_threshold or 0.0
    return calibrate_by_decisions(
        reviews, files, Present(raw, own.calibration, own.painted, own.nuisance, written), log
    )


def calibrate_method_by_review(
    name: str, own: float, earlier: MethodFolder | None, files: ReviewFiles, log: Log
) -> Calibrated:
    """Calibrate a method without training, of the threshold `own` without a calibration, by reviews of its results.

    Raises BadDataError as `calibrate_network_by_review`.
    """
    reviews = files.read(earlier.fingerprint if earlier else None, name, log)
    known = earlier.config if earlier else None
    scales = {record.nm_per_pixel for review in reviews for record in review.finished.inspected}

    def written(
        calibration: Calibration, painted: DetectionCurve | None, nuisance: NuisanceFilter | None, news: str
    ) -> Callable[[Path], None]:
        kept = known if known and calibration == known.calibration else None
        scale = next(iter(scales)) if len(scales) == 1 else None
        config = MethodConfig(
            semscan_version=__version__,
            method=name,
            raw_map=raw_map(name),
            calibration=calibration,
            nm_per_pixel=kept.nm_per_pixel if kept else scale,
            appearance=known.appearance if known else {},
            painted=painted,
            libraries=kept.libraries if kept else library_versions(),
            nuisance=nuisance,
        )
        lines = method_lines(config, own) if calibration.rule != REVIEWED else []
        return partial(write_method, method_config_text(config), method_card(config, [*lines, news]))

    if known is None:
        present = Present(own, None, None, None, written)
    else:
        raw = known.calibration.raw_threshold or own
        present = Present(raw, known.calibration, known.painted, known.nuisance, written)
    return replace(calibrate_by_decisions(reviews, files, present, log), method=name)
