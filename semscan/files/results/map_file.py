"""Anomaly maps as TIFF files, and what such a file says of itself."""

from __future__ import annotations

import io
import json
import math
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from semscan.errors import BadMapError, OutputError
from semscan.files.disk.atomic import reason_of, write_bytes

LARGEST_DESCRIPTION = 1 << 20


LARGEST_MAP_PIXELS = 1 << 30


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
    anomaly_map = np.ascontiguousarray(values, dtype=np.float32)
    if anomaly_map.ndim != 2 or anomaly_map.size == 0:
        raise OutputError(f"a map must have 2 axes (rows, cols) to be written, got shape {np.shape(values)}")
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        iter([_deflate(anomaly_map)]),
        shape=anomaly_map.shape,
        dtype=anomaly_map.dtype,
        photometric="minisblack",
        compression="zlib",
        rowsperstrip=anomaly_map.shape[0],
        description=json.dumps(dict(description)),  # ASCII, as TIFF wants it
        metadata=None,
        software="semscan",
    )
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
        why = reason_of(error)
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


def _deflate(anomaly_map: np.ndarray) -> bytes:
    # A map is noise in its low bits: matching strings finds nothing and costs three times the
    # time of run-length matching, which still packs the zeros of pixels that are not judged.
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    return packer.compress(anomaly_map.astype("<f4", copy=False).data) + packer.flush()


@dataclass(frozen=True, slots=True)
class SavedMap:
    """A map as its file holds it: values 0 to 1, float32, and what it says of itself."""

    path: Path
    values: np.ndarray
    about: Mapping[str, Any]

    def says(self, key: str, kind: type, otherwise: Any) -> Any:
        """One entry of `about`, if it is there and of the right kind: the file may come from anywhere."""
        value = self.about.get(key)
        return value if isinstance(value, kind) else otherwise

    def number(self, key: str, otherwise: float | None) -> float | None:
        """One entry of `about`, if it is a finite number."""
        return _number(self.about.get(key), otherwise)

    @property
    def source(self) -> str:
        """Where the image was; else the map itself."""
        return self.says("source", str, "") or os.path.abspath(self.path)

    @property
    def page(self) -> int | None:
        """Which page of its file the image was, from 0; None if the map does not say."""
        page = self.says("read", dict, {}).get("page")
        return page if type(page) is int and page >= 0 else None

    @property
    def calibrated(self) -> bool:
        """False if the map says that its 0.5 means nothing."""
        calibration = self.says("calibration", dict, {"raw_threshold": 1.0})
        return calibration.get("raw_threshold") is not None


def _number(value: Any, otherwise: float | None) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if is_number else otherwise
