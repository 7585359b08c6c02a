"""What a model's config.json states, as values. `semscan.files.models.config` alone reads and writes the JSON.

A key that models of earlier versions lack is None here, or has the default that those models were made with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from semscan.values.detection import DetectionCurve

MOST_LOOKS = 4  # at each tile
TIME_LIMIT = "time limit"  # why a training ended
# What set a threshold: false regions that were counted; their tail, continued; the lowest and the highest threshold
# that the network is given; accepted regions.
RULES = COUNTED, TAIL, FLOOR, CEILING, ACCEPTED, REVIEWED = (
    *("counted", "tail", "floor", "ceiling", "accepted", "reviewed"),
)
# What a nuisance filter compares of regions: logarithms of the area in px, of the elongation, and of peak and mean in
# multiples of the threshold; the share of the rectangle of its Feret diameters that a region fills; contrast and mean
# grey level as shares of the grey scale.
LOOK_MEASURES = ("log_area", "log_elongation", "filled", "log_peak", "log_mean", "contrast", "mean_grey")


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


@dataclass(frozen=True, slots=True)
class RegionLook:
    """What regions are compared by: the class, its probability (0 to 1), and one number for each of `LOOK_MEASURES`."""

    class_name: str
    class_probability: float
    measures: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DecidedRegion:
    """A region that a reviewer called real or harmless. `image` stands for the file name, 8 hexadecimal digits."""

    image: str
    look: RegionLook
    is_real: bool


@dataclass(frozen=True, slots=True)
class NuisanceFilter:
    """Marks the regions that look like those of a review that are harmless; see `semscan.regions.nuisance_filter`.

    A region of a share above `cut`, 0 to 1, is a nuisance. The regions were cut at the threshold beside the filter.
    """

    decided: tuple[DecidedRegion, ...]
    cut: float


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
class TrainingTask:
    """What a training was asked to do.

    `layout` describes the folder in words. `images` counts the images, `data_fingerprint` names their content.
    `augment` holds the fields of `semscan.settings.AugmentSettings`. `accept` are files of accepted regions,
    `review` files of decisions.
    """

    layout: str
    images: int
    data_fingerprint: str
    augment: Mapping[str, Any]
    clip: float
    false_alarms: float
    start_from: str | None = None
    accept: tuple[str, ...] = ()
    review: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FitRecord:
    """How the fit went; None for what a model does not state.

    `ended` is the reason in words; `seconds` include those before a resume. `falling` is the share by which the
    validation loss fell over the last fifth of the training. `held_out_accuracy` (0 to 1) of `held_out_images` is there
    for a network that learns classes; `held_out_majority` of those are of the largest class.
    """

    precision: str | None = None
    batch: int | None = None
    learning_rate: float | None = None
    steps: int | None = None
    steps_done: int | None = None
    ended: str | None = None
    seconds: float | None = None
    parameters: int | None = None
    falling: float | None = None
    held_out_accuracy: float | None = None
    held_out_images: int | None = None
    held_out_majority: int | None = None


@dataclass(frozen=True, slots=True)
class AcceptedCount:
    """Accepted regions that were trained on, and how many of them still lie above the threshold."""

    regions: int
    still_above: int


@dataclass(frozen=True, slots=True)
class LabelledCount:
    """How the few labelled images were used.

    `images` counts them all, `by_mask` those with a usable mask, `by_repeats` those whose defects differ from the
    image's own repeats, `defects` the defects found. Of `checked` others, `checked_above` have a score above the
    threshold; None where none was checked.
    """

    images: int
    by_mask: int
    by_repeats: int
    defects: int
    checked: int | None = None
    checked_above: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewedCount:
    """What a training learned from reviews.

    `harmless` regions became normal; `real` ones, and the `missed` defects that were drawn, became labelled defects.
    `good_images` have no defects by the review. `left_out` counts the decisions that could not be used.
    """

    harmless: int
    real: int
    missed: int
    good_images: int
    left_out: int


@dataclass(frozen=True, slots=True)
class OutlierNote:
    """A good training image that looks unusual: its file, and why."""

    image: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What is known of a training; None for what a model does not state.

    `export_difference` is the largest difference between the exported graph and the network, relative to the
    largest answer.
    """

    task: TrainingTask | None = None
    fit: FitRecord = FitRecord()
    export_difference: float | None = None
    accepted: AcceptedCount | None = None
    outliers: tuple[OutlierNote, ...] | None = None
    labelled: LabelledCount | None = None
    reviewed: ReviewedCount | None = None


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
    training: TrainingRecord = TrainingRecord()
    libraries: Mapping[str, str] = field(default_factory=dict)
    graph_sha256: str = ""
    weights_sha256: str = ""
    painted: DetectionCurve | None = None
    looks: Looks = field(default_factory=Looks)
    nuisance: NuisanceFilter | None = None
