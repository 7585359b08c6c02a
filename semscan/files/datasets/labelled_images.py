"""Images whose answer is known: the test images of a data set, their classes and their masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semscan.errors import BadDataError
from semscan.files.datasets.layout import TRAIN, class_called
from semscan.files.datasets.mask_files import TEST, without_masks
from semscan.files.find.images import MASK_ENDING, MASK_FOLDER, images_below
from semscan.files.images.read import read_image
from semscan.settings import GOOD_NAMES, IMAGE_SUFFIXES, ReadSettings

MARKED = "defect"  # the class of a loose image with a mask


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """One image, the name of its class, whether it is defective, and its mask where there is one."""

    path: Path
    class_name: str
    defective: bool
    mask: Path | None = None


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """All of them. `said` describes them in one line, `orphans` are masks without an image, and
    `apart` is False when the images may as well be those of training."""

    images: tuple[LabelledImage, ...]
    said: str
    orphans: tuple[Path, ...] = ()
    apart: bool = True

    @property
    def good(self) -> int:
        """How many are good."""
        return sum(not image.defective for image in self.images)


def find_labelled_images(data: Path, good: str | None = None, *, skip: Path | None = None) -> LabelledSet:
    """Find the images of a data set whose answer is known.

    Those of ``data/test/<class>``, else those of ``data/<class>``. Good is the class named `good` (as `class_called`
    takes it), or one of ``settings.GOOD_NAMES``; all others are defective. The mask of ``test/<class>/a.png`` is
    ``ground_truth/<class>/a_mask.png`` (or ``a.png``), or ``a_mask.png`` beside it. Without class folders an
    image is defective when it has a mask, ``ground_truth/a_mask.png``.

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
        If there is nothing to score, nothing says which images are defective, or the masks cannot be read.
    """
    data = Path(data)
    folders = _folders(data)
    apart = TEST in folders
    if not apart and TRAIN in folders:
        raise BadDataError(
            f"{data}: has train but no test folder, and scores of training images say nothing; put images that "
            f"were not trained on into {data / TEST}/<class>, or name a folder of class folders"
        )
    root = folders.get(TEST, data)
    problems: list[OSError] = []
    paths, beside = without_masks(tuple(images_below(root, skip=skip, problems=problems)))
    _refuse(problems)
    if not paths:
        raise BadDataError(f"{root}: holds no images, wanted {', '.join(IMAGE_SUFFIXES)} in class folders below it")
    loose = sum(path.parent == root for path in paths)
    if 0 < loose < len(paths):
        raise BadDataError(
            f"{root}: holds {loose} image{'s' * (loose != 1)} beside the class folders, wanted one or the other; "
            "move them into a folder of their class"
        )
    masks = _masks(folders.get(MASK_FOLDER))
    if good is not None and not loose:
        good = class_called(root, sorted({path.relative_to(root).parts[0] for path in paths}), good)
    images, taken = [], set(beside.values())
    for path in paths:
        mask = beside.get(path) or _mask_of(path.relative_to(root), masks)
        taken.add(mask) if mask else None
        images.append(_labelled(root, path, mask, good))
    if loose and all(image.mask is None for image in images):
        raise BadDataError(
            f"{root}: its images lie in no class folders and have no masks, so nothing says which are defective; "
            f"put them into {root / GOOD_NAMES[0]} and {root}/<class>"
        )
    orphans = tuple(sorted(path for path in masks.values() if path not in taken)) if apart else ()
    return LabelledSet(tuple(images), _said(root, data, images), orphans, apart)


def read_mask(mask: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Read a mask: bool, of the image's shape, True where there is a defect.

    Raises
    ------
    BadDataError
        If it is of another size.
    BadImageError
        If it cannot be read.
    """
    truth = read_image(mask, ReadSettings(), flat=True).pixels > 0
    if truth.shape != tuple(shape):
        raise BadDataError(
            f"{mask}: the mask has {truth.shape[1]} x {truth.shape[0]} pixels, its image {shape[1]} x {shape[0]}; "
            "make it of the same size"
        )
    return truth


def _labelled(root: Path, path: Path, mask: Path | None, good: str | None) -> LabelledImage:
    below = path.relative_to(root).parts
    if len(below) == 1:
        return LabelledImage(path, GOOD_NAMES[0] if mask is None else MARKED, mask is not None, mask)
    is_good = below[0] == good if good is not None else below[0].casefold() in GOOD_NAMES
    return LabelledImage(path, below[0], not is_good, mask)


def _masks(folder: Path | None) -> dict[str, Path]:
    """All masks below ground_truth by their place in it, without suffix; folders in any case."""
    if folder is None:
        return {}
    problems: list[OSError] = []
    masks = {_place(path.relative_to(folder)): path for path in images_below(folder, problems=problems)}
    _refuse(problems)
    return masks


def _refuse(problems: list[OSError]) -> None:
    if problems:
        first = problems[0]
        raise BadDataError(f"{first.filename}: the folder cannot be read ({first.strerror}); check its permissions")


def _mask_of(below: Path, masks: Mapping[str, Path]) -> Path | None:
    place = _place(below)
    return masks.get(place + MASK_ENDING) or masks.get(place)


def _place(below: Path) -> str:
    return (Path(below.parent.as_posix().casefold()) / below.stem).as_posix()


def _folders(data: Path) -> dict[str, Path]:
    try:
        return {entry.name.casefold(): entry for entry in sorted(data.iterdir()) if entry.is_dir()}
    except FileNotFoundError as error:
        raise BadDataError(f"{data}: no such folder, wanted one with test/<class>; check the name") from error
    except OSError as error:
        raise BadDataError(f"{data}: cannot be read as a folder ({error.strerror}); name a data set") from error


def _said(root: Path, data: Path, images: list[LabelledImage]) -> str:
    counts: dict[str, int] = {}
    for image in images:
        counts[image.class_name] = counts.get(image.class_name, 0) + 1
    masks = sum(image.mask is not None for image in images)
    place = "" if root == data else f"{root.name}/ with "
    listed = ", ".join(f"{count} of {name!r}" for name, count in counts.items())
    return f"{place}{len(images)} image{'s' * (len(images) != 1)}: {listed}; masks for {masks}"
