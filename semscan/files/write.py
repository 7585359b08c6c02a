"""Results to disk, each file in one piece: a reader or a crash sees the old file or the new one.

Everything goes through `write_bytes`: a temporary file in the target's own folder, flushed
to the disk, then renamed over the target. OpenCV and tifffile only make bytes, so a path may
hold any character the system allows.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile

from semscan.errors import BadMapError, OutputError
from semscan.files import quiet  # noqa: F401

TEMPORARY_PREFIX = ".semscan-"
TEMPORARY_SUFFIX = ".part"
LARGEST_DESCRIPTION = 1 << 20
LARGEST_MAP_PIXELS = 1 << 30


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` in one piece, making its folder where there is none.

    Parameters
    ----------
    path : Path
        Target. A file that is there is replaced; a folder is not.
    data : bytes
        The whole content.

    Raises
    ------
    OutputError
        If it cannot be written. The old file is then still there, untouched.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "new" / "a.txt"
    >>> write_bytes(target, b"hello")
    >>> target.read_bytes()
    b'hello'
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
        try:
            with temporary.open("xb") as file:  # "x" and no mkstemp: the user's own umask applies
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:  # also Ctrl-C: leave no half file behind
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(_why_not_written(path, error)) from error


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 with Unix line ends, in one piece; raises OutputError as `write_bytes`."""
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def remove_file(path: Path) -> bool:
    """Remove a file; True if there was one. Raises OutputError if it cannot be removed."""
    try:
        Path(path).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OutputError(_why_not_written(Path(path), error)) from error
    return True


def write_png(path: Path, array: np.ndarray) -> None:
    """Write a picture as PNG, in one piece.

    Parameters
    ----------
    path : Path
        Target.
    array : ndarray of uint8 or uint16, shape (rows, cols) or (rows, cols, 3)
        Grey, or colour in OpenCV's order: blue, green, red.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    write_bytes(path, png_bytes(array))


def png_bytes(array: np.ndarray) -> bytes:
    """Return `array` (as for `write_png`) as the bytes of a PNG file."""
    done, encoded = cv2.imencode(".png", np.ascontiguousarray(array))
    if not done:
        raise OutputError(f"a {array.dtype} array of shape {array.shape} cannot be written as PNG")
    return encoded.tobytes()


def jpeg_bytes(array: np.ndarray, quality: int) -> bytes:
    """Return `array` (uint8, as for `write_png`) as the bytes of a JPEG file of this quality, 0 to 100."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    done, encoded = cv2.imencode(".jpg", np.ascontiguousarray(array), options)
    if not done:
        raise OutputError(f"a {array.dtype} array of shape {array.shape} cannot be written as JPEG")
    return encoded.tobytes()


def write_tiff_map(path: Path, values: np.ndarray, description: Mapping[str, Any]) -> None:
    """Write a map as float32 TIFF, zlib-compressed, with `description` as JSON inside.

    Parameters
    ----------
    path : Path
        Target.
    values : ndarray of float32, shape (rows, cols)
        The map; what is written is exactly what is read back.
    description : mapping
        Goes into ImageDescription as one JSON object; plain JSON values only.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    heat = np.ascontiguousarray(values, dtype=np.float32)
    if heat.ndim != 2 or heat.size == 0:
        raise OutputError(f"a map must have 2 axes (rows, cols) to be written, got shape {np.shape(values)}")
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        iter([_deflate(heat)]),
        shape=heat.shape,
        dtype=heat.dtype,
        photometric="minisblack",
        compression="zlib",
        rowsperstrip=heat.shape[0],
        description=json.dumps(dict(description)),  # ASCII, as TIFF wants it
        metadata=None,
        software="semscan",
    )
    write_bytes(path, buffer.getvalue())


def write_tiff_grey(path: Path, pixels: np.ndarray) -> None:
    """Write a grey picture (uint8 or uint16, rows, cols) as TIFF, zlib-compressed, in one piece.

    Raises OutputError if it cannot be written.
    """
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer, np.ascontiguousarray(pixels), photometric="minisblack", compression="zlib",
        compressionargs={"level": 1}, metadata=None, software="semscan",
    )  # fmt: skip
    write_bytes(path, buffer.getvalue())


def read_tiff_map(path: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """Read a map that `write_tiff_map` or another program wrote.

    Returns
    -------
    values : ndarray of float32, shape (rows, cols)
        The map, all finite.
    description : dict
        The JSON object in ImageDescription; empty if there is none.

    Raises
    ------
    BadMapError
        If the file is missing, damaged, no float map, or holds NaN or infinity.
    """
    try:
        with tifffile.TiffFile(path) as tiff:
            page = tiff.pages.first
            shape, dtype = page.shape, np.dtype(page.dtype)
            if len(shape) != 2 or dtype.kind != "f" or not 0 < shape[0] * shape[1] <= LARGEST_MAP_PIXELS:
                raise BadMapError(
                    f"{path}: holds {dtype} of shape {shape}, a map holds float32 (rows, cols); "
                    "give a *.map.tif that `semscan inspect` wrote"
                )
            values = np.asarray(page.asarray(), dtype=np.float32)
            description = _description(page.description)
    except BadMapError:
        raise
    except FileNotFoundError:
        raise BadMapError(f"{path}: no such file; give a *.map.tif that `semscan inspect` wrote") from None
    except Exception as error:  # tifffile answers a damaged file with almost any exception
        why = _one_line(error)
        raise BadMapError(f"{path}: cannot be read as a map ({why}); inspect its image again") from error
    if not np.isfinite(values).all():
        raise BadMapError(f"{path}: the map holds NaN or infinity, wanted numbers; inspect its image again")
    return values, description


def map_description(path: Path) -> dict[str, Any]:
    """Return a map's description without reading its pixels; empty if it is not a readable map."""
    try:
        with tifffile.TiffFile(path) as tiff:
            return _description(tiff.pages.first.description)
    except Exception:  # a foreign or damaged file: nothing is known about it
        return {}


def _description(text: str) -> dict[str, Any]:
    if not text.startswith("{") or len(text) > LARGEST_DESCRIPTION:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _deflate(heat: np.ndarray) -> bytes:
    # A map is noise in its low bits: matching strings finds nothing and costs three times the
    # time of run-length matching, which still packs the zeros of pixels that are not judged.
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    return packer.compress(heat.astype("<f4", copy=False).data) + packer.flush()


def _why_not_written(path: Path, error: OSError) -> str:
    what = _one_line(error)
    if isinstance(error, PermissionError):
        return f"{path}: not allowed to write here ({what}); close it elsewhere, or choose another --out"
    return f"{path}: cannot be written ({what}); free some space, or choose another --out"


def _one_line(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:160] or type(error).__name__
