"""Training, calibration and comparison."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.settings.checks import check_false_alarms, refuse_nan
from semscan.settings.inspect import AUTO, DEFAULT_MODEL
from semscan.settings.read import ReadSettings

MAX_SEED = (1 << 32) - 1  # the largest that Keras accepts
DEFAULT_COMPARISON = "semscan-compare"

MATCH = "match"
KEEP = "keep"
BRIGHTNESS = (AUTO, MATCH, KEEP)

# The autoencoder. Its receptive field is about 250 px and should hold a few repeats of a pattern.
AUTOENCODER_STEPS = 2400
AUTOENCODER_TILE = 256  # px
AUTOENCODER_BATCH = 8
AUTOENCODER_RATE = 2e-3
LONG_PITCH = 64.0  # px; images of a longer pitch are halved

# The attention CNN.
CLASSIFIER_STEPS = 800
CLASSIFIER_SIDE = 384  # px
CLASSIFIER_BATCH = 16
CLASSIFIER_RATE = 1e-3

# Tiles in inspection.
OVERLAP = 96  # px
TILE_GROWTH = 2.2  # largest side in training patches: larger tiles where that makes fewer of them
SURROUND_SHARE = 0.1  # of the neighbourhood's mean raw score, added to that of a pixel
SURROUND_REACH = 16.0  # px, standard deviation of the neighbourhood

LOOKS_WITHIN = 0.005  # average precision by which the default number of looks may lie below that of the best

IMAGE_CACHE_BYTES = 1 << 29  # with TensorFlow, a training stays below 3 GB
# Shares of the training patches with real defects (where some are labelled), and with accepted regions.
LABELLED_SHARE = 0.3
ACCEPTED_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class AugmentSettings:
    """How training patches vary.

    Parameters
    ----------
    flip : bool
        Mirror them at random.
    turn : str
        "auto": turn them by 90 degrees where the good images have the same appearance both ways; "yes" or "no".
    gain, offset : float
        Largest change of contrast (natural logarithm) and of brightness (share of full scale).
    noise : float
        Largest standard deviation of added noise, share of full scale.
    shift : int
        Largest shift, px; for the attention CNN only.
    """

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
    """All that train needs to know. None, or "auto", is sized to the data and the network.

    Parameters
    ----------
    out : str
        Model folder to write.
    model, attention, backbone : str
        Names in the registries of networks, attention mechanisms and backbones.
    seam : bool
        Teach the attention CNN that a smaller, mirrored image has the same map (SEAM).
    zoom : float or str
        Share of their size at which the autoencoder reads images, 0.25 to 1, or "auto".
    brightness : str
        One of `BRIGHTNESS`: whether the autoencoder sees all images at one brightness and contrast.
    good : str or None
        Name of the good class's folder; None: one of `GOOD_NAMES`.
    steps : int or None
        Number of training steps.
    time_limit : float or None
        Longest training time, s; None: no limit.
    seed : int
        From 0 to `MAX_SEED`; the same seed and steps give the same model on the same machine.
    resume, overwrite : bool
        Go on with an interrupted training; replace a finished model.
    start_from : str or None
        Model folder whose weights the training starts from.
    false_alarms : float
        False regions per good image for which the threshold is set.
    learning_rate, dropout : float or None
        Of the optimiser; share of the features that dropout removes, 0 to 1.
    clip : float
        Largest norm of the gradients.
    patience : int
        Rounds without progress after which the training stops.
    precision : str
        Of the arithmetic: "auto", "float32" or "bfloat16".
    tensorboard : bool
        Write logs for TensorBoard.
    held_back : float
        Share of the good images, or of each image where there are few, held out from training for calibration.
    few : int
        Number of good images below which shares of images are held out instead of whole ones.
    accept : tuple of str
        Files with regions that are accepted as harmless.
    accept_all : bool
        Every region in these files is harmless; else those that are marked.
    review : tuple of str
        Files with the decisions of a review (review.jsonl), beside the results that they are about.
    augment, read
        How training patches vary, and how images are read.
    progress : bool
        Show progress bars where standard error is a terminal.
    """

    out: str = DEFAULT_MODEL
    model: str = "auto"
    attention: str = "auto"
    backbone: str = "auto"
    seam: bool = False
    zoom: float | str = AUTO
    brightness: str = AUTO
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
    accept_all: bool = False
    review: tuple[str, ...] = ()
    augment: AugmentSettings = AugmentSettings()
    read: ReadSettings = ReadSettings()
    progress: bool = True

    def __post_init__(self) -> None:
        refuse_nan(self)
        check_false_alarms(self.false_alarms)


@dataclass(frozen=True, slots=True)
class CalibrateSettings:
    """How the threshold of a model, or of a method without training, is calibrated.

    Parameters
    ----------
    out : str
        Model folder to write.
    method : str or None
        One of `untrained_methods`; None where a model is given.
    reference : str or None
        Reference image, or folder of references, for a method that needs one.
    false_alarms : float or None
        False regions per good image for which the threshold is set; None: as in training, or as the method promises.
    overwrite : bool
        Replace a finished model.
    most : int
        Largest number of images to use.
    looks : int or None
        Looks at each tile for which the threshold of a network is set; None: the number of the model.
    device : str
        One of `semscan.settings.DEVICES`, for a network.
    read : ReadSettings
        How images are read.
    review : tuple of str
        Files of decisions (review.jsonl) that set the threshold instead of good images.
    nuisance_filter : bool
        Also learn from them which regions are a nuisance.
    """

    out: str
    method: str | None = None
    reference: str | None = None
    false_alarms: float | None = None
    overwrite: bool = False
    most: int = 200
    looks: int | None = None
    device: str = AUTO
    read: ReadSettings = ReadSettings()
    review: tuple[str, ...] = ()
    nuisance_filter: bool = True

    def __post_init__(self) -> None:
        refuse_nan(self)
        if self.false_alarms is not None:
            check_false_alarms(self.false_alarms)


@dataclass(frozen=True, slots=True)
class DoctorSettings:
    """What doctor reports.

    Parameters
    ----------
    good : str or None
        Name of the good class's folder; None: one of `GOOD_NAMES`.
    read : ReadSettings
        How images are read.
    flat : float
        Contrast (0.5 to 99.5 percentile, share of full scale) below which an image is blank.
    clipped : float
        Share of pixels at one end of the scale above which an image is saturated.
    bits : int
        Largest number of the 64 bits in which the hashes of near-duplicates differ.
    alike : float
        Smallest correlation of their fine detail. Copies, blurred or saved as poor JPEG, have 0.75 and more; other
        images of the same pattern up to 0.45.
    contrast, detail : float
        Factors of contrast and of the size of structures by which an image differs from the median one.
    brightness : float
        Difference of its brightness, share of full scale.
    scale : float
        Factor above which two nm per pixel are two magnifications.
    few : int
        Number of good images below which doctor asks for more.
    sample : int
        Largest number of images that the quick check before a training reads.
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
    """Which networks are trained side by side.

    Parameters
    ----------
    out : str
        Folder to write to.
    models : tuple of str
        Names of networks; "auto": as the data ask for.
    attentions : tuple of str
        Names of attention mechanisms; empty: all of them.
    backbones, seam : tuple
        For the attention CNN, as in `TrainSettings`.
    seeds : tuple of int
        One training for each.
    steps : int or None
        Number of steps of each training.
    time_limit : float or None
        Longest time of each training, s.
    good : str or None
        Name of the good class's folder; None: one of `GOOD_NAMES`.
    read : ReadSettings
        How images are read.
    progress : bool
        Show progress bars where standard error is a terminal.
    cluster : str or None
        As for `InspectSettings`: the runs are made side by side.
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
    cluster: str | None = None
