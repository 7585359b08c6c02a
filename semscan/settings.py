"""Frozen settings. The only place where a default is written."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from semscan.errors import UsageFault

IMAGE_SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp")
GOOD_NAMES = ("good", "ok", "normal", "pass", "reference")
AUTO = "auto"
METHODS = (AUTO, "model", "periodic", "reference")
DEFAULT_MODEL = "semscan-model"
DEFAULT_RESULTS = "semscan-results"
DEFAULT_EVALUATION = "semscan-evaluation"
MODEL_VARIABLE = "SEMSCAN_MODEL"
SCHEMA_VERSION = 1
SMALLEST_SIDE = 16
# What config.json holds at most, and seeds that Keras takes: known before a training, not after it.
MOST_FALSE_ALARMS, MOST_NM, LARGEST_SEED = 1e6, 1e9, (1 << 32) - 1
LARGEST_PIXELS = 1 << 30


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How a file becomes one image.

    `databar`: "auto" (what the file says, else what its pixels show), "none", or rows. `nm_per_px` overrides what
    the file says. `ignore` and `care`: areas not to judge, or alone to judge; each ``x,y,w,h`` in pixels, a mask
    image (other than 0 counts), or a folder of masks called as the images are.
    """

    page: int = 0
    databar: str | int = "auto"
    nm_per_px: float | None = None
    ignore: tuple[str, ...] = ()
    care: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.nm_per_px is not None and not 0 < self.nm_per_px <= MOST_NM:
            raise UsageFault(f"--nm-per-px is {self.nm_per_px}, wanted a number above 0, at most {MOST_NM:g}")


@dataclass(frozen=True, slots=True)
class RegionSettings:
    """Which part of a map is reported. Map units 0 to 1; `min_area` and `closing` in pixels."""

    threshold: float = 0.5
    low: float | None = None
    min_area: int = 4
    closing: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.threshold < 1:
            raise UsageFault(f"a threshold of {self.threshold} is outside 0 to 1 (1 itself is never reached)")
        if self.low is not None and not 0 <= self.low <= self.threshold:
            raise UsageFault(f"--low {self.low} lies above the threshold {self.threshold}; give a lower one")


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """What inspect leaves behind for each image."""

    out: str = DEFAULT_RESULTS
    overlay: bool = True
    mask: bool = True
    map: bool = True
    crops: bool = False
    reference: bool = True


@dataclass(frozen=True, slots=True)
class PostprocessSettings:
    """How saved maps are cut anew. `images` is where to look for their images, `output` None writes nothing."""

    regions: RegionSettings = RegionSettings()
    images: str | None = None
    output: OutputSettings | None = None


def _refuse_nan(settings: Any) -> None:
    """NaN passes every comparison of a range; it would be found after the whole training only."""
    for field in fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageFault(f"--{field.name.replace('_', '-')} is {value}, wanted a finite number")


def _check_false_alarms(rate: float) -> None:
    if not 0 <= rate <= MOST_FALSE_ALARMS:
        raise UsageFault(f"--false-alarms is {rate:g}, wanted a number of 0 to {MOST_FALSE_ALARMS:g}")


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
        _refuse_nan(self)


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
        _refuse_nan(self)
        _check_false_alarms(self.false_alarms)


# px: the autoencoder sees about 250 px, and wants to see a few repeats of a pattern; longer ones are halved.
LONG_PITCH = 64.0
AUTOENCODER_STEPS, AUTOENCODER_TILE, AUTOENCODER_BATCH, AUTOENCODER_RATE = 2400, 256, 8, 2e-3
CLASSIFIER_STEPS, CLASSIFIER_SIDE, CLASSIFIER_BATCH, CLASSIFIER_RATE = 800, 384, 16, 1e-3
# Raw score softplus(-1): below it the network holds a painted defect for less likely than one in four.
AUTOENCODER_FLOOR = 0.3133
OVERLAP = 96
TILE_GROWTH = 2.2  # times the training patch: tiles may be larger in inspection, where that makes fewer of them
SURROUND_SHARE, SURROUND_REACH = 0.1, 16.0
GALLERY_BYTES = 1 << 29  # with TensorFlow, a training stays below 3 GB
# Shares of the training patches that show real defects (where some are labelled), and accepted regions.
LABELLED_SHARE, ACCEPTED_SHARE = 0.3, 0.15
MOST_ZOOM = 2.0  # images of another magnification are resampled up to this far


@dataclass(frozen=True, slots=True)
class CalibrateSettings:
    """A new 0.5 for a model. `false_alarms` None: as in training; at most `most` images are used."""

    out: str
    false_alarms: float | None = None
    overwrite: bool = False
    most: int = 200
    read: ReadSettings = ReadSettings()

    def __post_init__(self) -> None:
        _refuse_nan(self)
        if self.false_alarms is not None:
            _check_false_alarms(self.false_alarms)


