"""The rules for class folders that training and test images share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from semscan.errors import BadDataError
from semscan.files.find.images import MASK_FOLDER
from semscan.settings import GOOD_NAMES

TRAIN = "train"
TEST = "test"
MASK_WORDS = ("mask", "masks", "gt", "groundtruth", "ground-truth", "annotation", "annotations", "label", "labels")


def lies_in_test(source: Path, data: Path) -> bool:
    """Return True for a file in the test folder of a data set, also where links lead there."""
    real = Path(os.path.realpath(source))
    tests = (entry for entry in data.iterdir() if entry.name.casefold() == TEST and os.path.isdir(entry))
    return any(real.is_relative_to(os.path.realpath(test)) for test in tests)


def subfolders(root: Path) -> dict[str, Path]:
    """Return the folders directly in `root` by name, sorted, without hidden ones.

    Raises
    ------
    BadDataError
        If `root` cannot be read.
    """
    found = [entry for entry in entries(root) if is_folder(entry) and not entry.name.startswith(".")]
    return {entry.name: Path(entry.path) for entry in sorted(found, key=lambda entry: entry.name)}


def entries(root: Path) -> list[os.DirEntry[str]]:
    """Return what lies directly in `root`; raise BadDataError if it cannot be read."""
    try:
        with os.scandir(root) as found:
            return list(found)
    except OSError as error:
        raise unreadable(root, error) from error


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Return True for a folder, and for a link to one; False if that cannot be found out."""
    try:
        return entry.is_dir()
    except OSError:  # a link in circles, or to a place without permission
        return False


def class_called(root: Path, names: Iterable[str], good: str) -> str:
    """Return the one of the class folders in `root` that `good` names, in any case where only one fits.

    Raises
    ------
    BadDataError
        If there is none.
    """
    there = list(names)
    similar = [name for name in there if name.casefold() == good.casefold()]
    if good not in there and len(similar) != 1:
        raise BadDataError(f"{root}: has no class folder {good!r}, but {quoted(there)}; name one with --good")
    return good if good in there else similar[0]


def good_class(root: Path, classes: Iterable[str], good: str | None) -> str | None:
    """Return the good one of the class folders in `root`, None without one.

    It is the one named `good`, else the one of ``settings.GOOD_NAMES``, in any case.

    Raises
    ------
    BadDataError
        If several could be it, or a single folder does not show by its name whether it is.
    """
    names = list(classes)
    if good is not None:
        return class_called(root, names, good)
    known = [name for name in names if is_good_name(name)]
    if len(known) > 1:
        raise BadDataError(f"{root}: {quoted(known)} could each be the good class; choose one with --good")
    if not known and len(names) == 1:
        raise BadDataError(
            f"{root}: its only folder is {names[0]!r}, a name that does not show whether its images are good; "
            f"if they are, add --good {names[0]!r}"
        )
    return known[0] if known else None


def is_good_name(name: str) -> bool:
    """Return True for a name of the good class, in any case."""
    return name.casefold() in GOOD_NAMES


def refuse_unreadable(problems: Iterable[OSError]) -> None:
    """Raise BadDataError for the first folder that could not be read."""
    for problem in problems:
        raise unreadable(Path(str(problem.filename)), problem) from problem


def unreadable(folder: Path, error: OSError) -> BadDataError:
    """Return the error of a folder that cannot be read."""
    return BadDataError(f"{folder}: the folder cannot be read ({error.strerror}); check its name and permissions")


def mixed(root: Path, loose: int, classes: Iterable[str]) -> BadDataError:
    """Return the error of a folder with both loose images and class folders."""
    return BadDataError(
        f"{root}: holds {loose} image{'s' * (loose != 1)} next to the class folders {quoted(classes)}, wanted one or "
        "the other; move them into a folder of their class"
    )


def refuse_mask_folders(root: Path, paths: Iterable[Path]) -> None:
    """Raise BadDataError if images lie in a folder whose name says that they are masks."""
    for path in paths:
        for folder in path.relative_to(root).parents:
            if folder.name.casefold() in MASK_WORDS:
                raise BadDataError(
                    f"{root / folder}: by its name it holds masks, whose files would count as images; put the mask of "
                    f"<class>/a.png into {MASK_FOLDER}/<class>/a_mask.png, or rename the folder if it holds images"
                )


def described_root(data: Path, root: Path) -> str:
    """Return the start of a description: which folder of `data` holds the images."""
    return "" if root == data else f"{root.name}/ with "


def class_counts(counts: Mapping[str, int]) -> list[str]:
    """Return the number of images of each class, in words.

    Examples
    --------
    >>> class_counts({"bridge": 20})
    ["20 of 'bridge'"]
    """
    return [f"{count} of {name!r}" for name, count in counts.items()]


def quoted(names: Iterable[str]) -> str:
    """Return names in quotes, one after the other."""
    return ", ".join(repr(name) for name in names)
