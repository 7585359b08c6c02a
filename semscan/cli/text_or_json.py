"""Output for people or for programs: text if standard output is a terminal, one JSON line if it is not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from semscan.cli.options.verbosity import verbosity
from semscan.cli.output import print_result, print_results
from semscan.phrases import printable

text_or_json_format = click.option(
    "--format",
    "output_format",
    type=click.Choice(("text", "json")),
    help="Format of standard output.  [default: text on a terminal, json in a pipe]",
)
text_or_jsonl_format = click.option(
    "--format",
    "output_format",
    type=click.Choice(("text", "jsonl")),
    help="Format of standard output.  [default: text on a terminal, jsonl in a pipe]",
)


def as_text(output_format: str | None) -> bool:
    """Return whether to print text: as asked for, else if standard output is a terminal."""
    if output_format is None:
        return sys.stdout is not None and sys.stdout.isatty()
    return output_format == "text"


def print_line(record: Mapping[str, Any], line: Callable[[Mapping[str, Any]], str], output_format: str | None) -> None:
    """Print a record to standard output, as a line of words or of JSON."""
    print_record(record, lambda: [printable(line(record))], output_format)


def print_record(record: Mapping[str, Any], text: Callable[[], list[str]], output_format: str | None) -> None:
    """Print a record to standard output, as the lines of `text` or as one JSON line."""
    if as_text(output_format):
        print_results(text())
        return
    from semscan.report.record import json_line

    print_result(json_line(record))


class RoundProgress:
    """A progress bar for work in several rounds. Shown only if standard error is a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._round = ""

    def __enter__(self) -> RoundProgress:
        return self

    def __exit__(self, *exception: object) -> None:
        self._close()

    def __call__(self, name: str, total: int) -> None:
        """Count one more finished item of the `total` in the round of this name."""
        from tqdm import tqdm

        if name != self._round:
            self._close()
            self._round = name
            self._bar = tqdm(
                total=total,
                desc=name,
                unit="image",
                file=sys.stderr,
                leave=False,
                disable=True if verbosity() < 0 else None,
            )
        if self._bar is not None:
            self._bar.update()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None
