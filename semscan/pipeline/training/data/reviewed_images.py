"""What reviews teach a training: harmless regions, defects with their pixels, and images without defects."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from semscan.errors import BadDataError, SemscanError
from semscan.files.datasets.accepted import Accepted
from semscan.files.datasets.class_folders import TEST, lies_in_test
from semscan.files.datasets.layout import Layout
from semscan.files.datasets.reviewed import ReviewedImage, read_review
from semscan.files.images.read import read_header
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.review import HARMLESS, REAL
from semscan.phrases import plural
from semscan.pipeline.training.data.image_cache import PackedMask
from semscan.pipeline.training.data.review_marks import MarkedImage, Reviews, mark_image
from semscan.settings import ReadSettings
from semscan.values.model.training import ReviewedCount
from semscan.values.record import Record

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ReviewedData:
    """What reviews teach. `defects` are images with defects by path, `good` are images without.

    `unknown` marks, in images with accepted regions, the pixels of all that is not known to be normal.
    """

    accepted: tuple[Accepted, ...] = ()
    unknown: Mapping[Path, PackedMask] = field(default_factory=dict)
    defects: Mapping[Path, MarkedImage] = field(default_factory=dict)
    good: tuple[Path, ...] = ()
    count: ReviewedCount | None = None


NOT_REVIEWED = ReviewedData()


def open_reviewed(files: Sequence[str], data: Path, read: ReadSettings, log: Log) -> ReviewedData:
    """Read what reviews teach; of several decisions about a place the last file's count.

    Images in ``data/test`` are not read. They, missing images and those that changed since are left out, each with a
    line to `log`.

    Raises
    ------
    BadDataError
        If a review cannot be read, or nothing in all of them can be used.
    """
    if not files:
        return NOT_REVIEWED
    found: dict[Path, list[tuple[FinishedRun, ReviewedImage]]] = {}
    left_out = 0
    for name in files:
        review = read_review(Path(name))
        left_out += review.stale + review.unknown
        if review.left_out:
            log(f"warning: {review.left_out}")
        for image in review.images:
            found.setdefault(Path(image.record.source), []).append((review.finished, image))
    usable: dict[Path, Reviews] = {}
    why_not = ""
    for path, reviews in found.items():
        reasons = [_why_not(path, image.record, data, read) for _, image in reviews]
        usable[path] = [one for one, reason in zip(reviews, reasons, strict=True) if reason is None]
        for (_, image), reason in zip(reviews, reasons, strict=True):
            if reason is not None:
                why_not = f"; {path} is left out: {reason}"
                left_out += len(image.regions) + len(image.missed) + (image.whole is not None)
                log(f"warning: the review of {path} is left out: {reason}")
    learned = _learned({path: reviews for path, reviews in usable.items() if reviews}, left_out)
    if not (learned.accepted or learned.defects or learned.good):
        raise BadDataError(
            f"{', '.join(files)}: teaches nothing; wanted regions that are {REAL} or {HARMLESS}, drawn defects, or "
            f"images without defects{why_not}"
        )
    return learned


def with_reviewed(layout: Layout, reviewed: ReviewedData, log: Log) -> Layout:
    """Add the images without defects to the good ones, and take those with reviewed defects out of them."""
    defects = {os.path.realpath(path) for path in reviewed.defects}
    good = tuple(path for path in layout.good if os.path.realpath(path) not in defects)
    for path in layout.good:
        if path not in good:
            log(f"warning: {path} lies among the good images, and the review names defects in it: it is not good")
    of_classes = {os.path.realpath(path) for paths in layout.classes.values() for path in paths}
    known = {os.path.realpath(path) for path in layout.good} | of_classes
    for path in reviewed.good:
        if os.path.realpath(path) in of_classes:
            log(f"warning: {path} has no defects by the review, and lies in a class folder: the folder counts")
    added = tuple(path for path in reviewed.good if os.path.realpath(path) not in known)
    count = reviewed.count
    if count is not None:
        log(reviewed_sentence(count))
    more = f"; {plural(len(added), 'good image')} of the review" if added else ""
    return replace(layout, good=(*good, *added), description=layout.description + more)


def reviewed_sentence(count: ReviewedCount) -> str:
    """State in one line what the reviews teach."""
    return (
        f"The review teaches {plural(count.harmless, 'harmless region')}, {plural(count.real, 'confirmed defect')}, "
        f"{plural(count.missed, 'drawn defect')} and {plural(count.good_images, 'image')} without defects."
    )


def _why_not(path: Path, record: Record, data: Path, read: ReadSettings) -> str | None:
    """Return why an image cannot be used; None if it can. Nothing of a test image is read."""
    if lies_in_test(path, data):
        return f"it lies in {TEST}/, which is never trained on"
    if record.page is not None and record.page != read.page:
        return f"its page {record.page + 1} was reviewed, and page {read.page + 1} is trained on"
    try:
        rows, cols = read_header(path, read).pixels.shape
    except SemscanError as error:
        return str(error).removeprefix(f"{path}: ")
    if (rows, cols) != (record.height, record.width):
        return f"it has {cols} x {rows} pixels now, and had {record.width} x {record.height} then"
    return None


def _learned(usable: Mapping[Path, Reviews], left_out: int) -> ReviewedData:
    accepted, good = [], []
    unknown: dict[Path, PackedMask] = {}
    defects: dict[Path, MarkedImage] = {}
    real = missed = 0
    for path, reviews in usable.items():
        marked = mark_image(reviews)
        record = reviews[0][1].record
        if marked.harmless:
            unknown[path] = marked.unknown
            accepted.append(Accepted(path, (record.height, record.width), marked.harmless, marked.others, None))
        if marked.has_defects:
            defects[path] = marked
            real += marked.real
            missed += marked.missed
        elif marked.open.bits.any():
            continue  # a region of which the reviewer is unsure is shown neither as good nor as a defect
        elif any(image.is_harmless for _, image in [each for each in reviews if each[1].whole is not None][-1:]):
            good.append(path)
    harmless = sum(len(one.boxes) for one in accepted)
    count = ReviewedCount(harmless, real, missed, len(good), left_out)
    return ReviewedData(tuple(accepted), unknown, defects, tuple(good), count)
