"""Settings that differ between samples, so that their figures are not compared unnoticed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from semscan.phrases import listed
from semscan.values.control.trend import Change, Sample

NM_PER_PIXEL = "nm per pixel"
VERSION = "version of semscan"
OF_DIMENSIONS = (NM_PER_PIXEL, "edge rule", "measured lines", VERSION)
OF_DEFECTS = (
    *("method", "model", "model fingerprint", "threshold", "raw threshold", "low threshold", "smallest region"),
    *("closing", "nuisance filter", "review", NM_PER_PIXEL, VERSION),
)
Conditions = Mapping[str, tuple[str, ...]]  # the values of each setting in one sample


def conditions_of(sample: Sample) -> Conditions:
    """Return the values of each setting that the images of a sample have."""
    records = sample.inspected
    dimensions = [record.dimensions for record in records if record.dimensions is not None]
    found: dict[str, Iterable[str | None]] = {
        NM_PER_PIXEL: (f"{record.nm_per_pixel:g}" if record.nm_per_pixel else "not known" for record in records),
        "method": (" and ".join(record.method) or None for record in records),
        "model": (record.model for record in records),
        "threshold": (f"{record.threshold:g}" for record in records),
        "edge rule": (one.edge for one in dimensions),
        "measured lines": (_side_of(one.dark_lines) for one in dimensions),
        **{name: [value] for name, value in sample.settings.items()},
    }
    return {name: tuple(sorted({value for value in values if value})) for name, values in found.items()}


def find_changes(samples: Sequence[Sample], conditions: Sequence[Conditions], settings: Iterable[str]) -> list[Change]:
    """Return where one of the settings is not as in the sample before, in the order of the samples."""
    wanted = tuple(settings)
    changes = []
    for number, (before, after) in enumerate(pairwise(conditions), 2):
        for name in wanted:
            old, new = before.get(name), after.get(name)
            if old and new and old != new:
                sample = samples[number - 1].name
                change = Change(number=number, name=sample, setting=name, before=listed(old), after=listed(new))
                changes.append(change)
    return changes


def mixed_notes(samples: Sequence[Sample], conditions: Sequence[Conditions], settings: Iterable[str]) -> list[str]:
    """Return a sentence for each setting that differs within one sample."""
    return [
        f"Within {sample.name}, {name} is {listed(values, 'or')}, depending on the image."
        for name in settings
        for sample, found in zip(samples, conditions, strict=True)
        if len(values := found.get(name, ())) > 1
    ]


def _side_of(dark_lines: bool | None) -> str | None:
    return None if dark_lines is None else "the darker part" if dark_lines else "the brighter part"
