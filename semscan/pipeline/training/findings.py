"""What is known of the training images before training: outliers, labelled defects, accepted regions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from semscan.files.datasets.layout import Layout
from semscan.pipeline.training.data.accepted_regions import open_accepted
from semscan.pipeline.training.data.dataset import TrainSet
from semscan.pipeline.training.data.examples import AcceptedRegions
from semscan.pipeline.training.data.labelled_defects import LabelledDefects, open_labelled_defects
from semscan.pipeline.training.data.reader import TrainingReader
from semscan.pipeline.training.data.reviewed_images import NOT_REVIEWED, ReviewedData
from semscan.pipeline.training.outliers import NOT_SCANNED, OutlierScan, find_outliers
from semscan.settings import TrainSettings
from semscan.values.model.training import ReviewedCount


@dataclass(frozen=True, slots=True)
class TrainingFindings:
    """Outliers among the good images, and what else a network that learns from them can use."""

    outliers: OutlierScan = NOT_SCANNED
    labelled: LabelledDefects | None = None
    accepted: AcceptedRegions | None = None
    reviewed: ReviewedCount | None = None


def find_before_training(
    data: Path,
    layout: Layout,
    images: TrainSet,
    settings: TrainSettings,
    log: Callable[[str], None],
    reviewed: ReviewedData = NOT_REVIEWED,
) -> TrainingFindings:
    """Scan good images for outliers, and open labelled defects and accepted regions.

    Parameters
    ----------
    data : Path
        The training folder.
    layout : Layout
        Its content.
    images : TrainSet
        Its good images.
    settings : TrainSettings
    log : callable
        Gets a line for each outlier, and for what is used how.
    reviewed : ReviewedData
        What the reviews teach.
    """
    scan = find_outliers(images)
    for outlier in scan.outliers:
        log(f"warning: {images.cache.paths[outlier.number]} looks odd among the good images: {outlier.reason}")
    reader = TrainingReader(settings.read, images.scale, images.preprocessing.matched)
    labelled = open_labelled_defects(layout, reader, scan.level, log, reviewed.defects)
    accepted = open_accepted(settings.accept, data, reader, log, every=settings.accept_all, reviewed=reviewed)
    return TrainingFindings(scan, labelled, accepted, reviewed.count)
