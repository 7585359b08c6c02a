"""`semscan info`."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Any

import click

from semscan.cli import options
from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.output import emit, emit_all, say


class Page(click.ParamType):
    """A page's number from 0, or `all`."""

    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """The number, or the word."""
        if value == "all" or isinstance(value, int):
            return value
        if not str(value).isascii() or not str(value).isdigit():
            self.fail(f"'{value}' is neither a page's number from 0 nor all.", param, ctx)
        return int(value)


@click.command(short_help="Say what is understood of image files.")
@options.images
@click.option(
    "--page",
    "pages",
    type=Page(),
    multiple=True,
    default=(0,),
    show_default=True,
    help="Page of a multi-page file, from 0; repeatable.",
)
@options.together(options.databar, options.nm_per_px, options.ignore, options.care)
@options.nul
@click.option(
    "--format", "form", type=click.Choice(("text", "jsonl")), help="[default: text on a terminal, jsonl in a pipe]"
)
@options.loudness
@click.pass_context
def info(ctx: click.Context, images: tuple[str, ...], **choices: Any) -> None:
    """Say what is understood of each IMAGE: format, microscope, nm per pixel and where it comes from, data bar,
    field of view, beam, focus and noise.

    Nothing is judged and no file is written. What the file does not say is null.

    \b
        semscan info wafer.tif
        semscan info lot7/ | jq -r 'select(.nm_per_pixel == null) | .image'
        semscan info stack.tif --page all --format text
    """
    from semscan.pipeline.info import describe_images, record_lines

    pages, nul, form = choices.pop("pages"), choices.pop("nul"), choices.pop("form")
    if form is None:
        form = "text" if sys.stdout is not None and sys.stdout.isatty() else "jsonl"
    from semscan.report.record import to_json

    failed = False
    with closing(describe_images(images, options.take_reading(choices), pages, nul=nul)) as records:
        for record in records:
            if record["status"] == "error":
                failed = True
                say(f"semscan: {record['error']}")
            if form == "text":
                emit_all(record_lines(record))
            else:
                emit(to_json(record))
    ctx.exit(SOME_FAILED if failed else 0)
