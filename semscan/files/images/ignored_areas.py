"""Areas that the user wants left out, or alone judged: rectangles, mask images, folders of masks by name."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from semscan.errors import BadImageError, MaskSizeError
from semscan.files.find.images import MASK_ENDING
from semscan.files.find.listing import images_by_stem
from semscan.files.find.matching import images_named_as, in_most_similar_place
from semscan.settings import ReadSettings

RECTANGLE = re.compile(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*,\s*(\d{1,9})\s*")
ReadMask = Callable[[Path], np.ndarray]


def ignored_area(
    image: Path, shape: tuple[int, int], settings: ReadSettings, read_mask: ReadMask
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return where nothing is judged in an image, by the settings' `ignore` and `care`.

    Parameters
    ----------
    image : Path
        Its path, to find its mask in a folder.
    shape : tuple of int
        Its rows and columns.
    settings : ReadSettings
        `ignore` and `care` count.
    read_mask : callable
        ``read_mask(path)`` returns a mask image as bool.

    Returns
    -------
    ignored : ndarray of bool, shape (rows, cols), or None
        None if nothing is ignored.
    warnings : tuple of str
        Areas outside the image, and missing masks.

    Raises
    ------
    BadImageError
        If a mask cannot be read, is of another size, is not unique, or a care mask is missing.
    """
    ignored, ignore_warnings = _union(settings.ignore, "ignore", image, shape, read_mask)
    care, care_warnings = _union(settings.care, "care", image, shape, read_mask)
    if care is not None:
        ignored = ~care if ignored is None else ignored | ~care
    return ignored, (*ignore_warnings, *care_warnings)


def _union(
    areas: Sequence[str], kind: str, image: Path, shape: tuple[int, int], read_mask: ReadMask
) -> tuple[np.ndarray | None, list[str]]:
    """Return the pixels in any of the areas, None if there are no areas for this image, and the warnings."""
    union: np.ndarray | None = None
    warnings: list[str] = []
    for area in areas:
        match = RECTANGLE.fullmatch(area)
        part = _rectangle(match, shape) if match else _masked(area, kind, image, shape, read_mask)
        if part is None:
            warnings.append(f"{_no_mask(image, area, kind)}: nothing is ignored in this image")
            continue
        if match and not part.any():
            warnings.append(f"the {kind} area {area} lies outside this image of {shape[1]} x {shape[0]} pixels")
        union = part if union is None else union | part
    return union, warnings


def mask_files(image: Path, settings: ReadSettings) -> Iterator[tuple[str, Path]]:
    """Yield the mask files from which `ignored_area` reads areas of an image, each with "ignore" or "care".

    Raises BadImageError as `ignored_area` does.
    """
    for kind, areas in (("ignore", settings.ignore), ("care", settings.care)):
        for area in areas:
            path = None if RECTANGLE.fullmatch(area) else _mask_file(area, kind, image)
            if path is not None:
                yield kind, path


def _rectangle(match: re.Match[str], shape: tuple[int, int]) -> np.ndarray:
    left, top, width, height = (int(side) for side in match.groups())
    inside = np.zeros(shape, bool)
    inside[top : top + height, left : left + width] = True
    return inside


def _masked(area: str, kind: str, image: Path, shape: tuple[int, int], read_mask: ReadMask) -> np.ndarray | None:
    """Return the mask that a file, or a folder for this image, holds; None if a folder has no ignore mask for it."""
    path = _mask_file(area, kind, image)
    if path is None:
        return None
    mask = read_mask(path)
    if mask.shape != shape:
        raise MaskSizeError(
            f"its {kind} mask {path} is {mask.shape[1]} x {mask.shape[0]} pixels, the image "
            f"{shape[1]} x {shape[0]}; give a mask of the image's size"
        )
    return mask


def _mask_file(area: str, kind: str, image: Path) -> Path | None:
    return _mask_in(Path(area), image, kind) if os.path.isdir(area) else Path(area)


def _mask_in(folder: Path, image: Path, kind: str) -> Path | None:
    """Return the mask in a folder that is called as the image is: a.png, a_mask.png or another suffix, for a.tif."""
    here = Path(os.path.abspath(image))
    same = [path for path in images_named_as(image, folder) if not _is_same(path, here)]  # not the image itself
    masks = in_most_similar_place(same or images_by_stem(folder).get(image.stem + MASK_ENDING, ()), here)
    if len(masks) > 1:
        raise BadImageError(f"{masks[0]} and {masks[1]} are both its {kind} mask; keep one, or name one file")
    if not masks and kind == "care":
        raise BadImageError(f"{_no_mask(image, folder, kind)}: nothing would be judged; put one there")
    return masks[0] if masks else None


def _is_same(path: Path, image: Path) -> bool:
    try:
        return os.path.samefile(path, image)
    except OSError:
        return False


def _no_mask(image: Path, folder: Path | str, kind: str) -> str:
    return f"no {kind} mask called {image.stem} below {Path(folder)}"
