"""Turn an array that a Python caller has into a `SemImage`, by the rules that hold for files."""

from __future__ import annotations

from typing import Any

import numpy as np

from semscan.errors import BadImageError
from semscan.files.images.decode import Decoded, check_size
from semscan.files.images.to_grey import to_grey
from semscan.values import SemImage

FORMAT = "array"


def image_from_array(
    array: Any, *, nm_per_pixel: float | None = None, ignored: np.ndarray | None = None, name: str = FORMAT
) -> SemImage:
    """Take an array as one image.

    Parameters
    ----------
    array : array_like, shape (rows, cols) or (rows, cols, channels)
        Grey, RGB or RGBA levels of any integer or float type; see `semscan.files.images.to_grey.to_grey`.
    nm_per_pixel : float, optional
        Width of a pixel, nm.
    ignored : ndarray of bool, shape (rows, cols), optional
        True where nothing is to be judged.
    name : str
        How messages and records call the image.

    Returns
    -------
    SemImage
        `source` is `name`, since no file holds it.

    Raises
    ------
    BadImageError
        If it is not an image of at least 16 x 16 finite pixels of more than one level, or `ignored` has another shape.

    Examples
    --------
    >>> image_from_array(np.arange(1024).reshape(32, 32), nm_per_pixel=2.0).pixels.dtype
    dtype('uint16')
    """
    pixels = np.asarray(array)
    try:
        if pixels.ndim not in (2, 3):
            raise BadImageError(f"the array has {pixels.ndim} axes, wanted (rows, cols) or (rows, cols, channels)")
        check_size(pixels.shape[0], pixels.shape[1])
        grey, warnings, rule = to_grey(Decoded(pixels, FORMAT))
        if ignored is not None and np.shape(ignored) != grey.shape:
            raise BadImageError(f"ignore has the shape {np.shape(ignored)}, wanted that of the image, {grey.shape}")
    except BadImageError as error:
        raise BadImageError(f"{name}: {error}") from error
    return SemImage(
        pixels=grey,
        source=name,
        nm_per_pixel=nm_per_pixel,
        metadata={
            "format": FORMAT,
            "dtype": str(pixels.dtype),
            "pages": 1,
            "colour": rule,
            "nm_per_pixel_source": None if nm_per_pixel is None else "given",
        },
        warnings=warnings,
        ignored=None if ignored is None else np.asarray(ignored, bool),
    )
