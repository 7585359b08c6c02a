"""Answers for reading: words when standard output is a terminal, one JSON line when it is not."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from semscan.cli.options import verbosity
from semscan.cli.output import emit, emit_all

form = click.option(
    "--format", "form", type=click.Choice(("text", "json")), help="[default: text on a terminal, json in a pipe]"
)


def show(record: Mapping[str, Any], text: Callable[[], list[str]], form: str | None) -> None:
    """Print a record to standard output, as `form` asks or else as suits who reads it."""
    if form is None:
        form = "text" if sys.stdout is not None and sys.stdout.isatty() else "json"
    if form == "text":
        emit_all(text())
        return
    from semscan.report.record import to_json

    emit(to_json(record))


class RoundProgress:
    """A progress bar for work in several rounds. Shown only when standard error is a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._doing = ""

    def __enter__(self) -> RoundProgress:
        return self

    def __exit__(self, *what: object) -> None:
        self._close()

    def __call__(self, doing: str, total: int) -> None:
        """One more is done of the `total` of this round, which is named `doing`."""
        from tqdm import tqdm

        if doing != self._doing:
            self._close()
            self._doing = doing
            self._bar = tqdm(
                total=total,
                desc=doing,
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
