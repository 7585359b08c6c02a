"""Inspect images: the whole tool on one page.

A file is read (`files`), brought to one grey scale (`image`) and looked at by a method, which
cuts it into tiles, runs the network over them (`runtime`) and blends the answers (`maps`): see
`semscan.pipeline.methods.base`. The raw map is scaled so that 0.5 is the calibrated threshold (`maps`),
what is hot becomes regions (`regions`), and the findings become a record and pictures (`report`)
on disk (`files`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from semscan.files.find.images import InputError, InputImage, find_images
from semscan.files.images.read import read_image
from semscan.files.results.folder import ResultsFolder
from semscan.image.clean import clean
from semscan.maps.normalise import normalise_map, threshold_multiple
from semscan.pipeline.classes.nuisance import mark_nuisance
from semscan.pipeline.classes.pattern import classify_by_pattern
from semscan.pipeline.methods.base import Method, choose_method
from semscan.pipeline.run.error_records import as_record
from semscan.pipeline.run.outputs import write_map, write_pictures, write_reference
from semscan.pipeline.run.parallel import ordered_map
from semscan.pipeline.run.record import Run
from semscan.regions.attribution import name_methods
from semscan.regions.find import LabelledRegions, image_score, no_regions, segment, shortest
from semscan.regions.measure import measure
from semscan.report.record import NO_THRESHOLD, map_description, score_record, to_record
from semscan.settings import InspectSettings
from semscan.values import AnomalyMap, CleanImage, Inspection, SemImage


@dataclass(frozen=True, slots=True)
class InspectedImage:
    """One image and all that was found in it.

    `labels` is int32: n at the pixels of region n, counted from 1; 0 elsewhere. `image.judged` is what the method could
    judge. `reference` is what the image was compared with, float32, on the grey scale of `image`; None if nothing.
    """

    image: CleanImage
    anomaly_map: AnomalyMap
    labels: np.ndarray
    inspection: Inspection
    reference: np.ndarray | None = None

    @property
    def mask(self) -> np.ndarray:
        """The pixels of all regions, uint8 0 or 255."""
        return (self.labels > 0).view(np.uint8) * np.uint8(255)


def inspect_images(
    arguments: Sequence[str],
    settings: InspectSettings,
    *,
    method: Method | None = None,
    stdin: BinaryIO | None = None,
    nul: bool = False,
    command: Sequence[str] = (),
    typed: Mapping[str, Any] | None = None,
) -> Generator[dict[str, Any], None, None]:
    """Inspect images and write what was found; yield one record each, in the order given.

    An image that cannot be inspected gives a record of its error and never stops the others.

    Parameters
    ----------
    arguments : sequence of str
        Files, folders (searched below), globs; ``-`` for names on `stdin`.
    settings : InspectSettings
        Model, reading, regions, outputs, jobs.
    method : Method, optional
        Who looks; by default the one that `settings` ask for.
    stdin : binary stream, optional
        Names, one a line, or NUL-separated with `nul`.
    command : sequence of str
        As typed, for `run.json`.
    typed : mapping, optional
        More for `run.json` that the command line knows; see `Run`.

    Raises
    ------
    BadModelError
        Before the first image, if the model cannot be used.
    OutputError
        If the output folder cannot be used.
    """
    method = method or choose_method(settings)
    outputs = ResultsFolder(Path(settings.output.out))
    run, whole = Run(settings, method.provenance.to_json(), command, typed, outputs), False

    def named() -> Iterator[tuple[InputImage | InputError, Path]]:
        for found in find_images(arguments, stdin=stdin, nul=nul, skip=outputs.out):
            # named here, in the order given, so that any number of jobs gives the same names
            yield (
                found,
                outputs.claim(found, os.path.abspath(found.path)) if isinstance(found, InputImage) else outputs.out,
            )

    def one(task: tuple[int, tuple[InputImage | InputError, Path]]) -> dict[str, Any]:
        place, (image, base) = task
        record = as_record(image, lambda found: _inspect(found, base, settings, method))
        run.add(place, record)  # here: what is finished counts, also when nobody takes it any more
        return record

    try:
        with closing(ordered_map(one, enumerate(named()), settings.jobs)) as records:
            yield from records
        whole = True
    finally:  # also when the reader has had enough, or on Ctrl-C: what was written is on record
        run.finish(whole)


def score_images(
    arguments: Sequence[str],
    settings: InspectSettings,
    *,
    method: Method | None = None,
    stdin: BinaryIO | None = None,
    nul: bool = False,
) -> Generator[dict[str, Any], None, None]:
    """Judge images as `inspect_images` does, but write nothing; yield one short record each."""
    method = method or choose_method(settings)

    def one(found: InputImage | InputError) -> dict[str, Any]:
        return score_record(as_record(found, lambda found: _score(found, settings, method)))

    yield from ordered_map(one, find_images(arguments, stdin=stdin, nul=nul), settings.jobs)


def count_images(arguments: Sequence[str], settings: InspectSettings) -> int | None:
    """How many images the arguments name; None when standard input has yet to say."""
    if "-" in arguments:
        return None
    return sum(1 for _ in find_images(arguments, skip=Path(settings.output.out)))


def inspect_image(image: SemImage, given: str, settings: InspectSettings, method: Method) -> InspectedImage:
    """Clean one image, let the method look, and find what is hot. Touches no file.

    Parameters
    ----------
    image : SemImage
        As read.
    given : str
        Its name in the record.
    """
    cleaned = clean(image, settings.read)
    evidence = method(cleaned)
    if evidence.judged is not None:
        cleaned = replace(cleaned, judged=evidence.judged)
    names = tuple(evidence.parts) or (method.name,)
    anomaly_map = AnomalyMap(
        normalise_map(evidence.raw, method.raw_threshold), raw_max=shortest(evidence.raw.max(initial=0))
    )
    calibrated, threshold = method.raw_threshold is not None, settings.regions.threshold
    found = segment(anomaly_map.values, settings.regions) if calibrated else no_regions(anomaly_map.values.shape)
    found = classify_by_pattern(mark_nuisance(found, cleaned), cleaned, evidence.classify_regions, evidence.periodic)
    classes = evidence.class_probabilities
    regions = tuple(replace(region, methods=names) for region in found.regions)
    if len(names) > 1:
        regions = name_methods(found, evidence.parts, threshold_multiple(threshold))
    inspection = Inspection(
        image=given,
        source=image.source,
        score=image_score(anomaly_map.values, found.regions, threshold) if calibrated else None,
        raw_score=anomaly_map.raw_max,
        threshold=threshold,
        regions=measure(LabelledRegions(regions, found.labels), cleaned.values, cleaned.judged),
        width=anomaly_map.values.shape[1],
        height=anomaly_map.values.shape[0],
        judged_fraction=cleaned.judged_fraction,
        method=names,
        nm_per_pixel=image.nm_per_pixel,
        model=method.provenance.model,
        class_name=max(classes, key=lambda name: classes[name]) if classes else None,
        class_probabilities=classes,
        warnings=(*cleaned.warnings, *evidence.warnings, *(() if calibrated else (NO_THRESHOLD,))),
        periodic=evidence.periodic,
        nm_per_pixel_source=image.metadata.get("nm_per_pixel_source"),
        vendor=image.metadata.get("vendor"),
        data_bar_px=cleaned.data_bar_px,
        data_bar_source=cleaned.data_bar_source,
        ignored_fraction=cleaned.ignored_fraction,
        page=image.metadata.get("page"),
    )
    return InspectedImage(cleaned, anomaly_map, found.labels, inspection, evidence.reference)


def _inspect(found: InputImage, base: Path, settings: InspectSettings, method: Method) -> dict[str, Any]:
    """Judge one file and write what was asked for."""
    began = time.monotonic()
    image = read_image(found.path, settings.read, given=found.given)
    judged = inspect_image(image, found.given, settings, method)
    inspection, anomaly_map = judged.inspection, judged.anomaly_map.values
    outputs = write_pictures(judged.image, anomaly_map, judged.labels, inspection, base, settings.output)
    if settings.output.map:
        description = map_description(inspection, method.provenance.to_json(), asdict(settings.read))
        outputs["map"] = write_map(anomaly_map, description, base)
    if settings.output.reference and judged.reference is not None:
        outputs["reference"] = write_reference(judged.reference, image.pixels, base)
    return to_record(inspection, outputs, time.monotonic() - began)


def _score(found: InputImage, settings: InspectSettings, method: Method) -> dict[str, Any]:
    began = time.monotonic()
    judged = inspect_image(read_image(found.path, settings.read, given=found.given), found.given, settings, method)
    return to_record(judged.inspection, {}, time.monotonic() - began)
