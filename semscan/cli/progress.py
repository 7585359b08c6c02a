"""Records on their way to standard output: counted, and told about on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import click

from semscan.cli.exit_codes import DEFECT, SOME_FAILED
from semscan.cli.options import verbosity
from semscan.phrases import plural


class Tally:
    """Passes records on and keeps count.

    A progress bar is shown only when standard error is a terminal; `total` is asked only then.
    Each error is said, and each warning once (each time with -v).
    """

    def __init__(self, records: Iterable[Mapping[str, Any]], total: Callable[[], int | None]) -> None:
        self._records, self._total = records, total
        self._heard: set[str] = set()
        self.images = self.defective = self.errors = 0
        self.regions: int | None = None  # None: the records do not say
        self.seen_by: str | None = None

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        bar = self._bar()
        for record in self._records:
            self._count(record)
            for line in self._told(record):
                if bar is not None:
                    bar.clear()
                click.echo(f"semscan: {line}", err=True)
            if bar is not None:
                bar.update()
            yield record
        if bar is not None:
            bar.close()

    def sentence(self, ending: str = "") -> str:
        """What was done, in one line."""
        regions = "" if self.regions is None else f" ({plural(self.regions, 'region')})"
        said = [plural(self.images, "image"), f"{self.defective} with defects{regions}"]
        if self.errors:
            said.append(f"{self.errors} could not be inspected")
        parts = [", ".join(said), f"model {self.seen_by}" if self.seen_by else "", ending]
        return "semscan: " + "; ".join(part for part in parts if part)

    def exit_code(self, tell_defects: bool) -> int:
        """3 when an input failed, else 1 for a defect when that is to be told, else 0."""
        if self.errors:
            return SOME_FAILED
        return DEFECT if tell_defects and self.defective else 0

    def _count(self, record: Mapping[str, Any]) -> None:
        self.images += 1
        self.errors += record["status"] == "error"
        self.defective += record.get("defect") is True
        if "regions" in record:
            self.regions = (self.regions or 0) + sum(not region["nuisance"] for region in record["regions"])
        self.seen_by = self.seen_by or record.get("model")

    def _told(self, record: Mapping[str, Any]) -> list[str]:
        if verbosity() < 0:
            return []
        told = [record["error"]] if record["status"] == "error" else []
        for warning in record.get("warnings", ()):
            if warning not in self._heard or verbosity() >= 1:
                told.append(f"{record['image']}: {warning}")
            self._heard.add(warning)
        return told

    def _bar(self) -> Any:
        if verbosity() < 0 or sys.stderr is None or not sys.stderr.isatty():
            return None
        from tqdm import tqdm

        return tqdm(total=self._total(), unit="image", file=sys.stderr, leave=False)