@dataclass(frozen=True, slots=True)
class InspectSettings:
    """All that inspect and score need to know."""

    method: tuple[str, ...] = (AUTO,)
    model: str | None = None
    reference: str | None = None
    read: ReadSettings = ReadSettings()
    regions: RegionSettings = RegionSettings()
    output: OutputSettings = OutputSettings()
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class EvaluateSettings:
    """All that evaluate needs to know. `draws` test sets are drawn anew for the intervals; the picture of
    failures shows up to `shown` of each kind."""

    inspect: InspectSettings = InspectSettings()
    out: str = DEFAULT_EVALUATION
    good: str | None = None
    seed: int = 0
    draws: int = 1000
    shown: int = 12


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


EXPORTS = ("html", "klarf", "coco", "roi", "labelme", "csv")


@dataclass(frozen=True, slots=True)
class KlarfSettings:
    """What a KLARF file says of the wafer, which no image knows."""

    lot: str = "UNKNOWN"
    wafer: str = "UNKNOWN"
    device: str = "UNKNOWN"
    step: str = "UNKNOWN"
    setup: str = "semscan"
    slot: int = 1


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """In which forms a finished inspection is told, and where: `out` None is its own folder."""

    to: tuple[str, ...] = ("html",)
    out: str | None = None
    klarf: KlarfSettings = KlarfSettings()


PATTERNS = ("lines", "contacts")
DEFECTS = {
    "lines": ("bridge", "micro-bridge", "break", "pinch", "particle", "residue", "scratch"),
    "contacts": ("missing", "merged", "oversized", "particle", "residue", "scratch"),
}


UNKNOWN, SURE = "unknown", 0.6  # what a region is called whose best class has a smaller probability


@dataclass(frozen=True, slots=True)
class SynthSettings:
    """One recipe of synthetic SEM images. Lengths in pixels, signal 0 (black) to about 1 (white).

    `cd` is the line width or hole diameter, half the pitch if None. `roughness` is one standard
    deviation of one edge, `correlation` its length, `hurst` its exponent, `edge_link` how alike the two
    edges of a line are. `dose` is electrons per pixel at signal 1. `tilt` is the sidewall's angle in
    degrees: yield rises as ``1/cos(tilt)``. What varies image by image does so within `rotation`
    (degrees), `drift`, `magnification`, `gradient`, `brightness` and `contrast` (shares). A pixel belongs
    to a defect's mask where the noise-free signal differs by more than `visible`.
    """

    pattern: str = "lines"
    rows: int = 256
    cols: int = 256
    pitch: float = 28.0
    cd: float | None = None
    lattice: str = "square"
    angle: float = 0.0
    roughness: float = 0.5
    correlation: float = 10.0
    hurst: float = 0.75
    edge_link: float = 0.1
    top: float = 0.42
    bottom: float = 0.18
    tilt: float = 70.0
    bloom: float = 1.8
    shadow: float = 0.06
    shadow_reach: float = 4.0
    grain: float = 0.012
    blur: float = 0.8
    astigmatism: float = 0.15
    rotation: float = 1.0
    drift: float = 1.0
    magnification: float = 0.003
    charging: float = 0.03
    charging_reach: float = 60.0
    gradient: float = 0.06
    brightness: float = 0.02
    contrast: float = 0.06
    dose: float = 40.0
    lag: float = 0.12
    row_noise: float = 0.01
    read_noise: float = 0.01
    bits: int = 8
    visible: float = 0.04
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SynthSetSettings:
    """How many images of which kinds are written, and where. `defects` None: all of the pattern."""

    train: int = 16
    test_good: int = 8
    per_defect: int = 4
    mixed: int = 0
    defects: tuple[str, ...] | None = None
    layout: str = "mvtec"
    format: str = "png"
    overwrite: bool = False


DEFAULT_EXPLANATION, DEFAULT_COMPARISON = "semscan-explain", "semscan-compare"
BACKGROUNDS = ("patches", "reconstruction", "repeats", "blur")


@dataclass(frozen=True, slots=True)
class FaithfulSettings:
    """How it is tested whether the attended area matters.

    The image is replaced by its `background` in squares of `block` px, at these `shares` of it, in the order of
    attention, against it, and in `draws` random orders. Patches are taken from up to `reach` px away, none from
    the most attended `avoid` of the image. `blur`: deviation in pixels of the blurred background; `rim`: of the
    soft edge of what is replaced. A gap of the areas under the curves counts from `margin` of the whole fall of
    the score on, and a whole fall of less than `fall` allows no answer.
    """

    background: str = BACKGROUNDS[0]
    block: int = 16
    shares: tuple[float, ...] = (0.0, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 1.0)
    draws: int = 3
    reach: int = 96
    avoid: float = 0.05
    blur: float = 12.0
    rim: float = 2.0
    margin: float = 0.1
    fall: float = 0.1
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ExplainSettings:
    """All that explain needs to know. `faithful` None: the test is not made."""

    model: str | None = None
    out: str = DEFAULT_EXPLANATION
    read: ReadSettings = ReadSettings()
    faithful: FaithfulSettings | None = None


DEPLOY_FORMATS = ("onnx", "savedmodel", "tflite")


@dataclass(frozen=True, slots=True)
class DeploySettings:
    """A model for another runtime. An answer may differ from semscan's own by at most `tolerance`: absolutely in
    the map (0 to 1), relative to the largest one in the logits."""

    to: str
    out: str
    overwrite: bool = False
    tolerance: float = 1e-3


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
