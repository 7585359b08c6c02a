"""Whether masks and images belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from semscan.errors import SemscanError
from semscan.files.datasets.labelled_images import LabelledSet, read_defect_mask
from semscan.files.datasets.layout import Layout
from semscan.files.images.read import read_image
from semscan.pipeline.checks.dataset import PROBLEM, WARNING, Finding
from semscan.settings import ReadSettings

MOST_OF_AN_IMAGE = 0.5


def mask_findings(
    layout: Layout, test: LabelledSet | None, read: ReadSettings, most: int | None = None
) -> Iterator[Finding]:
    """Masks of another size than their image, without a defect, missing, or without an image.

    Parameters
    ----------
    layout : Layout
        Of training; its masks are read.
    test : LabelledSet or None
        The test images, to look at their masks too.
    read : ReadSettings
        How images are read.
    most : int, optional
        Read no more masks than this.
    """
    pairs = list(layout.masks.items())
    if test is not None:
        pairs += [(image.path, image.mask) for image in test.images if image.mask is not None]
        bare = [image.path for image in test.images if image.defective and image.mask is None]
        if bare and any(image.mask for image in test.images):
            yield _listed(WARNING, bare, "defective test images have no mask: their defects are not counted")
        if test.orphans:
            yield _listed(WARNING, test.orphans, "masks in ground_truth belong to no test image: check their names")
    good = {image.path for image in test.images if not image.defective} if test else set()
    for image, mask in pairs[:most]:
        fault = _mask_fault(image, mask, read, good=image in good)
        if fault:
            yield Finding(PROBLEM, "mask", fault, (str(image), str(mask)))


def _mask_fault(image: Path, mask: Path, read: ReadSettings, *, good: bool) -> str | None:
    try:
        shape = read_image(image, read).pixels.shape
    except SemscanError:
        return None  # reported as unreadable
    try:
        share = float(read_defect_mask(mask, shape).mean())
    except SemscanError as error:
        return str(error)
    if share == 0:
        return None if good else f"{mask}: the mask marks no pixel, though its image {image} is in a defect class"
    if good:
        return f"{mask}: the mask marks defects in {image}, which is in the good class"
    if share > MOST_OF_AN_IMAGE:
        return f"{mask}: the mask marks {share:.0%} of its image; it may be inverted"
    return None


def _listed(level: str, paths: Sequence[Path], message: str) -> Finding:
    shown = ", ".join(map(str, paths[:3])) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    return Finding(level, "mask", f"{len(paths)} {message} ({shown})", tuple(map(str, paths)))
