"""Images whose class is known: the test images of a data set, their classes and their masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semscan.errors import BadDataError
from semscan.files.datasets.class_folders import (
    TEST,
    TRAIN,
    class_called,
    class_counts,
    described_root,
    is_good_name,
    mixed,
    refuse_mask_folders,
    refuse_unreadable,
)
from semscan.files.datasets.mask_files import mask_at, separate_masks
from semscan.files.find.images import MASK_FOLDER, images_below
from semscan.files.images.read import read_mask
from semscan.phrases import plural
from semscan.settings import GOOD_NAMES, IMAGE_SUFFIXES

MASKED_CLASS = "defect"  # the class of a loose image with a mask


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image, the name of its class, whether it is defective, and its mask where there is one."""

    path: Path
    class_name: str
    defective: bool
    mask: Path | None = None


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """All labelled images of a data set.

    `description` is one line. `orphans` are masks without an image. `held_out` is False when the images may have
    been trained on: there is no test folder.
    """

    images: tuple[LabelledImage, ...]
    description: str
    orphans: tuple[Path, ...] = ()
    held_out: bool = True

    @property
    def good(self) -> int:
        """The number of good images."""
        return sum(not image.defective for image in self.images)


def find_labelled_images(data: Path, good: str | None = None, *, skip: Path | None = None) -> LabelledSet:
    """Find the images of a data set whose class is known.

    They are those of ``data/test/<class>``, else those of ``data/<class>``. Good is the class named `good` (as
    `class_called` takes it), or one of ``settings.GOOD_NAMES``; all others are defective. The mask of
    ``test/<class>/a.png`` is ``ground_truth/<class>/a_mask.png`` (or ``a.png``), or ``a_mask.png`` in the same
    folder. Without class folders an image is defective when it has a mask, ``ground_truth/a_mask.png``; without any
    mask, all images are good where the folder itself has the name of the good class.

    Parameters
    ----------
    data : Path
        The folder as given.
    good : str, optional
        Name of the good class's folder.
    skip : Path, optional
        The output folder.

    Raises
    ------
    BadDataError
        If there is nothing to score, nothing shows which images are defective, or the masks cannot be read.
    """
    data = Path(data)
    folders = _folders(data)
    root = _test_root(data, folders)
    held_out = TEST in folders
    paths, masks_in_folder = _images(root, skip)
    loose = _is_loose(root, paths)
    all_good = loose and (is_good_name(root.resolve().name) if good is None else good == root.resolve().name)
    if good is not None and not loose:
        good = class_called(root, sorted({path.relative_to(root).parts[0] for path in paths}), good)
    masks = _masks_by_place(folders.get(MASK_FOLDER))
    images = []
    for path in paths:
        mask = masks_in_folder.get(path) or mask_at(_place(path.relative_to(root)), masks)
        images.append(_labelled(root, path, mask, good))
    if loose and not all_good and all(image.mask is None for image in images):
        raise BadDataError(
            f"{root}: its images lie in no class folders and have no masks, so nothing shows which are defective; "
            f"put them into {root / GOOD_NAMES[0]} and {root}/<class>, or give --good {root.resolve().name} if all "
            "are good"
        )
    used = {image.mask for image in images}
    orphans = tuple(sorted(mask for mask in masks.values() if mask not in used)) if held_out else ()
    return LabelledSet(tuple(images), _described(root, data, images), orphans, held_out)


def read_defect_mask(mask: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Read the mask of an image as bool, of the image's shape, True where there is a defect.

    Raises
    ------
    BadDataError
        If it is of another size.
    BadImageError
        If it cannot be read.
    """
    truth = read_mask(mask)
    if truth.shape != tuple(shape):
        raise BadDataError(
            f"{mask}: the mask has {truth.shape[1]} x {truth.shape[0]} pixels, its image {shape[1]} x {shape[0]}; "
            "make it of the same size"
        )
    return truth


def _folders(data: Path) -> dict[str, Path]:
    """Return the folders in a data set by name in lower case."""
    try:
        return {entry.name.casefold(): entry for entry in sorted(data.iterdir()) if entry.is_dir()}
    except FileNotFoundError as error:
        raise BadDataError(f"{data}: no such folder, wanted one with test/<class>; check the name") from error
    except OSError as error:
        raise BadDataError(f"{data}: cannot be read as a folder ({error.strerror}); name a data set") from error


def _test_root(data: Path, folders: Mapping[str, Path]) -> Path:
    """Return the folder that holds the images: test, or the data set itself where nothing is for training."""
    if TEST not in folders and TRAIN in folders:
        raise BadDataError(
            f"{data}: has a train but no test folder, and scores of training images show nothing; put images that "
            f"were not trained on into {data / TEST}/<class>, or name a folder of class folders"
        )
    return folders.get(TEST, data)


def _images(root: Path, skip: Path | None) -> tuple[tuple[Path, ...], Mapping[Path, Path]]:
    """Return the images below a folder, and the masks in their own folders by image."""
    problems: list[OSError] = []
    paths, masks = separate_masks(images_below(root, skip=skip, problems=problems))
    refuse_unreadable(problems)
    refuse_mask_folders(root, paths)
    if not paths:
        raise BadDataError(f"{root}: holds no images, wanted {', '.join(IMAGE_SUFFIXES)} in class folders below it")
    return paths, masks


def _is_loose(root: Path, paths: Iterable[Path]) -> bool:
    """Return True where the images lie in the root itself, False where all lie in class folders."""
    parts = [path.relative_to(root).parts for path in paths]
    loose = sum(len(names) == 1 for names in parts)
    classes = sorted({names[0] for names in parts if len(names) > 1})
    if loose and classes:
        raise mixed(root, loose, classes)
    return loose > 0


def _masks_by_place(folder: Path | None) -> dict[str, Path]:
    """Return all masks below ground_truth by their place in it, without suffix; folders in lower case."""
    if folder is None:
        return {}
    problems: list[OSError] = []
    masks = {_place(path.relative_to(folder)): path for path in images_below(folder, problems=problems)}
    refuse_unreadable(problems)
    return masks


def _place(below: Path) -> str:
    return (Path(below.parent.as_posix().casefold()) / below.stem).as_posix()


def _labelled(root: Path, path: Path, mask: Path | None, good: str | None) -> LabelledImage:
    below = path.relative_to(root).parts
    if len(below) == 1:
        return LabelledImage(path, GOOD_NAMES[0] if mask is None else MASKED_CLASS, mask is not None, mask)
    is_good = below[0] == good if good is not None else is_good_name(below[0])
    return LabelledImage(path, below[0], not is_good, mask)


def _described(root: Path, data: Path, images: list[LabelledImage]) -> str:
    counts = ", ".join(class_counts(Counter(image.class_name for image in images)))
    masks = sum(image.mask is not None for image in images)
    return f"{described_root(data, root)}{plural(len(images), 'image')}: {counts}; masks for {masks}"
