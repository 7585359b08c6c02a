"""Settings that differ between samples, so that their figures are not compared unnoticed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from semscan.phrases import listed
from semscan.values.control.trend import Change, Sample

NM_PER_PIXEL = "nm per pixel"
NO_MODEL = "none"
VERSION = "version of semscan"
OF_DIMENSIONS = (NM_PER_PIXEL, "edge rule", "measured lines", VERSION)
OF_DEFECTS = (
    *("method", "model", "model fingerprint", "threshold", "raw threshold", "low threshold", "smallest region"),
    *("closing", "lines", "nuisance filter", "review", NM_PER_PIXEL, VERSION),
)
Conditions = Mapping[str, tuple[str, ...]]  # the values of each setting in one sample


def conditions_of(sample: Sample) -> Conditions:
    """Return the values of each setting that the images of a sample have."""
    records = sample.inspected
    dimensions = [record.dimensions for record in records if record.dimensions is not None]
    found: dict[str, Iterable[str | None]] = {
        NM_PER_PIXEL: (f"{record.nm_per_pixel:g}" if record.nm_per_pixel else "not known" for record in records),
        "method": (" and ".join(record.method) or None for record in records),
        "model": (record.model or NO_MODEL for record in records),
        "threshold": (f"{record.threshold:g}" for record in records),
        "lines": (_side_of(bool(record.dark_lines)) for record in records),
        "edge rule": (one.edge for one in dimensions),
        "measured lines": (_side_of(one.dark_lines) for one in dimensions),
        **{name: [value] for name, value in sample.settings.items()},
    }
    return {name: tuple(sorted({value for value in values if value})) for name, values in found.items()}


def find_changes(samples: Sequence[Sample], conditions: Sequence[Conditions], settings: Iterable[str]) -> list[Change]:
    """Return where one of the settings is not as in the last sample before that has it, in the order of the samples."""
    wanted = tuple(settings)
    last: dict[str, tuple[str, ...]] = {}
    changes = []
    for number, (sample, found) in enumerate(zip(samples, conditions, strict=True), 1):
        for name in wanted:
            new = found.get(name, ())
            old = last.get(name, new)
            if new and old != new:
                words = listed(old), listed(new)
                changes.append(Change(number=number, name=sample.name, setting=name, before=words[0], after=words[1]))
            if new:
                last[name] = new
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
