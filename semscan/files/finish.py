"""Where a model is trained, and how it takes its final place without harm to what was there."""

from __future__ import annotations

import shutil
from pathlib import Path

from semscan.errors import OutputError

MODEL_FILES = ("config.json", "graph.onnx", "weights.weights.h5", "history.csv", "curves.png", "MODEL_CARD.md")


def claim_model_folder(out: Path, *, overwrite: bool, resume: bool) -> Path:
    """Check that `out` may become a model folder and return the folder to train in, beside it.

    Raises
    ------
    OutputError
        If `out` is a file, a finished model (without `overwrite`), or a folder of something else.
    """
    if out.name in ("", ".."):
        raise OutputError(f"{out} cannot be moved into place as a model; name a new folder with --out")
    work = out.with_name(out.name + ".unfinished")
    try:
        if out.exists() and not out.is_dir():
            raise OutputError(f"{out} is a file, not a folder; name another folder with --out")
        if (out / "config.json").is_file():
            if not overwrite and not (resume and work.is_dir()):
                raise OutputError(
                    f"{out} already holds a finished model; add --overwrite to replace it, or name another --out"
                )
        elif out.is_dir() and any(out.iterdir()):
            raise OutputError(f"{out} is not empty and holds no model; name another folder with --out")
        if work.exists() and not resume:
            shutil.rmtree(work)
        work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{out} cannot be used for a model: {error.strerror or error}; "
                          "name another folder with --out") from error
    return work


def finish_model_folder(work: Path, out: Path) -> None:
    """Move the finished model from `work`/model to `out`.

    Files of the user's own that lay in `out` are kept. A cut-off leaves the old model or the new one
    under `out` or, in the instant between two renames, the old one beside it as `<out>.previous`.
    """
    fresh, previous = work / "model", out.with_name(out.name + ".previous")
    if not out.is_dir():
        fresh.replace(out)
    else:
        for item in out.iterdir():
            if item.name not in MODEL_FILES and not (fresh / item.name).exists():
                copy = shutil.copytree if item.is_dir() else shutil.copy2
                copy(item, fresh / item.name)
        if previous.exists():
            shutil.rmtree(previous)
        out.replace(previous)
        fresh.replace(out)
        shutil.rmtree(previous)
    shutil.rmtree(work, ignore_errors=True)
