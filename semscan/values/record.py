"""The record of an image: the JSON that an inspection leaves, and that reports and later runs read back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from semscan.values import Box, Periodic
from semscan.values.detection import DetectsFrom
from semscan.values.json_record import JsonRecord, read_number, read_text
from semscan.values.measured.dimensions import Dimensions
from semscan.values.measured.extent import ExtentRecord

OK = "ok"
ERROR = "error"
CALIBRATED_THRESHOLD = 0.5  # in map units, of every method
# what a saved map says of its image, as the record says it
MAP_KEYS = (
    *("image", "source", "width", "height", "judged_fraction", "nm_per_pixel", "nm_per_pixel_source", "vendor"),
    *("data_bar_px", "data_bar_source", "ignored_fraction", "method", "model", "raw_score", "class_probabilities"),
    *("unlike_training", "detects_from", "dark_lines", "warnings", "periodic"),
)
LARGEST_PIXEL = 1 << 31
# How warnings begin that are about the model, or that are printed once for a whole run.
WEAK_MODEL = "weak model: "
DIFFERS = "differs from the training images: "
DIFFERS_FROM_GOOD = "differs from the good images of the calibration: "
UNLIKE = "unlike the training images: "


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRecord(JsonRecord):
    """One region of an image.

    Pixels count from the top left corner: `bbox` is x, y, width, height, `centroid` x, y. `peak` and `mean` are in
    map units. Lengths are in px and, where the scale is known, in nm; see `semscan.values.Measures`. `reviewed` is the
    verdict of a person: "real", "harmless", "unsure", or "missed" for a defect that was drawn; None without one.
    `extent` is that of the whole defect; None for a region that is part of the defect of the region `part_of`, and
    where it is not known.
    """

    KEYS: ClassVar[Mapping[str, str]] = {"class_name": "class", "methods": "witnesses"}
    OMITTED: ClassVar[frozenset[str]] = frozenset({"reviewed", "extent", "part_of"})

    id: int
    bbox: tuple[int, int, int, int]
    centroid: tuple[float, float]
    area_px: int
    peak: float
    mean: float = 0.0
    class_name: str | None = None
    class_probability: float | None = None
    nuisance: bool = False
    methods: tuple[str, ...] = ()
    equivalent_diameter_px: float | None = None
    feret_max_px: float | None = None
    feret_min_px: float | None = None
    orientation_deg: float | None = None
    perimeter_px: float | None = None
    mean_grey: float | None = None
    contrast: float | None = None
    neighbour_distance_px: float | None = None
    area_nm2: float | None = None
    equivalent_diameter_nm: float | None = None
    feret_max_nm: float | None = None
    feret_min_nm: float | None = None
    perimeter_nm: float | None = None
    neighbour_distance_nm: float | None = None
    bbox_nm: tuple[float, float, float, float] | None = None
    centroid_nm: tuple[float, float] | None = None
    description: str | None = None
    extent: ExtentRecord | None = None
    part_of: int | None = None
    reviewed: str | None = None

    @property
    def box(self) -> Box:
        """Rows and columns of the region."""
        x, y, width, height = self.bbox
        return Box(y, x, y + height, x + width)

    @property
    def is_usable(self) -> bool:
        """True if the box can lie in an image: no side is empty, nothing is negative."""
        return min(self.bbox) >= 0 and min(self.bbox[2:]) > 0 and max(self.bbox) < LARGEST_PIXEL


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicRecord(JsonRecord):
    """Whether and how an image repeats; see `semscan.values.Periodic`. `pitch_nm` is None without a scale.

    Examples
    --------
    >>> PeriodicRecord.of(Periodic(True, 0.93, (31.8,), (0.4,)), 2.0).to_json()
    {'found': True, 'confidence': 0.93, 'pitch_px': [31.8], 'angle_deg': [0.4], 'pitch_nm': [63.6]}
    """

    OMITTED: ClassVar[frozenset[str]] = frozenset({"pitch_nm"})
    DIGITS: ClassVar[Mapping[str, int]] = {"confidence": 3, "pitch_px": 3, "angle_deg": 3, "pitch_nm": 3}

    found: bool = False
    confidence: float
    pitch_px: tuple[float, ...]
    angle_deg: tuple[float, ...]
    pitch_nm: tuple[float, ...] | None = None

    @classmethod
    def of(cls, periodic: Periodic, nm_per_pixel: float | None) -> Self:
        """Return the record of what a method found."""
        scale = read_number(nm_per_pixel)
        return cls(
            found=periodic.found,
            confidence=periodic.confidence,
            pitch_px=periodic.pitch_px,
            angle_deg=periodic.angle_deg,
            # of the pitch as records have it, so that saved maps give the same
            pitch_nm=None if scale is None else tuple(round(pitch, 3) * scale for pitch in periodic.pitch_px),
        )

    @property
    def value(self) -> Periodic:
        """What the method found."""
        return Periodic(self.found, self.confidence, self.pitch_px, self.angle_deg)

    @property
    def is_usable(self) -> bool:
        """True if it has all its values."""
        return self.whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs(JsonRecord):
    """The files written for one image: paths as they were named then. None is a file that was not asked for."""

    OMITTED: ClassVar[frozenset[str]] = frozenset({"overlay", "overlay_pyramid", "mask", "crops", "map", "reference"})

    overlay: str | None = None
    overlay_pyramid: str | None = None
    mask: str | None = None
    crops: tuple[str, ...] | None = None
    map: str | None = None
    reference: str | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths, those of kinds that semscan does not know included."""
        own = [self.overlay, self.overlay_pyramid, self.mask, self.crops, self.map, self.reference]
        return tuple(_texts_in([*own, *self.extra.values()]))


