"""`semscan measure`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from semscan.cli import text_or_json
from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.options import dimensions, inputs, many_images
from semscan.cli.options.base import combine
from semscan.cli.options.reading import pop_read_settings, reading_options
from semscan.cli.options.verbosity import verbosity, verbosity_flags
from semscan.cli.output import print_notice, print_result
from semscan.phrases import plural
from semscan.settings import DEFAULT_MEASURES, InspectSettings, MeasureSettings

if TYPE_CHECKING:
    from semscan.values.measured.record import MeasureRecord
    from semscan.values.record import ErrorRecord

    AnyMeasure = MeasureRecord | ErrorRecord


@click.command()
@inputs.images
@combine(dimensions.level, dimensions.dark_lines)
@click.option(
    "--without",
    metavar="RESULTS",
    type=click.Path(),
    help="Output folder of `semscan inspect`: its regions, and 8 px around them, are left out.",
)
@click.option(
    "--out", default=DEFAULT_MEASURES, show_default=True, metavar="DIR", type=click.Path(), help="Output folder."
)
@click.option("--no-picture", is_flag=True, help="Do not draw the picture of each image.")
@reading_options
@combine(many_images.jobs, many_images.timeout, many_images.max_memory)
@inputs.nul
@text_or_json.text_or_jsonl_format
@verbosity_flags
@click.pass_context
def measure(ctx: click.Context, images: tuple[str, ...], **choices: Any) -> None:
    """Measure the lines or the contact holes in each IMAGE.

    Lines: pitch, width of lines and spaces (CD), roughness of widths and edges (LWR, LER: 3 sigma, noise subtracted),
    correlation length, tilt. Holes: pitches, diameters, ellipticity, placement. Each with standard error and 95 %
    interval, in px, and in nm if nm per pixel is known.

    \b
        semscan measure wafer.png
        semscan measure lot7/ --nm-per-px 1.3 | jq '[.image, .dimensions.line_cd.nm, .dimensions.lwr.unbiased.nm]'
        semscan inspect lot7/ && semscan measure lot7/ --without semscan-results

    Prints one line for each image: words on a terminal, JSON in a pipe. Writes NAME.dimensions.csv (a row for each
    edge, line and space, or hole), NAME.spectrum.csv, NAME.dimensions.png and measures.jsonl to --out.
    """
    from semscan.pipeline.measure import count_images, measure_images
    from semscan.report.measured.words import measure_line
    from semscan.report.record import json_line

    settings = MeasureSettings(
        edges=dimensions.edge_settings(choices),
        inspect=InspectSettings(
            jobs=choices["jobs"],
            timeout=choices["timeout"],
            max_memory=choices["max_memory"],
            read=pop_read_settings(choices),
        ),
        out=choices["out"],
        without=choices["without"],
        picture=not choices["no_picture"],
    )
    as_text = text_or_json.as_text(choices["output_format"])
    with closing(measure_images(images, settings, nul=choices["nul"])) as records:
        progress = _Progress(records, lambda: count_images(images, settings), with_errors=not as_text)
        for record in progress:
            print_result(measure_line(record) if as_text else json_line(record.to_json()))
    print_notice(progress.summary(settings.out))
    ctx.exit(SOME_FAILED if progress.errors else 0)


class _Progress:
    """Pass records on, count them, and print their errors and warnings; each warning once, each time with -v.

    A progress bar is shown only when standard error is a terminal; `total` is asked only then. `with_errors` is False
    where the lines of the records show the errors.
    """

    def __init__(
        self, records: Iterable[AnyMeasure], total: Callable[[], int | None], *, with_errors: bool = True
    ) -> None:
        self._records = records
        self._total = total
        self._with_errors = with_errors
        self._known: set[str] = set()
        self.images = 0
        self.errors = 0

    def __iter__(self) -> Iterator[AnyMeasure]:
        from tqdm import tqdm

        is_hidden = verbosity() < 0 or sys.stderr is None or not sys.stderr.isatty()
        total = None if is_hidden else self._total()
        with tqdm(total=total, unit="image", leave=False, disable=is_hidden) as bar:
            for record in self._records:
                self.images += 1
                bar.clear()
                for message in self._messages(record):
                    click.echo(f"semscan: {message}", err=True)
                yield record
                bar.update()

    def summary(self, out: str) -> str:
        """Summarise the run in one line."""
        failed = f", {self.errors} could not be measured" if self.errors else ""
        return f"{plural(self.images, 'image')}{failed}; results in {out}"

    def _messages(self, record: AnyMeasure) -> list[str]:
        if record.status == "error":
            self.errors += 1
        if verbosity() < 0:
            return []
        error = getattr(record, "error", None)
        if error is not None:
            return [error] if self._with_errors else []
        new = [each for each in getattr(record, "warnings", ()) if each not in self._known or verbosity() >= 1]
        self._known.update(new)
        return [f"{record.image}: {each}" for each in new]
