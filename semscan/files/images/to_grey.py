"""Bring what a file holds to one grey plane, by rules that are stated here and nowhere else."""

from __future__ import annotations

import cv2
import numpy as np

from semscan.errors import BadImageError
from semscan.files.images.decode import Decoded

GREY_TOLERANCE = 2 / 255  # of full scale
MAX_ANNOTATED_SHARE = 0.01  # of a palette image's pixels, as annotations over a grey image
Warnings = tuple[str, ...]


def to_grey(decoded: Decoded, *, flat: bool = False) -> tuple[np.ndarray, Warnings, str]:
    """Bring a decoded file to one grey plane.

    The rules, in order:

    - 1 bit becomes 0 and 255; 8 and 16 bits unsigned, and 32-bit float, stay as they are;
      signed and 32-bit integers become 16 bits if all values fit in 0..65535, else float32
      (with a warning: exact to 24 bits); other floats become float32.
    - Palette indices become their colours, 8 bits. If under 1 % of the pixels are coloured
      (annotations over a grey image, as Zeiss writes them) that is a grey image.
    - Alpha is dropped, with a warning.
    - Colour channels that agree within 2 grey levels of 255 are a grey image; else the image
      is converted by Rec. 601 luma (0.299 R + 0.587 G + 0.114 B), with a warning.
    - Where the file states that 0 is white, grey levels are inverted.

    Returns
    -------
    pixels : ndarray of uint8, uint16 or float32, shape (rows, cols)
        Grey levels.
    warnings : tuple of str
        What was dropped or converted.
    rule : str
        How grey came about: "grey", "palette that is grey", "palette, a few pixels coloured", "palette converted by
        luma", "colour that is grey" or "colour converted by luma"; "inverted" is added where 0 is white.

    Raises
    ------
    BadImageError
        If there are NaN or infinite pixels, one single grey level (unless `flat`), or channels without a rule.
    """
    array = decoded.array
    rule = "grey"
    if decoded.palette is not None:
        array = _look_up(array, decoded.palette)
    array, warnings = _supported_dtype(array)
    if array.ndim == 3:
        array, rule, colour_warnings = _one_plane(array, decoded.palette is not None)
        warnings += colour_warnings
    if decoded.inverted:
        array = _inverted(array, decoded.white)
        rule = f"{rule}, inverted"
    low = float(array.min())
    high = float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        count = int(np.count_nonzero(~np.isfinite(array)))
        raise BadImageError(f"{count} of its pixels are NaN or infinite, wanted numbers; save it again")
    if low == high and not flat:
        raise BadImageError(f"every pixel has the value {low:g}, so it shows nothing; take the image again")
    return np.ascontiguousarray(array), decoded.warnings + warnings, rule


def not_black(decoded: Decoded) -> np.ndarray:
    """Return where a decoded file is not black, bool (rows, cols): luma would round dark colours to black.

    In a JPEG file pixels beside bright ones are not quite black: there, those above half of the largest value count.
    Raises BadImageError as `to_grey` does.
    """
    array = decoded.array if decoded.palette is None else _look_up(decoded.array, decoded.palette)
    coloured = array.ndim == 3 and array.shape[2] in (3, 4)
    largest = array[:, :, :3].max(axis=2) if coloured else to_grey(decoded, flat=True)[0]
    return np.asarray(largest > (largest.max() / 2 if decoded.format == "JPEG" else 0))


def _look_up(indices: np.ndarray, palette: np.ndarray) -> np.ndarray:
    if indices.ndim != 2 or indices.dtype.kind not in "bu" or int(indices.max()) >= len(palette):
        raise BadImageError("its palette lacks colours that its pixels name; save it as a grey image")
    return palette[indices.astype(np.intp)]


def _supported_dtype(array: np.ndarray) -> tuple[np.ndarray, Warnings]:
    """Return the array as uint8, uint16 or float32, and warnings."""
    dtype = array.dtype
    if dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255), ()
    if dtype in (np.uint8, np.uint16, np.float32):
        return array, ()
    if dtype.kind in "iu":
        if int(array.min()) >= 0 and int(array.max()) <= 65535:
            return array.astype(np.uint16), ()
        inexact = (f"{dtype} grey levels are read as float32, exact to 24 bits",) if dtype.itemsize > 2 else ()
        return array.astype(np.float32), inexact
    if dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below as infinite
            return array.astype(np.float32), ()
    raise BadImageError(f"its pixels are {dtype}, wanted integers or floats; save it as 8- or 16-bit grey")


def _one_plane(array: np.ndarray, from_palette: bool) -> tuple[np.ndarray, str, Warnings]:
    """Return one plane of several channels, the rule that made it, and warnings."""
    channels = array.shape[2]
    warnings: Warnings = ()
    if channels in (2, 4):
        warnings = ("transparency (alpha) is dropped",)
        array = array[:, :, : channels - 1]
    if array.shape[2] == 1:
        return array[:, :, 0], "grey", warnings
    if array.shape[2] != 3:
        raise BadImageError(f"it has {channels} channels, wanted grey or RGB; save one of them as an image")
    share = _coloured_share(array)
    name = "palette" if from_palette else "colour"
    rule = f"{name} that is grey" if share == 0 else f"{name}, a few pixels coloured"
    if share > (MAX_ANNOTATED_SHARE if from_palette else 0.0):
        rule = f"{name} converted by luma"
        warnings += ("a colour image, converted to grey (Rec. 601 luma)",)
    # equal channels are taken as they are: luma would round
    plane = array[:, :, 0] if share == 0 and _equal(array) else cv2.cvtColor(array, cv2.COLOR_RGB2GRAY)
    return plane, rule, warnings


def _equal(array: np.ndarray) -> bool:
    return bool((array[:, :, 0] == array[:, :, 1]).all() and (array[:, :, 0] == array[:, :, 2]).all())


def _coloured_share(array: np.ndarray) -> float:
    """Return the share of pixels whose channels differ by more than `GREY_TOLERANCE` of the full scale."""
    red, green, blue = (np.ascontiguousarray(array[:, :, channel]) for channel in range(3))
    spread = cv2.max(cv2.max(red, green), blue) - cv2.min(cv2.min(red, green), blue)
    full = np.iinfo(array.dtype).max if array.dtype.kind == "u" else float(np.ptp(array))
    return float(np.count_nonzero(spread > GREY_TOLERANCE * full)) / spread.size


def _inverted(array: np.ndarray, white: int | None) -> np.ndarray:
    if array.dtype.kind == "u":
        full = np.iinfo(array.dtype).max if white is None else white
        return (full - np.minimum(array, full)).astype(array.dtype)
    return (array.max() + array.min()) - array
