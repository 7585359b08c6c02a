"""Which defect mask belongs to which image."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from semscan.files.datasets.class_folders import TEST
from semscan.files.find.images import MASK_ENDING, MASK_FOLDER, images_below


@dataclass(frozen=True, slots=True)
class ClassMasks:
    """The masks of the training images of one class.

    `by_image` gives the mask of an image. `doubtful` are masks that may belong to a test image of the same name
    and are not used. `unread` are the folders that could not be read.
    """

    by_image: Mapping[Path, Path] = field(default_factory=dict)
    doubtful: tuple[Path, ...] = ()
    unread: tuple[OSError, ...] = ()


def separate_masks(paths: Iterable[Path]) -> tuple[tuple[Path, ...], dict[Path, Path]]:
    """Return the paths without the masks among them, and those masks by their image.

    The mask of ``a.<suffix>`` is ``a_mask.<suffix>`` in the same folder, of any suffix.
    """
    paths = tuple(paths)
    by_place = {(path.parent, path.stem): path for path in paths}
    masks = {}
    for (folder, stem), path in by_place.items():
        image = by_place.get((folder, stem.removesuffix(MASK_ENDING)))
        if image is not None and image != path:
            masks[image] = path
    taken = set(masks.values())
    return tuple(path for path in paths if path not in taken), masks


def mask_at(place: str, masks: Mapping[str, Path]) -> Path | None:
    """Return the mask of an image from masks by their place without suffix: ``a_mask`` before ``a``."""
    return masks.get(place + MASK_ENDING) or masks.get(place)


def find_class_masks(data: Path, root: Path, name: str, paths: Iterable[Path]) -> ClassMasks:
    """Find the masks of a class in ground_truth.

    Those in ``data/train/ground_truth`` are of training images. Those in ``data/ground_truth`` may also be of
    images of the same name in test: these are doubtful. A folder that cannot be read counts as empty.

    Parameters
    ----------
    data, root : Path
        The data set, and the folder with the classes: `data` itself or its train folder.
    name : str
        The class.
    paths : iterable of Path
        Its images.
    """
    unread: list[OSError] = []
    own = {} if root == data else _by_place(_folder(root, MASK_FOLDER), name, unread)
    shared = _by_place(_folder(data, MASK_FOLDER), name, unread)
    tested = _by_place(_folder(data, TEST), name, [])
    masks: dict[Path, Path] = {}
    doubtful: list[Path] = []
    for path in paths:
        place = path.relative_to(root / name).with_suffix("").as_posix()
        own_mask = mask_at(place, own)
        shared_mask = mask_at(place, shared)
        if own_mask is not None:
            masks[path] = own_mask
        elif shared_mask is not None and place in tested:
            doubtful.append(shared_mask)
        elif shared_mask is not None:
            masks[path] = shared_mask
    return ClassMasks(masks, tuple(doubtful), tuple(unread))


def _folder(root: Path, name: str) -> Path:
    """Return the folder in `root` called `name` in any case."""
    there = (entry for entry in sorted(root.iterdir()) if entry.name.casefold() == name and os.path.isdir(entry))
    return next(there, root / name)


def _by_place(folder: Path, name: str, unread: list[OSError]) -> dict[str, Path]:
    """Return all images of a class below a folder by their place, without suffix; the class in any case."""
    try:
        classes = sorted(folder.iterdir()) if os.path.isdir(folder) else []
    except OSError as error:
        unread.append(error)
        return {}
    found: dict[str, Path] = {}
    for below in classes:
        if below.name.casefold() == name.casefold() and os.path.isdir(below):
            paths = images_below(below, problems=unread)
            found |= {path.relative_to(below).with_suffix("").as_posix(): path for path in paths}
    return found
