"""Inspection, regions, evaluation and explanation."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.errors import UsageFault
from semscan.settings.read import ReadSettings

AUTO = "auto"
METHODS = (AUTO, "model", "periodic", "reference")
DEFAULT_MODEL = "semscan-model"
DEFAULT_RESULTS = "semscan-results"
DEFAULT_EVALUATION = "semscan-evaluation"
MODEL_VARIABLE = "SEMSCAN_MODEL"
# what a region is called whose best class has a smaller probability
UNKNOWN = "unknown"
SURE = 0.6
DEFAULT_EXPLANATION = "semscan-explain"
BACKGROUNDS = ("patches", "reconstruction", "repeats", "blur")


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
