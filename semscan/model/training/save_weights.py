"""Save the weights of a network, if there is room for them: on a full disk, h5py crashes the process as it ends."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from semscan.errors import OutputError
from semscan.model.tf_import import keras

PER_VARIABLE = 4096  # bytes that HDF5 adds to each, at most
SPARE = 1 << 20


def save_weights(model: keras.Model, path: Path) -> None:
    """Save weights so that an interruption never leaves half a file under the final name.

    Parameters
    ----------
    model : keras.Model
        With its optimizer, if it has been compiled.
    path : Path
        An existing file is replaced.

    Raises
    ------
    OutputError
        If the disk has no room for them, or they cannot be written. The old file is then still there.
    """
    optimizer = getattr(model, "optimizer", None)
    variables = [*model.variables, *(optimizer.variables if optimizer else ())]
    needed = sum(int(variable.numpy().nbytes) + PER_VARIABLE for variable in variables) + SPARE
    fresh = path.with_name("new-" + path.name)
    try:
        check_room(fresh, needed)
        model.save_weights(fresh, overwrite=True)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        reason = os.strerror(error.errno) if error.errno else "the disk does not take them"
        raise OutputError(f"{path}: cannot be written ({reason}); free some space, or choose another --out") from error


def check_room(path: Path, needed: int) -> None:
    """Raise OSError unless a file of `needed` bytes can be made at `path`; it is removed again."""
    if not hasattr(os, "posix_fallocate"):
        if shutil.disk_usage(path.parent).free < needed:
            raise OSError(28, os.strerror(28))
        return
    try:
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, needed)  # counts quotas too
    finally:
        path.unlink(missing_ok=True)
