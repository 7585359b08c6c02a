"""What a training folder holds, inferred from its names, said in one line. test/ is never read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from semscan.errors import BadDataError
from semscan.files.datasets.mask_files import TEST, masks_apart, without_masks
from semscan.files.find.images import MASK_FOLDER, OWN_RECORDS, images_below, is_image_name
from semscan.settings import GOOD_NAMES, IMAGE_SUFFIXES

FEW = 20
TRAIN = "train"
OWN_FILES = ("config.json", "results.jsonl", "run.json", *OWN_RECORDS)  # a model or results among the data


@dataclass(frozen=True, slots=True)
class Layout:
    """The images to train on.

    `kind` is "good-only", "good-and-few", "classes" or "classes-without-good". `classes`
    holds the classes that are not good, by name. `masks` gives the defect mask of a training
    image where there is one. `good_name` is the good class's folder name, None without one
    (or without class folders). `said` describes it all in one line.
    """

    kind: str
    good: tuple[Path, ...]
    classes: Mapping[str, tuple[Path, ...]]
    masks: Mapping[Path, Path] = field(default_factory=dict)
    good_name: str | None = None
    test_ignored: bool = False
    said: str = ""

    @property
    def network(self) -> str:
        """The network that such images are for: "attention-cnn" for classes, else "autoencoder"."""
        return "attention-cnn" if self.kind in ("classes", "classes-without-good") else "autoencoder"


def find_layout(data: Path, good: str | None = None, *, all_good: bool = False) -> Layout:
    """Find out what a training folder holds.

    The images are those of ``data/train`` if there is such a folder, else those of `data`
    without its ``test`` and ``ground_truth``. Without class folders all of them are good.
    With class folders the good one is named `good`, or one of ``settings.GOOD_NAMES`` in any
    case. Then: no other class, "good-only"; all others of at least 20 images and no masks,
    "classes"; else "good-and-few"; no good class, "classes-without-good".

    The mask of ``train/<class>/a.png`` is ``ground_truth/<class>/a_mask.png`` (or ``a.png``),
    or ``a_mask.png`` beside it; of ``data/train`` also in ``data/train/ground_truth``. One in
    ``data/ground_truth`` that may as well belong to an image of the same name in ``test/<class>`` is left
    alone, which `said` tells.

    Parameters
    ----------
    data : Path
        The folder as given.
    good : str, optional
        Name of the good class's folder.
    all_good : bool
        Where no class is called good, all images are, those in folders too.

    Raises
    ------
    BadDataError
        If there is nothing to train on, or it is not clear which images are good.
    """
    data = Path(data)
    _check_folder(data)
    folders = {name.casefold(): folder for name, folder in _folders(data).items()}
    root = folders.get(TRAIN, data)
    loose, classes = _contents(root, flat=root == data)
    test_ignored = TEST in folders
    if all_good and classes and not any(name.casefold() in GOOD_NAMES for name in classes):
        return _of_all(data, root, loose, classes, test_ignored)
    if loose and classes:
        raise BadDataError(
            f"{root}: holds {len(loose)} images beside the class folders {_listed(classes)}, wanted one or "
            "the other; move them into a folder of their class"
        )
    if not loose and not classes:
        raise BadDataError(_nothing(data, root, test_ignored))
    if loose:
        paths, _ = without_masks(loose)
        said = f"{_place(data, root)}images without class folders: {_images(len(paths))}, all taken as good"
        return Layout("good-only", paths, {}, {}, None, test_ignored, said + _unread(test_ignored))
    return _of_classes(data, root, classes, good, test_ignored)


def _of_all(
    data: Path, root: Path, loose: tuple[Path, ...], found: dict[str, tuple[Path, ...]], test_ignored: bool
) -> Layout:
    paths, _ = without_masks((*loose, *(path for name in found for path in found[name])))
    said = f"{_place(data, root)}folders {_listed(found)}, none called good: {_images(len(paths))}, all taken as good"
    return Layout("good-only", paths, {}, {}, None, test_ignored, said + _unread(test_ignored))


def _of_classes(
    data: Path, root: Path, found: dict[str, tuple[Path, ...]], good: str | None, test_ignored: bool
) -> Layout:
    classes: dict[str, tuple[Path, ...]] = {}
    masks: dict[Path, Path] = {}
    doubtful: list[Path] = []
    problems: list[OSError] = []
    for name, paths in found.items():
        classes[name], beside = without_masks(paths)
        apart, left = masks_apart(data, root, name, classes[name], problems)
        masks |= beside | apart
        doubtful += left
    good_name = _good_class(root, classes, good)
    good_paths = classes.pop(good_name) if good_name is not None else ()
    masks = {path: mask for path, mask in masks.items() if path not in set(good_paths)}
    kind = _kind(good_name, classes, masks)
    counts = [f"{_images(len(good_paths))} of {good_name!r} (good)"] if good_name is not None else []
    counts += [f"{len(paths)} of {name!r}" for name, paths in classes.items()]
    said = f"{_place(data, root)}class folders: {', '.join(counts)}"
    if kind == "good-only":
        said = f"{_place(data, root)}the class folder {good_name!r} (good): {_images(len(good_paths))}"
    if masks:
        said += f"; masks for {len(masks)} of them"
    if doubtful:
        said += f"; {_masks(len(doubtful))} left alone that may belong to test images of the same name"
    if problems:
        said += f"; masks in {problems[0].filename} are not used, it cannot be read ({problems[0].strerror})"
    if good_name is None:
        said += "; no good class, so nothing sets a threshold: the model only tells the classes apart"
    return Layout(kind, good_paths, classes, masks, good_name, test_ignored, said + _unread(test_ignored))


def _kind(good: str | None, classes: Mapping[str, tuple[Path, ...]], masks: Mapping[Path, Path]) -> str:
    if good is None:
        return "classes-without-good"
    if not classes:
        return "good-only"
    enough = all(len(paths) >= FEW for paths in classes.values())
    return "classes" if enough and not masks else "good-and-few"


def _good_class(root: Path, classes: Iterable[str], good: str | None) -> str | None:
    names = list(classes)
    if good is not None:
        return class_called(root, names, good)
    known = [name for name in names if name.casefold() in GOOD_NAMES]
    if len(known) > 1:
        raise BadDataError(f"{root}: {_listed(known)} could each be the good class; say which with --good")
    if not known and len(names) == 1:
        raise BadDataError(
            f"{root}: its only folder is {names[0]!r}, which does not say whether its images are good; "
            f"if they are, add --good {names[0]!r}"
        )
    return known[0] if known else None


def class_called(root: Path, names: Iterable[str], good: str) -> str:
    """The one of the class folders in `root` that `good` names, in any case where only one fits.

    Raises
    ------
    BadDataError
        If there is none.
    """
    there = list(names)
    like = [name for name in there if name.casefold() == good.casefold()]
    if good not in there and len(like) != 1:
        raise BadDataError(f"{root}: has no class folder {good!r}, but {_listed(there)}; name one with --good")
    return good if good in there else like[0]


def _contents(root: Path, *, flat: bool) -> tuple[tuple[Path, ...], dict[str, tuple[Path, ...]]]:
    """Return the images directly in `root`, and those of each of its folders that has any."""
    names = sorted(entry.name for entry in _entries(root) if is_image_name(entry.name) and not _is_folder(entry))
    classes = {}
    for name, folder in _folders(root).items():
        if name.casefold() == MASK_FOLDER or (flat and name.casefold() == TEST) or _is_ours(folder):
            continue
        problems: list[OSError] = []
        paths = tuple(images_below(folder, problems=problems))
        if problems:
            raise _unreadable(Path(str(problems[0].filename)), problems[0])
        if paths:
            classes[name] = paths
    return tuple(root / name for name in names), classes


def _check_folder(data: Path) -> None:
    try:
        there, is_folder = data.exists(), data.is_dir()
    except OSError as error:
        raise _unreadable(data, error) from error
    if not there:
        raise BadDataError(f"{data}: no such folder, wanted a folder of training images; check the name")
    if not is_folder:
        raise BadDataError(f"{data}: this is a file, wanted a folder of training images; name its folder")


def _folders(root: Path) -> dict[str, Path]:
    entries = (entry for entry in _entries(root) if _is_folder(entry) and not entry.name.startswith("."))
    return {entry.name: Path(entry.path) for entry in sorted(entries, key=lambda entry: entry.name)}


def _entries(root: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(root) as entries:
            return list(entries)
    except OSError as error:
        raise _unreadable(root, error) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in circles, or to where one may not look
        return False


def _is_ours(folder: Path) -> bool:
    return any(os.path.isfile(folder / name) for name in OWN_FILES)


def _unreadable(folder: Path, error: OSError) -> BadDataError:
    return BadDataError(f"{folder}: the folder cannot be read ({error.strerror}); check its name and permissions")


def _nothing(data: Path, root: Path, test_ignored: bool) -> str:
    there = "only a test folder, which is never trained on" if test_ignored and root == data else "no images"
    wanted = f"wanted {', '.join(IMAGE_SUFFIXES)} files"
    return f"{root}: holds {there}, {wanted}; put good images into {data / TRAIN / GOOD_NAMES[0]}"


def _place(data: Path, root: Path) -> str:
    return "" if root == data else f"{root.name}/ with "


def _unread(test_ignored: bool) -> str:
    return "; test/ is left alone" if test_ignored else ""


def _masks(count: int) -> str:
    return f"{count} mask{'s' * (count != 1)}"


def _images(count: int) -> str:
    return f"{count} image{'s' * (count != 1)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
