"""Read the reviews that a calibration is based on, and refuse those of other results."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.errors import BadDataError
from semscan.files.datasets.reviewed import ReviewedResults, read_reviews
from semscan.files.results.finished_run import FinishedRun
from semscan.pipeline.calibrating.calibrated import Log
from semscan.version import __version__


@dataclass(frozen=True, slots=True)
class ReviewFiles:
    """The files of decisions, and whether a nuisance filter is learned from them."""

    names: tuple[str, ...]
    nuisance_filter: bool = True

    def read(self, fingerprint: str | None, method: str, log: Log, looks: int | None = None) -> list[ReviewedResults]:
        """Read the decisions about results of a model or method; raises BadDataError for those about others."""
        reviews = read_reviews(self.names)
        for name, review in zip(self.names, reviews, strict=True):
            if review.left_out:
                log(f"warning: {review.left_out}")
            reason = _of_others(review.finished, fingerprint, method, looks)
            if reason:
                raise BadDataError(f"{name}: {reason}; inspect again with what is to be calibrated, and review that")
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
