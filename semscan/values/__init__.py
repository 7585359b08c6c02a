"""The values that pass between the rooms. Frozen, named once, units in the name.

Those that are also JSON (records, evaluations, runs) have a module each; see `semscan.values.json_record`.

Inside semscan everything is row, column. ``x, y`` and ``[x, y, w, h]`` appear only where
a foreign format is written or OpenCV is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class SemImage:
    """One image as its file holds it.

    `pixels` is uint8, uint16 or float32, shape (rows, cols), untouched grey levels. The last
    `data_bar_rows` rows are the microscope's data bar when the file says so, else 0.
    `nm_per_pixel` is None when no source states it: it is never invented. `ignored` is bool (rows, cols), True where
    the user wants nothing judged, None for nowhere.
    """

    pixels: np.ndarray
    source: str
    nm_per_pixel: float | None = None
    data_bar_rows: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    ignored: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class CleanImage:
    """An image ready for judging.

    `values` is float32, shape (rows, cols), black 0 to white 1, the file's own size.
    `judged` is bool of the same shape: False in the data bar and other areas left out.
    `source` is the file's absolute path, empty if it has none. `nm_per_pixel` is None when not known.
    `data_bar_source` is the key that tells the bar, "pixels", "given", or None where none is known of;
    `ignored_fraction` the share left out on the user's wish.
    """

    values: np.ndarray
    judged: np.ndarray
    warnings: tuple[str, ...] = ()
    source: str = ""
    nm_per_pixel: float | None = None
    data_bar_px: int = 0
    data_bar_source: str | None = None
    ignored_fraction: float = 0.0

    @property
    def judged_fraction(self) -> float:
        """Share of the image that is judged, 0 to 1."""
        return float(self.judged.mean())


@dataclass(frozen=True, slots=True)
class ImageQuality:
    """How an image was taken; None for what cannot be measured.

    `focus` is the variance of the Laplacian on a grey scale of 0 to 255: compare images of one kind and one noise,
    for noise raises it too. `noise` is the standard deviation of what no neighbour shares, `contrast` that of all,
    `brightness` the mean, in shares of the grey scale as judged. `black_fraction` and `white_fraction` are the
    shares of pixels at the ends of an integer type's scale.
    """

    focus: float | None = None
    noise: float | None = None
    contrast: float | None = None
    brightness: float | None = None
    black_fraction: float | None = None
    white_fraction: float | None = None


@dataclass(frozen=True, slots=True)
class AnomalyMap:
    """A calibrated map: float32, shape (rows, cols), 0 normal to 1 (never reached) defect.

    0.5 is the calibrated threshold. Pixels that were not judged are 0. `raw_max` is the
    largest raw score behind the map, in the method's own units.
    """

    values: np.ndarray
    raw_max: float


@dataclass(frozen=True, slots=True)
class Box:
    """Half-open pixel box: rows top..bottom-1, columns left..right-1."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def xywh(self) -> tuple[int, int, int, int]:
        """The box as x, y, width, height, for foreign formats only."""
        return self.left, self.top, self.right - self.left, self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Measures:
    """The shape of a region, how it differs from what is around it, and how far the next one is.

    The Feret diameters are the largest and smallest distance of two parallel lines that hold the region
    between them, pixel corners included. `orientation_deg` is the long axis, within (-90, 90], from x towards
    y (down); None for a round region. `mean_grey` and `contrast` (mean inside less mean around) are shares of
    the grey scale, black 0 to white 1; None without the image. `neighbour_distance_px` is the distance of the
    closest two pixels of this region and any other; None if there is no other.
    """

    feret_max_px: float
    feret_min_px: float
    orientation_deg: float | None
    perimeter_px: float
    mean_grey: float | None = None
    contrast: float | None = None
    neighbour_distance_px: float | None = None


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the defect of a region reaches, at two thirds of the threshold.

    `place` is the middle of the defect as (row, col). The area is in pixels; the shape is as in `Measures`.
    """

    box: Box
    area: int
    place: tuple[float, float]
    feret_max_px: float
    feret_min_px: float
    orientation_deg: float | None


@dataclass(frozen=True, slots=True)
class Region:
    """One connected patch of the map above the threshold.

    Area in pixels, `centroid` as (row, col), `peak` and `mean` in map units. `part_of` is the number, from 1, of the
    region of the same defect that has the highest peak; None for that one, which may have an extent.
    """

    box: Box
    area: int
    peak: float
    mean: float
    centroid: tuple[float, float]
    class_name: str | None = None
    class_probability: float | None = None
    nuisance: bool = False
    methods: tuple[str, ...] = ()
    measures: Measures | None = None
    extent: Extent | None = None
    part_of: int | None = None


@dataclass(frozen=True, slots=True)
class Periodic:
    """Whether and how an image repeats.

    `confidence` is the share of the image's contrast that comes back one repeat away, 0 to 1. One pitch and
    angle for lines, two for arrays; angles in degrees within (-90, 90], from x towards y (down).
    """

    found: bool
    confidence: float
    pitch_px: tuple[float, ...] = ()
    angle_deg: tuple[float, ...] = ()
