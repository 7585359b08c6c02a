"""Inspection, regions, evaluation and explanation."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.errors import UsageFault
from semscan.settings.read import ReadSettings

AUTO = "auto"
# The methods of --method: name to "module:factory", which makes the method from InspectSettings and is imported on use.
METHODS = {
    "model": "semscan.pipeline.methods.model:model_method",
    "periodic": "semscan.pipeline.methods.periodic:PeriodicMethod",
    "reference": "semscan.pipeline.methods.reference:ReferenceMethod",
    "dies": "semscan.pipeline.methods.dies:DiesMethod",
}
STREAM_ABOVE = 1 << 24  # pixels: 4,096 x 4,096; the whole-image way takes 1.3 GB for them
CALIBRATED = 0.5  # the calibrated threshold on the scale of the map
LEAST_AREA = 4  # px
DEFAULT_MODEL = "semscan-model"
DEFAULT_RESULTS = "semscan-results"
DEFAULT_EVALUATION = "semscan-evaluation"
DEFAULT_EXPLANATION = "semscan-explain"
MODEL_VARIABLE = "SEMSCAN_MODEL"
UNKNOWN = "unknown"  # class of a region whose best class is less probable than this:
MIN_CLASS_PROBABILITY = 0.6
LOOKS = (1, 2, 4)  # numbers of looks at each tile
DEVICES = (AUTO, "cpu", "cuda")
OVERLAY_STYLES = ("faded", "heat", "contour", "triptych")
BACKGROUNDS = ("patches", "reconstruction", "repeats", "blur")


def untrained_methods() -> tuple[str, ...]:
    """Return the names of the methods without training, whose threshold `semscan calibrate --method` sets.

    "dies" is not among them: its other images are good ones of the same lot.
    """
    return tuple(name for name in METHODS if name not in ("model", "dies"))


@dataclass(frozen=True, slots=True)
class RegionSettings:
    """Which part of an anomaly map is reported.

    Parameters
    ----------
    threshold : float
        Map value above which a pixel is a defect, from 0 to below 1.
    low : float or None
        Lower threshold of hysteresis, from 0 to `threshold`; None: no hysteresis.
    min_area : int
        Area of the smallest region, px.
    closing : int
        Radius of the closing that joins neighbouring regions, px.
    dark_lines : bool
        The darker part of a line pattern is the line, not the space: its bridge is not called a break.
    """

    threshold: float = CALIBRATED
    low: float | None = None
    min_area: int = LEAST_AREA
    closing: int = 0
    dark_lines: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.threshold < 1:
            raise UsageFault(f"--threshold is {self.threshold}, wanted from 0 to below 1; give another threshold")
        if self.low is not None and not 0 <= self.low <= self.threshold:
            raise UsageFault(f"--low is {self.low}, wanted from 0 to the threshold {self.threshold}; give a lower one")

    @property
    def is_as_sensitive_as_default(self) -> bool:
        """Whether all is reported that is reported by default, for which it is known what defects are found."""
        return self.threshold <= CALIBRATED and self.min_area <= LEAST_AREA


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """What inspect writes for each image.

    Parameters
    ----------
    out : str
        Folder to write to.
    overlay, mask, map, crops, reference : bool
        Which files to write: the picture with its regions, the mask, the anomaly map, a crop of each region, the
        golden reference.
    overlay_style : str
        One of `OVERLAY_STYLES`. faded: the map is faded within the outlines, so that the defect is seen. heat: it is
        not. contour: outlines without the map. triptych: as faded, with the golden reference and the difference next
        to it where there is a reference.
    title : str or None
        Words below the overlay in place of the file's name.
    """

    out: str = DEFAULT_RESULTS
    overlay: bool = True
    mask: bool = True
    map: bool = True
    crops: bool = False
    reference: bool = True
    overlay_style: str = OVERLAY_STYLES[0]
    title: str | None = None


@dataclass(frozen=True, slots=True)
class PostprocessSettings:
    """How regions are found again in saved maps.

    Parameters
    ----------
    regions : RegionSettings
        Which part of a map is reported.
    images : str or None
        Folder with the images of the maps; None: where they were inspected.
    output : OutputSettings or None
        What to write; None writes nothing.
    """

    regions: RegionSettings = RegionSettings()
    images: str | None = None
    output: OutputSettings | None = None


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """Where the edges of lines and holes lie when they are measured.

    Parameters
    ----------
    level : float or None
        Share of the way from the lowest to the highest value of the model profile, between 0 and 1; None for the step
        of the model, before the beam blurred it.
    dark_lines : bool
        The darker part of a pitch is the line, not the space.
    """

    level: float | None = 0.5
    dark_lines: bool = False

    def __post_init__(self) -> None:
        if self.level is not None and not 0 < self.level < 1:
            raise UsageFault(f"--level is {self.level:g}, wanted above 0 and below 1; 0.5 is half way up the edge")


@dataclass(frozen=True, slots=True)
class InspectSettings:
    """All that inspect and score need to know.

    Parameters
    ----------
    method : tuple of str
        Of `METHODS`; several are combined.
    model, reference : str or None
        Model folder; reference image, or folder of references.
    read, regions, output
        How images are read, which part of a map is reported, what is written.
    jobs : int
        Number of images inspected at a time.
    timeout : float or None
        Longest time for one image, s; 0: no limit; None: 3600 and 20 more for each MB of its file.
    max_memory : int or None
        Largest memory of the process of one image, bytes; None: a share of the machine.
    resume : bool
        Take over what earlier runs have judged from the same content, settings and model.
    follow : bool
        Inspect the images that are there and then those that come, without end.
    cluster : str or None
        Address of a Dask scheduler, or a number of processes on this machine; None: no cluster.
    looks : int or None
        How many looks at each tile a network takes, of `LOOKS`; None: the number of the model.
    device : str
        One of `DEVICES`, for a network.
    stream_above : int
        Number of pixels above which an image is read and scored in windows, where file and method allow it.
    nuisance_filter : bool
        Mark what the nuisance filter of a model calls harmless.
    measure : EdgeSettings or None
        How critical dimensions are measured; None: they are not.
    """

    method: tuple[str, ...] = (AUTO,)
    model: str | None = None
    reference: str | None = None
    read: ReadSettings = ReadSettings()
    regions: RegionSettings = RegionSettings()
    output: OutputSettings = OutputSettings()
    jobs: int = 1
    timeout: float | None = None
    max_memory: int | None = None
    resume: bool = False
    follow: bool = False
    cluster: str | None = None
    looks: int | None = None
    device: str = AUTO
    stream_above: int = STREAM_ABOVE
    measure: EdgeSettings | None = None
    nuisance_filter: bool = True


@dataclass(frozen=True, slots=True)
class EvaluateSettings:
    """All that evaluate needs to know.

    Parameters
    ----------
    inspect : InspectSettings
        How the test images are inspected.
    out : str
        Folder to write to.
    good : str or None
        Name of the good class's folder; None: one of `GOOD_NAMES`.
    seed : int
        Of the draws.
    draws : int
        Number of test sets drawn again from the images (bootstrap), for the confidence intervals.
    shown : int
        Largest number of failures of each kind in the picture of failures.
    """

    inspect: InspectSettings = InspectSettings()
    out: str = DEFAULT_EVALUATION
    good: str | None = None
    seed: int = 0
    draws: int = 1000
    shown: int = 12


@dataclass(frozen=True, slots=True)
class FaithfulSettings:
    """How explain tests whether the attended area carries the score.

    The image is replaced by a background, square by square: in the order of attention, in the opposite order, and
    in random orders. The score after each share gives a curve.

    Parameters
    ----------
    background : str
        One of `BACKGROUNDS`.
    block : int
        Side of a square, px.
    shares : tuple of float
        Replaced shares of the image at which it is scored, 0 to 1.
    draws : int
        Number of random orders.
    reach : int
        Patches for the background are taken from at most this far away, px.
    avoid : float
        Share of the image, the most attended one, that gives no patches.
    blur : float
        Standard deviation of the background "blur", px.
    rim : float
        Standard deviation of the soft edge of what is replaced, px.
    margin : float
        Smallest gap between the areas under two curves that counts, as a share of the whole fall of the score.
    fall : float
        Smallest whole fall of the score that allows an answer.
    seed : int
        Of the random orders.
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
    """All that explain needs to know.

    Parameters
    ----------
    model : str or None
        Model folder.
    out : str
        Folder to write to.
    read : ReadSettings
        How images are read.
    faithful : FaithfulSettings or None
        The test of the attended area; None: no test.
    method : str
        "model", "periodic" or "reference".
    reference : str or None
        As for `InspectSettings`, for the method "reference".
    """

    model: str | None = None
    out: str = DEFAULT_EXPLANATION
    read: ReadSettings = ReadSettings()
    faithful: FaithfulSettings | None = None
    method: str = "model"
    reference: str | None = None
