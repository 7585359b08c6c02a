"""The same inspection in another working folder: names that any machine finds, and records as without that."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from semscan.files.images.ignored_areas import RECTANGLE
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


def record_here(record: Record, base: Path | None, model: str | None) -> Record:
    """Return a record from elsewhere with the names that were typed: `base` of its outputs, `model`."""
    outputs = outputs_here(record.outputs, base) or Outputs()
    return replace(record, model=record.model and model, outputs=outputs)


def outputs_here(outputs: Outputs | None, base: Path | None) -> Outputs | None:
    """Return outputs with the names that they have under `base`; as they are without one."""
    if outputs is None or base is None:
        return outputs
    folder = base.parent

    def named(value: Any) -> Any:
        return [named(each) for each in value] if isinstance(value, list) else str(folder / PurePath(value).name)

    return Outputs.parse({kind: named(value) for kind, value in outputs.to_json().items()})
