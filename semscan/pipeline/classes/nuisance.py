"""Regions that are reported, not counted: they are not on the specimen, or like those that a review called harmless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semscan.regions.find import LabelledRegions
from semscan.regions.nuisance_filter import nuisance_rule, region_look
from semscan.regions.streaks import streaks
from semscan.values import CleanImage, Region
from semscan.values.model.nuisance import NuisanceFilter


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


def mark_reviewed(
    regions: Sequence[Region], nuisance: NuisanceFilter | None, *, dark_lines: bool = False
) -> tuple[Region, ...]:
    """Mark the regions that the filter of a review calls a nuisance; all must have their classes and measures.

    With `dark_lines` the classes are names of defects on dark lines.
    """
    looks = [None if region.nuisance else region_look(region, dark_lines=dark_lines) for region in regions]
    known = [look for look in looks if look is not None]
    if nuisance is None or not known:
        return tuple(regions)
    shares = iter(nuisance_rule(nuisance).shares(known) > nuisance.cut)
    is_harmless = [look is not None and bool(next(shares)) for look in looks]
    return tuple(
        replace(region, nuisance=True) if harmless else region
        for region, harmless in zip(regions, is_harmless, strict=True)
    )
