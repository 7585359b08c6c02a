"""Which defect mask belongs to which training image."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from semscan.files.find.images import MASK_ENDING, MASK_FOLDER, images_below

TEST = "test"


def without_masks(paths: Iterable[Path]) -> tuple[tuple[Path, ...], dict[Path, Path]]:
    """Part ``a_mask.png`` from the images when ``a.<suffix>`` lies beside it."""
    images = {(path.parent, path.stem): path for path in paths}
    masks = {}
    for (folder, stem), path in images.items():
        owner = images.get((folder, stem.removesuffix(MASK_ENDING)))
        if owner is not None and owner != path:
            masks[owner] = path
    taken = set(masks.values())
    return tuple(path for path in paths if path not in taken), masks


def masks_apart(
    data: Path, root: Path, name: str, paths: Iterable[Path], problems: list[OSError] | None = None
) -> tuple[dict[Path, Path], tuple[Path, ...]]:
    """Find the masks of a class in ground_truth.

    Those in ``data/train/ground_truth`` are of training images. Those in ``data/ground_truth`` may also be of
    images of the same name in test: these are left alone. What cannot be read counts as empty; of ground_truth it is
    appended to `problems`.

    Returns
    -------
    masks : dict of Path to Path
        By image.
    doubtful : tuple of Path
        Masks that were left alone.
    """
    unread = [] if problems is None else problems
    own = {} if root == data else _by_place(_folder(root, MASK_FOLDER), name, unread)
    shared = _by_place(_folder(data, MASK_FOLDER), name, unread)
    tested = set(_by_place(_folder(data, TEST), name, []))
    masks, doubtful = {}, []
    for path in paths:
        stem = path.relative_to(root / name).with_suffix("").as_posix()
        mask, other = _of(stem, own), _of(stem, shared)
        if mask is not None:
            masks[path] = mask
        elif other is not None and stem in tested:
            doubtful.append(other)
        elif other is not None:
            masks[path] = other
    return masks, tuple(doubtful)


def _folder(root: Path, name: str) -> Path:
    """A folder in `root` called `name` in any case."""
    there = (entry for entry in sorted(root.iterdir()) if entry.name.casefold() == name and os.path.isdir(entry))
    return next(there, root / name)


def _by_place(folder: Path, name: str, problems: list[OSError]) -> dict[str, Path]:
    """All images of a class below a folder by their place, without suffix; the class in any case."""
    try:
        classes = sorted(folder.iterdir()) if os.path.isdir(folder) else []
    except OSError as error:
        problems.append(error)
        return {}
    found: dict[str, Path] = {}
    for below in classes:
        if below.name.casefold() == name.casefold() and os.path.isdir(below):
            paths = images_below(below, problems=problems)
            found |= {path.relative_to(below).with_suffix("").as_posix(): path for path in paths}
    return found


def _of(stem: str, masks: dict[str, Path]) -> Path | None:
    return masks.get(stem + MASK_ENDING) or masks.get(stem)
