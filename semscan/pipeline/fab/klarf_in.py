"""Inspect the images of another tool's KLARF file, and write the file back with what was found.

`begin` reads and checks before anything is inspected or written. `finish` takes the records of the finished
inspection.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from semscan.errors import BadKlarfError, OutputError, SemscanError
from semscan.files.disk.atomic import remove_file, write_bytes
from semscan.files.images.page_copy import MARK as PAGE_MARK
from semscan.files.images.page_copy import copy_page, page_count
from semscan.files.images.read import read_header
from semscan.files.klarf.class_codes import read_class_codes
from semscan.files.klarf.file import KlarfFile, ListedDefect, ListedImage
from semscan.files.klarf.read import image_path, read_klarf
from semscan.files.klarf.write import rewritten
from semscan.files.places import PLACES, read_places, write_places
from semscan.files.results.finished_run import read_finished
from semscan.files.results.report_files import check_ours
from semscan.phrases import one_line, plural, printable
from semscan.pipeline.fab.match import Matched, matched
from semscan.settings import ReadSettings
from semscan.values.fab.class_codes import ClassCodes
from semscan.values.fab.place import Place
from semscan.values.record import Record

PAGES = "klarf-pages"  # copies of pages of files with several
MATCHES = "klarf.jsonl"
LOOKED_AT = 50  # files of which nm per pixel is looked up before any is inspected
MATCHES_MARK = b'{"defect_id": '


@dataclass(frozen=True, slots=True)
class ListedInspection:
    """A KLARF file whose images are inspected.

    `sources` is the absolute path of each image that is inspected, by the file and page that the list names; `refused`
    says of each page that could not be copied why, a line each.
    """

    path: Path
    file: KlarfFile
    codes: ClassCodes
    out: Path
    add: bool
    sources: Mapping[tuple[str, int], str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()

    @property
    def images(self) -> tuple[str, ...]:
        """The images to inspect, each once, in the order of the list."""
        return tuple(dict.fromkeys(self.sources.values()))

    @property
    def target(self) -> Path:
        """The file to write."""
        return self.out / self.path.name


def begin(path: str, out: str, read: ReadSettings, classes: str | None, add: bool) -> ListedInspection:
    """Read a KLARF file and check all that can be checked before images are inspected; write nothing but page copies.

    Parameters
    ----------
    path, out : str
        The file, and the output folder.
    read : ReadSettings
        Of the inspection.
    classes : str or None
        A table of class numbers; None: the built-in one.
    add : bool
        Add defects that the file does not list.

    Raises
    ------
    BadKlarfError
        If the file is damaged or foreign, or lacks what is needed, or an image states no nm per pixel.
    OutputError
        If the file to write would replace another.
    """
    codes = read_class_codes(classes)
    klarf = Path(path)
    file = read_klarf(klarf)
    listed = ListedInspection(klarf, file, codes, Path(out), add)
    shown = printable(path)
    try:
        _check_codes(listed)
        _check_target(listed)
        _check_beside(listed)
        paths = {image.name: image_path(klarf.parent, image) for image in _images(file)}
        if not paths:
            raise BadKlarfError("no defect lists an image, so there is nothing to inspect")
        if add and any(wafer.frame.pitch_um is None for wafer in file.wafers):
            raise BadKlarfError("it has no DiePitch, which --klarf-add needs")
        if add and any(len(wafer.summary) > 1 for wafer in file.wafers):
            raise BadKlarfError("its SummaryList has several rows of one wafer; leave out --klarf-add")
        _check_scales(file, paths, read)
    except BadKlarfError as error:
        raise BadKlarfError(f"{shown}: {error}") from error
    return _with_sources(listed, paths, read)


def finish(listed: ListedInspection) -> list[str]:
    """Write the KLARF file, the table of places and the list of matches; return what a reader should know.

    Raises
    ------
    BadKlarfError
        If a region has no size in nm, or its class no number: then none of the files is written.
    """
    found = matched(listed, _records(listed.out))
    try:
        data = rewritten(listed.file, found.findings, found.added)
    except BadKlarfError as error:
        raise BadKlarfError(f"{printable(str(listed.path))}: {error}") from error
    places, entries = write_places(_places(listed)), _entries(listed, found)
    write_bytes(listed.target, data)
    write_bytes(listed.out / PLACES, places)
    write_bytes(listed.out / MATCHES, entries)
    return [f"klarf: {listed.target}", *_words(listed, found)]


def _records(out: Path) -> dict[str, Record]:
    """Return the records of the images that were inspected, by their source; none where no image was there."""
    try:
        finished = read_finished(out)
    except OutputError:
        return {}
    return {record.source: record for record in finished.inspected}


def _words(listed: ListedInspection, found: Matched) -> Iterator[str]:
    yield from listed.refused
    defects = plural(len(listed.file.defects), "listed defect")
    others = len(listed.file.defects) - found.with_region - found.without_region
    without = f", {others} have no image that was inspected" if others else ""
    yield f"{found.with_region} of {defects} have a region, {found.without_region} have none{without}"
    if found.others:
        what = "added to the file" if listed.add else "not in the file (--klarf-add adds them)"
        yield f"{plural(found.others, 'further region')}, {what}"


def _images(file: KlarfFile) -> Iterator[ListedImage]:
    for defect in file.defects:
        yield from defect.images


def _check_codes(listed: ListedInspection) -> None:
    """Raise BadKlarfError where the file calls a number of the built-in table something else."""
    lookup = listed.file.lookup
    if lookup is None or listed.codes.source is not None:
        return
    for number, name in listed.codes.rows:
        other = lookup.names.get(number)
        if other is not None and other.casefold() != name:
            raise BadKlarfError(
                f"its ClassLookup calls {number} {printable(other)!r}, and semscan's {number} is {name!r}; "
                "give the numbers of your classes with --classes"
            )


def _check_target(listed: ListedInspection) -> None:
    """Raise OutputError if the file to write is the one that was read, or is another."""
    target = listed.target
    try:
        if not target.exists():
            return
        if target.samefile(listed.path):
            raise OutputError(f"{target} is the file that is read; choose another --out")
        earlier = read_klarf(target)
    except BadKlarfError as error:
        raise OutputError(f"{target} is there and no KLARF file; move it away, or choose another --out") from error
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{target}: cannot be looked up; choose another --out") from error
    if [wafer.frame for wafer in earlier.wafers] != [wafer.frame for wafer in listed.file.wafers]:
        raise OutputError(f"{target} is there and of another wafer; move it away, or choose another --out")


def _check_beside(listed: ListedInspection) -> None:
    """Raise OutputError if files are there that a run with a KLARF file would replace, and did not write."""
    matches = listed.out / MATCHES
    check_ours(matches, MATCHES_MARK)
    if matches.exists():
        _earlier_places(listed)  # what cannot be read, or does not fit, cannot be kept
        _earlier_entries(listed)
        return
    for path in (listed.target, listed.out / PLACES):
        if os.path.lexists(path):
            raise OutputError(
                f"{path} is there, and no {MATCHES} of an earlier run beside it; move it away, or choose another --out"
            )


def _check_scales(file: KlarfFile, paths: Mapping[str, Path], read: ReadSettings) -> None:
    """Raise BadKlarfError if one of the first files states no nm per pixel: sizes in KLARF are in µm."""
    first: dict[str, int] = {}
    for image in _images(file):
        first.setdefault(image.name, image.page)
    for name, page in islice(first.items(), LOOKED_AT):
        if not _has_scale(paths[name], replace(read, page=page)):
            raise BadKlarfError(
                f"{printable(paths[name].name)} states no nm per pixel, which KLARF needs; give --nm-per-px"
            )


def _has_scale(path: Path, read: ReadSettings) -> bool:
    """Whether an image states its nm per pixel; also true of one that cannot be read, which is reported later."""
    try:
        return read_header(path, read).nm_per_pixel is not None
    except SemscanError:
        return True


def _with_sources(listed: ListedInspection, paths: Mapping[str, Path], read: ReadSettings) -> ListedInspection:
    """Add the file to inspect for each listed image: pages of files with several are copied first."""
    counts = {name: page_count(path) for name, path in paths.items()}
    sources: dict[tuple[str, int], str] = {}
    refused: list[str] = []
    for image in _images(listed.file):
        key = image.name, image.page
        if key in sources:
            continue
        source = path = paths[image.name]
        if counts[image.name] > 1 or image.page:
            source = _page_file(listed, path, image)
            try:
                copy_page(path, image.page, source, read)
            except OutputError:
                raise
            except SemscanError as error:  # it becomes a record of its error: no file, also none of an earlier run
                remove_file(source)
                refused.append(f"{source.name} is missing: {one_line(error)}")
        sources[key] = os.path.abspath(source)
    return replace(listed, sources=sources, refused=tuple(refused))


def _page_file(listed: ListedInspection, path: Path, image: ListedImage) -> Path:
    """Return the file for the copy of a page; raise OutputError if a file of somebody else is there."""
    # two files may have one name: the number of the path tells their pages apart
    number = hashlib.sha256(os.path.abspath(path).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    target = listed.out / PAGES / f"{path.stem}.{number}.{image.page + 1}.tif"
    check_ours(target, PAGE_MARK)
    return target


def _earlier_places(listed: ListedInspection) -> dict[str, Place]:
    """Return the places that earlier runs wrote; raise OutputError if one of our wafers has other dies there."""
    path = listed.out / PLACES
    earlier = read_places(path) if path.exists() else {}
    frames = {(frame.lot, frame.wafer, frame.step): frame for frame in (one.frame for one in listed.file.wafers)}
    for source, place in earlier.items():
        known = place.frame
        ours = frames.get((known.lot, known.wafer, known.step), known)
        if (known.pitch_um, known.centre_um) != (ours.pitch_um, ours.centre_um):
            raise OutputError(f"{path} has other dies of wafer {printable(known.wafer)}; choose another --out")
        earlier[source] = replace(place, frame=ours)
    return earlier


def _earlier_entries(listed: ListedInspection) -> list[dict[str, Any]]:
    """Return the matches that runs with other KLARF files wrote; raise OutputError if they cannot be read."""
    path = listed.out / MATCHES
    try:
        lines = path.read_text("utf-8", errors="surrogateescape").splitlines() if path.exists() else []
        entries = [json.loads(line) for line in lines]
        return [entry for entry in entries if entry.get("klarf", listed.path.name) != listed.path.name]
    except (OSError, ValueError, AttributeError) as error:
        raise OutputError(f"{path}: cannot be read; move it away, or choose another --out") from error


def _entries(listed: ListedInspection, found: Matched) -> bytes:
    """Return the matches of all KLARF files as JSON Lines."""
    ours = [entry | {"klarf": listed.path.name} for entry in found.entries]
    lines = [json.dumps(entry, ensure_ascii=False) + "\n" for entry in (*_earlier_entries(listed), *ours)]
    return "".join(lines).encode("utf-8", errors="surrogateescape")


def _places(listed: ListedInspection) -> dict[str, Place]:
    """Return the place of each image: its centre lies at the first defect that lists it.

    Those of images of other KLARF files in the same folder are kept.
    """
    ours = set(listed.sources.values())
    places = {source: place for source, place in _earlier_places(listed).items() if source not in ours}
    for defect in listed.file.defects:
        for image in defect.images:
            source = listed.sources[image.name, image.page]
            places.setdefault(source, _place(listed, defect, source))
    return places


def _place(listed: ListedInspection, defect: ListedDefect, source: str) -> Place:
    frame = listed.file.wafers[defect.frame].frame
    return Place(image=source, frame=frame, column=defect.column, row=defect.row, x_um=defect.x_um, y_um=defect.y_um)
