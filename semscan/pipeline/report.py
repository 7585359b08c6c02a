"""A finished inspection told in other forms: one page, a fab's defect list, tables, annotations."""

from __future__ import annotations

from collections.abc import Generator
from importlib import import_module
from pathlib import Path

from semscan.errors import ReportError, SemscanError
from semscan.pipeline.reporting.written import Written
from semscan.settings import REPORT_FORMATS, ReportSettings

# name -> "module:function" that writes it; looked up on use, so that none loads another's libraries
WRITERS = {
    "html": "semscan.pipeline.reporting.html_page:write_page",
    "klarf": "semscan.pipeline.reporting.formats:write_klarf",
    "coco": "semscan.pipeline.reporting.formats:write_coco",
    "roi": "semscan.pipeline.reporting.formats:write_roi",
    "labelme": "semscan.pipeline.reporting.formats:write_labelme",
    "csv": "semscan.pipeline.reporting.formats:write_csv",
}


def report(results: Path | str, settings: ReportSettings) -> Generator[Written, None, None]:
    """Write a finished inspection in each form that is asked for; yield each file once it is there.

    A form that cannot be written does not stop the others.

    Parameters
    ----------
    results : path
        The --out of an inspection, or the `results.jsonl` in it.
    settings : ReportSettings
        The forms, and where they go.

    Raises
    ------
    ReportError
        At the end, if a form could not be written or not for all images: the first reason.
    OutputError
        If there are no records, or a file cannot be written.
    """
    first: SemscanError | None = None
    for name in settings.to:
        if name not in WRITERS:
            raise ReportError(f"no form {name!r} to report in; take of {', '.join(REPORT_FORMATS)}")
        module, function = WRITERS[name].split(":")
        try:
            yield from getattr(import_module(module), function)(Path(results), settings)
        except SemscanError as error:
            first = first or error
    if first is not None:
        raise first
