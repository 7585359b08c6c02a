"""Areas that the user wants left out, or alone judged: rectangles, mask images, folders of masks by name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from semscan.errors import BadImageError
from semscan.files.find.images import MASK_ENDING
from semscan.files.find.listing import images_by_stem
from semscan.files.find.matching import shared_end
from semscan.settings import ReadSettings

RECTANGLE = re.compile(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*")
ReadMask = Callable[[Path], np.ndarray]


def ignored_area(
    image: Path, shape: tuple[int, int], settings: ReadSettings, read_mask: ReadMask
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Where nothing is to be judged in an image, by the settings' `ignore` and `care`.

    Parameters
    ----------
    image : Path
        For finding its mask in a folder.
    shape : tuple of int
        Its rows and columns.
    read_mask : callable
        ``read_mask(path)`` gives the grey levels of a mask image.

    Returns
    -------
    ignored : ndarray of bool, or None
        None if nothing is ignored.
    warnings : tuple of str

    Raises
    ------
    BadImageError
        If a mask cannot be read, is of another size, is not unique, or a care mask is missing.
    """
    said: list[str] = []
    ignored = _union(settings.ignore, "ignore", image, shape, read_mask, said)
    care = _union(settings.care, "care", image, shape, read_mask, said)
    if care is not None:
        ignored = ~care if ignored is None else ignored | ~care
    return ignored, tuple(said)


def _union(
    areas: Sequence[str], kind: str, image: Path, shape: tuple[int, int], read_mask: ReadMask, said: list[str]
) -> np.ndarray | None:
    """The pixels in any of the areas; None if no area was given, or none is there for this image."""
    whole: np.ndarray | None = None
    for area in areas:
        part = _rectangle(area, kind, shape, said)
        if part is None:
            path = _mask_of(image, Path(area), kind, said) if os.path.isdir(area) else Path(area)
            if path is None:
                continue
            part = read_mask(path) > 0
            if part.shape != shape:
                raise BadImageError(
                    f"its {kind} mask {path} is {part.shape[1]} x {part.shape[0]} pixels, the image "
                    f"{shape[1]} x {shape[0]}; give a mask of the image's size"
                )
        whole = part if whole is None else whole | part
    return whole


def _rectangle(area: str, kind: str, shape: tuple[int, int], said: list[str]) -> np.ndarray | None:
    match = RECTANGLE.fullmatch(area)
    if match is None:
        return None
    left, top, width, height = (int(side) for side in match.groups())
    inside = np.zeros(shape, bool)
    inside[top : top + height, left : left + width] = True
    if not inside.any():
        said.append(f"the {kind} area {area} lies outside this image of {shape[1]} x {shape[0]} pixels")
    return inside


def _mask_of(image: Path, folder: Path, kind: str, said: list[str]) -> Path | None:
    """The mask in a folder that is called as the image is: a.png, a_mask.png or another suffix, for a.tif."""
    there = images_by_stem(folder)
    same_stem = there.get(image.stem, ())
    alike = (
        [path for path in same_stem if path.name == image.name] or same_stem or there.get(image.stem + MASK_ENDING, ())
    )
    if not alike:
        missing = f"no {kind} mask called {image.stem} below {folder}"
        if kind == "care":
            raise BadImageError(f"{missing}: nothing would be judged; put one there")
        said.append(f"{missing}: nothing is ignored in this image")
        return None
    ranked = sorted(alike, key=lambda path: -shared_end(path, image))
    if len(ranked) > 1 and shared_end(ranked[0], image) == shared_end(ranked[1], image):
        raise BadImageError(f"{ranked[0]} and {ranked[1]} are both its {kind} mask; keep one, or name one file")
    return ranked[0]