def _texts_in(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [text for each in value for text in _texts_in(each)]
    return [value] if isinstance(value, str) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(JsonRecord):
    """What was found in one image: the one list of all that semscan says of it.

    `source` is the absolute path of the image. `score` is None when the method has no calibrated threshold,
    `raw_score` when a saved map lacks it; `score` and `threshold` are in map units. `judged_fraction` and
    `ignored_fraction` are shares of the image, `page` counts from 0 in a file with several. `seconds` is wall time.
    `detects_from` is the size from which defects are found nine times in ten here; None where that is not known.
    `dark_lines` is True where the darker part of a line pattern was taken for the line, else None.
    `streamed` is True for a large image that was read and scored in windows, else None. `earlier_outputs` are files
    of earlier runs of the same image that are still there. `fingerprint` names what the image was judged from: equal
    ones have the same content, settings and model. `unlike_training` is True for an image far outside what the model
    was trained on, else None: it is neither clean nor defective, `defect` is None. `reviewed` is what a person says of
    the whole image: "real" (it has defects), "harmless" (it has none) or "unsure"; None without that. `dimensions` are
    those of the pattern without the regions, where they were asked for.
    """

    KEYS: ClassVar[Mapping[str, str]] = {"class_name": "class"}
    OMITTED: ClassVar[frozenset[str]] = frozenset(
        (
            *("unlike_training", "detects_from", "class_name", "class_probabilities", "streamed", "fingerprint"),
            *("earlier_outputs", "reviewed", "dimensions", "dark_lines"),
        )
    )
    DIGITS: ClassVar[Mapping[str, int]] = {
        "judged_fraction": 6,
        "ignored_fraction": 6,
        "class_probabilities": 6,
        "seconds": 3,
    }

    image: str
    source: str
    status: str = OK
    score: float | None = None
    raw_score: float | None = None
    defect: bool | None = False
    unlike_training: bool | None = None
    threshold: float = CALIBRATED_THRESHOLD
    width: int
    height: int
    judged_fraction: float | None = None
    nm_per_pixel: float | None = None
    nm_per_pixel_source: str | None = None
    vendor: str | None = None
    data_bar_px: int = 0
    data_bar_source: str | None = None
    ignored_fraction: float = 0.0
    page: int | None = None
    method: tuple[str, ...] = ()
    model: str | None = None
    class_name: str | None = None
    class_probabilities: Mapping[str, float] | None = None
    regions: tuple[RegionRecord, ...]
    detects_from: DetectsFrom | None = None
    dark_lines: bool | None = None
    periodic: PeriodicRecord | None = None
    dimensions: Dimensions | None = None
    outputs: Outputs = Outputs()
    warnings: tuple[str, ...] = ()
    streamed: bool | None = None
    seconds: float = 0.0
    fingerprint: str | None = None
    earlier_outputs: tuple[str, ...] | None = None
    reviewed: str | None = None

    @property
    def judged_px(self) -> float:
        """The judged area of the image, none or at least one pixel; the whole image where that is not known."""
        area = self.width * self.height * (1.0 if self.judged_fraction is None else self.judged_fraction)
        return max(1.0, area) if area > 0 else 0.0

    @property
    def defects(self) -> tuple[RegionRecord, ...]:
        """The regions that count: those that are not a nuisance; none in an image unlike the training images."""
        if self.unlike_training:
            return ()
        return tuple(region for region in self.regions if not region.nuisance)

    @property
    def defect_count(self) -> int:
        """The number of regions that count, parts of one defect once."""
        return len({region.id if region.part_of is None else region.part_of for region in self.defects})


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRecord(JsonRecord):
    """An image that could not be inspected, and why in one line.

    `written` has its overlay, if the image could be read but not judged.
    """

    KEYS: ClassVar[Mapping[str, str]] = {"written": "outputs"}
    OMITTED: ClassVar[frozenset[str]] = frozenset({"written", "earlier_outputs"})

    image: str
    source: str
    status: str = ERROR
    error: str
    periodic: PeriodicRecord | None = None
    written: Outputs | None = None
    earlier_outputs: tuple[str, ...] | None = None

    @property
    def outputs(self) -> Outputs:
        """The files that are complete."""
        return self.written or Outputs()


def likeliest(class_probabilities: Mapping[str, float] | None) -> str | None:
    """Return the class of the highest probability; None without classes."""
    return max(class_probabilities, key=lambda name: class_probabilities[name]) if class_probabilities else None


AnyRecord = Record | ErrorRecord


def parse_record(json: Mapping[str, Any]) -> AnyRecord | None:
    """Read the record of one image; None if the JSON is not one.

    A record without a source gets the absolute path of its image.

    Examples
    --------
    >>> parse_record({"image": "/d/a.png", "status": "error", "error": "torn"}).error
    'torn'
    """
    status = json.get("status")
    if not isinstance(status, str):
        return None
    if not read_text(json.get("source")):
        json = {**json, "source": os.path.abspath(str(json.get("image", "")))}
    if status != OK:
        return ErrorRecord.parse(json)
    record = Record.parse(json)
    return replace(record, defect=None) if record.unlike_training else record
