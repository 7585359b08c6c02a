"""All that a model's config.json states. `semscan.files.models.config` alone reads and writes the JSON.

A key that models of earlier versions lack is None here, or has the default that those models were made with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from semscan.values.detection import DetectionCurve
from semscan.values.model.calibration import Calibration
from semscan.values.model.looks import Looks
from semscan.values.model.nuisance import NuisanceFilter
from semscan.values.model.training import TrainingRecord


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """What to build: the network and its parts by name.

    `kind` is a name of `semscan.settings.networks.NETWORKS`. `classes` are in the order of the logits; `good_class` is
    one of them. `dropout` is a share of the features, 0 to 1. `seam` is True where SEAM trained the network.
    """

    kind: str
    attention: str
    classes: tuple[str, ...] | None = None
    good_class: str | None = None
    backbone: str = "plain"
    dropout: float = 0.0
    seam: bool = False

    @property
    def good_index(self) -> int | None:
        """The place of the good class in the logits; None without one."""
        return None if self.good_class is None or self.classes is None else self.classes.index(self.good_class)


@dataclass(frozen=True, slots=True)
class Surround:
    """How much of its neighbourhood a pixel gets: `share` (0 to 1) of a Gaussian mean of `reach_px` pixels."""

    share: float
    reach_px: float


@dataclass(frozen=True, slots=True)
class Tiling:
    """How an image is cut into tiles, in pixels.

    Tiles have a side of `tile`, or up to `largest_tile` where that is cheaper, and overlap by at least `overlap`.
    An image is first shrunk until its longer side is at most `scale_to`. One longer than `largest_image`, the
    longest training image, is shrunk as much as that one and covered with several tiles.
    """

    tile: int
    overlap: int
    scale_to: int | None = None
    largest_tile: int | None = None
    largest_image: int | None = None
    surround: Surround | None = None

    @property
    def rim(self) -> int:
        """By how many pixels the largest training image was mirrored to fill a tile.

        Examples
        --------
        >>> Tiling(128, 64, scale_to=384, largest_image=112).rim, Tiling(128, 64).rim
        (16, 0)
        """
        if not self.scale_to or not self.largest_image:
            return 0
        return max(0, self.tile - min(self.scale_to, self.largest_image))


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Mean and standard deviation of the training images' grey levels, black 0 to white 1.

    With `matched`, every image is first brought to one brightness and contrast, see `semscan.image.brightness`.
    """

    mean: float
    std: float
    matched: bool = False


@dataclass(frozen=True, slots=True)
class TrainingDomain:
    """The images a model was trained on, so that others can be compared with them.

    `nm_per_pixel` is None if it is not known of all. The network saw images at `zoom` times their size. `appearance`
    is the median and the spread of each measure of `semscan.image.appearance`; empty where it was not recorded.
    """

    nm_per_pixel: float | None = None
    zoom: float = 1.0
    appearance: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassLimits:
    """How far from its class a region may lie, among the logits of all classes.

    `centres` holds the mean logits of each class's training regions, `inverse` (classes, classes) the inverse of
    their covariance, and `limits` the largest squared Mahalanobis distance from the centre. A class with few training
    regions is left out of both mappings.
    """

    centres: Mapping[str, tuple[float, ...]]
    inverse: tuple[tuple[float, ...], ...]
    limits: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """All of a model's config.json.

    `painted` says which of the defects painted into good images the model finds at its threshold. `nuisance` marks
    regions that a review called harmless; None without one.

    `libraries` are the versions that made the model, by name. `graph_sha256` is the hash of its graph, 64 hexadecimal
    digits; empty until the graph is written. `weights_sha256` is that of its weights; empty in
    models of earlier versions.
    """

    semscan_version: str
    network: NetworkConfig
    tiling: Tiling
    preprocessing: Preprocessing
    training_domain: TrainingDomain
    calibration: Calibration
    seed: int
    class_limits: ClassLimits | None = None
    training: TrainingRecord = field(default_factory=TrainingRecord)
    libraries: Mapping[str, str] = field(default_factory=dict)
    graph_sha256: str = ""
    weights_sha256: str = ""
    painted: DetectionCurve | None = None
    looks: Looks = field(default_factory=Looks)
    nuisance: NuisanceFilter | None = None
