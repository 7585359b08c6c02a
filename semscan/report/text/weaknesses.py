"""What makes a model useless or doubtful, in sentences: its training ended too early, or it finds next to nothing."""

from __future__ import annotations

from semscan.values.detection import DetectionCurve
from semscan.values.model.config import ModelConfig
from semscan.values.model.training import TIME_LIMIT, FitRecord

FEWEST_CLEAR = 10  # clear painted defects below which their share says nothing
BLIND = 0.1  # share of the clear painted defects below which a model is not to be trusted
HALF_TRAINED = 0.5  # ... and below which it is not where its loss still fell
STILL_FALLING = 0.1  # share by which the loss fell in the last fifth of the training
BETTER_THAN_GUESSING = 1.645  # standard deviations


def weaknesses(config: ModelConfig) -> tuple[str, ...]:
    """Return what a user must know before trusting the model; empty for a good one.

    Models that were made before semscan measured these things have no weaknesses that are known.
    """
    fit = config.training.fit
    found = (_nearly_blind(config), _near_guessing(fit), _ended_early(fit))
    return tuple(sentence for sentence in found if sentence)


def _nearly_blind(config: ModelConfig) -> str | None:
    if config.network.classes:
        return None
    if _is_unfinished(config.training.fit):
        why = "its loss still fell when the training ended; train longer"
        return nearly_blind(config.painted, why, HALF_TRAINED)
    return nearly_blind(config.painted, "train with more good images")


def nearly_blind(painted: DetectionCurve | None, advice: str, least: float = BLIND) -> str | None:
    """Return a sentence if less than the share `least` of the clear painted defects is found; else None."""
    if painted is None or painted.clear < FEWEST_CLEAR or (painted.clear_share or 0.0) >= least:
        return None
    return (
        f"it finds {painted.clear_found} of {painted.clear} clear defects painted into good images, so an image "
        f"without a region is no proof of anything; {advice}"
    )


def _is_unfinished(fit: FitRecord) -> bool:
    """Return whether the loss still fell when the training ended, or was measured too seldom to know."""
    if not fit.steps_done:
        return False
    return fit.falling is None or fit.falling >= STILL_FALLING


def _near_guessing(fit: FitRecord) -> str | None:
    images, accuracy, majority = fit.held_out_images, fit.held_out_accuracy, fit.held_out_majority
    if not images or accuracy is None or majority is None:
        return None
    guess = majority / images
    margin = BETTER_THAN_GUESSING * (guess * (1 - guess) / images) ** 0.5
    if accuracy > guess + margin:
        return None
    return (
        f"it predicts the class of {accuracy:.0%} of {images} held-out images correctly, and naming always the "
        f"largest class gives {guess:.0%}; train longer, or with more images of each class"
    )


def _ended_early(fit: FitRecord) -> str | None:
    if fit.ended != TIME_LIMIT or not fit.steps or not fit.steps_done:
        return None
    if not _is_unfinished(fit):
        return None
    how = "before it was seen whether its loss still fell"
    if fit.falling is not None:
        how = f"while its loss still fell, by {fit.falling:.0%} in the last fifth of the time"
    return (
        f"the time limit ended the training at step {fit.steps_done} of {fit.steps}, {how}; give it more time, or "
        "leave --time-limit away"
    )
