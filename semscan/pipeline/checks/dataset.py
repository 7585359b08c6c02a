"""Checks of a data set. Each takes the examined images and yields findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semscan.image.near_duplicates import correlation
from semscan.image.statistics import ImageStatistics
from semscan.settings import DoctorSettings
from semscan.values.diagnosis import FindingRecord

PROBLEM = "problem"
WARNING = "warning"
NOTE = "note"
_NAMED = 3  # images named in a sentence
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class ExaminedImage:
    """One image that was read, with its statistics.

    `part` is "train" or "test"; `digest` is of its pixels, not of its file; `judged_shape` are rows and columns of
    what a network would be shown of it.
    """

    path: Path
    part: str
    class_name: str
    good: bool
    shape: tuple[int, int]
    dtype: str
    format: str
    nm_per_pixel: float | None
    digest: bytes
    statistics: ImageStatistics
    judged_shape: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found. `about` names the check, `images` are all it is about."""

    level: str
    about: str
    message: str
    images: tuple[str, ...] = ()

    def record(self) -> FindingRecord:
        """Return the finding as values of JSON."""
        return FindingRecord(level=self.level, about=self.about, said=self.message, images=self.images)


def every_check(examined: Sequence[ExaminedImage], settings: DoctorSettings) -> list[Finding]:
    """Return all findings about images that were read, worst first."""
    checks = (duplicates, near_duplicates, blank, saturated, mixed_kinds, magnification, mixed_looks, drift)
    found = [finding for check in checks for finding in check(examined, settings)]
    return sorted(found, key=lambda finding: (PROBLEM, WARNING, NOTE).index(finding.level))


def duplicates(examined: Sequence[ExaminedImage], settings: DoctorSettings) -> Iterator[Finding]:
    """Find images of the same pixels."""
    groups: dict[bytes, list[ExaminedImage]] = defaultdict(list)
    for image in examined:
        groups[image.digest].append(image)
    pairs = [(group[0], other) for group in groups.values() for other in group[1:]]
    yield from _pairs(pairs, "duplicates", "the same image")


def near_duplicates(examined: Sequence[ExaminedImage], settings: DoctorSettings) -> Iterator[Finding]:
    """Find images that share even their noise, though not every pixel: saved again, relit, or slightly blurred."""
    if len(examined) < 2:
        return
    signs = np.stack([image.statistics.signs for image in examined]).astype(np.float32)
    pairs = []
    for start in range(0, len(examined), _BLOCK):
        apart = (64 - signs[start : start + _BLOCK] @ signs.T) / 2
        for row, other in zip(*np.nonzero(apart <= settings.bits), strict=True):
            one, two = examined[start + row], examined[other]
            if start + row < other and one.digest != two.digest:
                pairs.append((one, two))
    similar = [
        pair for pair in pairs if correlation(pair[0].statistics.fine, pair[1].statistics.fine) >= settings.alike
    ]
    yield from _pairs(similar, "near-duplicates", "nearly the same image")


def blank(examined: Sequence[ExaminedImage], settings: DoctorSettings) -> Iterator[Finding]:
    """Find images without contrast."""
    flat = [image for image in examined if image.statistics.contrast < settings.flat]
    yield from _about(flat, "blank", f"less than {settings.flat:.0%} of full contrast", "take out what shows nothing")


def saturated(examined: Sequence[ExaminedImage], settings: DoctorSettings) -> Iterator[Finding]:
    """Find images with many pixels at an end of the grey scale."""
    lit = [image for image in examined if image.statistics.contrast >= settings.flat]
    for name, end_name in (("dark", "black"), ("bright", "white")):
        clipped = [image for image in lit if getattr(image.statistics, name) > settings.clipped]
        most = max((getattr(image.statistics, name) for image in clipped), default=0)
        message = f"more than {settings.clipped:.0%} of the pixels {end_name} (up to {most:.0%})"
        yield from _about(clipped, "saturated", message, "defects there cannot be seen")


def mixed_kinds(examined: Sequence[ExaminedImage], settings: DoctorSettings) -> Iterator[Finding]:
    """Find several sizes or bit depths."""
    depths = Counter(image.dtype for image in examined)
    if len(depths) > 1:
        message = (
            f"several bit depths ({_listed(depths)}), each brought to grey by its own rule; export all in the same way"
        )
        yield Finding(WARNING, "depth", message)
    sizes = Counter(f"{image.shape[1]} x {image.shape[0]}" for image in examined)
    if len(sizes) > 1:
        yield Finding(NOTE, "size", f"several sizes: {_listed(sizes)}")


