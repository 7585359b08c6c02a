"""The method that compares the images of a lot, which show the same place on many dies, with each other."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from semscan.errors import BadImageError, OtherPlaceError, UsageFault
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.phrases import plural
from semscan.pipeline.methods.base import FALSE_ALARMS, MethodResult
from semscan.pipeline.methods.reference import pair_result
from semscan.reference.die.compare import compare_pair
from semscan.reference.lot.align import align_lot
from semscan.reference.lot.middle import LEAST_OTHERS, Lot, Middle
from semscan.reference.lot.same_place import same_place
from semscan.settings import InspectSettings
from semscan.values import CleanImage, SemImage
from semscan.values.method import ChanceCalibration, MethodProvenance

LEAST_DIES = LEAST_OTHERS + 1
# The middle has less noise than a second image. Part of what this gains makes false regions rare, since a lot has many
# images: see benchmarks/README.md.
STRICTNESS = 1.25
MOST_SAMPLED = 16  # dies that the middle is computed from
FEWEST_SAMPLED = 6  # of images so large that 16 would not fit into memory
MOST_PIXELS = 1 << 26
GOLDEN_RATIO = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class _Sample:
    """Dies of the lot that show one place, their places in `lot` by the source of the image, and the middle of all."""

    lot: Lot
    places: dict[str, int]
    middle: Middle


class DiesMethod:
    """Compares each image with the robust middle of the other images of the run.

    The middle is computed from at most 16 images, which lie evenly in the alphabetical order of all. Raw scores are
    multiples of what chance reaches in that very image.
    """

    name = "dies"
    raw_threshold: float | None = 1.0

    def __init__(self, settings: InspectSettings) -> None:
        # care areas belong to the image; text burnt into another one lies at the same place there
        self._settings = replace(settings.read, care=())
        self._sample: _Sample | None = None
        self._fault = "the other dies are not known; inspect the images of a lot in one run"
        self.provenance = _provenance("each image and the middle of the others")

    @classmethod
    def of_images(cls, images: Sequence[SemImage], settings: InspectSettings) -> DiesMethod:
        """Return the method for images that are in memory; each has a `source` of its own."""
        by_source = {image.source: image for image in images}
        method = cls(settings)
        method._take(sorted(by_source), lambda name: clean(by_source[name], settings.read))
        return method

    def gather(self, paths: Sequence[Path]) -> None:
        """Align a sample of the images; raises UsageFault if there are fewer than 4."""
        settings = self._settings
        names = sorted({os.path.abspath(path) for path in paths})
        self._take(names, lambda name: clean(read_image(Path(name), settings), settings))

    def __call__(self, image: CleanImage) -> MethodResult:
        """Compare `image` with the middle of the others; raises BadImageError if it shows another place."""
        if self._sample is None:
            raise BadImageError(f"{image.source}: {self._fault}")
        place = self._sample.places.get(image.source)
        middle = self._sample.middle if place is None else self._sample.lot.middle(place)
        try:
            found = compare_pair(image, middle.image, middle.trusted, strictness=STRICTNESS)
        except OtherPlaceError as error:
            raise BadImageError(
                f"{image.source}: shows another place than most images of the lot (similarity {error.similarity:.2f}, "
                f"wanted at least {error.wanted:.2f}); leave it out, or inspect it with images of its own place"
            ) from error
        except BadImageError as error:
            raise BadImageError(f"{image.source} against the middle of the other dies: {error}") from error
        return pair_result(found, image)

    def _take(self, names: Sequence[str], load: Callable[[str], CleanImage]) -> None:
        """Choose the sample, and align those of its images that show one place."""
        if len(names) < LEAST_DIES:
            raise UsageFault(
                f"to compare dies with each other, images of one place on at least {LEAST_DIES} dies are wanted, "
                f"got {plural(len(names), 'image')}; name more, or compare two images with --reference"
            )
        images = _sampled(names, load)
        group = same_place(images)
        if len(group) < LEAST_DIES or 2 * len(group) <= len(images):
            self._fault = _no_lot(images, group)
            return
        lot = align_lot([images[place] for place in group], list(group.values()))
        places = {images[place].source: number for number, place in enumerate(group)}
        self._sample = _Sample(lot, places, lot.middle())
        self.provenance = _provenance(f"each image and the middle of {len(group)} images of the run, without itself")


def _provenance(held_out: str) -> MethodProvenance:
    return MethodProvenance(ChanceCalibration(1.0, FALSE_ALARMS, held_out))


def _no_lot(images: Sequence[CleanImage], group: Collection[int]) -> str:
    """Say that too few of the images that can be read show the same place; name the few that do not."""
    outside = [Path(image.source).name for place, image in enumerate(images) if place not in group]
    named = f" (not {', '.join(outside)})" if 0 < len(outside) < len(group) else ""
    return (
        f"{len(group)} of the {plural(len(images), 'readable image')} of the lot show the same place{named}, wanted at "
        f"least {LEAST_DIES} and more than half; inspect images of one place, or compare two with --reference"
    )


def _sampled(names: Sequence[str], load: Callable[[str], CleanImage]) -> list[CleanImage]:
    """Read a sample of the images, spread evenly over the names; those that cannot be read are passed over."""
    images: list[CleanImage] = []
    pixels = 0
    # multiples of the golden ratio, less their whole part: any first few of them are spread evenly
    for number in sorted(range(len(names)), key=lambda number: number * GOLDEN_RATIO % 1):
        try:
            images.append(load(names[number]))
        except BadImageError:
            continue
        pixels += images[-1].values.size
        if len(images) == MOST_SAMPLED or (pixels > MOST_PIXELS and len(images) >= FEWEST_SAMPLED):
            break
    return images
