"""How the threshold of a model or of a method was set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# What set a threshold: false regions that were counted; their tail, continued; the lowest and the highest threshold
# that the network is given; accepted regions.
RULES = COUNTED, TAIL, FLOOR, CEILING, ACCEPTED, REVIEWED = (
    *("counted", "tail", "floor", "ceiling", "accepted", "reviewed"),
)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the threshold of a model was set.

    `raw_threshold` is the raw score that becomes 0.5 in the map; None for a model without a good class.
    `false_alarms` is the wanted number of false regions per good image, `reached` the measured one. `held_out`
    states in words which images were used. `worth` is their judged area in whole images. `rule` is one of `RULES`, None
    where a model does not state it.
    """

    raw_threshold: float | None
    false_alarms: float
    reached: float | None
    held_out: str
    worth: float | None = None
    rule: str | None = None

    @classmethod
    def unset(cls, false_alarms: float, held_out: str) -> Calibration:
        """Return the calibration of a model before its threshold is measured, and of one without a threshold."""
        return cls(None, false_alarms, None, held_out, 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return the object ``calibration`` of config.json, run.json and a map's description."""
        found: dict[str, Any] = {
            "raw_threshold": self.raw_threshold,
            "false_alarms": self.false_alarms,
            "reached": self.reached,
            "held_back": self.held_out,
        }
        stated = {"worth": self.worth, "rule": self.rule}
        return found | {key: value for key, value in stated.items() if value is not None}
