"""Evaluate results by what a person has decided about them: no data set, no image and no model is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semscan.errors import BadDataError
from semscan.files.datasets.reviewed import ReviewedImage, ReviewedResults, read_reviews
from semscan.files.results.finished_run import FinishedRun
from semscan.files.results.review import HARMLESS, REAL, UNSURE
from semscan.pipeline.reviewed.pixels import drawn_defects, found_again, region_masks
from semscan.report.text.review import review_notes
from semscan.scores.detection.reviewed import FoundRegion, JudgedImage, review_figures
from semscan.values.evaluation import ReviewEvaluation


def evaluate_review(files: Sequence[str], *, seed: int = 0, draws: int = 1000) -> ReviewEvaluation:
    """Measure precision and recall of finished inspections by their reviews.

    Parameters
    ----------
    files : sequence of str
        One review.jsonl, or several; each lies beside its results.
    seed, draws : int
        Of the resampling for the intervals.

    Raises
    ------
    BadDataError
        If a review cannot be read, or no image is reviewed as a whole.
    """
    reviews = read_reviews(files)
    pairs = [(review.finished, image) for review in reviews for image in review.images]
    decided = [(finished, image) for finished, image in pairs if image.is_decided]
    if not decided:
        raise BadDataError(
            f"{', '.join(files)}: no image is reviewed as a whole; decide about every region of some images, and about "
            "some images without regions"
        )
    judged = [_judged(finished, image) for finished, image in decided]
    evaluation = ReviewEvaluation(
        review=tuple(files),
        method=tuple(sorted({name for _, image in decided for name in image.record.method})),
        model=_only_model(reviews),
        images=sum(len(review.finished.inspected) for review in reviews),
        reviewed_images=len(decided),
        without_regions=sum(not image.record.defects for _, image in decided),
        partly_reviewed=len(pairs) - len(decided),
        left_out=sum(review.stale + review.unknown for review in reviews),
        figures=review_figures(judged, seed=seed, draws=draws),
    )
    return replace(evaluation, notes=review_notes(evaluation))


def _judged(finished: FinishedRun, image: ReviewedImage) -> JudgedImage:
    """Return what was found in an image and what was missed.

    A real region that does not count, such as a nuisance, is missed. So is a drawn defect of which no counted region
    holds a pixel, and one defect of an image that has some, of which none was marked.
    """
    counted = image.record.defects
    verdicts = [(region, image.verdict_of(region)) for region in counted]
    found = [
        FoundRegion(region.class_name, verdict == REAL, image.class_of(region) if verdict == REAL else None)
        for region, verdict in verdicts
        if verdict in (REAL, HARMLESS)
    ]
    missed = [image.class_of(region) for region in image.with_verdict(REAL) if region not in counted]
    masks = region_masks(finished, image.record) if image.missed else {}
    missed += [one.decision.class_name for one in drawn_defects(image) if found_again(one, image, masks) is None]
    unsure = sum(verdict == UNSURE for _, verdict in verdicts)
    marked = missed or unsure or any(region.is_real for region in found)
    if image.whole is not None and image.whole.verdict == REAL and not marked:
        missed.append(image.whole.class_name)
    return JudgedImage(tuple(found), tuple(missed), unsure)


def _only_model(reviews: Sequence[ReviewedResults]) -> str | None:
    models = {record.model for review in reviews for record in review.finished.inspected}
    return models.pop() if len(models) == 1 else None
