"""Records on their way to standard output: counted, with their errors and warnings on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from semscan.cli.exit_codes import DEFECT, SOME_FAILED
from semscan.cli.options import verbosity
from semscan.phrases import plural
from semscan.values.record import AnyRecord, ErrorRecord


class RunProgress:
    """Pass records on, count them, and print their errors and warnings.

    A progress bar is shown only when standard error is a terminal; `total` is asked only then. Each error is
    printed, and each warning once (each time with -v). `short` leaves regions and model out of the summary.
    """

    def __init__(self, records: Iterable[AnyRecord], total: Callable[[], int | None], *, short: bool = False) -> None:
        self._records = records
        self._total = total
        self._short = short
        self._known_warnings: set[str] = set()
        self.images = 0
        self.defective = 0
        self.errors = 0
        self.regions: int | None = None  # None until an image was inspected
        self.model: str | None = None

    def __iter__(self) -> Iterator[AnyRecord]:
        bar = self._bar()
        for record in self._records:
            self._count(record)
            for line in self._messages(record):
                if bar is not None:
                    bar.clear()
                click.echo(f"semscan: {line}", err=True)
            if bar is not None:
                bar.update()
            yield record
        if bar is not None:
            bar.close()

    def summary(self, ending: str = "") -> str:
        """Summarise the run in one line."""
        regions = "" if self.regions is None or self._short else f" ({plural(self.regions, 'region')})"
        counts = [plural(self.images, "image"), f"{self.defective} with defects{regions}"]
        if self.errors:
            counts.append(f"{self.errors} could not be inspected")
        model = f"model {self.model}" if self.model and not self._short else ""
        parts = [", ".join(counts), model, ending]
        return "; ".join(part for part in parts if part)

    def exit_code(self, report_defects: bool) -> int:
        """Return 3 when an input failed, else 1 for a defect with `report_defects`, else 0."""
        if self.errors:
            return SOME_FAILED
        return DEFECT if report_defects and self.defective else 0

    def _count(self, record: AnyRecord) -> None:
        self.images += 1
        if isinstance(record, ErrorRecord):
            self.errors += 1
            return
        self.defective += record.defect
        self.regions = (self.regions or 0) + len(record.defects)
        self.model = self.model or record.model

    def _messages(self, record: AnyRecord) -> list[str]:
        if verbosity() < 0:
            return []
        if isinstance(record, ErrorRecord):
            return [record.error]
        messages = []
        for warning in record.warnings:
            if warning not in self._known_warnings or verbosity() >= 1:
                messages.append(f"{record.image}: {warning}")
            self._known_warnings.add(warning)
        return messages

    def _bar(self) -> Any:
        if verbosity() < 0 or sys.stderr is None or not sys.stderr.isatty():
            return None
        from tqdm import tqdm

        return tqdm(total=self._total(), unit="image", file=sys.stderr, leave=False)
