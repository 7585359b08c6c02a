"""How images are read, and which areas of them are judged."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from semscan.cli.options.base import combine
from semscan.settings import InspectSettings, ReadSettings

_READ = InspectSettings().read


class DataBar(click.ParamType):
    """`auto`, `none`, or a number of rows."""

    name = "auto|none|ROWS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        """Return the word, or the number of rows as int."""
        if value in ("auto", "none") or isinstance(value, int):
            return value
        if not str(value).isascii() or not str(value).isdigit():
            self.fail(f"'{value}' is not one of auto, none, or a number of rows.", param, ctx)
        return int(value)


class Area(click.ParamType):
    """``x,y,w,h`` in pixels, a mask image, or a folder of masks."""

    name = "X,Y,W,H|MASK|DIR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text if it is a rectangle with an area, or the name of an existing file or folder."""
        sides = str(value).replace(" ", "").split(",")
        if len(sides) == 4 and all(side.isascii() and side.isdigit() for side in sides):
            if int(sides[2]) == 0 or int(sides[3]) == 0:
                self.fail(f"'{value}' has no area; wanted x,y,width,height in pixels.", param, ctx)
            return ",".join(sides)
        if not os.path.exists(str(value)):
            self.fail(f"'{value}' is neither x,y,w,h in pixels nor a mask image or a folder of masks.", param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer files and folders."""
        return [CompletionItem(incomplete, type="file")]


page = click.option(
    "--page", type=click.IntRange(0), default=_READ.page, show_default=True, help="Page of a multi-page file, from 0."
)
databar = click.option(
    "--databar",
    type=DataBar(),
    default=_READ.databar,
    show_default=True,
    help="Rows of the data bar at the bottom, which are not judged. auto: from the metadata or the pixels.",
)
nm_per_px = click.option(
    "--nm-per-px",
    type=click.FloatRange(0, min_open=True),
    default=_READ.nm_per_px,
    metavar="NM",
    help="Width of a pixel in nm.  [default: from the file's metadata]",
)
ignore = click.option(
    "--ignore",
    type=Area(),
    multiple=True,
    help="Area that is not judged: a rectangle, a mask image (pixels other than 0), or a folder of masks with "
    "the names of the images. Repeatable.",
)
care = click.option(
    "--care",
    type=Area(),
    multiple=True,
    help="Area that alone is judged; values as for --ignore. Repeatable.",
)
max_pixels = click.option(
    "--max-pixels",
    type=click.IntRange(1),
    default=_READ.max_pixels,
    show_default=True,
    metavar="N",
    help="Largest number of pixels of an image. A small file may claim any size.",
)
reading_options = combine(page, databar, nm_per_px, ignore, care, max_pixels)


def pop_read_settings(choices: MutableMapping[str, Any]) -> ReadSettings:
    """Remove the options of `reading_options` from `choices`, and return their settings."""
    names = [name for name in ("page", "databar", "nm_per_px", "ignore", "care", "max_pixels") if name in choices]
    return ReadSettings(**{name: choices.pop(name) for name in names})
