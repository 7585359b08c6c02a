"""Cut saved maps into regions again: no network runs, so another threshold takes no time."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np

from semscan.errors import OtherPageError, OutputError, SemscanError
from semscan.files.find.images import InputError, InputImage
from semscan.files.find.maps import MAP_SUFFIX, find_maps, image_of_map
from semscan.files.images.read import read_image
from semscan.files.results.folder import ResultsFolder
from semscan.files.results.map_file import SavedMap, read_saved_map
from semscan.image.clean import clean
from semscan.pipeline.classes.nuisance import mark_nuisance
from semscan.pipeline.classes.pattern import classify_by_pattern
from semscan.pipeline.run.error_records import or_error
from semscan.pipeline.run.outputs import write_pictures
from semscan.pipeline.run.record import Run, recorded
from semscan.regions.extent import with_extents
from semscan.regions.find import LabelledRegions, image_score, segment
from semscan.regions.measure import measure
from semscan.report.record import NO_THRESHOLD, error_record, with_regions
from semscan.settings import OutputSettings, PostprocessSettings, RegionSettings
from semscan.values import CleanImage
from semscan.values.method import MethodProvenance
from semscan.values.record import AnyRecord, Outputs, Record
from semscan.values.run_record import RunRecord

_WITHOUT = "no overlay, no names of defects, and streaks count as defects"  # without the image


def cut_maps(
    arguments: Sequence[str],
    settings: PostprocessSettings,
    *,
    stdin: BinaryIO | None = None,
    nul: bool = False,
    typed: RunRecord | None = None,
) -> Generator[AnyRecord, None, None]:
    """Find the regions of saved maps; yield one record each, in the order given.

    A map that cannot be used gives a record of its error and never stops the others.

    Parameters
    ----------
    arguments : sequence of str
        Maps, folders of maps, globs; ``-`` for names on `stdin`.
    settings : PostprocessSettings
        Regions, where the images are, what to write.
    stdin : binary stream, optional
        Names, one a line, or NUL-separated with `nul`.
    typed : RunRecord, optional
        What the command line knows of the run, for `run.json`; see `semscan.pipeline.run.record.Run`.

    Raises OutputError if the output folder cannot be used.
    """
    outputs = ResultsFolder(Path(settings.output.out)) if settings.output else None
    sources: set[str] = set()
    run = Run(settings, MethodProvenance(), typed, outputs)

    def cut(named: InputImage | InputError) -> AnyRecord:
        return or_error(named, lambda found: _cut_file(found, settings, outputs, sources))

    yield from recorded(run, find_maps(arguments, stdin=stdin, nul=nul), cut)


def count_maps(arguments: Sequence[str]) -> int | None:
    """Count the maps that the arguments name; None if names come from standard input."""
    return None if "-" in arguments else sum(1 for _ in find_maps(arguments))


@dataclass(frozen=True, slots=True)
class _ImageOfMap:
    """The image behind a map, None if it cannot be shown, and warnings about it."""

    image: CleanImage | None
    warnings: tuple[str, ...]


def _cut_file(
    found: InputImage, settings: PostprocessSettings, outputs: ResultsFolder | None, sources: set[str]
) -> AnyRecord:
    """Cut one map, and write the pictures that the settings ask for. `sources` are those of the maps before it."""
    began = time.monotonic()
    saved = read_saved_map(found.path)
    source = saved.record.source
    if source in sources:  # a second map of one image: its outputs are its own
        source = os.path.abspath(saved.path)
    sources.add(source)
    try:
        return replace(_cut(found, saved, source, settings, outputs), seconds=time.monotonic() - began)
    except OutputError as error:  # the error of the image, so that a further run replaces it
        if isinstance(error, OtherPageError):  # a further map may be of the page that the folder holds
            sources.discard(source)
        return error_record(saved.record.image, source, f"{found.given}: {error}")


def _cut(
    found: InputImage, saved: SavedMap, source: str, settings: PostprocessSettings, outputs: ResultsFolder | None
) -> Record:
    regions = segment(saved.values, settings.regions) if saved.is_calibrated else _no_regions(saved)
    wanted = settings.output
    shown = wanted is not None and (wanted.overlay or wanted.crops)
    behind = _image_behind(saved, settings) if shown or regions.regions else _ImageOfMap(None, ())
    if settings.regions.closing and behind.image is not None and saved.is_calibrated:
        regions = segment(saved.values, settings.regions, behind.image.judged)
    dark_lines = settings.regions.dark_lines or bool(saved.record.dark_lines)
    regions = _named_and_measured(regions, saved, behind.image, settings.regions.threshold, dark_lines=dark_lines)
    record = replace(_record(saved, regions, settings.regions), source=source, dark_lines=dark_lines or None)
    if shown or regions.regions:
        record = replace(record, warnings=(*record.warnings, *behind.warnings))
    written = Outputs()
    if outputs and wanted:
        base = outputs.claim(_named_as_its_image(found, saved), record.source, record.page)
        written = _write(saved, behind.image, regions.labels, record, base, wanted)
    return replace(record, outputs=replace(written, map=found.given))


def _named_and_measured(
    found: LabelledRegions, saved: SavedMap, image: CleanImage | None, threshold: float, *, dark_lines: bool
) -> LabelledRegions:
    """Name the classes of regions, mark nuisance, and measure; without the image, measure the shapes alone."""
    if image is not None:
        found = mark_nuisance(found, image)
    found = replace(found, regions=with_extents(found, saved.values, threshold))  # the reference is not in a map
    if image is None:
        return replace(found, regions=measure(found))
    if not saved.record.class_probabilities:  # the classes that a model gives to positions are not in its map
        periodic = saved.record.periodic
        lattice = None if periodic is None else periodic.value
        found = classify_by_pattern(found, image, None, lattice, dark_lines=dark_lines)
    return replace(found, regions=measure(found, image.values, image.judged))


def _record(saved: SavedMap, found: LabelledRegions, wanted: RegionSettings) -> Record:
    """Return the record of the map's image with these regions."""
    record = replace(
        saved.record,
        score=image_score(saved.values, found.regions, wanted.threshold) if saved.is_calibrated else None,
        threshold=wanted.threshold,
        detects_from=saved.record.detects_from if wanted.is_as_sensitive_as_default else None,
        warnings=saved.record.warnings if saved.is_calibrated else (NO_THRESHOLD,),
    )
    methods = record.method if len(record.method) == 1 else ()  # whose part of a joint map this is, is not in it
    return with_regions(record, [replace(region, methods=methods) for region in found.regions])


