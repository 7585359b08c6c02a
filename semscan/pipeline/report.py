"""Report a finished inspection in other formats: one page, a fab's defect list, tables, annotations."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path

from semscan.errors import ReportError, SemscanError, UsageFault
from semscan.pipeline.reporting.written import Written
from semscan.settings import REPORT_FORMATS, ReportSettings, TrendSettings
from semscan.settings.resolve import resolve

ONE_FILE = (".html", ".htm", ".csv", ".json", ".klarf")


def check_settings(settings: ReportSettings, results: str, *, with_places: bool) -> None:
    """Check before images are inspected what their reports will need.

    Parameters
    ----------
    settings : ReportSettings
    results : str
        Folder where the inspection will leave its results.
    with_places : bool
        Whether the inspection writes a table of places there.

    Raises
    ------
    BadKlarfError
        If the table of class numbers cannot be used.
    UsageFault
        If `wafers.json` is wanted and there is no table of places.
    """
    if "json" in settings.to and not with_places:
        _check_places(results)
    if settings.classes is not None:
        from semscan.files.klarf.class_codes import read_class_codes

        read_class_codes(settings.classes)


def _check_places(results: str) -> None:
    """Raise UsageFault if there is no table of places beside the results."""
    from semscan.files.places import PLACES

    if not Path(results, PLACES).exists():
        raise UsageFault(
            f"--report json needs to know where the images were taken, and there is no {PLACES} in {results}; leave it "
            "out, and give `semscan report` the table afterwards, with --to json --places FILE"
        )


def _check_out(settings: ReportSettings) -> None:
    """Raise UsageFault if `out` is named like one file and several formats are wanted."""
    out = Path(settings.out or "")
    if len(set(settings.to)) > 1 and out.suffix.lower() in ONE_FILE and not out.is_dir():
        raise UsageFault(f"--out {out} is one file, and --to is {','.join(settings.to)}; name a folder")


def report(results: Path | str, settings: ReportSettings) -> Generator[Written, None, None]:
    """Write a finished inspection in each wanted format; yield each file once it is there.

    A format that cannot be written does not stop the others.

    Parameters
    ----------
    results : path
        The --out of an inspection, or the `results.jsonl` in it.
    settings : ReportSettings
        The formats, and where they go.

    Raises
    ------
    UsageFault
        If `out` is one file and several formats are wanted.
    ReportError
        At the end, if a format could not be written, or not for all images. The reasons of other formats are its notes.
    OutputError
        If there are no records, or a file cannot be written.
    """
    _check_out(settings)
    faults: list[SemscanError] = []
    for name in settings.to:
        if name not in REPORT_FORMATS:
            raise ReportError(f"unknown report format {name!r}; choose from {', '.join(REPORT_FORMATS)}")
        try:
            yield from resolve(REPORT_FORMATS[name])(Path(results), settings)
        except SemscanError as error:
            faults.append(error)
    if faults:
        worst = next((fault for fault in faults if not _is_partial(fault)), faults[0])
        for fault in faults:
            if fault is not worst:
                worst.add_note(str(fault))
        raise worst


def _is_partial(fault: SemscanError) -> bool:
    return isinstance(fault, ReportError) and fault.partly


def decisions_left_out(results: Sequence[str], settings: ReportSettings | TrendSettings) -> list[str]:
    """Say for each folder which decisions of its review do not count; what cannot be read is said by the report."""
    from semscan.pipeline.reporting.reviewed_run import read_reviewed_run

    wanted = ReportSettings(review=settings.review, last=settings.last)
    said = []
    for name in results:
        with suppress(SemscanError):
            left_out = read_reviewed_run(Path(name), wanted).left_out
            said += [f"{name}: {left_out}"] if left_out else []
    return said


def report_trend(results: Sequence[str], settings: TrendSettings) -> Generator[Written, None, None]:
    """Compare finished inspections one after the other, by control charts; yield each file once it is there.

    Raises
    ------
    UsageFault, ReportError
        If there is nothing to compare; see `read_trend`.
    OutputError
        If there are no records, or a file cannot be written.
    """
    from semscan.pipeline.reporting.trend import read_trend
    from semscan.pipeline.reporting.trend_files import trend_paths, write_trend

    paths = trend_paths(settings)
    yield from write_trend(read_trend(results, settings), paths)
