"""Records on their way to standard output: counted, with their messages and a progress bar on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import click

from semscan.cli.exit_codes import DEFECT, SOME_FAILED
from semscan.cli.options import verbosity
from semscan.phrases import plural


class RunProgress:
    """Pass records on, count them, and print their errors and warnings.

    A progress bar is shown only if standard error is a terminal; `total` is called only then.
    Each error is printed, and each warning once (each time with -v).
    """

    def __init__(self, records: Iterable[Mapping[str, Any]], total: Callable[[], int | None]) -> None:
        self._records = records
        self._total = total
        self._printed_warnings: set[str] = set()
        self.images = 0
        self.defective = 0
        self.errors = 0
        self.regions: int | None = None  # None: the records do not have regions
        self.model: str | None = None

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        bar = self._bar()
        for record in self._records:
            self._count(record)
            for message in self._messages(record):
                if bar is not None:
                    bar.clear()
                click.echo(f"semscan: {message}", err=True)
            if bar is not None:
                bar.update()
            yield record
        if bar is not None:
            bar.close()

    def summary(self, ending: str = "") -> str:
        """Return one line on the whole run."""
        regions = "" if self.regions is None else f" ({plural(self.regions, 'region')})"
        counts = [plural(self.images, "image"), f"{self.defective} with defects{regions}"]
        if self.errors:
            counts.append(f"{self.errors} could not be inspected")
        parts = [", ".join(counts), f"model {self.model}" if self.model else "", ending]
        return "; ".join(part for part in parts if part)

    def exit_code(self, defect_code: bool) -> int:
        """Return 3 if an input failed, else 1 for a defect if `defect_code` is set, else 0."""
        if self.errors:
            return SOME_FAILED
        return DEFECT if defect_code and self.defective else 0

    def _count(self, record: Mapping[str, Any]) -> None:
        self.images += 1
        self.errors += record["status"] == "error"
        self.defective += record.get("defect") is True
        if "regions" in record:
            self.regions = (self.regions or 0) + sum(not region["nuisance"] for region in record["regions"])
        self.model = self.model or record.get("model")

    def _messages(self, record: Mapping[str, Any]) -> list[str]:
        if verbosity() < 0:
            return []
        messages = [record["error"]] if record["status"] == "error" else []
        for warning in record.get("warnings", ()):
            if warning not in self._printed_warnings or verbosity() >= 1:
                messages.append(f"{record['image']}: {warning}")
            self._printed_warnings.add(warning)
        return messages

    def _bar(self) -> Any:
        if verbosity() < 0 or sys.stderr is None or not sys.stderr.isatty():
            return None
        from tqdm import tqdm

        return tqdm(total=self._total(), unit="image", file=sys.stderr, leave=False)