def _write(
    saved: SavedMap, image: CleanImage | None, labels: np.ndarray, record: Record, base: Path, wanted: OutputSettings
) -> Outputs:
    if image is None:  # the mask needs only the map
        wanted = replace(wanted, overlay=False, crops=False)
        image = CleanImage(np.zeros_like(saved.values), np.ones(saved.values.shape, bool))
    return write_pictures(image, saved.values, labels, record, base, wanted)


def _image_behind(saved: SavedMap, settings: PostprocessSettings) -> _ImageOfMap:
    """Find and read the image of a map, as it was read for the map; a warning says why it cannot be shown."""
    path = image_of_map(saved.path, saved.source, Path(settings.images) if settings.images else None)
    if path is None:
        where = f"one image of this name below {settings.images}" if settings.images else saved.record.source
        return _ImageOfMap(None, (f"{_WITHOUT}: {where} was not found; say where the images are with --images DIR",))
    try:
        image = clean(read_image(path, saved.reading), saved.reading)
    except SemscanError as error:
        return _ImageOfMap(None, (f"{_WITHOUT}: {error}",))
    if image.values.shape != saved.values.shape:
        sizes = " and ".join(f"{cols} x {rows}" for rows, cols in (image.values.shape, saved.values.shape))
        message = f"{_WITHOUT}: {path} and the map differ in size ({sizes}); inspect the image again"
        return _ImageOfMap(None, (message,))
    nm = saved.record.nm_per_pixel  # what was given with --nm-per-px is not in the file
    return _ImageOfMap(replace(image, nm_per_pixel=nm) if nm and nm > 0 else image, image.warnings)


def _named_as_its_image(found: InputImage, saved: SavedMap) -> InputImage:
    """Return the map's own name for its new outputs: a.map.tif gives a.overlay.png, wherever the image is."""
    place = found.below or PurePosixPath(found.path.name)
    name = place.name.removesuffix(MAP_SUFFIX) + (PurePosixPath(saved.record.source).suffix or ".tif")
    return InputImage(saved.record.image, found.path.with_name(name), place.with_name(name))


def _no_regions(saved: SavedMap) -> LabelledRegions:
    return LabelledRegions([], np.zeros(saved.values.shape, np.uint8))
