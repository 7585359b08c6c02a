"""The part of doctor that train runs before it begins."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from semscan.errors import SemscanError
from semscan.files.datasets.layout import Layout
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.image.statistics import image_statistics
from semscan.image.tiling import judged_rows
from semscan.pipeline.checks.dataset import NOTE, PROBLEM, WARNING, ExaminedImage, Finding, every_check
from semscan.pipeline.checks.masks import mask_findings
from semscan.settings import DoctorSettings, ReadSettings
from semscan.values.diagnosis import Unreadable


def quick_check(layout: Layout, settings: DoctorSettings = DoctorSettings()) -> list[str]:
    """Return a line for each warning about the training images: the quick part of doctor, for train.

    Looks at a sample spread evenly over them, and at the bytes of those whose files are of the same size.
    Never reads test/.
    """
    named = list(training_images(layout))
    step = -(-len(named) // settings.sample)
    examined, _ = examine(named[::step], settings.read, settings.sample)
    findings = [
        *count_findings(layout, settings),
        *identical_files(named),
        *mask_findings(layout, None, settings.read, most=settings.sample),
    ]
    sampled = [finding for finding in every_check(examined, settings) if finding.about not in ("duplicates", "size")]
    return [finding.message for finding in [*findings, *sampled] if finding.level != NOTE]


Progress = Callable[[str, int], None]


NamedImage = tuple[Path, str, str, bool]  # path, part, class, good


def training_images(layout: Layout) -> Iterator[NamedImage]:
    for path in layout.good:
        yield path, "train", layout.good_name or "good", True
    for name, paths in layout.classes.items():
        yield from ((path, "train", name, False) for path in paths)


def examine(
    named: Sequence[NamedImage], read: ReadSettings, total: int, progress: Progress = lambda doing, total: None
) -> tuple[list[ExaminedImage], list[Unreadable]]:
    """Return each image that can be read with its statistics, and the reason for each that cannot."""
    examined, unreadable = [], []
    for path, part, class_name, good in named:
        try:
            image = read_image(path, read)
            values = clean(image, read)
        except SemscanError as error:
            unreadable.append(Unreadable(image=str(path), error=str(error)))
        else:
            digest = hashlib.sha256(repr((image.pixels.shape, str(image.pixels.dtype))).encode())
            digest.update(np.ascontiguousarray(image.pixels).data)
            statistics = image_statistics(values, eight_bits=image.pixels.dtype == np.uint8)
            shown = judged_rows(values)
            examined.append(
                ExaminedImage(
                    path,
                    part,
                    class_name,
                    good,
                    (image.pixels.shape[0], image.pixels.shape[1]),
                    str(image.metadata.get("dtype")),
                    str(image.metadata.get("format")),
                    image.nm_per_pixel,
                    digest.digest(),
                    statistics,
                    (shown.stop - shown.start, values.values.shape[1]),
                )
            )
        progress("looking", total)
    return examined, unreadable


def count_findings(layout: Layout, settings: DoctorSettings) -> Iterator[Finding]:
    """Too few good images."""
    if layout.kind != "classes-without-good" and len(layout.good) < settings.few:
        count = f"{len(layout.good)} good image{'s' * (len(layout.good) != 1)}"
        message = f"only {count}: the variation between images is not known, and the threshold rests on parts of them"
        yield Finding(WARNING, "count", f"{message}; 10 or more are better")


def identical_files(named: Sequence[NamedImage]) -> Iterator[Finding]:
    """Files of the same bytes in two classes; only files of the same size are read."""
    sizes = [_size(path) for path, *_ in named]
    many = Counter(sizes)
    first: dict[bytes, NamedImage] = {}
    for file, size in zip(named, sizes, strict=True):
        digest = _digest(file[0]) if size is not None and many[size] > 1 else None
        other = file if digest is None else first.setdefault(digest, file)
        if other[2] != file[2]:
            yield Finding(
                PROBLEM,
                "duplicates",
                f"{other[0]} and {file[0]} are the same image in two classes: only one can be right",
                (str(other[0]), str(file[0])),
            )


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:  # reported as unreadable by those who need its pixels
        return None


def _digest(path: Path) -> bytes | None:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None
