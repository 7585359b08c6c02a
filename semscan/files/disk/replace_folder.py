"""A folder that appears whole: written beside its place, moved there without harm to what was there."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from semscan.errors import OutputError

WORK_MARK = ".semscan-unfinished"
FRESH = "model"  # what is moved into place, in the work folder
_EARLIER_MARK = "task.json"  # of trainings by earlier versions


@dataclass(frozen=True, slots=True)
class FolderKind:
    """What such a folder is called, the file that a finished one has, and which names in it are ours."""

    what: str
    mark: str
    own: tuple[str, ...]


MODEL = FolderKind(
    "a model",
    "config.json",
    ("config.json", "graph.onnx", "weights.weights.h5", "history.csv", "curves.png", "MODEL_CARD.md"),
)
EXPORT = FolderKind(
    "an exported model",
    "deploy.json",
    ("deploy.json", "README.md", "model.onnx", "model.tflite", "1", "sample_image.npy", "sample_map.npy"),
)


def claim(out: Path, kind: FolderKind, *, overwrite: bool, resume: bool = False) -> Path:
    """Check that `out` may become such a folder and return the one to work in, beside it.

    What becomes `out` is written in its subfolder ``model`` (`FRESH`), which is not there yet.

    Raises
    ------
    OutputError
        If `out` is a file, a finished one (without `overwrite`) or a folder of something else; or if a folder of
        somebody else's has the name of the work folder or of the place where the old one is put for a moment.
    """
    if out.name in ("", ".."):
        raise OutputError(f"{out} cannot be moved into place as {kind.what}; name a new folder with --out")
    out = _real(out)
    work, previous = out.with_name(out.name + ".unfinished"), out.with_name(out.name + ".previous")
    try:
        if os.path.ismount(out):
            raise OutputError(f"{out} is a mount point and cannot be replaced by {kind.what}; name a folder in it")
        if out.exists() and not out.is_dir():
            raise OutputError(f"{out} is a file, not a folder; name another folder with --out")
        if (out / kind.mark).is_file():
            if not overwrite and not (resume and work.is_dir()):
                raise OutputError(
                    f"{out} already holds {kind.what}; add --overwrite to replace it, or name another --out"
                )
        elif out.is_dir() and any(out.iterdir()):
            raise OutputError(f"{out} is not empty and does not hold {kind.what}; name another folder with --out")
        if previous.exists() and not (previous / kind.mark).is_file():
            raise OutputError(f"{previous} is in the way and not {kind.what}; move it away, or name another --out")
        if work.exists():
            if not _begun(work, kind):
                raise OutputError(
                    f"{work} is in the way and not {kind.what} that was begun; move it away, or name another --out"
                )
            if not resume:
                shutil.rmtree(work)
        work.mkdir(parents=True, exist_ok=True)
        (work / WORK_MARK).write_text(kind.what, "utf-8")
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(
            f"{out} cannot be used for {kind.what}: {error.strerror or error}; name another folder with --out"
        ) from error
    return work


def finish(work: Path, out: Path, kind: FolderKind) -> None:
    """Move what was made in `work` to `out`, and remove the rest of `work`.

    Files of the user's own that lay in `out` are kept. A cut-off leaves the old folder or the new one
    under `out` or, in the instant between two renames, the old one beside it as `<out>.previous`.

    Raises
    ------
    OutputError
        If it cannot be moved; `work` is then left as it is.
    """
    out = _real(out)
    fresh, previous = work / FRESH, out.with_name(out.name + ".previous")
    try:
        if not out.is_dir():
            fresh.replace(out)
        else:
            for item in out.iterdir():
                if item.name not in kind.own and not (fresh / item.name).exists():
                    (shutil.copytree if item.is_dir() else shutil.copy2)(item, fresh / item.name)
            if previous.exists():
                shutil.rmtree(previous)
            out.replace(previous)
            fresh.replace(out)
            shutil.rmtree(previous)
    except OSError as error:
        raise OutputError(
            f"{out}: cannot be written ({error.strerror or error}); what was made lies in {fresh}"
        ) from error
    drop(work)


def _real(out: Path) -> Path:
    """Where a link leads: the folder is replaced, not the link to it."""
    return Path(os.path.realpath(out)) if out.is_symlink() else out


def _begun(work: Path, kind: FolderKind) -> bool:
    """Whether a folder is empty, or one in which such a thing was begun."""
    if not work.is_dir():
        return False
    mark = work / WORK_MARK
    if mark.is_file():
        return mark.read_text("utf-8", errors="replace") == kind.what
    return not any(work.iterdir()) or (kind is MODEL and (work / _EARLIER_MARK).is_file())


def drop(work: Path) -> None:
    """Remove what was begun."""
    shutil.rmtree(work, ignore_errors=True)
