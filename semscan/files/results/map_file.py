"""Anomaly maps as TIFF files with a description in JSON."""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from semscan.errors import BadMapError, OutputError
from semscan.files.disk.atomic import reason_of, write_bytes
from semscan.files.disk.claims import check_tiff_claim
from semscan.files.disk.plain_file import open_plain
from semscan.settings import MAX_IMAGE_PIXELS, ReadSettings
from semscan.values.json_record import read_text
from semscan.values.record import MAP_KEYS, PeriodicRecord, Record, likeliest

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
        If the file is missing or damaged, is not a float map, or holds NaN or infinity.
    """
    try:
        with open_plain(path) as file, tifffile.TiffFile(file) as tiff:
            values = _pixels(path, tiff.pages.first)
            description = _description(tiff.pages.first.description)
    except BadMapError:
        raise
    except FileNotFoundError:
        raise BadMapError(f"{path}: no such file; give a *.map.tif that `semscan inspect` wrote") from None
    except Exception as error:  # tifffile raises almost any exception for a damaged file
        why = reason_of(error)
        raise BadMapError(f"{path}: cannot be read as a map ({why}); inspect its image again") from error
    if not np.isfinite(values).all():
        raise BadMapError(f"{path}: the map holds NaN or infinity, wanted numbers; inspect its image again")
    return values, description


def _pixels(path: Path, page: tifffile.TiffPage) -> np.ndarray:
    shape = page.shape
    dtype = np.dtype(page.dtype)
    if len(shape) != 2 or dtype.kind != "f" or not 0 < shape[0] * shape[1] <= LARGEST_MAP_PIXELS:
        raise BadMapError(
            f"{path}: holds {dtype} of shape {shape}, a map holds float32 (rows, cols); "
            "give a *.map.tif that `semscan inspect` wrote"
        )
    check_tiff_claim(page, page.parent.filehandle.size)
    values = np.asarray(page.asarray(), dtype=np.float32)
    if values.shape != shape:  # a damaged directory, which names no pixels
        raise BadMapError(f"{path}: the map is damaged, its tags do not describe its values; inspect its image again")
    return values


def map_description(path: Path) -> dict[str, Any]:
    """Return a map's description without reading its pixels; empty if it is not a readable map."""
    try:
        with open_plain(path) as file, tifffile.TiffFile(file) as tiff:
            return _description(tiff.pages.first.description)
    except Exception:  # a foreign or damaged file: nothing is known about it
        return {}


def source_of_map(path: Path) -> str | None:
    """Return where the image of a map was; None if the map does not say, or is not a readable map."""
    source = map_description(path).get("source")
    return source if isinstance(source, str) else None


def page_of_map(path: Path) -> int | None:
    """Return which page of its file the image of a map was, from 0; None if the map does not say."""
    return _page(map_description(path))


def _page(description: Mapping[str, Any]) -> int | None:
    return _whole(_object(description, "read").get("page"))


def _whole(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


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
    """A map as its file holds it.

    `values` are float32, shape (rows, cols), 0 to 1. `record` is what the map says of its image, without regions,
    score and verdict; `source` where the image was, None if the map does not say. `reading` are the settings the
    image was read with. `is_calibrated` is False if the method had no threshold.
    """

    path: Path
    values: np.ndarray
    record: Record
    source: str | None
    reading: ReadSettings
    is_calibrated: bool


def read_saved_map(path: Path) -> SavedMap:
    """Read a map and its description. What the description lacks, or has in another type, is left out.

    Raises
    ------
    BadMapError
        If it is not a readable map, or its values are not within 0 to 1.
    """
    values, description = read_tiff_map(path)
    if values.min() < 0 or values.max() > 1:
        raise BadMapError(
            f"{path}: its values go from {values.min():g} to {values.max():g}, a map's from 0 to 1; "
            "give a *.map.tif that `semscan inspect` wrote"
        )
    calibration = description.get("calibration")
    is_calibrated = not isinstance(calibration, dict) or calibration.get("raw_threshold") is not None
    source = read_text(description.get("source")) or None
    return SavedMap(path, values, _record(path, values, description), source, _reading(description), is_calibrated)


def _record(path: Path, values: np.ndarray, description: Mapping[str, Any]) -> Record:
    """Return the record of a map's image, as far as its description has it."""
    found = Record.parse({key: value for key, value in description.items() if key in MAP_KEYS})
    classes = found.class_probabilities or None
    return replace(
        found,
        image=found.image or str(path),
        source=found.source or os.path.abspath(path),
        width=values.shape[1],
        height=values.shape[0],
        judged_fraction=1.0 if found.judged_fraction is None else found.judged_fraction,
        page=_page(description),
        class_name=likeliest(classes),
        class_probabilities=classes,
        periodic=None if found.periodic is None else PeriodicRecord.of(found.periodic.value, found.nm_per_pixel),
        whole=True,
        absent=frozenset(),
    )


def _reading(description: Mapping[str, Any]) -> ReadSettings:
    """Return the settings that the image of a map was read with."""
    read = _object(description, "read")
    databar = read.get("databar", "auto")
    return ReadSettings(
        _page(description) or 0,
        databar if isinstance(databar, int) else str(databar),
        ignore=_texts(read.get("ignore")),
        care=_texts(read.get("care")),
        max_pixels=_whole(read.get("max_pixels")) or MAX_IMAGE_PIXELS,
    )


def _object(description: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = description.get(key)
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
