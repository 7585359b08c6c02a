"""What kind of defect each region is: what the model's class folders say, else what lines and contacts can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from semscan.image.pattern_view import grey_range, pattern_view
from semscan.image.tiling import centre_window
from semscan.pipeline.classes.names import Names, RegionClassifier, told
from semscan.reference.cell.compare import find_image_lattice
from semscan.reference.cell.lattice import NOT_FOUND, SMALLEST_PITCH
from semscan.regions.find import LabelledRegions
from semscan.settings import DEFECTS, UNKNOWN
from semscan.values import CleanImage, Periodic

GOOD = "good"  # what the network calls what lies between the defects
LOOKED_AT = 12  # places between the regions
WIDEST = 448  # px of the image's middle in which its lattice is looked for
Place = tuple[tuple[float, float], int]  # centroid of a region, and its number in the map of regions
MOST = 256  # regions of one image that are named: more than that are no defects on a pattern


def classify_by_pattern(
    found: LabelledRegions, image: CleanImage, classify_regions: RegionClassifier | None, periodic: Periodic | None
) -> LabelledRegions:
    """Give each region its class and probability, where anything is known of classes; a nuisance has none.

    Parameters
    ----------
    found : LabelledRegions
        Regions and their pixels.
    namer : callable, optional
        Of a model that knows classes. Without one, regions on lines or contacts are named by the network that
        comes with semscan, taught by generated defects.
    periodic : Periodic, optional
        How the image repeats, where that is known already.
    """
    if all(region.nuisance for region in found.regions):
        return found
    named = [place for place, region in enumerate(found.regions) if not region.nuisance][:MOST]
    wanted = [place + 1 for place in named]  # labels count from 1
    if classify_regions is not None:
        names = classify_regions(found.labels, wanted)
    else:
        steps = _steps(image, periodic)
        places = [(found.regions[place].centroid, place + 1) for place in named]
        names = pattern_classes(image, found.labels, places, steps) if len(steps) else []
    regions = list(found.regions)
    for place, (name, share) in zip(named, names, strict=bool(names)):
        regions[place] = replace(regions[place], class_name=name, class_probability=round(share, 4))
    return LabelledRegions(regions, found.labels)


def pattern_classes(image: CleanImage, numbered: np.ndarray, regions: Sequence[Place], steps: np.ndarray) -> Names:
    """Name regions on lines (one step) or on an array of contacts (two); `steps` as in `Lattice.vectors`.

    No names at all where most of what is no region looks like no good lines or contacts either.
    """
    from semscan.runtime.pattern_classifier import pattern_classifier  # loads onnxruntime, which a good image needs not

    network = pattern_classifier()
    pattern = DEFECTS["lines" if len(steps) == 1 else "contacts"]
    allowed = np.array([kind in (*pattern, GOOD) for kind in network.kinds])
    step, grey = steps[np.argmin(np.hypot(*steps.T))], grey_range(image.values, image.judged)

    def look(places: Sequence[Place]) -> Names:
        views = [pattern_view(image.values, numbered, number, at, step, grey) for at, number in places]
        logits, distances = network.run(np.stack(views))
        return told(np.where(allowed, logits, -np.inf), network.kinds, strange=distances > network.limits)

    between = _between(image.judged & (numbered == 0), float(np.hypot(*step)))
    if not between or sum(name == GOOD for name, _ in look([(at, 0) for at in between])) < len(between) / 2:
        return []
    return [(UNKNOWN if name == GOOD else name, share) for name, share in look(regions)]


def _between(free: np.ndarray, pitch: float) -> list[tuple[float, float]]:
    """A few places spread over the image, away from all regions."""
    away = cv2.distanceTransform(free.astype(np.uint8), cv2.DIST_L2, 3)
    places = np.argwhere(away > pitch)
    chosen = places[np.linspace(0, len(places) - 1, LOOKED_AT + 2).astype(int)[1:-1]] if len(places) else places
    return [(float(row), float(col)) for row, col in chosen]


def _steps(image: CleanImage, periodic: Periodic | None) -> np.ndarray:
    """The steps of the image's lattice, (n, 2) as (row, col); none if it has none."""
    if periodic is None:
        middle = centre_window(image.values.shape, WIDEST)
        lattice = find_image_lattice(replace(image, values=image.values[middle], judged=image.judged[middle]))
        return lattice.vectors if lattice.found else NOT_FOUND
    pitches, angles = np.array(periodic.pitch_px), np.radians(periodic.angle_deg)
    if not (periodic.found and 1 <= len(pitches) == len(angles) <= 2):
        return NOT_FOUND
    if pitches.min() < SMALLEST_PITCH or pitches.max() > max(image.values.shape):  # a saved map may say anything
        return NOT_FOUND
    return np.stack([np.sin(angles), np.cos(angles)], 1) * pitches[:, None]
