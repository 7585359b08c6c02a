"""Synth: a recipe becomes a folder of images with planted defects and masks."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from semscan.errors import OutputError, UsageFault
from semscan.files.datasets.synth_index import INDEX, MADE_BY, MAX_INDEX_BYTES
from semscan.files.disk.atomic import write_bytes, write_png, write_text
from semscan.files.disk.plain_file import read_plain
from semscan.files.images.fei_tiff import fei_tiff
from semscan.report.pictures.data_bar import with_data_bar
from semscan.settings import SynthSetSettings, SynthSettings
from semscan.synth.simulator.check import check_settings
from semscan.synth.simulator.image import SynthImage, make_image
from semscan.synth.simulator.sets import plan_sets
from semscan.version import __version__


def synthesise(
    out: str | Path,
    recipe: SynthSettings,
    plan: SynthSetSettings,
    progress: Callable[[int], Any] = lambda total: None,
) -> Iterator[dict[str, Any]]:
    """Write one data set, folder by folder.

    The same recipe, plan and seed give the same files; an image does not change when others are asked for.

    Parameters
    ----------
    out : path
        New or empty folder, or with ``plan.overwrite`` an earlier data set of this function, whose images
        are removed first. Files of other origin are never touched.
    recipe, plan : SynthSettings, SynthSetSettings
    progress : callable
        Called after each image with the number of images in the whole data set.

    Yields
    ------
    dict
        folder, part, class, images, masks (a folder or None): one per folder, when it is complete.

    Raises
    ------
    UsageFault, OutputError
        Before anything is written if a setting or `out` cannot be used.
    """
    check_settings(recipe)
    if plan.nm_per_px is not None and not math.isfinite(plan.nm_per_px):
        raise UsageFault(f"--nm-per-px is {plan.nm_per_px}, wanted a finite number; give the width of a pixel in nm")
    if plan.nm_per_px is not None and plan.format != "tif":
        raise UsageFault(f"--nm-per-px is for TIFF files, and the format is {plan.format}; add --format tif")
    sets = plan_sets(recipe, plan)
    out = Path(out)
    total = sum(made.count for made in sets)
    planned: list[dict[str, Any]] = [
        {"image": made.image(i, plan.format), "mask": made.mask(i), "class": made.name}
        for made in sets
        for i in range(made.count)
    ]
    names = [entry[key] for entry in planned for key in ("image", "mask") if entry[key]]
    _make_room(out, names, overwrite=plan.overwrite)
    _write_index(out, recipe, plan, planned, finished=False)
    entries = iter(planned)
    for made in sets:
        for i in range(made.count):
            image = make_image(recipe, made.kinds_of(i), key=f"{made.part}/{made.name}", index=i)
            _write_image(out, next(entries), image, plan.nm_per_px)
            progress(total)
        masked = made.mask(0) is not None
        yield {
            "folder": str(out / made.part / made.name),
            "part": made.part,
            "class": made.name,
            "images": made.count,
            "masks": str(out / "ground_truth" / made.name) if masked else None,
        }
    _write_index(out, recipe, plan, planned, finished=True)


def _write_image(out: Path, entry: dict[str, Any], image: SynthImage, nm_per_pixel: float | None) -> None:
    path = out / entry["image"]
    mask = image.mask
    if nm_per_pixel is not None:
        pixels = with_data_bar(image.pixels, nm_per_pixel)
        write_bytes(path, fei_tiff(pixels, len(image.pixels), nm_per_pixel))
        mask = np.vstack([mask, np.zeros((len(pixels) - len(mask), mask.shape[1]), mask.dtype)])
    elif path.suffix == ".png":
        write_png(path, image.pixels)
    else:
        write_bytes(path, _tiff_bytes(image.pixels))
    if entry["mask"]:
        write_png(out / entry["mask"], mask)
    entry["defects"] = [
        {"kind": defect.kind, "bbox": list(defect.box.xywh), "area_px": defect.area} for defect in image.defects
    ]


def _tiff_bytes(pixels: np.ndarray) -> bytes:
    done, data = cv2.imencode(".tif", pixels, [cv2.IMWRITE_TIFF_COMPRESSION, 1])
    if not done:
        raise OutputError(f"{pixels.dtype} images cannot be written as TIFF here; take --format png")
    return data.tobytes()


def _write_index(out: Path, recipe: SynthSettings, plan: SynthSetSettings, images: list, *, finished: bool) -> None:
    index = {
        "made_by": MADE_BY,
        "schema_version": 1,
        "semscan_version": __version__,
        "finished": finished,
        "settings": asdict(recipe),
        "set": {key: value for key, value in asdict(plan).items() if key != "overwrite"},
    }
    head = json.dumps(index, indent=1).removesuffix("\n}")
    lines = ",\n  ".join(json.dumps(image) for image in images)  # one image per line, for people and grep
    write_text(out / INDEX, f'{head},\n "images": [\n  {lines}\n ]\n}}\n')


def _make_room(out: Path, names: Sequence[str], *, overwrite: bool) -> None:
    """Refuse a folder that holds anything, or with `overwrite` anything but an earlier data set of ours.

    Other files beside that set stay; one of the `names` to write among them is refused before anything is removed.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out}: is a file, wanted a folder to fill; choose another OUT")
    if not any(out.iterdir()):
        return
    if not overwrite:
        raise OutputError(f"{out}: is not empty; choose another OUT, or replace an earlier data set with --overwrite")
    earlier = _files_of_earlier_set(out)
    _check_places(out, names, earlier)
    for name in earlier:
        path = out / name
        path.unlink(missing_ok=True)
        for folder in (path.parent, path.parent.parent):
            if folder != out and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _check_places(out: Path, names: Sequence[str], earlier: Sequence[str]) -> None:
    """Refuse `names` that would replace a file not of the earlier set, or whose folder is a file."""
    own = {os.path.normpath(name) for name in earlier}
    for name in names:
        if os.path.normpath(name) not in own and os.path.lexists(out / name):
            raise OutputError(
                f"{out / name}: is not of the earlier data set, and would be replaced; choose another OUT"
            )
    for folder in sorted({out / parent for name in names for parent in Path(name).parents}):
        if os.path.lexists(folder) and not folder.is_dir():
            raise OutputError(f"{folder}: is a file, and a folder is needed there; move it away, or choose another OUT")


def _files_of_earlier_set(out: Path) -> list[str]:
    """Paths below `out` that an earlier run wrote, read from its index and checked to lie inside."""
    try:
        index = json.loads(read_plain(out / INDEX, MAX_INDEX_BYTES))
        if index["made_by"] != MADE_BY:
            raise ValueError(index["made_by"])
        names = [entry[key] for entry in index["images"] for key in ("image", "mask") if entry[key]]
        inside = out.resolve()
        for name in names:
            part = Path(name).parts[0]
            if part not in ("train", "test", "ground_truth") or not (out / name).resolve().is_relative_to(inside):
                raise ValueError(name)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise OutputError(
            f"{out}: holds files but no {INDEX} of an earlier data set; nothing is replaced, choose another OUT"
        ) from error
    return names
