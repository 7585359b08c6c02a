"""Inspect images: the whole tool on one page.

`inspect_image` is the way of one image, step by step:

1. *Read* the file (`semscan.files.images`): its grey levels, what one pixel measures, where the data bar is.
2. *Clean* it (`semscan.image`): one grey scale for all files, and which pixels are judged.
3. Let the *method* score each pixel (`semscan.pipeline.methods`). The trained model cuts the image into *tiles*, *runs*
   the network on each (`semscan.runtime`) and *stitches* the answers to one raw map (`semscan.maps`). Other methods
   compare the image with its own repeats, or with other images of the same place.
4. *Calibrate* (`semscan.maps.normalise`): the raw map becomes an anomaly map from 0 to 1, with the calibrated
   threshold at 0.5.
5. *Find regions* above the threshold (`semscan.regions`), name their classes and measure them.
6. *Report* (`semscan.report`): a record of the image, an overlay, a mask.

A large image goes the same way in windows (`semscan.pipeline.large.inspection`), and never is in memory as a whole.

`semscan.pipeline.inspecting` does this for many files and writes the results (`semscan.files.results`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from semscan.errors import BadImageError
from semscan.files.find.images import InputImage
from semscan.files.images.read import image_in_windows, read_image
from semscan.image.clean import clean
from semscan.maps.normalise import normalise_map, threshold_multiple
from semscan.phrases import one_line
from semscan.pipeline.classes.nuisance import mark_nuisance, mark_reviewed
from semscan.pipeline.classes.pattern import classify_by_pattern
from semscan.pipeline.large.inspection import can_stream, inspected_in_windows
from semscan.pipeline.methods.base import Method, MethodResult
from semscan.pipeline.methods.windowed.windows import WindowedMethod
from semscan.pipeline.run.error_records import refused
from semscan.pipeline.run.outputs import write_map, write_not_judged, write_pictures, write_reference
from semscan.regions.attribution import name_methods
from semscan.regions.extent import with_extents
from semscan.regions.find import LabelledRegions, image_score, segment, shortest
from semscan.regions.measure import measure
from semscan.report.record import NO_THRESHOLD, map_description, with_regions
from semscan.settings import EdgeSettings, InspectSettings, RegionSettings
from semscan.values import AnomalyMap, CleanImage, Region, SemImage
from semscan.values.detection import DetectsFrom
from semscan.values.record import UNLIKE, AnyRecord, PeriodicRecord, Record, likeliest

NO_TRIPTYCH = "the overlay has no reference and no difference beside it: the image was inspected in windows"
NOT_MEASURED = "not measured: the image was inspected in windows; use `semscan measure`"


@dataclass(frozen=True, slots=True)
class InspectedImage:
    """One image and all that was found in it.

    `image.judged` is what the method could judge. `labels` is int32, shape (rows, cols): n at the pixels of region n,
    counted from 1, and 0 elsewhere. `record` says the same as values of JSON.
    `reference` is the golden reference of the image, float32 of that shape, 0 to 1; None without one.
    """

    image: CleanImage
    anomaly_map: AnomalyMap
    labels: np.ndarray
    regions: tuple[Region, ...]
    record: Record
    reference: np.ndarray | None = None

    @property
    def mask(self) -> np.ndarray:
        """The pixels of all regions, uint8 0 or 255."""
        return (self.labels > 0).view(np.uint8) * np.uint8(255)


def inspect_image(image: SemImage, given: str, settings: InspectSettings, method: Method) -> InspectedImage:
    """Inspect one image that has been read: clean, score, calibrate, find regions, report. Writes no file.

    Parameters
    ----------
    image : SemImage
        As read.
    given : str
        Its name in the record.
    settings : InspectSettings
        Reading and regions.
    method : Method
        What scores the pixels.
    """
    cleaned = clean(image, settings.read)
    result = method(cleaned)
    if result.judged is not None:
        cleaned = replace(cleaned, judged=result.judged)
    raw_max = shortest(result.raw.max(initial=0))
    anomaly_map = AnomalyMap(normalise_map(result.raw, method.raw_threshold), raw_max)
    found = _find_regions(anomaly_map.values, cleaned, result, settings, method)
    record = _record(image, given, cleaned, result, method, settings.regions)
    threshold = settings.regions.threshold
    score = None if method.raw_threshold is None else image_score(anomaly_map.values, found.regions, threshold)
    record = replace(record, score=score, raw_score=anomaly_map.raw_max, threshold=threshold)
    record = with_regions(record, found.regions)
    if settings.measure is not None:
        record = _with_dimensions(record, cleaned, found.labels, settings.measure)
    return InspectedImage(cleaned, anomaly_map, found.labels, tuple(found.regions), record, reference=result.reference)


def _with_dimensions(record: Record, cleaned: CleanImage, labels: np.ndarray, edges: EdgeSettings) -> Record:
    """Add the dimensions of the pattern without the regions, or a warning that says why there are none."""
    from semscan.pipeline.measuring.pattern import measure_pattern

    try:
        measured = measure_pattern(cleaned, edges, labels > 0)
    except BadImageError as error:
        return replace(record, warnings=(*record.warnings, f"not measured: {one_line(error)}"))
    return replace(record, dimensions=measured.dimensions, warnings=(*record.warnings, *measured.warnings))


def _record(
    image: SemImage, given: str, cleaned: CleanImage, result: MethodResult, method: Method, wanted: RegionSettings
) -> Record:
    """Return the record of an image as it was read, cleaned and scored, without regions and score."""
    rows, cols = cleaned.values.shape
    unlike = (UNLIKE + ", ".join(result.unlike),) if result.unlike else ()
    no_threshold = () if method.raw_threshold is not None else (NO_THRESHOLD,)
    return Record(
        image=given,
        source=image.source,
        width=cols,
        height=rows,
        judged_fraction=cleaned.judged_fraction,
        nm_per_pixel=image.nm_per_pixel,
        nm_per_pixel_source=image.metadata.get("nm_per_pixel_source"),
        vendor=image.metadata.get("vendor"),
        data_bar_px=cleaned.data_bar_px,
        data_bar_source=cleaned.data_bar_source,
        ignored_fraction=cleaned.ignored_fraction,
        page=image.metadata.get("page"),
        method=_names(result, method),
        model=method.provenance.model,
        class_name=likeliest(result.class_probabilities),
        class_probabilities=result.class_probabilities,
        regions=(),
        periodic=None if result.periodic is None else PeriodicRecord.of(result.periodic, image.nm_per_pixel),
        warnings=(*cleaned.warnings, *result.warnings, *unlike, *no_threshold),
        unlike_training=True if unlike else None,
        detects_from=None if unlike else _detects_from(result, image.nm_per_pixel, wanted),
        dark_lines=wanted.dark_lines or None,
    )


def _detects_from(result: MethodResult, nm_per_pixel: float | None, wanted: RegionSettings) -> DetectsFrom | None:
    px = result.detects_from_px if wanted.is_as_sensitive_as_default else None
    return None if px is None else DetectsFrom(px=px, nm=None if nm_per_pixel is None else px * nm_per_pixel)


def _find_regions(
    anomaly_map: np.ndarray, image: CleanImage, result: MethodResult, settings: InspectSettings, method: Method
) -> LabelledRegions:
    """Find the regions above the threshold, name their classes and methods, and measure them."""
    if method.raw_threshold is None:  # without a threshold, every region would be arbitrary
        return LabelledRegions([], np.zeros(anomaly_map.shape, np.int32))
    found = mark_nuisance(segment(anomaly_map, settings.regions, image.judged), image)
    change = None if result.reference is None else image.values - result.reference
    found = replace(found, regions=with_extents(found, anomaly_map, settings.regions.threshold, change))
    dark_lines = settings.regions.dark_lines
    found = classify_by_pattern(found, image, result.classify_regions, result.periodic, dark_lines=dark_lines)
    if len(result.parts) > 1:  # a region is of those methods whose own maps exceed the threshold in it
        regions = name_methods(found, result.parts, threshold_multiple(settings.regions.threshold))
    else:
        regions = tuple(replace(region, methods=_names(result, method)) for region in found.regions)
    measured = measure(replace(found, regions=regions), image.values, image.judged)
    nuisance = method.provenance.nuisance if settings.nuisance_filter else None
    exchanged = dark_lines and result.classify_regions is None  # the classes of a model are as it learned them
    marked = replace(found, regions=mark_reviewed(measured, nuisance, dark_lines=exchanged))
    if nuisance is None:
        return marked
    return replace(marked, regions=with_extents(marked, anomaly_map, settings.regions.threshold, change))


def _names(result: MethodResult, method: Method) -> tuple[str, ...]:
    """Return the names of the methods that judged the image: of several, those that could."""
    return tuple(result.parts) or (method.name,)


def inspect_file(found: InputImage, base: Path, settings: InspectSettings, method: Method) -> AnyRecord:
    """Inspect one file and write the outputs that the settings ask for.

    An image that is read but cannot be judged gets an overlay that says so, and the record of the error.
    """
    began = time.monotonic()
    large = _inspect_large(found, base, settings, method)
    if large is not None:
        return replace(large, seconds=time.monotonic() - began)
    image = read_image(found.path, settings.read, given=found.given)
    try:
        inspected = inspect_image(image, found.given, settings, method)
    except BadImageError as error:
        written = write_not_judged(image, found.given, str(error), base, settings)
        return replace(refused(found, error), written=written)
    anomaly_map = inspected.anomaly_map.values
    outputs = write_pictures(
        inspected.image,
        anomaly_map,
        inspected.labels,
        inspected.record,
        base,
        settings.output,
        reference=inspected.reference,
    )
    if settings.output.map:
        description = map_description(inspected.record, method.provenance, settings.read)
        outputs = replace(outputs, map=write_map(anomaly_map, description, base))
    if settings.output.reference and inspected.reference is not None:
        # what was not judged shows no difference
        expected = np.where(inspected.image.judged, inspected.reference, inspected.image.values)
        outputs = replace(outputs, reference=write_reference(expected, image.pixels, base))
    return replace(inspected.record, outputs=outputs, seconds=time.monotonic() - began)


def _inspect_large(found: InputImage, base: Path | None, settings: InspectSettings, method: Method) -> Record | None:
    """Inspect a file in windows; None for an image that is not large, or that file or method give only as a whole."""
    if not can_stream(method, settings):
        return None
    with image_in_windows(found.path, settings.read, above=settings.stream_above, given=found.given) as image:
        if image is None:
            return None
        if not (isinstance(method, WindowedMethod) and method.can_stream(image)):
            return None
        with inspected_in_windows(image, settings, method, base) as large:
            record = _record(image, found.given, large.image, large.result, method, settings.regions)
            record = replace(record, score=large.score, raw_score=large.raw_max, threshold=settings.regions.threshold)
            record = replace(with_regions(record, large.regions), streamed=True)
            if settings.measure is not None:
                record = replace(record, warnings=(*record.warnings, NOT_MEASURED))
            if base is not None and settings.output.overlay and settings.output.overlay_style == "triptych":
                record = replace(record, warnings=(*record.warnings, NO_TRIPTYCH))
            outputs = large.write(record, map_description(record, method.provenance, settings.read))
        return replace(record, outputs=outputs)


def score_file(found: InputImage, settings: InspectSettings, method: Method) -> Record:
    """Inspect one file and write nothing."""
    large = _inspect_large(found, None, settings, method)
    if large is not None:
        return large
    image = read_image(found.path, settings.read, given=found.given)
    return inspect_image(image, found.given, settings, method).record
