"""Records on their way to standard output: counted, with their errors and warnings on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from semscan.cli.exit_codes import DEFECT, SOME_FAILED
from semscan.cli.options.verbosity import verbosity
from semscan.phrases import plural
from semscan.values.record import DIFFERS, DIFFERS_FROM_GOOD, UNLIKE, WEAK_MODEL, AnyRecord, ErrorRecord


class _Once:
    """Images that all have one kind of warning: how many, and the first as an example."""

    def __init__(self, of_one: str, of_many: str) -> None:
        self._of_one = of_one
        self._of_many = of_many
        self._example = ""
        self.count = 0

    def add(self, image: str, warning: str) -> None:
        self.count += 1
        self._example = self._example or f"{image}: {warning.partition(': ')[2]}"

    @property
    def sentence(self) -> str:
        """The warning of all these images in one line."""
        if self.count == 1:
            return f"1 image is {self._of_one}: {self._example}"
        return f"{self.count} images are {self._of_many}; the first is {self._example}"


class RunProgress:
    """Pass records on, count them, and print their errors and warnings.

    A progress bar is shown only when standard error is a terminal; `total` is asked only then. Each error is
    printed, and each warning once (each time with -v). `short` leaves regions and model out of the summary.
    `with_errors` is False where the lines of the records show the errors at the same place.
    """

    def __init__(
        self,
        records: Iterable[AnyRecord],
        total: Callable[[], int | None],
        *,
        short: bool = False,
        with_errors: bool = True,
    ) -> None:
        self._records = records
        self._with_errors = with_errors
        self._total = total
        self._short = short
        self._known_warnings: set[str] = set()
        self._once = {
            UNLIKE: _Once(
                "unlike the training images, so it gets no verdict",
                "unlike the training images, so they get no verdict",
            ),
            DIFFERS: _Once(
                "different from the training images, so the threshold may not hold on it",
                "different from the training images, so the threshold may not hold on them",
            ),
            DIFFERS_FROM_GOOD: _Once(
                "different from the good images of the calibration, so the threshold may not hold on it",
                "different from the good images of the calibration, so the threshold may not hold on them",
            ),
        }
        self.images = 0
        self.defective = 0
        self.unlike = 0
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
                bar.clear()  # the line of the record may go to the same terminal
            yield record
            if bar is not None:
                bar.refresh()
        if bar is not None:
            bar.close()

    def summary(self, ending: str = "") -> str:
        """Summarise the run: one line, and one more for images that differ from the training images."""
        regions = "" if self.regions is None or self._short else f" ({plural(self.regions, 'region')})"
        counts = [plural(self.images, "image"), f"{self.defective} with defects{regions}"]
        if self.unlike:
            counts.append(f"{self.unlike} unlike the training images")
        if self.errors:
            counts.append(f"{self.errors} could not be inspected")
        model = f"model {self.model}" if self.model and not self._short else ""
        if any(warning.startswith(WEAK_MODEL) for warning in self._known_warnings):
            model = f"{model or 'model'} (weak, see the warning)"
        parts = [", ".join(counts), model, ending]
        line = "; ".join(part for part in parts if part)
        return "\n".join([line, *(f"semscan: {each.sentence}" for each in self._once.values() if each.count)])

    def exit_code(self, report_defects: bool) -> int:
        """Return 3 when an input failed, else 1 for a defect with `report_defects`, else 0.

        With `report_defects` an image unlike the training images counts as one that failed: it has no verdict.
        """
        if self.errors or (report_defects and self.unlike):
            return SOME_FAILED
        return DEFECT if report_defects and self.defective else 0

    def _count(self, record: AnyRecord) -> None:
        self.images += 1
        if isinstance(record, ErrorRecord):
            self.errors += 1
            return
        self.defective += bool(record.defect)
        self.unlike += bool(record.unlike_training)
        self.regions = (self.regions or 0) + len(record.defects)
        self.model = self.model or record.model

    def _messages(self, record: AnyRecord) -> list[str]:
        if verbosity() < 0:
            return []
        if isinstance(record, ErrorRecord):
            return [record.error] if self._with_errors else []
        messages = []
        for warning in record.warnings:
            once = next((self._once[start] for start in self._once if warning.startswith(start)), None)
            if once is not None:
                once.add(record.image, warning)
                if verbosity() < 1:
                    continue
            if warning not in self._known_warnings or verbosity() >= 1:
                about = "" if warning.startswith(WEAK_MODEL) else f"{record.image}: "
                messages.append(about + warning)
            self._known_warnings.add(warning)
        return messages

    def _bar(self) -> Any:
        if verbosity() < 0 or sys.stderr is None or not sys.stderr.isatty():
            return None
        from tqdm import tqdm

        return tqdm(total=self._total(), unit="image", file=sys.stderr, leave=False)
