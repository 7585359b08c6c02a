"""The records of images on standard output: a line of words on a terminal, JSON Lines in a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from semscan.cli.text_or_json import as_text

if TYPE_CHECKING:
    from semscan.values.record import AnyRecord

FORMATS = ("text", "jsonl", "tsv", "csv")
DEFAULT = "jsonl"  # in a pipe
image_format = click.option(
    "--format",
    "output_format",
    type=click.Choice(FORMATS),
    help="Format of standard output.  [default: text on a terminal, jsonl in a pipe]",
)


def image_lines(records: Iterable[AnyRecord], output_format: str | None, *, short: bool = False) -> Iterator[str]:
    """Yield a line for each record; `short` leaves out regions and outputs."""
    if output_format == "text" or (output_format is None and as_text(None)):
        return _in_words(records, with_regions=not short)
    from semscan.report.formats.table import inspect_lines, score_lines

    return (score_lines if short else inspect_lines)(records, output_format or DEFAULT)


def on_terminal(output_format: str | None) -> bool:
    """Return whether the lines are words that a person reads on a terminal, next to standard error."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    return is_terminal and output_format in (None, "text") and sys.stderr is not None and sys.stderr.isatty()


def _in_words(records: Iterable[AnyRecord], *, with_regions: bool) -> Iterator[str]:
    from semscan.report.text.inspection import DEFECT, FAILED, GOOD, NO_VERDICT, WIDTH, image_line, verdict

    colours = {DEFECT: "red", GOOD: "green", NO_VERDICT: "yellow", FAILED: "yellow"}
    coloured = _takes_colour()
    for record in records:
        line = image_line(record, with_regions=with_regions)
        start = click.style(line[:WIDTH], fg=colours[verdict(record)], bold=True) if coloured else line[:WIDTH]
        yield start + line[WIDTH:]


def _takes_colour() -> bool:
    """Return whether standard output shows colours, and the user has not said no (https://no-color.org)."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
