"""What the config.json of a calibrated method states, as values: a method without training, and its threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from semscan.values.detection import DetectionCurve
from semscan.values.model_config import Calibration


@dataclass(frozen=True, slots=True)
class MethodConfig:
    """A method without training, and the threshold that good images gave it.

    `method` is a name of `semscan.settings.METHODS`; ``calibration.raw_threshold`` is one of its raw scores.
    `nm_per_pixel` is that of the good images, None if it is not known or not one. `appearance` is the median and the
    spread of each measure of `semscan.image.appearance`. `painted` says which of the defects painted into good images
    the method finds at this threshold. `libraries` are the versions that measured, by name.
    """

    semscan_version: str
    method: str
    calibration: Calibration
    nm_per_pixel: float | None = None
    appearance: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    painted: DetectionCurve | None = None
    libraries: Mapping[str, str] = field(default_factory=dict)
