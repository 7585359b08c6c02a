"""Training, calibration and comparison."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.settings.checks import check_false_alarms, refuse_nan
from semscan.settings.inspect import AUTO, DEFAULT_MODEL
from semscan.settings.read import ReadSettings

SCHEMA_VERSION = 1
LARGEST_SEED = (1 << 32) - 1
# px: the autoencoder sees about 250 px, and wants to see a few repeats of a pattern; longer ones are halved.
LONG_PITCH = 64.0
AUTOENCODER_STEPS = 2400
AUTOENCODER_TILE = 256
AUTOENCODER_BATCH = 8
AUTOENCODER_RATE = 2e-3
CLASSIFIER_STEPS = 800
CLASSIFIER_SIDE = 384
CLASSIFIER_BATCH = 16
CLASSIFIER_RATE = 1e-3
# Raw score softplus(-1): below it the network holds a painted defect for less likely than one in four.
AUTOENCODER_FLOOR = 0.3133
OVERLAP = 96
TILE_GROWTH = 2.2  # times the training patch: tiles may be larger in inspection, where that makes fewer of them
SURROUND_SHARE = 0.1
SURROUND_REACH = 16.0
GALLERY_BYTES = 1 << 29  # with TensorFlow, a training stays below 3 GB
# Shares of the training patches that show real defects (where some are labelled), and accepted regions.
LABELLED_SHARE = 0.3
ACCEPTED_SHARE = 0.15
MOST_ZOOM = 2.0  # images of another magnification are resampled up to this far
DEFAULT_COMPARISON = "semscan-compare"


@dataclass(frozen=True, slots=True)
class AugmentSettings:
    """How training patches vary. `gain` and `offset`: largest change of contrast (log) and brightness
    (of full scale); `noise`: largest added noise; `shift`: largest move in pixels (classifier only);
    `turn`: "auto" turns by 90 degrees only where the good images look the same both ways."""

    flip: bool = True
    turn: str = "auto"
    gain: float = 0.15
    offset: float = 0.06
    noise: float = 0.03
    shift: int = 8

    def __post_init__(self) -> None:
        refuse_nan(self)


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """All that train needs to know. None means: sized to the data and the network.

    `steps` and `time_limit` (seconds): see the contract. `held_back` is the share of good images (or of
    each image, when there are few) kept from training for calibration. `few` is the number of good
    images under which shares of images are held back instead of whole ones. `zoom`: at which share of their size
    the autoencoder sees images. `progress`: show progress bars where standard error is a terminal.
    """

    out: str = DEFAULT_MODEL
    model: str = "auto"
    attention: str = "auto"
    backbone: str = "auto"
    seam: bool = False
    zoom: float | str = AUTO
    good: str | None = None
    steps: int | None = None
    time_limit: float | None = None
    seed: int = 0
    resume: bool = False
    overwrite: bool = False
    start_from: str | None = None
    false_alarms: float = 0.1
    learning_rate: float | None = None
    dropout: float | None = None
    clip: float = 1.0
    patience: int = 12
    precision: str = "auto"
    tensorboard: bool = False
    held_back: float = 0.2
    few: int = 10
    accept: tuple[str, ...] = ()
    augment: AugmentSettings = AugmentSettings()
    read: ReadSettings = ReadSettings()
    progress: bool = True

    def __post_init__(self) -> None:
        refuse_nan(self)
        check_false_alarms(self.false_alarms)


@dataclass(frozen=True, slots=True)
class CalibrateSettings:
    """A new 0.5 for a model. `false_alarms` None: as in training; at most `most` images are used."""

    out: str
    false_alarms: float | None = None
    overwrite: bool = False
    most: int = 200
    read: ReadSettings = ReadSettings()

    def __post_init__(self) -> None:
        refuse_nan(self)
        if self.false_alarms is not None:
            check_false_alarms(self.false_alarms)


@dataclass(frozen=True, slots=True)
class DoctorSettings:
    """From where doctor speaks up.

    `flat`: full contrast (0.5 to 99.5 percentile) of full scale under which an image is blank. `clipped`: share
    of pixels at either end of the scale. `bits` of 64 in which the hashes of near-duplicates may differ, and
    `alike`, the least correlation of what is finer than a few pixels in them: copies, blurred or saved as JPEG of
    poor quality, have 0.75 and more, other images of the same pattern up to 0.45. `contrast` and `detail` are
    factors, `brightness` a share of full scale, by which an image differs from the middle one. `scale`: factor
    between known magnifications. Fewer than `few` good images are few. `sample` images are looked at by the
    quick look.
    """

    good: str | None = None
    read: ReadSettings = ReadSettings()
    flat: float = 0.02
    clipped: float = 0.05
    bits: int = 12
    alike: float = 0.6
    contrast: float = 1.6
    detail: float = 1.4
    brightness: float = 0.15
    scale: float = 1.02
    few: int = 5
    sample: int = 24


@dataclass(frozen=True, slots=True)
class CompareSettings:
    """Which networks are trained side by side, and how long each: `steps`, or `time_limit` in seconds.

    `models` auto: as the data ask for; empty `attentions`: all. Backbones and `seam` are for the attention CNN.
    `progress`: show progress bars where standard error is a terminal.
    """

    out: str = DEFAULT_COMPARISON
    models: tuple[str, ...] = (AUTO,)
    attentions: tuple[str, ...] = ()
    backbones: tuple[str, ...] = ("plain",)
    seam: tuple[bool, ...] = (False,)
    seeds: tuple[int, ...] = (0, 1)
    steps: int | None = None
    time_limit: float | None = 180.0
    good: str | None = None
    read: ReadSettings = ReadSettings()
    progress: bool = True
