"""Doctor: look at a data set before training on it, and say what may be wrong."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semscan.errors import BadDataError, SemscanError
from semscan.files.labelled import LabelledSet, find_labelled
from semscan.files.layout import Layout, find_layout
from semscan.files.masks import TEST
from semscan.files.read import read_image
from semscan.image.clean import clean
from semscan.image.look import glance_at
from semscan.image.tiling import judged_rows
from semscan.pipeline.checkup import NOTE, PROBLEM, WARNING, Finding, Seen, every_check
from semscan.pipeline.cost import training_cost
from semscan.pipeline.mask_check import mask_findings
from semscan.pipeline.witness import cpu_count
from semscan.report.diagnosis import diagnosis_lines
from semscan.settings import DoctorSettings, ReadSettings

Progress = Callable[[str, int], None]
_Named = tuple[Path, str, str, bool]  # path, part, class, good


def doctor(
    data: Path, settings: DoctorSettings, *, progress: Progress = lambda doing, total: None
) -> dict[str, Any]:
    """Look at every image and mask of a data set, those of test too.

    Parameters
    ----------
    data : Path
        A folder in one of the layouts of `semscan.files.layout.find_layout`.
    settings : DoctorSettings
    progress : callable
        Told after each image what is being done, and to how many.

    Returns
    -------
    dict
        ``layout``, ``train`` and ``test`` (images by class), ``sizes``, ``depths``, ``nm_per_pixel``,
        ``unreadable``, ``findings`` (worst first) and ``training``, an estimate of what it takes.

    Raises
    ------
    BadDataError
        If there is nothing to train on.
    """
    layout = find_layout(data, settings.good)
    test, problems = _test_set(data, layout, settings.good)
    named = [*_of_training(layout), *_of_test(test)]
    seen, unreadable = _look(named, settings.read, len(named), progress)
    findings = [*problems, *_unreadable(unreadable), *_counts(layout, settings), *mask_findings(layout, test)]
    findings += every_check(seen, settings)
    findings.sort(key=lambda finding: (PROBLEM, WARNING, NOTE).index(finding.level))
    trained_on = [image for image in seen if image.part == "train"]
    return {
        "data": str(data),
        "layout": layout.said,
        "kind": layout.kind,
        "train": _by_class(seen, "train"),
        "test": _by_class(seen, "test"),
        "sizes": _counted(f"{image.shape[1]} x {image.shape[0]}" for image in seen),
        "depths": _counted(image.dtype for image in seen),
        "formats": _counted(image.format for image in seen),
        "nm_per_pixel": sorted({image.nm_per_pixel for image in seen if image.nm_per_pixel}),
        "unreadable": unreadable,
        "findings": [finding.record() for finding in findings],
        "training": training_cost(layout, trained_on, settings.read, cpu_count()),
    }


def doctor_text(record: Mapping[str, Any]) -> list[str]:
    """What was found, as lines to read."""
    return diagnosis_lines(record)


def quick_look(layout: Layout, settings: DoctorSettings = DoctorSettings()) -> list[str]:  # noqa: B008  frozen
    """The cheap part, for train: a line for each warning about the images of training alone.

    Looks at a sample spread evenly over them, and at the bytes of those whose files are of the same size.
    Never reads test/.
    """
    named = list(_of_training(layout))
    step = -(-len(named) // settings.sample)
    seen, _ = _look(named[::step], settings.read, settings.sample)
    findings = [*_counts(layout, settings), *_same_bytes(named), *mask_findings(layout, None, most=settings.sample)]
    sampled = [finding for finding in every_check(seen, settings) if finding.about not in ("duplicates", "size")]
    return [finding.said for finding in [*findings, *sampled] if finding.level != NOTE]


def _of_training(layout: Layout) -> Iterator[_Named]:
    for path in layout.good:
        yield path, "train", layout.good_name or "good", True
    for name, paths in layout.classes.items():
        yield from ((path, "train", name, False) for path in paths)


def _of_test(test: LabelledSet | None) -> Iterator[_Named]:
    for image in test.images if test else ():
        yield image.path, "test", image.class_name, not image.defective


def _test_set(data: Path, layout: Layout, good: str | None) -> tuple[LabelledSet | None, list[Finding]]:
    """The test images, if there is a test folder; what is wrong with it is a finding."""
    if not layout.test_ignored:
        return None, [Finding(NOTE, "test", "there is no test folder, so nothing to evaluate the model on")]
    try:
        return find_labelled(data, good), []
    except BadDataError as error:
        return None, [Finding(WARNING, "test", f"the {TEST} folder cannot be evaluated: {error}")]


def _look(
    named: Sequence[_Named], read: ReadSettings, total: int, progress: Progress = lambda doing, total: None
) -> tuple[list[Seen], list[dict[str, str]]]:
    """What is seen of each image that can be read, and why of each that cannot."""
    seen, unreadable = [], []
    for path, part, class_name, good in named:
        try:
            image = read_image(path, read)
            values = clean(image, read)
        except SemscanError as error:
            unreadable.append({"image": str(path), "error": str(error)})
        else:
            digest = hashlib.sha256(repr((image.pixels.shape, str(image.pixels.dtype))).encode())
            digest.update(np.ascontiguousarray(image.pixels).data)
            glance = glance_at(values, eight_bits=image.pixels.dtype == np.uint8)
            shown = judged_rows(values)
            seen.append(Seen(path, part, class_name, good, (image.pixels.shape[0], image.pixels.shape[1]),
                             str(image.metadata.get("dtype")), str(image.metadata.get("format")), image.nm_per_pixel,
                             digest.digest(), glance, (shown.stop - shown.start, values.values.shape[1])))  # fmt: skip
        progress("looking", total)
    return seen, unreadable


def _unreadable(failed: Sequence[Mapping[str, str]]) -> Iterator[Finding]:
    for failure in failed:
        yield Finding(PROBLEM, "unreadable", failure["error"], (failure["image"],))


def _counts(layout: Layout, settings: DoctorSettings) -> Iterator[Finding]:
    """Too few good images."""
    if layout.kind != "classes-without-good" and len(layout.good) < settings.few:
        count = f"{len(layout.good)} good image{'s' * (len(layout.good) != 1)}"
        said = f"only {count}: what varies from image to image is not known, and 0.5 rests on parts of them"
        yield Finding(WARNING, "count", f"{said}; 10 or more are better")


def _same_bytes(named: Sequence[_Named]) -> Iterator[Finding]:
    """Files of the same bytes in two classes; only files of the same size are read."""
    sizes = [_size(path) for path, *_ in named]
    many = Counter(sizes)
    first: dict[bytes, _Named] = {}
    for file, size in zip(named, sizes, strict=True):
        digest = _digest(file[0]) if size is not None and many[size] > 1 else None
        other = file if digest is None else first.setdefault(digest, file)
        if other[2] != file[2]:
            yield Finding(PROBLEM, "duplicates", f"{other[0]} and {file[0]} are the same image in two classes: "
                          "only one can be right", (str(other[0]), str(file[0])))  # fmt: skip


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:  # said as unreadable by those who need its pixels
        return None


def _digest(path: Path) -> bytes | None:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return None


def _by_class(seen: Sequence[Seen], part: str) -> dict[str, int]:
    return _counted(image.class_name for image in seen if image.part == part)


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names))
