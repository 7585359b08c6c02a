"""What was found against what a reviewer says: precision and recall with their intervals, in all and by class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from semscan.poisson import poisson_interval
from semscan.scores.intervals import resamples, share_interval
from semscan.values.evaluation import ReviewedClassFigures, ReviewFigures

UNNAMED = "defect"  # the class of what nobody named


@dataclass(frozen=True, slots=True)
class FoundRegion:
    """A region that was found and decided: the class it was called, and, of a real one, the reviewer's class."""

    called: str | None
    is_real: bool
    true_class: str | None = None

    @property
    def is_right(self) -> bool:
        """True if it is real, and of the class it was called; a region that was called nothing need only be real."""
        return self.is_real and self.called in (None, self.true_class)


@dataclass(frozen=True, slots=True)
class JudgedImage:
    """One reviewed image: its decided regions, the number of unsure ones, and the classes of its missed defects."""

    found: tuple[FoundRegion, ...] = ()
    missed: tuple[str | None, ...] = ()
    unsure: int = 0

    @property
    def is_defective(self) -> bool:
        """True if it has a defect."""
        return bool(self.missed) or any(region.is_real for region in self.found)


Count = Callable[[JudgedImage], int]


def review_figures(images: Sequence[JudgedImage], *, seed: int, draws: int) -> ReviewFigures:
    """Measure what was found in reviewed images.

    Precision is the share of the decided regions that are real, recall the share of the real defects that were found.
    Intervals are those of resampled images, and never narrower than binomial ones.

    Parameters
    ----------
    images : sequence of JudgedImage
        At least one.
    seed, draws : int
        Of the resampling.
    """
    weights = resamples(np.array([image.is_defective for image in images]), draws, seed)

    def share(part: Count, whole: Count) -> tuple[float | None, tuple[float, float] | None]:
        return _share(images, weights, part, whole)

    good = [image for image in images if not image.is_defective and not image.unsure]
    false_on_good = sum(map(_false, good))
    precision, precision_95 = share(_real, lambda image: len(image.found))
    recall, recall_95 = share(_real, lambda image: _real(image) + len(image.missed))
    rate_95 = poisson_interval(false_on_good, len(good))
    return ReviewFigures(
        found=sum(map(_real, images)),
        false=sum(map(_false, images)),
        unsure=sum(image.unsure for image in images),
        missed=sum(len(image.missed) for image in images),
        precision=precision,
        precision_95=precision_95,
        recall=recall,
        recall_95=recall_95,
        defective_images=sum(image.is_defective for image in images),
        defective_images_found=sum(image.is_defective and bool(image.found or image.unsure) for image in images),
        good_images=len(good),
        good_images_flagged=sum(bool(image.found) for image in good),
        false_per_good_image=false_on_good / len(good) if good else None,
        false_per_good_image_95=None if rate_95 is None else (rate_95[0], rate_95[1]),
        classes=_by_class(images, share) or None,
    )


def _by_class(
    images: Sequence[JudgedImage],
    share: Callable[[Count, Count], tuple[float | None, tuple[float, float] | None]],
) -> dict[str, ReviewedClassFigures]:
    """Return the figures of each class; empty where nobody named one."""
    names = {region.called for image in images for region in image.found}
    names |= {region.true_class for image in images for region in image.found if region.is_real}
    names |= {name for image in images for name in image.missed}
    if not names - {None}:
        return {}
    figures = {}
    for name in sorted(name or UNNAMED for name in names):
        found, missed, called, right = _counts_of(name)
        recall, recall_95 = share(found, _both(found, missed))
        precision, precision_95 = share(right, called)
        figures[name] = ReviewedClassFigures(
            found=sum(map(found, images)),
            missed=sum(map(missed, images)),
            recall=recall,
            recall_95=recall_95,
            called=sum(map(called, images)),
            right=sum(map(right, images)),
            precision=precision,
            precision_95=precision_95,
        )
    return figures


def _counts_of(name: str) -> tuple[Count, Count, Count, Count]:
    """Count of a class, in an image: defects found, defects missed, regions called so, and those rightly so.

    Without a class, a defect is of `UNNAMED`, together with those of a class that has this name.
    """

    def of(regions: Iterable[FoundRegion]) -> int:
        return sum(1 for _ in regions)

    return (
        lambda image: of(region for region in image.found if region.is_real and (region.true_class or UNNAMED) == name),
        lambda image: sum((missed or UNNAMED) == name for missed in image.missed),
        lambda image: of(region for region in image.found if (region.called or UNNAMED) == name),
        lambda image: of(region for region in image.found if (region.called or UNNAMED) == name and region.is_right),
    )


def _both(first: Count, second: Count) -> Count:
    return lambda image: first(image) + second(image)


def _share(
    images: Sequence[JudgedImage], weights: np.ndarray, part: Count, whole: Count
) -> tuple[float | None, tuple[float, float] | None]:
    """Return a share and its interval; None where there is nothing to share."""
    parts, wholes = (np.array([count(image) for image in images], float) for count in (part, whole))
    hit, total = int(parts.sum()), int(wholes.sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        interval = share_interval(hit, total, weights @ parts / (weights @ wholes))
    return (None, None) if interval is None else (hit / total, (interval[0], interval[1]))


def _real(image: JudgedImage) -> int:
    return sum(region.is_real for region in image.found)


def _false(image: JudgedImage) -> int:
    return len(image.found) - _real(image)
