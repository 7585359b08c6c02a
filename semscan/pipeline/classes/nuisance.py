"""Regions that are in the image but not on the specimen: reported, not counted."""

from __future__ import annotations

from dataclasses import replace

from semscan.regions.find import LabelledRegions
from semscan.regions.streaks import streaks
from semscan.values import CleanImage


def mark_nuisance(found: LabelledRegions, image: CleanImage) -> LabelledRegions:
    """Mark the regions that are streaks of charging."""
    if not found.regions:
        return found
    harmless = streaks(found, image.values, image.judged)
    marked = [
        replace(region, nuisance=region.nuisance or streak)
        for region, streak in zip(found.regions, harmless, strict=True)
    ]
    return LabelledRegions(marked, found.labels)
