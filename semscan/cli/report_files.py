"""Write finished results in other formats, for the commands that offer it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.output import print_notice
from semscan.errors import ReportError, SemscanError
from semscan.settings import ReportSettings, TrendSettings

if TYPE_CHECKING:
    from semscan.pipeline.reporting.written import Written

OnFile = Callable[[dict[str, Any]], None]


def write_reports(results: str, settings: ReportSettings, on_file: OnFile | None = None) -> int:
    """Write each format asked for, and return the exit code: 3 if some images had to be left out.

    `on_file` is called with the entry of each file. Raises SemscanError if a format could not be written at all.
    """
    if not settings.to:
        return 0
    from semscan.pipeline.report import decisions_left_out, report

    _warn(decisions_left_out([results], settings))
    return _count(report(results, settings), settings.to, on_file)


def write_trend(results: Sequence[str], settings: TrendSettings, on_file: OnFile) -> int:
    """Write the trend of several folders in each format asked for, and return the exit code."""
    from semscan.pipeline.report import decisions_left_out, report_trend

    _warn(decisions_left_out(results, settings))
    return _count(report_trend(results, settings), settings.to, on_file)


def _warn(said: Iterable[str]) -> None:
    for words in said:
        print_notice(f"warning: {words}")


def _count(files: Iterable[Written], to: Sequence[str], on_file: OnFile | None) -> int:
    counts: dict[str, int] = {}
    last: dict[str, str] = {}
    failure: SemscanError | None = None
    try:
        for written in files:
            counts[written.to] = counts.get(written.to, 0) + 1
            last[written.to] = str(written.path)
            if on_file is not None:
                on_file(written.to_json())
    except SemscanError as error:
        failure = error
    for name in to:
        if name in counts:
            more = f" and {counts[name] - 1} more" if counts[name] > 1 else ""
            print_notice(f"{name}: {last[name]}{more}")
        elif failure is None:
            print_notice(f"{name}: nothing was written, because no image was inspected")
    if failure is None:
        return 0
    for other in getattr(failure, "__notes__", ()):
        click.echo(f"semscan: {other}", err=True)
    if not (isinstance(failure, ReportError) and failure.partly):
        raise failure
    click.echo(f"semscan: {failure}", err=True)
    return SOME_FAILED
