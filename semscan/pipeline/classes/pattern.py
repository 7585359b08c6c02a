"""The class of each region: by the model that learned classes, else by the pattern of lines or contacts around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from semscan.image.pattern_view import grey_range, pattern_view
from semscan.image.tiling import centre_window
from semscan.image.topology import topology
from semscan.pipeline.classes.names import ClassNames, RegionClassifier, best_class
from semscan.pipeline.classes.on_lines import name_by_extent
from semscan.reference.cell.compare import find_image_lattice
from semscan.reference.cell.lattice import NOT_FOUND, SMALLEST_PITCH
from semscan.regions.find import LabelledRegions
from semscan.settings import DEFECTS, EXCHANGED, RELATED, UNKNOWN
from semscan.values import CleanImage, Extent, Periodic

GOOD = "good"  # the network's class for a view between the defects
SAMPLES = 12  # views between the regions
WIDEST = 448  # px of the image's middle in which its lattice is searched
LARGEST = 4096  # px of the image's middle that show its grey levels and good places
Place = tuple[tuple[float, float], int]  # centroid of a region, and its number in the map of regions
MOST = 256  # regions of one image that are classified: more than that are not defects on a pattern


def classify_by_pattern(
    found: LabelledRegions,
    image: CleanImage,
    classify_regions: RegionClassifier | None,
    periodic: Periodic | None,
    *,
    dark_lines: bool = False,
) -> LabelledRegions:
    """Give each region its class and probability, where anything is known of classes; a nuisance has none.

    Parameters
    ----------
    found : LabelledRegions
        Regions and their pixels. On lines, the extents count too: see `name_by_extent`.
    image : CleanImage
    classify_regions : callable, optional
        Of a model that knows classes. Without one, regions on lines or contacts are classified by the network that
        comes with semscan, trained on generated defects.
    periodic : Periodic, optional
        How the image repeats, where that is known already.
    dark_lines : bool
        Of lines, the darker part is the line: what joins two brighter ones is then a break.
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
        if len(steps) == 1 and names:
            step = (float(steps[0][0]), float(steps[0][1]))
            names = [
                name_by_extent(name, share, _extent_of(found, place), step)
                for place, (name, share) in zip(named, names, strict=True)
            ]
        if dark_lines and len(steps) == 1:
            names = [(EXCHANGED.get(name, name), share) for name, share in names]
    regions = list(found.regions)
    for place, (name, share) in zip(named, names, strict=bool(names)):
        regions[place] = replace(regions[place], class_name=name, class_probability=round(share, 4))
    return LabelledRegions(regions, found.labels)


def _extent_of(found: LabelledRegions, place: int) -> Extent | None:
    """Return the extent of the defect that a region is, or is a part of."""
    region = found.regions[place]
    return (region if region.part_of is None else found.regions[region.part_of - 1]).extent


def pattern_classes(image: CleanImage, numbered: np.ndarray, regions: Sequence[Place], steps: np.ndarray) -> ClassNames:
    """Classify regions on lines (one step) or on an array of contacts (two); `steps` as in `Lattice.vectors`.

    Return no names at all where most views between the regions do not show good lines or contacts.
    """
    # lazy: it loads onnxruntime, which an image without regions does not need
    from semscan.runtime.pattern_classifier import pattern_classifier

    network = pattern_classifier()
    pattern = DEFECTS["lines" if len(steps) == 1 else "contacts"]
    allowed = np.array([kind in (*pattern, GOOD) for kind in network.kinds])
    middle = centre_window(image.values.shape, LARGEST)
    judged = image.judged[middle]
    grey = grey_range(image.values[middle], judged)

    def classes_of(places: Sequence[Place]) -> ClassNames:
        views = np.stack([pattern_view(image.values, numbered, number, at, steps, grey) for at, number in places])
        logits, distances = network.run(views, np.stack([topology(view) for view in views]))
        allowed_logits = np.where(allowed, logits, -np.inf)
        return best_class(allowed_logits, network.kinds, strange=distances > network.limits, related=RELATED)

    corner = (middle[0].start, middle[1].start)
    between = _between(judged & (numbered[middle] == 0), float(np.hypot(*steps.T).min()), corner)
    if not between or sum(name == GOOD for name, _ in classes_of([(at, 0) for at in between])) < len(between) / 2:
        return []
    return [(UNKNOWN if name == GOOD else name, share) for name, share in classes_of(regions)]


def _between(free: np.ndarray, pitch: float, corner: tuple[int, int]) -> list[tuple[float, float]]:
    """Return a few places spread over a window of the image, away from all regions; `corner` is its first pixel."""
    away = cv2.distanceTransform(free.astype(np.uint8), cv2.DIST_L2, 3)
    places = np.argwhere(away > pitch)
    chosen = places[np.linspace(0, len(places) - 1, SAMPLES + 2).astype(int)[1:-1]] if len(places) else places
    return [(float(row + corner[0]), float(col + corner[1])) for row, col in chosen]


def _steps(image: CleanImage, periodic: Periodic | None) -> np.ndarray:
    """Return the steps of the image's lattice, (n, 2) as (row, col); empty if it has none."""
    if periodic is None:
        middle = centre_window(image.values.shape, WIDEST)
        lattice = find_image_lattice(replace(image, values=image.values[middle], judged=image.judged[middle]))
        return lattice.vectors if lattice.found else NOT_FOUND
    pitches = np.round(periodic.pitch_px, 3)  # as records have them, so that saved maps give the same names
    angles = np.radians(np.round(periodic.angle_deg, 3))
    if not (periodic.found and 1 <= len(pitches) == len(angles) <= 2):
        return NOT_FOUND
    if pitches.min() < SMALLEST_PITCH or pitches.max() > max(image.values.shape):  # a saved map may hold anything
        return NOT_FOUND
    return np.stack([np.sin(angles), np.cos(angles)], 1) * pitches[:, None]
