"""The nuisance filter that a model or a method learned from a review."""

from __future__ import annotations

from dataclasses import dataclass

# What a nuisance filter compares of regions: logarithms of the area in px, of the elongation, and of peak and mean in
# multiples of the threshold; the share of the rectangle of its Feret diameters that a region fills; contrast and mean
# grey level as shares of the grey scale.
LOOK_MEASURES = ("log_area", "log_elongation", "filled", "log_peak", "log_mean", "contrast", "mean_grey")


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
