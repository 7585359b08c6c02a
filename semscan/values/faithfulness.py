"""The record of a faithfulness test: what `semscan explain --faithful` adds to the record of an image."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.values.json_record import JsonRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders(JsonRecord):
    """A curve for each order: most attended first, random, least attended first."""

    most: tuple[float, ...]
    random: tuple[float, ...]
    least: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAreas(JsonRecord):
    """The area under the curve of each order."""

    most: float
    random: float
    least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FaithfulnessCurves(JsonRecord):
    """The score at each of the `shares` of the image that are replaced (deletion) or left (insertion)."""

    shares: tuple[float, ...]
    deletion: Orders
    insertion: Orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Faithfulness(JsonRecord):
    """What was measured, and its curves. `score` names the measured score, `said` is the result in words."""

    score: str
    background: str
    said: str
    curves: FaithfulnessCurves
    deletion_auc: OrderAreas
    insertion_auc: OrderAreas
