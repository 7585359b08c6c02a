"""Infer what a training folder holds from its names, and describe it in one line. test/ is never read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from semscan.errors import BadDataError, BadImageError
from semscan.files.datasets.class_folders import (
    TEST,
    TRAIN,
    class_counts,
    described_root,
    entries,
    good_class,
    is_folder,
    is_good_name,
    mixed,
    quoted,
    refuse_mask_folders,
    refuse_unreadable,
    subfolders,
    unreadable,
)
from semscan.files.datasets.mask_files import find_class_masks, separate_masks
from semscan.files.find.images import MASK_FOLDER, OWN_RECORDS, images_below, is_image_name
from semscan.files.images.read import read_mask
from semscan.phrases import plural
from semscan.settings import GOOD_NAMES, IMAGE_SUFFIXES

MIN_CLASS_IMAGES = 20  # of each class, for a classifier
OWN_FILES = ("config.json", "results.jsonl", "run.json", *OWN_RECORDS)  # of a model or results among the data
Classes = dict[str, tuple[Path, ...]]


@dataclass(frozen=True, slots=True)
class Layout:
    """The images to train on.

    `kind` is "good-only", "good-and-few", "classes" or "classes-without-good". `classes` holds the classes that
    are not good, by name. `masks` gives the defect mask of a training image where there is one. `good_name` is the
    good class's folder name, None without one (or without class folders). `description` is one line.
    """

    kind: str
    good: tuple[Path, ...]
    classes: Mapping[str, tuple[Path, ...]]
    masks: Mapping[Path, Path] = field(default_factory=dict)
    good_name: str | None = None
    test_ignored: bool = False
    description: str = ""

    @property
    def network(self) -> str:
        """The network that such images are for: "attention-cnn" for classes, else "autoencoder"."""
        return "attention-cnn" if self.kind in ("classes", "classes-without-good") else "autoencoder"


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the images are: the folder as given, the one that holds them, and whether there is a test folder."""

    data: Path
    root: Path
    has_test: bool

    def described(self, description: str) -> str:
        end = "; test/ is left alone" if self.has_test else ""
        return f"{described_root(self.data, self.root)}{description}{end}"


def find_layout(data: Path, good: str | None = None, *, all_good: bool = False) -> Layout:
    """Find out what a training folder holds.

    The images are those of ``data/train`` if there is such a folder, else those of `data` without its ``test`` and
    ``ground_truth``. Without class folders all of them are good. With class folders the good one is named `good`,
    or one of ``settings.GOOD_NAMES`` in any case. Then: no other class, "good-only"; all others of at least 20
    images and no masks, "classes"; else "good-and-few"; no good class, "classes-without-good".

    The mask of ``train/<class>/a.png`` is ``ground_truth/<class>/a_mask.png`` (or ``a.png``), or ``a_mask.png`` in
    the same folder; of ``data/train`` also in ``data/train/ground_truth``. One in ``data/ground_truth`` that may
    belong to an image of the same name in ``test/<class>`` is left alone; `description` counts them.

    Parameters
    ----------
    data : Path
        The folder as given.
    good : str, optional
        Name of the good class's folder.
    all_good : bool
        Where no class has a good one's name, take all images as good, those in folders too.

    Raises
    ------
    BadDataError
        If there is nothing to train on, or it is not clear which images are good.
    """
    data = Path(data)
    _check_folder(data)
    folders = {name.casefold(): folder for name, folder in subfolders(data).items()}
    places = _Places(data, folders.get(TRAIN, data), TEST in folders)
    loose, classes = _contents(places)
    if all_good and classes and not any(map(is_good_name, classes)):
        return _all_good(places, loose, classes)
    if loose and classes:
        raise mixed(places.root, len(loose), classes)
    if not loose and not classes:
        raise _nothing(places)
    if loose:
        return _without_classes(places, loose)
    return _of_classes(places, classes, good)


def _without_classes(places: _Places, loose: tuple[Path, ...]) -> Layout:
    paths, masks = separate_masks(loose)
    _refuse_masked(masks)
    description = f"images without class folders: {plural(len(paths), 'image')}, all taken as good"
    return Layout("good-only", paths, {}, test_ignored=places.has_test, description=places.described(description))


def _all_good(places: _Places, loose: tuple[Path, ...], found: Classes) -> Layout:
    paths, masks = separate_masks((*loose, *(path for paths in found.values() for path in paths)))
    _refuse_masked(masks)
    description = f"folders {quoted(found)}, none called good: {plural(len(paths), 'image')}, all taken as good"
    return Layout("good-only", paths, {}, test_ignored=places.has_test, description=places.described(description))


