"""Options that several commands share, each defined once. Defaults come from the settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from semscan.settings import (
    DEFAULT_MODEL,
    DEFAULT_RESULTS,
    METHODS,
    MODEL_VARIABLE,
    REPORT_FORMATS,
    InspectSettings,
    OutputSettings,
    ReadSettings,
    RegionSettings,
)

Command = TypeVar("Command", bound=Callable[..., Any])
_READ = InspectSettings().read
_REGIONS = InspectSettings().regions
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


class Area(click.ParamType):
    """``x,y,w,h`` in pixels, a mask image, or a folder of masks."""

    name = "X,Y,W,H|MASK|DIR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, if it is a rectangle with an area or there is something of this name."""
        sides = str(value).replace(" ", "").split(",")
        if len(sides) == 4 and all(side.isascii() and side.isdigit() for side in sides):
            if int(sides[2]) == 0 or int(sides[3]) == 0:
                self.fail(f"'{value}' has no area; wanted x,y,width,height in pixels.", param, ctx)
            return ",".join(sides)
        if not os.path.exists(str(value)):
            self.fail(f"'{value}' is neither x,y,w,h in pixels nor a mask image or a folder of masks.", param, ctx)
        return str(value)


class OverEnvironment(click.Option):
    """An option whose environment `variable`, read elsewhere, comes before the configuration file."""

    def __init__(self, *names: Any, variable: str, **about: Any) -> None:
        super().__init__(*names, **about)
        self.variable = variable


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
    "--model",
    cls=OverEnvironment,
    variable=MODEL_VARIABLE,
    metavar="DIR",
    help=f"Model folder.  [default: ${MODEL_VARIABLE}, else ./{DEFAULT_MODEL}]",
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
    help="Rows at the bottom not to judge: what the file says or its pixels show, none, or a number.",
)
nm_per_px = click.option(
    "--nm-per-px",
    type=click.FloatRange(0, min_open=True),
    default=_READ.nm_per_px,
    metavar="NM",
    help="Width of a pixel in nm.  [default: what the file says]",
)
ignore = click.option(
    "--ignore",
    type=Area(),
    multiple=True,
    help="Do not judge here: a rectangle, a mask image (not 0), or a folder of masks named as the images; repeatable.",
)
care = click.option(
    "--care", type=Area(), multiple=True, help="Judge this area alone; given as for --ignore; repeatable."
)
jobs = click.option(
    "--jobs", type=click.IntRange(1), default=InspectSettings().jobs, show_default=True, help="Images side by side."
)
nul = click.option("-0", "--null", "nul", is_flag=True, help="Names on standard input end in NUL (find -print0).")
exit_code = click.option("--exit-code", is_flag=True, help="Exit with 1 if there is a defect.")


def _forms(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for words in value for name in words.split(",") if name))
    for name in names:
        if name not in REPORT_FORMATS:
            raise click.BadParameter(f"'{name}' is none of {', '.join(REPORT_FORMATS)}.", ctx, param)
    return names


def forms(name: str, words: str, required: bool = False) -> Callable[[Command], Command]:
    """An option that takes names of REPORT_FORMATS, joined by commas or one at a time."""
    return click.option(
        name, multiple=True, required=required, callback=_forms, metavar="|".join(REPORT_FORMATS), help=words
    )


export = forms("--export", "Also write these into --out, as `semscan report` does; join several by commas.")
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
reading = together(page, databar, nm_per_px, ignore, care)


def take_reading(choices: MutableMapping[str, Any]) -> ReadSettings:
    """The settings behind the options of `reading`, which are taken out of `choices`."""
    names = [name for name in ("page", "databar", "nm_per_px", "ignore", "care") if name in choices]
    return ReadSettings(**{name: choices.pop(name) for name in names})


def region_settings(choices: Mapping[str, Any]) -> RegionSettings:
    """The settings behind the options of `regions`."""
    return RegionSettings(**{name: choices[name] for name in ("threshold", "low", "min_area", "closing")})


def inspect_settings(choices: Mapping[str, Any], output: OutputSettings | None = None) -> InspectSettings:
    """The settings behind the options that inspect and score share."""
    return InspectSettings(
        method=tuple(choices["method"]),
        model=_model(choices),
        reference=choices.get("reference"),
        read=take_reading(dict(choices)),
        regions=region_settings(choices),
        output=output or OutputSettings(),
        jobs=choices["jobs"],
    )


def _model(choices: Mapping[str, Any]) -> str | None:
    """The model; not one that only the configuration file names where somebody else was asked to judge."""
    ctx = click.get_current_context(silent=True)
    if ctx is None or ctx.get_parameter_source("model") is not ParameterSource.DEFAULT_MAP:
        return choices["model"]
    methods = tuple(choices["method"])
    others = bool(choices.get("reference")) if methods == InspectSettings().method else "model" not in methods
    return None if others else choices["model"]
