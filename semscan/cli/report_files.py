"""Finished results in other forms, for the commands that write them."""

from __future__ import annotations

from collections.abc import Callable

import click

from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.output import say
from semscan.errors import ReportError, SemscanError
from semscan.settings import ReportSettings


def write_reports(results: str, settings: ReportSettings, tell: Callable[[dict], None] | None = None) -> int:
    """Write each form asked for and say so; return the exit code: 3 where some images had to be left out.

    `tell` gets the entry of each file. Raises SemscanError where a form could not be written at all.
    """
    if not settings.to:
        return 0
    from semscan.pipeline.report import report

    counts: dict[str, int] = {}
    last: dict[str, str] = {}
    failed: SemscanError | None = None
    try:
        for written in report(results, settings):
            counts[written.to], last[written.to] = counts.get(written.to, 0) + 1, str(written.path)
            if tell is not None:
                tell(written.entry())
    except SemscanError as error:
        failed = error
    for name in settings.to:
        if name in counts:
            more = f" and {counts[name] - 1} more" if counts[name] > 1 else ""
            say(f"semscan: {name}: {last[name]}{more}")
        elif failed is None:
            say(f"semscan: {name}: nothing to write, no image was inspected")
    if failed is None:
        return 0
    if not (isinstance(failed, ReportError) and failed.partly):
        raise failed
    click.echo(f"semscan: {failed}", err=True)
    return SOME_FAILED