def magnification(examined: Sequence[ExaminedImage], settings: DoctorSettings) -> Iterator[Finding]:
    """Several known magnifications."""
    known = [image for image in examined if image.nm_per_pixel]
    scales = [image.nm_per_pixel or 0 for image in known]
    if scales and max(scales) > settings.scale * min(scales):
        yield Finding(
            WARNING,
            "magnification",
            f"several magnifications, {min(scales):.4g} to {max(scales):.4g} nm per pixel; train one model for each",
            _names(known),
        )
    if known and len(known) < len(examined):
        yield Finding(NOTE, "magnification", f"nm per pixel is known of {len(known)} of {len(examined)} images only")


def mixed_looks(examined: Sequence[ExaminedImage], settings: DoctorSettings) -> Iterator[Finding]:
    """Good images, or those of training, that differ from most others in contrast, brightness or fineness."""
    train = [image for image in examined if image.part == "train" and image.statistics.contrast >= settings.flat]
    usual = [image for image in train if image.good] or train
    if len(usual) < 3:
        return
    for about, words, differs in _differences(settings):
        middle = float(np.median([getattr(image.statistics, about) for image in usual]))
        outliers = [image for image in usual if differs(getattr(image.statistics, about), middle)]
        yield from _about(
            outliers,
            about,
            f"other {words} than the rest of the training images",
            "good images should vary as those to inspect do, and no more",
        )


def drift(examined: Sequence[ExaminedImage], settings: DoctorSettings) -> Iterator[Finding]:
    """Test images that differ as a whole from those of training."""
    train, test = ([image for image in examined if image.part == part and image.good] for part in ("train", "test"))
    test = test or [image for image in examined if image.part == "test"]
    if not train or not test:
        return
    for about, words, differs in _differences(settings):
        before, now = (float(np.median([getattr(image.statistics, about) for image in part])) for part in (train, test))
        if differs(now, before):
            yield Finding(
                WARNING,
                "drift",
                f"test images differ from training images in {words} ({now:.3g} against "
                f"{before:.3g}); the threshold may not hold on them",
            )


def _differences(settings: DoctorSettings) -> list[tuple[str, str, Callable[[float, float], bool]]]:
    """Return what is compared: the field of the statistics, its name, and whether two values differ."""

    def by_factor(most: float) -> Callable[[float, float], bool]:
        return lambda one, other: max(one, other) > most * max(min(one, other), 1e-9)

    return [
        ("mean", "brightness", lambda one, other: abs(one - other) > settings.brightness),
        ("deviation", "contrast", by_factor(settings.contrast)),
        ("detail", "size of structures (as if magnified otherwise)", by_factor(settings.detail)),
    ]


def _pairs(pairs: Sequence[tuple[ExaminedImage, ExaminedImage]], about: str, what: str) -> Iterator[Finding]:
    """Yield findings for pairs of images, by how bad they are."""
    across = [pair for pair in pairs if pair[0].part != pair[1].part]
    named = [pair for pair in pairs if pair[0].part == pair[1].part]
    torn = [pair for pair in named if pair[0].class_name != pair[1].class_name]
    rest = [pair for pair in named if pair[0].class_name == pair[1].class_name]
    for level, chosen, where in (
        (PROBLEM, across, "in train and test: figures on test are too good; take it out of one"),
        (PROBLEM, torn, "in two classes: only one can be right"),
        (NOTE, rest, "twice in one class"),
    ):
        if chosen:
            shown = "; ".join(f"{one.path} and {two.path}" for one, two in chosen[:_NAMED])
            count = f"{len(chosen)} pair{'s' * (len(chosen) != 1)}"
            images = tuple(str(image.path) for pair in chosen for image in pair)
            yield Finding(level, about, f"{what} {where} ({count}: {shown}{_more(len(chosen))})", images)


def _about(images: Sequence[ExaminedImage], about: str, message: str, cure: str) -> Iterator[Finding]:
    if images:
        shown = ", ".join(str(image.path) for image in images[:_NAMED])
        count = f"{len(images)} image{'s' * (len(images) != 1)}"
        yield Finding(WARNING, about, f"{message} in {count} ({shown}{_more(len(images))}); {cure}", _names(images))


def _names(images: Sequence[ExaminedImage]) -> tuple[str, ...]:
    return tuple(str(image.path) for image in images)


def _more(count: int) -> str:
    return f" and {count - _NAMED} more" if count > _NAMED else ""


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} of {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))
