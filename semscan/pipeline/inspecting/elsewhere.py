"""The same inspection in another working folder: names that any machine finds, and records as without that."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semscan.files.images.ignored_areas import RECTANGLE
from semscan.files.results.names import place_of
from semscan.pipeline.methods.base import settled
from semscan.settings import InspectSettings, ReadSettings
from semscan.values.record import Outputs, Record


def settings_elsewhere(settings: InspectSettings) -> InspectSettings:
    """Return settings whose model, reference, masks and output folder are named by absolute paths."""
    chosen = settled(settings)
    return replace(
        settings,
        method=chosen["method"],
        model=chosen["model"] and os.path.abspath(chosen["model"]),
        reference=chosen["reference"] and os.path.abspath(chosen["reference"]),
        read=areas_elsewhere(settings.read),
        output=replace(settings.output, out=os.path.abspath(settings.output.out)),
        jobs=1,
        cluster=None,
    )


def areas_elsewhere(read: ReadSettings) -> ReadSettings:
    """Return settings whose masks are named by absolute paths."""

    def areas(given: Sequence[str]) -> tuple[str, ...]:
        return tuple(area if RECTANGLE.fullmatch(area) else os.path.abspath(area) for area in given)

    return replace(read, ignore=areas(read.ignore), care=areas(read.care))


def record_here(record: Record, out: Path, model: str | None) -> Record:
    """Return a record from elsewhere with the names that were typed: `out`, the folder of its outputs, and `model`."""
    return replace(record, model=record.model and model, outputs=outputs_here(record.outputs, out))


def outputs_here(outputs: Outputs, out: Path) -> Outputs:
    """Return outputs with the names that they have in `out`, as it was typed; those elsewhere stay as they are."""

    def named(value: Any) -> Any:
        if isinstance(value, list):
            return [named(each) for each in value]
        if not isinstance(value, str):  # an output that this version does not know
            return value
        place = place_of(value, out)
        return value if place is None else str(out / place)

    return Outputs.parse({kind: named(value) for kind, value in outputs.to_json().items()})