def _of_classes(places: _Places, found: Classes, good: str | None) -> Layout:
    classes: Classes = {}
    masks: dict[Path, Path] = {}
    doubtful = 0
    unread: list[OSError] = []
    for name, paths in found.items():
        classes[name], masks_in_folder = separate_masks(paths)
        ground_truth = find_class_masks(places.data, places.root, name, classes[name])
        masks |= masks_in_folder
        masks |= ground_truth.by_image
        doubtful += len(ground_truth.doubtful)
        unread += ground_truth.unread
    good_name = good_class(places.root, classes, good)
    good_paths = classes.pop(good_name) if good_name is not None else ()
    _refuse_masked({path: mask for path, mask in masks.items() if path in set(good_paths)})
    masks = {path: mask for path, mask in masks.items() if path not in set(good_paths)}
    kind = _kind(good_name, classes, masks)
    parts = [_described_classes(good_name, len(good_paths), classes)]
    if masks:
        parts.append(f"masks for {len(masks)} of them")
    if doubtful:
        parts.append(f"{plural(doubtful, 'mask')} left alone that may belong to test images of the same name")
    if unread:
        parts.append(f"masks in {unread[0].filename} are not used, it cannot be read ({unread[0].strerror})")
    if good_name is None:
        parts.append("no good class, so there is no threshold: the model only separates the classes")
    return Layout(kind, good_paths, classes, masks, good_name, places.has_test, places.described("; ".join(parts)))


def _refuse_masked(masks: Mapping[Path, Path]) -> None:
    """Raise BadDataError if images that would be taken as good have masks that mark a defect."""
    marked = [path for path, mask in sorted(masks.items()) if _marks_something(mask)]
    if marked:
        raise BadDataError(
            f"{marked[0]}: would be taken as good, but its mask {masks[marked[0]].name} marks a defect"
            f"{f' ({len(marked)} images in all)' if len(marked) > 1 else ''}; put images with defects into a folder of "
            "their class, such as train/defect, or remove the mask"
        )


def _marks_something(mask: Path) -> bool:
    try:
        return bool(read_mask(mask).any())
    except BadImageError:
        return True


def _described_classes(good_name: str | None, good: int, classes: Classes) -> str:
    if good_name is not None and not classes:
        return f"the class folder {good_name!r} (good): {plural(good, 'image')}"
    counts = [f"{plural(good, 'image')} of {good_name!r} (good)"] if good_name is not None else []
    counts += class_counts({name: len(paths) for name, paths in classes.items()})
    return f"class folders: {', '.join(counts)}"


def _kind(good: str | None, classes: Classes, masks: Mapping[Path, Path]) -> str:
    if good is None:
        return "classes-without-good"
    if not classes:
        return "good-only"
    enough = all(len(paths) >= MIN_CLASS_IMAGES for paths in classes.values())
    return "classes" if enough and not masks else "good-and-few"


def _contents(places: _Places) -> tuple[tuple[Path, ...], Classes]:
    """Return the images directly in the root, and those of each of its folders that has any."""
    root = places.root
    names = sorted(entry.name for entry in entries(root) if is_image_name(entry.name) and not is_folder(entry))
    left_out = {MASK_FOLDER, TEST} if root == places.data else {MASK_FOLDER}
    classes: Classes = {}
    for name, folder in subfolders(root).items():
        if name.casefold() in left_out or _is_own_output(folder):
            continue
        problems: list[OSError] = []
        paths = tuple(images_below(folder, problems=problems))
        refuse_unreadable(problems)
        refuse_mask_folders(root, paths)
        if paths:
            classes[name] = paths
    return tuple(root / name for name in names), classes


def _check_folder(data: Path) -> None:
    try:
        there = data.exists()
        is_directory = data.is_dir()
    except OSError as error:
        raise unreadable(data, error) from error
    if not there:
        raise BadDataError(f"{data}: no such folder, wanted a folder of training images; check the name")
    if not is_directory:
        raise BadDataError(f"{data}: this is a file, wanted a folder of training images; name its folder")


def _is_own_output(folder: Path) -> bool:
    return any(os.path.isfile(folder / name) for name in OWN_FILES)


def _nothing(places: _Places) -> BadDataError:
    only_test = places.has_test and places.root == places.data
    there = "only a test folder, which is never trained on" if only_test else "no images"
    return BadDataError(
        f"{places.root}: holds {there}, wanted {', '.join(IMAGE_SUFFIXES)} files; "
        f"put good images into {places.data / TRAIN / GOOD_NAMES[0]}"
    )
