"""`semscan info`."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from semscan.cli import text_or_json
from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.options import inputs, reading
from semscan.cli.options.base import combine
from semscan.cli.options.verbosity import verbosity_flags
from semscan.cli.output import print_notice, print_result, print_results


class Page(click.ParamType):
    """A page number from 0, or `all`."""

    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return the number, or the word."""
        if value == "all" or isinstance(value, int):
            return value
        if not str(value).isascii() or not str(value).isdigit():
            self.fail(f"'{value}' is neither a page number from 0 nor all.", param, ctx)
        return int(value)


@click.command()
@inputs.images
@click.option(
    "--page",
    "pages",
    type=Page(),
    multiple=True,
    default=(0,),
    show_default=True,
    help="Page of a multi-page file, from 0. Repeatable.",
)
@combine(reading.databar, reading.nm_per_px, reading.ignore, reading.care, reading.max_pixels)
@inputs.nul
@text_or_json.text_or_jsonl_format
@verbosity_flags
@click.pass_context
def info(ctx: click.Context, images: tuple[str, ...], **choices: Any) -> None:
    """Show what is known about each IMAGE.

    This is: file format, microscope, nm per pixel and its source, data bar, field of view, beam, focus and noise.
    The image is not inspected, and no file is written. Values that the file does not contain are null.

    \b
        semscan info wafer.tif
        semscan info lot7/ | jq -r 'select(.nm_per_pixel == null) | .image'
        semscan info stack.tif --page all --format text
    """
    from semscan.pipeline.info import describe_images
    from semscan.report.record import json_line
    from semscan.report.text.info import PageError, description_lines

    pages = choices.pop("pages")
    nul = choices.pop("nul")
    as_text = text_or_json.as_text(choices.pop("output_format"))
    failed = False
    with closing(describe_images(images, reading.pop_read_settings(choices), pages, nul=nul)) as descriptions:
        for page in descriptions:
            if isinstance(page, PageError):
                failed = True
                print_notice(page.error)
            if as_text:
                print_results(description_lines(page))
            else:
                print_result(json_line(page.to_json()))
    ctx.exit(SOME_FAILED if failed else 0)
