"""How many looks at each tile a network takes, and its threshold with each number of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from semscan.values.detection import DetectionCurve
from semscan.values.model.calibration import Calibration

MOST_LOOKS = 4  # at each tile


@dataclass(frozen=True, slots=True)
class CalibratedLooks:
    """The calibration of a network for one number of looks, and which painted defects it finds with it."""

    calibration: Calibration
    painted: DetectionCurve | None = None


@dataclass(frozen=True, slots=True)
class Looks:
    """How many looks at each tile a network takes: as it is, turned by 180 degrees, mirrored each way.

    `default` is the number for which ``ModelConfig.calibration`` holds, and which the graph takes by itself. `others`
    are calibrated too. `painted_ap` is the average precision of the pixels of held-out patches with painted defects, by
    number of looks, 0 to 1; empty where it was not measured.
    """

    default: int = MOST_LOOKS
    others: Mapping[int, CalibratedLooks] = field(default_factory=dict)
    painted_ap: Mapping[int, float] = field(default_factory=dict)
