"""Which defect mask belongs to which training image."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from semscan.files.find import MASK_FOLDER, images_below

MASK_ENDING = "_mask"
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


def masks_apart(data: Path, root: Path, name: str, paths: Iterable[Path]) -> dict[Path, Path]:
    """Find the masks of a class in ground_truth, leaving those that may belong to test images."""
    folder = data / MASK_FOLDER / name
    if not folder.is_dir():
        return {}
    there = {path.relative_to(folder).with_suffix("").as_posix(): path for path in images_below(folder)}
    tested = data / TEST / name
    of_test = {path.relative_to(tested).with_suffix("") for path in images_below(tested)}
    masks = {}
    for path in paths:
        stem = path.relative_to(root / name).with_suffix("")
        mask = there.get(stem.as_posix() + MASK_ENDING) or there.get(stem.as_posix())
        if mask is not None and stem not in of_test:
            masks[path] = mask
    return masks
