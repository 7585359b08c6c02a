"""Where the scores of a method come from: the model or the reference, and the calibration of its threshold.

`MethodConfig` is what the config.json of a calibrated method states.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from semscan.values.detection import DetectionCurve
from semscan.values.model.calibration import Calibration
from semscan.values.model.nuisance import NuisanceFilter


@dataclass(frozen=True, slots=True)
class ChanceCalibration:
    """The threshold of a method without training: what chance reaches in the image or the pair itself.

    `false_alarms` is the number of false regions per good image that it promises at most. `held_out` states in words
    what chance was measured on.
    """

    raw_threshold: float
    false_alarms: float
    held_out: str

    def to_json(self) -> dict[str, Any]:
        """Return the object ``calibration`` of run.json and a map's description."""
        return {
            "raw_threshold": self.raw_threshold,
            "false_alarms": self.false_alarms,
            "held_back": self.held_out,
        }


@dataclass(frozen=True, slots=True)
class CombinedCalibration:
    """The threshold of several methods together, in multiples of each one's own; `thresholds` holds those by name."""

    raw_threshold: float | None
    thresholds: Mapping[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """Return the object ``calibration`` of run.json and a map's description."""
        return {"raw_threshold": self.raw_threshold, "witnesses": dict(self.thresholds)}


@dataclass(frozen=True, slots=True)
class MethodConfig:
    """A method without training, and the threshold that good images gave it.

    `method` is a name of `semscan.settings.METHODS`; ``calibration.raw_threshold`` is one of its raw scores.
    `raw_map` names what these scores come from, see `semscan.pipeline.methods.raw_map`: the threshold holds for no
    others. `nm_per_pixel` is that of the good images, None if it is not known or not one. `appearance` is the median
    and the spread of each measure of `semscan.image.appearance`. `painted` says which of the defects painted into good
    images the method finds at this threshold. `nuisance` marks regions that a review called harmless, None without one.
    `libraries` are the versions that measured, by name.
    """

    semscan_version: str
    method: str
    raw_map: str
    calibration: Calibration
    nm_per_pixel: float | None = None
    appearance: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    painted: DetectionCurve | None = None
    libraries: Mapping[str, str] = field(default_factory=dict)
    nuisance: NuisanceFilter | None = None


@dataclass(frozen=True, slots=True)
class MethodProvenance:
    """What a method's scores come from.

    `model` is the path of the model folder, `kind` its network, `fingerprint` names its content, `looks` is how many
    looks at each tile it takes. `reference` is the
    path of the image or folder compared with. `painted` says which defects painted into good images a model found at
    the end of its training; `enlarge` is how much smaller than the image a model
    sees it; `nuisance` marks regions that a review called harmless; the JSON states its cut
    and the number of its regions. `painted` and `enlarge` are no part of the JSON. None where the method has none.
    """

    calibration: Calibration | ChanceCalibration | CombinedCalibration | None = None
    model: str | None = None
    kind: str | None = None
    fingerprint: str | None = None
    looks: int | None = None
    reference: str | None = None
    painted: DetectionCurve | None = None
    enlarge: float = 1.0
    nuisance: NuisanceFilter | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object ``method`` of run.json: what is known, by name.

        Examples
        --------
        >>> MethodProvenance(reference="golden.png").to_json()
        {'reference': 'golden.png'}
        """
        filtering = self.nuisance
        stated = {
            "model": self.model,
            "kind": self.kind,
            "fingerprint": self.fingerprint,
            "looks": self.looks,
            "reference": self.reference,
            "calibration": None if self.calibration is None else self.calibration.to_json(),
            "nuisance_filter": filtering and {"cut": filtering.cut, "decided": len(filtering.decided)},
        }
        return {key: value for key, value in stated.items() if value is not None}


def combined_provenance(provenances: Sequence[MethodProvenance], calibration: CombinedCalibration) -> MethodProvenance:
    """Join what several methods come from; the first that has a model or a reference states it."""
    models = [one for one in provenances if one.model is not None]
    model = models[0] if models else MethodProvenance()
    references = [one.reference for one in provenances if one.reference is not None]
    return MethodProvenance(
        calibration=calibration,
        model=model.model,
        kind=model.kind,
        fingerprint=model.fingerprint,
        looks=model.looks,
        reference=references[0] if references else None,
    )
