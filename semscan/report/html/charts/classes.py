"""How many regions that count are of each class."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from semscan.report.html.summary import Summary


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many regions, on how many images, are of one class; `share` is of the most frequent class."""

    name: str | None
    regions: int
    images: int
    share: float


def class_counts(summary: Summary) -> list[ClassCount]:
    """Count the regions by class, most frequent first; empty if none has a class."""
    names = Counter(defect.region.class_name for defect in summary.defects)
    if not any(names):
        return []
    most = max(names.values())
    places = {(defect.region.class_name, defect.place) for defect in summary.defects}
    images = Counter(name for name, _ in places)
    return [ClassCount(name, count, images[name], count / most) for name, count in names.most_common()]
