"""The figures of each sample that a control chart can show."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from semscan.values.control.trend import Point, Sample
from semscan.values.fab.summary import UM2_PER_CM2
from semscan.values.measured.dimensions import HOLES, LINES, Dimensions, Length, Number
from semscan.values.record import Record

PX_PER_MEGAPIXEL = 1e6
NM2_PER_CM2 = UM2_PER_CM2 * 1e6
LEAST_SIZE = 1e-30  # cm²: less is a damaged record


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the samples that have it; the points are without limits yet."""

    key: str
    title: str
    unit: str
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One of the critical dimensions; `find` gives None where a pattern has no such thing."""

    key: str
    title: str
    find: Callable[[Dimensions], Length | Number | None]
    unit: str = ""  # of a number


def _pitch(pattern: str, direction: int) -> Callable[[Dimensions], Length | None]:
    def find(dimensions: Dimensions) -> Length | None:
        has = dimensions.pattern == pattern and direction < len(dimensions.pitch)
        return dimensions.pitch[direction] if has else None

    return find


DIMENSIONS = (
    Dimension("line_pitch", "Pitch of the lines", _pitch(LINES, 0)),
    Dimension("line_cd", "Line width (CD)", lambda one: one.line_cd),
    Dimension("space_cd", "Space width", lambda one: one.space_cd),
    Dimension(
        "lwr", "Line width roughness (LWR, 3 sigma, unbiased)", lambda one: one.lwr.unbiased if one.lwr else None
    ),
    Dimension("ler", "Line edge roughness (LER, 3 sigma, unbiased)", lambda one: one.ler.unbiased if one.ler else None),
    Dimension(
        "lwr_correlation", "Correlation length of LWR", lambda one: one.lwr.correlation_length if one.lwr else None
    ),
    Dimension("tilt", "Tilt of the edges", lambda one: one.tilt_deg, "degrees"),
    Dimension("hole_pitch_1", "Pitch of the holes, first direction", _pitch(HOLES, 0)),
    Dimension("hole_pitch_2", "Pitch of the holes, second direction", _pitch(HOLES, 1)),
    Dimension("diameter", "Hole diameter (CD)", lambda one: one.diameter),
    Dimension("x_diameter", "Hole diameter in x", lambda one: one.x_diameter),
    Dimension("y_diameter", "Hole diameter in y", lambda one: one.y_diameter),
    Dimension("ellipticity", "Ellipticity of the holes", lambda one: one.ellipticity),
    Dimension("placement_x", "Placement of the holes in x (3 sigma)", lambda one: one.placement_x),
    Dimension("placement_y", "Placement of the holes in y (3 sigma)", lambda one: one.placement_y),
)


def dimension_figure(dimension: Dimension, samples: Sequence[Sample]) -> Figure:
    """Return the mean of a dimension over the images of each sample, in nm if all of them have it in nm, else in px."""
    found = [[value for one in _dimensions(sample) if (value := dimension.find(one)) is not None] for sample in samples]
    lengths = [value for values in found for value in values if isinstance(value, Length)]
    in_nm = bool(lengths) and all(value.nm is not None for value in lengths)
    points = []
    for number, (sample, values) in enumerate(zip(samples, found, strict=True), 1):
        if values:
            numbers = [_number(value, in_nm) for value in values]
            spread = statistics.stdev(numbers) if len(numbers) > 1 else None
            mean = statistics.fmean(numbers)
            points.append(Point(number=number, name=sample.name, value=mean, size=len(numbers), spread=spread))
    return Figure(dimension.key, dimension.title, ("nm" if in_nm else "px") if lengths else dimension.unit, points)


def density_figure(samples: Sequence[Sample]) -> Figure:
    """Return the defects by judged area: per cm² if nm per pixel is known for all images, else per megapixel.

    Regions that are parts of one defect count once. Images without a verdict count neither as area nor with their
    regions.
    """
    judged = [sample.judged for sample in samples]
    in_nm = all(record.nm_per_pixel for records in judged for record in records)
    points = []
    for number, (sample, records) in enumerate(zip(samples, judged, strict=True), 1):
        size = sum(_cm2(record) if in_nm else record.judged_px / PX_PER_MEGAPIXEL for record in records)
        count = sum(record.defect_count for record in records)
        if size > LEAST_SIZE:
            points.append(Point(number=number, name=sample.name, value=count / size, size=size, count=count))
    return Figure("defect_density", "Defect density", f"defects per {'cm²' if in_nm else 'megapixel'}", points)


def defective_figure(samples: Sequence[Sample]) -> Figure:
    """Return the share of images with defects, of those with a verdict."""
    counts = [(sum(bool(record.defect) for record in sample.judged), len(sample.judged)) for sample in samples]
    return Figure("defective_images", "Images with defects", "share of the judged images", _shares(samples, counts))


def unjudged_figure(samples: Sequence[Sample]) -> Figure:
    """Return the share of images without a verdict: not inspected, unlike the training images, or without a score."""
    counts = [(len(sample.records) - len(sample.judged), len(sample.records)) for sample in samples]
    return Figure("unjudged_images", "Images that could not be judged", "share of all images", _shares(samples, counts))


def _shares(samples: Sequence[Sample], counts: Sequence[tuple[int, int]]) -> list[Point]:
    return [
        Point(number=number, name=sample.name, value=count / total, size=total, count=count)
        for number, (sample, (count, total)) in enumerate(zip(samples, counts, strict=True), 1)
        if total
    ]


def _dimensions(sample: Sample) -> list[Dimensions]:
    found = [record.dimensions for record in sample.inspected if record.dimensions is not None]
    return [dimensions for dimensions in found if dimensions.whole]


def _number(value: Length | Number, in_nm: bool) -> float:
    if isinstance(value, Number):
        return value.value
    return value.nm if in_nm and value.nm is not None else value.px


def _cm2(record: Record) -> float:
    return record.judged_px * (record.nm_per_pixel or 0.0) ** 2 / NM2_PER_CM2
