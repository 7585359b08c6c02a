"""Cut saved maps into regions anew: no network runs, so another threshold takes no time."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np

from semscan.errors import BadMapError, SemscanError
from semscan.files.find.images import InputImage
from semscan.files.find.maps import MAP_SUFFIX, find_maps, image_of_map
from semscan.files.images.read import read_image
from semscan.files.results.folder import ResultsFolder
from semscan.files.results.map_file import SavedMap, _number, read_tiff_map
from semscan.image.clean import clean
from semscan.pipeline.classes.nuisance import mark_nuisance
from semscan.pipeline.classes.pattern import classify_by_pattern
from semscan.pipeline.run.error_records import as_record
from semscan.pipeline.run.outputs import write_pictures
from semscan.pipeline.run.record import Run
from semscan.regions.find import LabelledRegions, image_score, no_regions, segment
from semscan.regions.measure import measure
from semscan.report.record import NO_THRESHOLD, to_record
from semscan.settings import PostprocessSettings, ReadSettings
from semscan.values import CleanImage, Inspection, Periodic


def cut_maps(
    arguments: Sequence[str],
    settings: PostprocessSettings,
    *,
    stdin: BinaryIO | None = None,
    nul: bool = False,
    command: Sequence[str] = (),
    typed: Mapping[str, Any] | None = None,
) -> Generator[dict[str, Any], None, None]:
    """Find the regions of saved maps; yield one record each, in the order given.

    A map that cannot be used gives a record of its error and never stops the others.

    Parameters
    ----------
    arguments : sequence of str
        Maps, folders of maps, globs; ``-`` for names on `stdin`.
    settings : PostprocessSettings
        Regions, where the images are, what to write.

    Raises
    ------
    OutputError
        If the output folder cannot be used.
    """
    outputs = ResultsFolder(Path(settings.output.out)) if settings.output else None
    run, whole = Run(settings, {}, command, typed, outputs), False
    seen: set[str] = set()
    try:
        for place, found in enumerate(find_maps(arguments, stdin=stdin, nul=nul)):
            record = as_record(found, lambda found: _postprocess(found, settings, outputs, seen))
            run.add(place, record)
            yield record
        whole = True
    finally:
        run.finish(whole)


def count_maps(arguments: Sequence[str]) -> int | None:
    """How many maps the arguments name; None when standard input has yet to say."""
    return None if "-" in arguments else sum(1 for _ in find_maps(arguments))


def _postprocess(
    found: InputImage, settings: PostprocessSettings, outputs: ResultsFolder | None, seen: set[str]
) -> dict[str, Any]:
    began = time.monotonic()
    saved = _read(found.path)
    segmented = segment(saved.values, settings.regions) if saved.calibrated else no_regions(saved.values.shape)
    pictured = bool(outputs and settings.output and (settings.output.overlay or settings.output.crops))
    image, warnings = _image(saved, settings) if pictured or segmented.regions else (None, ())
    if image:
        segmented = mark_nuisance(segmented, image)
        if not saved.says("class_probabilities", dict, {}):  # what a classifier says of places is not in its map
            segmented = classify_by_pattern(segmented, image, None, _periodic(saved.says("periodic", dict, {})))
    measured = measure(segmented, *((image.values, image.judged) if image else ()))
    segmented = replace(segmented, regions=measured)
    inspection = _inspection(saved, segmented, settings.regions.threshold)
    if saved.source in seen:  # a second map of one image: its outputs are its own
        inspection = replace(inspection, source=os.path.abspath(saved.path))
    seen.add(inspection.source)
    written: dict[str, Any] = {}
    if outputs and settings.output:
        wanted = settings.output
        if pictured:
            inspection = replace(inspection, warnings=inspection.warnings + warnings)
        if image is None:  # the mask needs only the map
            wanted, image = replace(wanted, overlay=False, crops=False), _blank(saved)
        base = outputs.claim(_named_as_its_image(found, saved), inspection.source)
        written = write_pictures(image, saved.values, segmented.labels, inspection, base, wanted)
    return to_record(inspection, written | {"map": found.given}, time.monotonic() - began)


def _read(path: Path) -> SavedMap:
    values, about = read_tiff_map(path)
    if values.min() < 0 or values.max() > 1:
        raise BadMapError(
            f"{path}: its values go from {values.min():g} to {values.max():g}, a map's from 0 to 1; "
            f"give a *{MAP_SUFFIX} that `semscan inspect` wrote"
        )
    return SavedMap(path, values, about)


def _inspection(saved: SavedMap, found: LabelledRegions, threshold: float) -> Inspection:
    methods = tuple(str(name) for name in saved.says("method", list, []))
    shares = saved.says("class_probabilities", dict, {})
    classes = {name: _number(share, 0.0) or 0.0 for name, share in shares.items()}
    return Inspection(
        image=saved.says("image", str, str(saved.path)),
        source=saved.source,
        score=image_score(saved.values, found.regions, threshold) if saved.calibrated else None,
        raw_score=saved.number("raw_score", None),
        threshold=threshold,
        regions=tuple(replace(region, methods=methods) for region in found.regions),
        width=saved.values.shape[1],
        height=saved.values.shape[0],
        judged_fraction=saved.number("judged_fraction", 1.0) or 0.0,
        method=methods,
        nm_per_pixel=saved.number("nm_per_pixel", None),
        model=saved.says("model", str, None),
        class_name=max(classes, key=lambda name: classes[name]) if classes else None,
        class_probabilities=classes or None,
        warnings=() if saved.calibrated else (NO_THRESHOLD,),
        periodic=_periodic(saved.says("periodic", dict, {})),
        nm_per_pixel_source=saved.says("nm_per_pixel_source", str, None),
        vendor=saved.says("vendor", str, None),
        data_bar_px=int(saved.number("data_bar_px", 0) or 0),
        data_bar_source=saved.says("data_bar_source", str, None),
        ignored_fraction=saved.number("ignored_fraction", 0.0) or 0.0,
        page=saved.page,
    )


def _image(saved: SavedMap, settings: PostprocessSettings) -> tuple[CleanImage | None, tuple[str, ...]]:
    """The image behind the map, or None and why."""
    path = image_of_map(saved.path, saved.about, Path(settings.images) if settings.images else None)
    if path is None:
        where = f"one image of this name below {settings.images}" if settings.images else saved.source
        return None, (f"no overlay: {where} was not found; say where the images are with --images DIR",)
    read = saved.says("read", dict, {})
    databar = read.get("databar", "auto")
    reading = ReadSettings(
        saved.page or 0,
        databar if isinstance(databar, int) else str(databar),
        ignore=_texts(read.get("ignore")),
        care=_texts(read.get("care")),
    )
    try:
        image = clean(read_image(path, reading), reading)
    except SemscanError as error:
        return None, (f"no overlay: {error}",)
    if image.values.shape != saved.values.shape:
        sizes = " and ".join(f"{cols} x {rows}" for rows, cols in (image.values.shape, saved.values.shape))
        return None, (f"no overlay: {path} and the map differ in size ({sizes}); inspect the image again",)
    nm = saved.number("nm_per_pixel", None)  # what was given with --nm-per-px is not in the file
    return (replace(image, nm_per_pixel=nm) if nm and nm > 0 else image), image.warnings


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _named_as_its_image(found: InputImage, saved: SavedMap) -> InputImage:
    """The map's own name for its new outputs: a.map.tif gives a.overlay.png, wherever the image is."""
    place = found.below or PurePosixPath(found.path.name)
    name = place.name.removesuffix(MAP_SUFFIX) + (PurePosixPath(saved.source).suffix or ".tif")
    return InputImage(found.given, found.path.with_name(name), place.with_name(name))


def _periodic(entry: Mapping[str, Any]) -> Periodic | None:
    """How the image repeats, if the map says it in full."""
    confidence = _number(entry.get("confidence"), None)
    lists = [entry.get("pitch_px"), entry.get("angle_deg")]
    if confidence is None or not all(isinstance(each, list) for each in lists):
        return None
    pitches, angles = (tuple(v for v in (_number(v, None) for v in each or ()) if v is not None) for each in lists)
    return Periodic(entry.get("found") is True, confidence, pitches, angles)


def _blank(saved: SavedMap) -> CleanImage:
    return CleanImage(np.zeros_like(saved.values), np.ones(saved.values.shape, bool))
