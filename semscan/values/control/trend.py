"""Inspections one after the other: what each point is made from, and the control charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from semscan.values.record import AnyRecord, Record

INDIVIDUALS = "individuals"  # means, one a sample, with limits from their moving range
RATES = "u"  # defects on an area
SHARES = "p"  # images of all images


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The images of one folder, or of one wafer: one point of each chart.

    `settings` are those of its run that the records do not hold, by their names. `path` is the folder as it was named,
    `began` when its last run began (ISO time); None where that is not known.
    """

    name: str
    records: tuple[AnyRecord, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    path: str | None = None
    began: str | None = None

    @property
    def inspected(self) -> list[Record]:
        """The records of the images that could be inspected."""
        return [record for record in self.records if isinstance(record, Record)]

    @property
    def judged(self) -> list[Record]:
        """The records of the images that have a verdict."""
        return [record for record in self.inspected if record.score is not None and record.defect is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Centre line and control limits, in the unit of the chart; None for a limit that values cannot pass.

    Counts, shares and lengths cannot be negative, and shares cannot exceed 1.
    """

    centre: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One sample in a chart. `number` counts the samples from 1.

    `spread` is the standard deviation over the images, for means of 2 or more. `count` is the number of defects or
    of images that were counted, None for means. `size` is what it was counted on: images, cm² or megapixels.
    `signals` state why the point is remarkable.
    """

    number: int
    name: str
    value: float
    size: float
    spread: float | None = None
    count: int | None = None
    limits: Limits | None = None
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A setting that is not the same as in the sample before, which makes the figures less comparable."""

    number: int
    name: str
    setting: str
    before: str
    after: str

    @property
    def words(self) -> str:
        """The change in one sentence, without its full stop."""
        return f"{self.setting} changed from {self.before} to {self.after} at {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChart:
    """One figure of all samples that have it, with its limits.

    `kind` is `INDIVIDUALS`, `RATES` or `SHARES`. Shares are 0 to 1. `baseline` is the number of points from which the
    limits come.
    """

    key: str
    title: str
    unit: str
    kind: str
    points: tuple[Point, ...]
    baseline: int
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def signalled(self) -> tuple[Point, ...]:
        """The points that are remarkable."""
        return tuple(point for point in self.points if point.signals)

    def to_json(self) -> dict[str, Any]:
        """Return the values of JSON."""
        return {
            "measure": self.key,
            "title": self.title,
            "unit": self.unit,
            "chart": self.kind,
            "baseline_points": self.baseline,
            "points": [_point_json(point) for point in self.points],
            "changes": [
                {"number": one.number, "setting": one.setting, "before": one.before, "after": one.after}
                for one in self.changes
            ],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Samples in their order, and the charts of what at least two of them have.

    `noun` is what a sample is ("folder" or "wafer"), `order` the rule of their order, `baseline` the number of samples
    from which limits come. `step` is the process step of wafers, None where it is not known.
    """

    noun: str
    order: str
    samples: tuple[Sample, ...]
    baseline: int
    charts: tuple[ControlChart, ...]
    notes: tuple[str, ...] = ()
    step: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the values of JSON."""
        return {
            "by": self.noun,
            "step": self.step,
            "order": self.order,
            "baseline": self.baseline,
            "samples": [
                {
                    "number": number,
                    "name": sample.name,
                    "path": sample.path,
                    "began": sample.began,
                    "images": len(sample.records),
                    "judged_images": len(sample.judged),
                }
                for number, sample in enumerate(self.samples, 1)
            ],
            "charts": [chart.to_json() for chart in self.charts],
            "notes": list(self.notes),
        }


def _point_json(point: Point) -> dict[str, Any]:
    limits = point.limits
    return {
        "number": point.number,
        "name": point.name,
        "value": point.value,
        "standard_deviation": point.spread,
        "count": point.count,
        "size": point.size,
        "centre": None if limits is None else limits.centre,
        "lower": None if limits is None else limits.lower,
        "upper": None if limits is None else limits.upper,
        "signals": list(point.signals),
    }
