"""Where an exported model goes: written beside its place, moved there when it is whole and right."""

from __future__ import annotations

import shutil
from pathlib import Path

from semscan.errors import OutputError

SPEC = "deploy.json"  # marks a folder that export wrote
OWN = (SPEC, "README.md", "model.onnx", "model.tflite", "1", "sample_image.npy", "sample_map.npy")


def claim_export(out: Path, *, overwrite: bool) -> Path:
    """Check that `out` may become an exported model, and make the folder to write it in, beside it.

    Raises
    ------
    OutputError
        If `out` is a file, an exported model (without `overwrite`), or a folder of something else.
    """
    if out.name in ("", ".."):
        raise OutputError(f"{out} cannot be moved into place as an exported model; name a new folder")
    try:
        if out.exists() and not out.is_dir():
            raise OutputError(f"{out} is a file, not a folder; name another folder")
        if (out / SPEC).is_file():
            if not overwrite:
                raise OutputError(f"{out} already holds an exported model; add --overwrite to replace it, or name "
                                  "another folder")
        elif out.is_dir() and any(out.iterdir()):
            raise OutputError(f"{out} is not empty and holds no exported model; name another folder")
        work = out.with_name(out.name + ".unfinished")
        if work.exists():
            if not (work / SPEC).is_file() and any(work.iterdir()):
                raise OutputError(f"{work} is in the way and not semscan's; move it away")
            shutil.rmtree(work)
        work.mkdir(parents=True)
        (work / SPEC).touch()
        return work
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{out} cannot be used for an exported model: {error.strerror or error}; "
                          "name another folder") from error


def finish_export(work: Path, out: Path) -> None:
    """Move what was written to `out`; files of the user's own that lay in it are kept."""
    previous = out.with_name(out.name + ".previous")
    try:
        if not out.is_dir():
            work.replace(out)
            return
        for item in out.iterdir():
            if item.name not in OWN:
                (shutil.copytree if item.is_dir() else shutil.copy2)(item, work / item.name)
        if previous.exists():
            raise OutputError(f"{previous} is in the way; move it away")
        out.replace(previous)
        work.replace(out)
        shutil.rmtree(previous)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{out}: cannot be written ({error.strerror or error}); name another folder") from error


def drop_export(work: Path) -> None:
    """Remove what was begun."""
    shutil.rmtree(work, ignore_errors=True)
