"""A finished inspection as one page to read and to mail."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from pathlib import Path
from urllib.parse import quote

from semscan.errors import OutputError, SemscanError, UsageFault
from semscan.files.disk.atomic import write_text
from semscan.files.disk.plain_file import open_plain
from semscan.files.models.method_folder import read_fingerprint
from semscan.files.results.finished_run import FinishedRun
from semscan.phrases import plural
from semscan.pipeline.fab.wafers import placed_records
from semscan.pipeline.reporting.reviewed_run import read_reviewed_run
from semscan.pipeline.reporting.thumbnails import Pictures, draw_pictures
from semscan.pipeline.reporting.wafer_trends import wafer_trends
from semscan.pipeline.reporting.wafers import wafers_of_page, write_wafer_pictures
from semscan.pipeline.reporting.written import Written
from semscan.pipeline.run.record import INTERRUPTED
from semscan.report.html import html_report
from semscan.settings import ReportSettings
from semscan.values.fab.summary import WaferSummary
from semscan.values.record import WEAK_MODEL, Record
from semscan.values.run_record import RunRecord

PAGE = "report.html"
PAGE_SUFFIXES = (".html", ".htm")
CARD = "MODEL_CARD.md"
LARGEST_CARD = 1 << 18
OWN = b'<meta name="generator" content="semscan '  # not that of a trend
LARGEST_HEAD = 2048


def write_html(
    results_folder: Path | str, out: Path | str | None = None, settings: ReportSettings | None = None
) -> Path:
    """Write the report of an output folder; return where it lies.

    Parameters
    ----------
    results_folder : path
        The --out of an inspection.
    out : path, optional
        The file to write; by default `PAGE` in the folder. A folder gets `PAGE` in it.
    settings : ReportSettings, optional
        Where the table of places lies, by default in the folder, if there is one; and whether to show the verdicts of
        the review that lies beside the results.

    Raises
    ------
    BadKlarfError, ReportError
        If the table of places cannot be used.
    UsageFault
        If a baseline is wanted without places, or of more wafers than there are.
    OutputError
        If the folder holds no records, or the page cannot be written, or another page than a report lies there.
    """
    settings = settings or ReportSettings()
    return _written(Path(results_folder), out, settings)[0]


def _written(results: Path, out: Path | str | None, settings: ReportSettings) -> tuple[Path, list[WaferSummary]]:
    """Write the page; return where it lies, and the wafers on it."""
    reviewed = read_reviewed_run(results, settings)
    finished = reviewed.finished
    path = Path(out) if out is not None else finished.folder / PAGE
    if path.is_dir():
        path = path / PAGE
    _check_own(path)
    placed = placed_records(finished, settings)
    if placed is None and settings.baseline is not None:
        raise UsageFault("--baseline is about wafers here, and no place of an image is known; give --places")
    wafers, about_wafers = wafers_of_page(placed or [], settings)
    trends = wafer_trends(placed or [], settings)
    pictures = draw_pictures(finished)
    card, warnings = _model_card(finished.run)
    page = html_report(
        finished.records,
        run=finished.run,
        title=f"Inspection of {_name(finished)}",
        previews=pictures.previews,
        crops=pictures.crops,
        compared=pictures.compared,
        links=_links(finished, path.parent),
        model_card=card,
        notes=[*reviewed.notes, *_notes(finished, pictures), *about_wafers, *warnings],
        wafers=wafers,
        trends=trends,
    )
    write_text(path, page)
    return path, wafers


def _check_own(path: Path) -> None:
    """Refuse to replace what is not a report."""
    try:
        with open_plain(path) as file:
            begin = file.read(LARGEST_HEAD)
    except OSError:  # not there, or not readable: then writing it raises the error
        return
    if begin and OWN not in begin:
        raise OutputError(f"{path}: is not a report of semscan and is not replaced; name another file with --out")


def _name(finished: FinishedRun) -> str:
    """Return the name of the folder of the images; without a common folder, that of the results."""
    folders = {os.path.dirname(record.source) for record in finished.records}
    try:
        common = os.path.basename(os.path.commonpath(folders))
    except ValueError:  # none, or of two drives
        common = ""
    return common or finished.folder.resolve().name


def _links(finished: FinishedRun, page_folder: Path) -> dict[int, str]:
    """Return the address of each overlay, as seen from the page, by the number of its record."""
    links = {}
    for place, record in enumerate(finished.records, start=1):
        path = finished.locate(record.outputs.overlay)
        if path is None:
            continue
        try:
            address = os.path.relpath(path, page_folder)
        except ValueError:  # another drive of a Windows machine
            continue
        links[place] = quote(os.fsencode(address.replace(os.sep, "/")))  # also ":" and bytes that are not text
    return links


def _notes(finished: FinishedRun, pictures: Pictures) -> list[str]:
    """Return what must be known before the figures are read."""
    notes = []
    count = len(finished.records)
    if finished.unfinished:
        notes.append(f"{finished.unfinished} of the records are of an inspection that has not ended, or was cut off.")
    if finished.run.state == INTERRUPTED:
        notes.append("The last run was interrupted: images that it did not reach are missing.")
    if finished.earlier:
        notes.append(f"Only the {plural(count, 'image')} of the last run {'is' if count == 1 else 'are'} reported.")
    if finished.holds_several_runs:
        last = finished.run.images
        notes.append(f"The folder holds the records of several runs; the settings below are of the last, of {last}.")
    weak = {words for record in finished.records if isinstance(record, Record) for words in record.warnings}
    notes += [f"Caution: {words}." for words in sorted(weak) if words.startswith(WEAK_MODEL)]
    if pictures.left_out:
        notes.append(
            f"{pictures.left_out} images are listed without a picture, to keep the page small: those "
            "without defects and with the lowest scores."
        )
    return notes


def _model_card(run: RunRecord) -> tuple[str | None, Sequence[str]]:
    """Read the model's card, if it is still there; return it with a warning if it may be of another model."""
    if run.model is None:
        return None, ()
    model = Path(run.folder or "", run.model)
    try:
        with open_plain(model / CARD) as file:
            text = file.read(LARGEST_CARD).decode("utf-8", errors="replace")
    except (OSError, ValueError):
        return None, (f"The model's card is not shown: there is no {CARD} in {run.model} any more.",)
    try:
        same = read_fingerprint(model) == run.fingerprint
    except SemscanError:
        same = False
    return text, () if same else (f"{run.model} has changed since the inspection; its card may be another's.",)


def write_page(results: Path, settings: ReportSettings) -> Generator[Written, None, None]:
    """Write the report as one HTML page; where places are known, also a picture of each wafer."""
    out = None if settings.out is None else Path(settings.out)
    if out is not None and out.suffix.lower() not in PAGE_SUFFIXES:
        out = out / PAGE
    path, wafers = _written(results, out, settings)
    yield Written("html", path)
    yield from write_wafer_pictures(wafers, path.parent)
