"""Replace a folder in one piece: write the new one next to its place, then move it there without harm to user files."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from semscan.errors import OutputError
from semscan.files.disk.plain_file import read_plain

WORK_MARK = ".semscan-unfinished"
REMOVED_MARK = ".semscan-removed"  # the same of a folder that is being removed: nothing in it can be gone on with
FRESH = "model"  # the subfolder of the work folder that is moved into place
_EARLIER_MARK = "task.json"  # in the work folder of a training by an earlier version


@dataclass(frozen=True, slots=True)
class FolderKind:
    """A kind of folder: its name in messages, the file of a finished one, and the names that semscan writes in it."""

    what: str
    mark: str
    own: tuple[str, ...]
    option: str = "--out"


MODEL = FolderKind(
    "a model",
    "config.json",
    (
        "config.json",
        "graph.onnx",
        "weights.weights.h5",
        "history.csv",
        "curves.png",
        "sensitivity.png",
        "MODEL_CARD.md",
    ),
)
EXPORT = FolderKind(
    "an exported model",
    "deploy.json",
    ("deploy.json", "README.md", "model.onnx", "model.tflite", "1", "sample_image.npy", "sample_map.npy"),
    "OUT",
)


def begin(out: Path, kind: FolderKind, *, overwrite: bool, resume: bool = False) -> Path:
    """Check that `out` may become such a folder and return the work folder next to it.

    Write what becomes `out` into its subfolder ``model`` (`FRESH`), which is not there yet, then call `commit` or
    `abandon`.

    Parameters
    ----------
    out : Path
        The folder to make or to replace.
    kind : FolderKind
        What it will be.
    overwrite : bool
        Replace a finished one.
    resume : bool
        Go on in the work folder of an earlier call instead of emptying it.

    Raises
    ------
    OutputError
        If `out` is a file, a finished one (without `overwrite`) or a folder of something else; or if a folder of
        the user's has the name of the work folder or of the place where the old one is put for a moment.
    """
    if out.name in ("", ".."):
        raise OutputError(f"{out} cannot be moved into place as {kind.what}; {_another(kind, 'a new')}")
    out = _real(out)
    work = out.with_name(out.name + ".unfinished")
    try:
        if (work / REMOVED_MARK).is_file() and _is_work(work, kind):
            _remove(work, REMOVED_MARK)
        _check_target(out, kind, may_replace=overwrite or (resume and work.is_dir()))
        _check_previous(_previous(out), kind)
        _prepare_work(work, kind, resume)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"{out} cannot be used for {kind.what}: {error.strerror or error}; {_another(kind)}"
        ) from error
    return work


def _check_target(out: Path, kind: FolderKind, *, may_replace: bool) -> None:
    if os.path.ismount(out):
        raise OutputError(f"{out} is a mount point and cannot be replaced by {kind.what}; name a folder in it")
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file, not a folder; {_another(kind)}")
    finished = (out / kind.mark).is_file()
    if finished and not may_replace:
        raise OutputError(f"{out} already holds {kind.what}; add --overwrite to replace it, or {_another(kind)}")
    if not finished and out.is_dir() and any(out.iterdir()):
        raise OutputError(f"{out} is not empty and does not hold {kind.what}; {_another(kind)}")


def _another(kind: FolderKind, which: str = "another") -> str:
    return f"name {which} folder with {kind.option}" if kind.option.startswith("--") else f"name {which} {kind.option}"


def _check_previous(previous: Path, kind: FolderKind) -> None:
    is_empty = previous.is_dir() and not any(previous.iterdir())
    if previous.exists() and not is_empty and not (previous / kind.mark).is_file():
        raise OutputError(f"{previous} is in the way and not {kind.what}; move it away, or {_another(kind)}")


def _prepare_work(work: Path, kind: FolderKind, resume: bool) -> None:
    """Make the work folder, empty unless an earlier one is resumed, and mark it."""
    if work.exists():
        if not _is_work(work, kind):
            raise OutputError(
                f"{work} is in the way and not {kind.what} that was begun; move it away, or {_another(kind)}"
            )
        if not resume:
            _remove_work(work)
    work.mkdir(parents=True, exist_ok=True)
    (work / WORK_MARK).write_text(kind.what, "utf-8")


def commit(work: Path, out: Path, kind: FolderKind) -> None:
    """Move what was made in `work` to `out`, and remove the rest of `work`.

    Files of the user's own that lay in `out` are kept. An interruption leaves the old folder or the new one
    under `out` or, in the instant between two renames, the old one next to it as `<out>.previous`.

    Raises
    ------
    OutputError
        If it cannot be moved; `work` is then left as it is.
    """
    out = _real(out)
    fresh = work / FRESH
    previous = _previous(out)
    try:
        old = out if out.is_dir() else previous  # where an interrupted run left it
        if old.is_dir():
            _copy_user_files(old, fresh, kind)
        _move(fresh, out, previous, kind)
    except OSError as error:
        raise OutputError(
            f"{out}: cannot be written ({error.strerror or error}); what was made lies in {fresh}"
        ) from error
    abandon(work)


def _copy_user_files(out: Path, fresh: Path, kind: FolderKind) -> None:
    for item in out.iterdir():
        if item.name not in kind.own and not (fresh / item.name).exists():
            (shutil.copytree if item.is_dir() else shutil.copy2)(item, fresh / item.name)


def _move(fresh: Path, out: Path, previous: Path, kind: FolderKind) -> None:
    """Put the new folder into place, or the old one back if that fails; remove the old one."""
    if out.is_dir():
        if previous.exists():
            _remove(previous, kind.mark)
        out.replace(previous)
    try:
        fresh.replace(out)
    except OSError:
        if previous.is_dir():
            previous.replace(out)
        raise
    if previous.is_dir():
        with suppress(OSError):  # the next run removes it
            _remove(previous, kind.mark)


def abandon(work: Path) -> None:
    """Remove the work folder."""
    with suppress(OSError):
        _remove_work(work)


def _remove_work(work: Path) -> None:
    last = REMOVED_MARK
    if (work / WORK_MARK).is_file():
        try:
            (work / WORK_MARK).replace(work / REMOVED_MARK)
        except OSError:  # what can be removed may go all the same
            last = WORK_MARK
    _remove(work, last)


def _remove(folder: Path, last: str) -> None:
    """Remove a folder, and after all else in it the file `last`: by it a further run knows the folder as semscan's."""
    for item in folder.iterdir():
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        elif item.name != last:
            item.unlink()
    (folder / last).unlink(missing_ok=True)
    folder.rmdir()


def _previous(out: Path) -> Path:
    """Return where the old folder lies while the new one takes its place."""
    return out.with_name(out.name + ".previous")


def _real(out: Path) -> Path:
    """Return where a link leads: the folder is replaced, not the link to it."""
    return Path(os.path.realpath(out)) if out.is_symlink() else out


def _is_work(work: Path, kind: FolderKind) -> bool:
    """Return True for an empty folder, or one in which a folder of this kind was begun."""
    if not work.is_dir():
        return False
    for mark in (work / WORK_MARK, work / REMOVED_MARK):
        if mark.is_file():
            return read_plain(mark, 1000) == kind.what.encode()
    return not any(work.iterdir()) or (kind is MODEL and (work / _EARLIER_MARK).is_file())
