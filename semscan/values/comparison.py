"""The record of a comparison of networks: what `compare.json` holds."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.values.json_record import JsonRecord
from semscan.values.record import ERROR, OK


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRun(JsonRecord):
    """One network trained with one seed. From `model` on the values are of a run that succeeded; None is undefined.

    `held_back_accuracy` is of the classes of held-out images; `seconds` is the time of training; `ended` says why it
    ended. `error` is of a run that failed, in one line.
    """

    name: str
    kind: str
    backbone: str
    attention: str
    seam: bool
    seed: int
    status: str
    model: str | None = None
    image_auroc: float | None = None
    pixel_auroc: float | None = None
    pixel_ap: float | None = None
    recall_at_1fp: float | None = None
    held_back_accuracy: float | None = None
    parameters: int | None = None
    steps: float | None = None
    seconds: float | None = None
    ended: str | None = None
    error: str | None = None

    @property
    def is_usable(self) -> bool:
        """True if it can stand in the table."""
        return self.whole and (self.status == OK or (self.status == ERROR and self.error is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread(JsonRecord):
    """A figure over the seeds."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFigures(JsonRecord):
    """One network over its seeds; None where no run has the figure. `failed` runs are not among the `seeds`."""

    kind: str
    backbone: str
    attention: str
    seam: bool
    seeds: int
    failed: int
    image_auroc: Spread | None = None
    pixel_auroc: Spread | None = None
    pixel_ap: Spread | None = None
    recall_at_1fp: Spread | None = None
    held_back_accuracy: Spread | None = None
    parameters: Spread | None = None
    steps: Spread | None = None
    seconds: Spread | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(JsonRecord):
    """All runs and the table of them, best network first. `task` is a hash of what all runs have in common."""

    data: str
    status: str = OK
    budget: str
    seeds: tuple[int, ...]
    task: str
    notes: tuple[str, ...] = ()
    runs: tuple[ComparisonRun, ...] = ()
    table: tuple[NetworkFigures, ...] = ()
