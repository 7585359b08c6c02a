"""Options that several commands share, each defined once. Defaults come from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from semscan.settings import (
    DEFAULT_MODEL,
    DEFAULT_RESULTS,
    METHODS,
    MODEL_VARIABLE,
    InspectSettings,
    OutputSettings,
    ReadSettings,
    RegionSettings,
)

Command = TypeVar("Command", bound=Callable[..., Any])
_READ, _REGIONS = InspectSettings().read, InspectSettings().regions
_SHARE = click.FloatRange(0, 1, max_open=True)
FORMATS = ("jsonl", "tsv", "csv")


class DataBar(click.ParamType):
    """`auto`, `none`, or a number of rows."""

    name = "auto|none|ROWS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | int:
        """The word, or the number of rows as int."""
        if value in ("auto", "none") or isinstance(value, int):
            return value
        if not str(value).isascii() or not str(value).isdigit():
            self.fail(f"'{value}' is none of auto, none or a number of rows.", param, ctx)
        return int(value)


def _verbosity(step: int) -> Callable[[click.Context, click.Parameter, int], None]:
    def callback(ctx: click.Context, param: click.Parameter, value: int) -> None:
        ctx.meta["semscan.verbosity"] = verbosity(ctx) + step * int(value)
        if value and verbosity(ctx) >= 2:
            _show_debug_log()

    return callback


def verbosity(ctx: click.Context | None = None) -> int:
    """Below 0: quiet. 0: the usual. 1: every warning. 2: tracebacks too."""
    ctx = ctx or click.get_current_context()
    return ctx.meta.get("semscan.verbosity", 0)


def _show_debug_log() -> None:
    import logging

    logging.basicConfig(format="%(name)s: %(message)s")
    logging.getLogger("semscan").setLevel(logging.DEBUG)


def loudness(command: Command) -> Command:
    """-v and -q; understood before and after the command's name."""
    more = click.option(
        "-v", "--verbose", count=True, expose_value=False, callback=_verbosity(1), help="Say more; -vv: tracebacks."
    )
    less = click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_verbosity(-3),
        help="Say only what stops the command.",
    )
    return more(less(command))


images = click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
maps = click.argument("maps", nargs=-1, required=True, metavar="MAP...")
threshold = click.option(
    "--threshold", type=_SHARE, default=_REGIONS.threshold, show_default=True, help="Hotter than this is a defect."
)
low = click.option(
    "--low", type=_SHARE, default=_REGIONS.low, help="Let regions grow down to this (hysteresis).  [default: off]"
)
min_area = click.option(
    "--min-area", type=click.IntRange(1), default=_REGIONS.min_area, show_default=True, help="Smallest region, px."
)
closing = click.option(
    "--closing",
    type=click.IntRange(0, 500),
    default=_REGIONS.closing,
    show_default=True,
    help="Join regions closer than twice this, px.",
)
method = click.option(
    "--method",
    type=click.Choice(METHODS),
    multiple=True,
    default=InspectSettings().method,
    show_default=True,
    help="Who judges: a model, the image's own repeats, a reference image. Repeat it to ask several.",
)
reference = click.option(
    "--reference", metavar="FILE|DIR", help="Image of the same place on another die, or a folder of them, same names."
)
model = click.option(
    "--model", metavar="DIR", help=f"Model folder.  [default: ${MODEL_VARIABLE}, else ./{DEFAULT_MODEL}]"
)
out = click.option("--out", default=DEFAULT_RESULTS, show_default=True, metavar="DIR", help="Output folder.")
no_overlay = click.option("--no-overlay", is_flag=True, help="Leave out the overlay picture.")
no_mask = click.option("--no-mask", is_flag=True, help="Leave out the mask of the regions.")
no_map = click.option("--no-map", is_flag=True, help="Leave out the map.")
no_reference = click.option("--no-golden", is_flag=True, help="Leave out the image that was compared with.")
crops = click.option("--crops", is_flag=True, help="Also write each region alone, with context.")
page = click.option(
    "--page", type=click.IntRange(0), default=_READ.page, show_default=True, help="Page of a multi-page file, from 0."
)
databar = click.option(
    "--databar",
    type=DataBar(),
    default=_READ.databar,
    show_default=True,
    help="Rows at the bottom not to judge: what the file says, none, or a number.",
)
jobs = click.option(
    "--jobs", type=click.IntRange(1), default=InspectSettings().jobs, show_default=True, help="Images side by side."
)
nul = click.option("-0", "--null", "nul", is_flag=True, help="Names on standard input end in NUL (find -print0).")
exit_code = click.option("--exit-code", is_flag=True, help="Exit with 1 if there is a defect.")
table_format = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="jsonl", show_default=True, help="Of standard output."
)


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, shown in this order by --help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


regions = together(threshold, low, min_area, closing)
reading = together(page, databar)


def region_settings(choices: Mapping[str, Any]) -> RegionSettings:
    """The settings behind the options of `regions`."""
    return RegionSettings(**{name: choices[name] for name in ("threshold", "low", "min_area", "closing")})


def inspect_settings(choices: Mapping[str, Any], output: OutputSettings | None = None) -> InspectSettings:
    """The settings behind the options that inspect and score share."""
    return InspectSettings(
        method=tuple(choices["method"]),
        model=choices["model"],
        reference=choices.get("reference"),
        read=ReadSettings(page=choices["page"], databar=choices["databar"]),
        regions=region_settings(choices),
        output=output or OutputSettings(),
        jobs=choices["jobs"],
    )
