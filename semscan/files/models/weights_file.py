"""The weights of a network in HDF5, checked as data before Keras reads them.

HDF5 can link to other files, keep its data in them, and unpack a few bytes to gigabytes. Keras writes none of these.
"""

from __future__ import annotations

import hashlib
import math
import os
from typing import Any

from semscan.errors import BadModelError
from semscan.files.models.config_file import AGAIN, read_limited
from semscan.files.models.folder import ModelFolder
from semscan.phrases import one_line

WEIGHTS = "weights.weights.h5"
LARGEST_WEIGHTS = 256 << 20  # bytes; the networks of semscan have up to 5 million
MOST_PARTS = 4096  # groups and arrays
MOST_NUMBERS = 64 << 20


def check_weights(folder: ModelFolder) -> None:
    """Check the weights of a model: the file that its config.json names, plain arrays of numbers, nothing outside it.

    Raises
    ------
    BadModelError
        If they are missing, another file than `train` wrote, damaged, or hold what Keras does not write.
    """
    path = folder.path / WEIGHTS
    if not os.path.lexists(path):
        raise BadModelError(f"{folder.path}: has no {WEIGHTS}, which this command needs; copy the whole folder")
    data = read_limited(path, LARGEST_WEIGHTS)
    stated = folder.config.weights_sha256
    if stated and hashlib.sha256(data).hexdigest() != stated:
        raise BadModelError(f"{path}: are not the weights that config.json was written for; {AGAIN}")
    import h5py  # with TensorFlow, as all that reads weights

    try:
        with h5py.File(path, "r") as file:
            _check_group(file, h5py, [MOST_PARTS, MOST_NUMBERS])
    except ValueError as error:
        raise BadModelError(f"{path}: are not weights that semscan wrote, {error}; {AGAIN}") from error
    except Exception as error:  # h5py raises almost any exception for a damaged file
        raise BadModelError(f"{path}: are damaged ({one_line(error, 120)}); {AGAIN}") from error


def _check_group(group: Any, h5py: Any, left: list[int]) -> None:
    """Check all links of a group and what they lead to; `left` are the parts and numbers that may still come."""
    for name in group:
        left[0] -= 1
        if left[0] < 0:
            raise ValueError(f"it has more than {MOST_PARTS} parts")
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"it links {name[:60]!r} to another place")
        part = group[name]
        if isinstance(part, h5py.Group):
            _check_group(part, h5py, left)
        else:
            _check_array(part, name, h5py, left)


def _check_array(part: Any, name: str, h5py: Any, left: list[int]) -> None:
    if not isinstance(part, h5py.Dataset) or part.dtype.kind not in "fiub" or part.shape is None:
        raise ValueError(f"{name[:60]!r} is no array of numbers")
    if part.external or part.is_virtual or part.chunks is not None:
        raise ValueError(f"{name[:60]!r} is packed, or kept in another file")
    left[1] -= math.prod(part.shape)
    if left[1] < 0:
        raise ValueError(f"it has more than {MOST_NUMBERS} numbers")
