"""Options that several commands share, each defined once. Defaults come from the settings."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, ClassVar, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from semscan.cli import typing_help
from semscan.settings import (
    AUTO,
    DEFAULT_MODEL,
    DEFAULT_RESULTS,
    DEVICES,
    LOOKS,
    METHODS,
    MODEL_VARIABLE,
    OVERLAY_STYLES,
    REPORT_FORMATS,
    EdgeSettings,
    InspectSettings,
    OutputSettings,
    ReadSettings,
    RegionSettings,
)

Command = TypeVar("Command", bound=Callable[..., Any])
_READ = InspectSettings().read
_REGIONS = InspectSettings().regions
_MAP_VALUE = click.FloatRange(0, 1, max_open=True)
STEP = "step"
NO_OVERLAY = "none"
LEAST_MEMORY = 256 << 20  # bytes


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


class Size(click.ParamType):
    """A number of bytes: ``500M``, ``2G``, ``1.5G``."""

    name = "SIZE"
    UNITS: ClassVar[Mapping[str, int]] = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        if isinstance(value, int) and not isinstance(value, bool):
            number, unit = float(value), 1
        else:
            text = str(value).strip().upper().removesuffix("IB").removesuffix("B")
            unit = self.UNITS.get(text[-1:], 1)
            try:
                number = float(text[:-1] if unit > 1 else text)
            except ValueError:
                number = math.nan
        if not 0 < number * unit < 1 << 50:
            self.fail(f"'{value}' is not a size; wanted a number and M or G, such as 2G.", param, ctx)
        if number * unit < LEAST_MEMORY:
            self.fail(f"'{value}' is less than {LEAST_MEMORY >> 20}M, which semscan itself needs.", param, ctx)
        return int(number * unit)


class Looks(click.ParamType):
    """One of the numbers of looks at a tile."""

    name = "|".join(map(str, LOOKS))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; fail if it is none of them."""
        if str(value) not in map(str, LOOKS):
            self.fail(f"{value} is not one of {', '.join(map(str, LOOKS))}.", param, ctx)
        return int(value)


class Level(click.ParamType):
    """A share between 0 and 1, or `step`."""

    name = "SHARE|step"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """Return the share, or the word."""
        if value == STEP:
            return STEP
        try:
            share = float(value)
        except ValueError:
            share = math.nan
        if not 0 < share < 1:
            self.fail(f"'{value}' is neither a share above 0 and below 1 nor {STEP}.", param, ctx)
        return share


class EnvironmentOption(click.Option):
    """An option whose environment `variable`, read elsewhere, overrides the configuration file."""

    def __init__(self, *names: Any, variable: str, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.variable = variable


def _change_verbosity(step: int) -> Callable[[click.Context, click.Parameter, int], None]:
    def callback(ctx: click.Context, param: click.Parameter, value: int) -> None:
        ctx.meta["semscan.verbosity"] = verbosity(ctx) + step * int(value)
        if value and verbosity(ctx) >= 2:
            _show_debug_log()

    return callback


def verbosity(ctx: click.Context | None = None) -> int:
    """Return below 0 for quiet, 0 by default, 1 for every warning, 2 for tracebacks too."""
    ctx = ctx or click.get_current_context()
    level: int = ctx.meta.get("semscan.verbosity", 0)
    return level


def _show_debug_log() -> None:
    import logging

    logging.basicConfig(format="%(name)s: %(message)s")
    logging.getLogger("semscan").setLevel(logging.DEBUG)


def verbosity_flags(command: Command) -> Command:
    """Add -v and -q, which are accepted before and after the command's name."""
    verbose = click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        callback=_change_verbosity(1),
        help="Repeat warnings for each image; -vv: also print tracebacks.",
    )
    quiet = click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_change_verbosity(-3),
        help="Print only errors that end the command.",
    )
    return verbose(quiet(command))


def combine(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return one decorator that adds several options, listed in this order by --help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


images = click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path())
images_unless_klarf = click.argument("images", nargs=-1, metavar="IMAGE...", type=click.Path())
maps = click.argument("maps", nargs=-1, required=True, metavar="MAP...", type=click.Path())
threshold = click.option(
    "--threshold",
    type=_MAP_VALUE,
    default=_REGIONS.threshold,
    show_default=True,
    help="Pixels of the anomaly map above this value are defective.",
)
low = click.option(
    "--low",
    type=_MAP_VALUE,
    default=_REGIONS.low,
    help="Extend regions down to this value (hysteresis).  [default: off]",
)
min_area = click.option(
    "--min-area", type=click.IntRange(1), default=_REGIONS.min_area, show_default=True, help="Smallest region, in px."
)
closing = click.option(
    "--closing",
    type=click.IntRange(0, 500),
    default=_REGIONS.closing,
    show_default=True,
    help="Join regions that are less than twice this apart, in px.",
)
method = click.option(
    "--method",
    type=click.Choice((AUTO, *METHODS)),
    multiple=True,
    default=InspectSettings().method,
    show_default=True,
    help="How defects are found: by a model, by comparing the cells of a periodic image, by comparing with a "
    "reference image, or by comparing the images with each other (dies: at least 4 of one place). Repeat the option "
    "to combine methods.",
)
reference = click.option(
    "--reference",
    metavar="FILE|DIR",
    type=click.Path(),
    help="Image of the same place on another die, or a folder of such images with the same names.",
)
model = click.option(
    "--model",
    cls=EnvironmentOption,
    variable=MODEL_VARIABLE,
    metavar="DIR",
    type=click.Path(),
    help=f"Model folder.  [default: ${MODEL_VARIABLE}, else ./{DEFAULT_MODEL}]",
)
out = click.option(
    "--out", default=DEFAULT_RESULTS, show_default=True, metavar="DIR", type=click.Path(), help="Output folder."
)
_overlay_style = click.option(
    "--overlay",
    "overlay_style",
    type=click.Choice([*OVERLAY_STYLES, NO_OVERLAY]),
    default=OVERLAY_STYLES[0],
    show_default=True,
    help="Overlay picture. faded: outlines, the map faded within them; heat: the map is not faded; contour: outlines "
    "alone; triptych: as faded, with golden reference and difference next to it; none: no picture.",
)
_title = click.option("--title", help="Words below the overlay.  [default: name of the file]")
_no_overlay = click.option("--no-overlay", is_flag=True, help="Do not write the overlay picture.")
overlay = combine(_overlay_style, _title, _no_overlay)
no_mask = click.option("--no-mask", is_flag=True, help="Do not write the mask of the regions.")
no_map = click.option("--no-map", is_flag=True, help="Do not write the anomaly map.")
no_reference = click.option("--no-golden", is_flag=True, help="Do not write the golden reference.")
crops = click.option("--crops", is_flag=True, help="Also write a crop of each region with its surroundings.")
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
jobs = click.option(
    "--jobs",
    type=click.IntRange(1, 1024),
    default=InspectSettings().jobs,
    show_default=True,
    help="Number of images inspected in parallel.",
)
timeout = click.option(
    "--timeout",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Longest time for one image; 0: no limit.  [default: 3600, and 20 for each MB of the file]",
)
max_memory = click.option(
    "--max-memory",
    type=Size(),
    help="Largest memory of each job, such as 2G.  [default: 80 % of the machine's, shared by the jobs]",
)
cluster = click.option(
    "--cluster",
    metavar="ADDRESS|N",
    help="Work on a Dask cluster: tcp://HOST:PORT of its scheduler, or N processes on this machine.",
)
limits = combine(jobs, timeout, max_memory, cluster)
resume = click.option(
    "--resume",
    is_flag=True,
    help="Keep the results of images that an earlier run into --out judged from the same content, settings and model.",
)
follow = click.option(
    "--follow",
    is_flag=True,
    help="IMAGE are folders: inspect the images in them, then those that come, until Ctrl-C.",
)
looks = click.option(
    "--looks",
    type=Looks(),
    help="How often a network looks at each tile: as it is, turned, mirrored each way. More are slower; each number "
    "has its own threshold.  [default: the model's]",
)
device = click.option(
    "--device",
    type=click.Choice(DEVICES),
    default=InspectSettings().device,
    show_default=True,
    help="What runs a network. auto: the GPU where onnxruntime-gpu is installed, else the processor.",
)
level = click.option(
    "--level",
    type=Level(),
    help="Where an edge lies: at this share of the way from the lowest to the highest value of the model profile; "
    f"step: where the profile would rise without the blur of the beam.  [default: {EdgeSettings().level}]",
)
dark_lines = click.option(
    "--dark-lines", is_flag=True, help="The darker part of a pitch is the line.  [default: the brighter part]"
)
no_nuisance_filter = click.option(
    "--no-nuisance-filter",
    is_flag=True,
    help="Count the regions too that the nuisance filter of a reviewed model calls harmless.",
)
class_codes = click.option(
    "--classes",
    metavar="FILE",
    type=click.Path(),
    help="TOML file with the number of each class for KLARF.  [default: semscan's own table]",
)
klarf_in = click.option(
    "--klarf-in",
    metavar="FILE",
    type=click.Path(),
    help="KLARF file: inspect the images that it lists, and write it into --out with class and size of its defects.",
)
klarf_add = click.option(
    "--klarf-add", is_flag=True, help="With --klarf-in: add the defects that the file does not list."
)
nul = click.option("-0", "--null", "nul", is_flag=True, help="Names on standard input end with NUL (find -print0).")
exit_code = click.option("--exit-code", is_flag=True, help="Exit with code 1 if there is a defect.")


def review(text: str) -> Callable[[Command], Command]:
    """Return --review FILE, which can be repeated."""
    return click.option(
        "--review", multiple=True, type=click.Path(exists=True, dir_okay=False), metavar="FILE", help=text
    )


good = click.option("--good", metavar="NAME", help="Name of the folder that holds the good images.")


def _split_report_formats(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for words in value for name in words.split(",") if name))
    for name in names:
        if name not in REPORT_FORMATS:
            raise click.BadParameter(f"'{name}' is not one of {', '.join(REPORT_FORMATS)}.", ctx, param)
    return names


def report_formats(*spellings: str, text: str, required: bool = False) -> Callable[[Command], Command]:
    """Return an option that takes names of report formats, joined by commas or one at a time."""
    return click.option(
        *spellings,
        multiple=True,
        required=required,
        callback=_split_report_formats,
        metavar="|".join(REPORT_FORMATS),
        help=text,
        shell_complete=typing_help.names(lambda: REPORT_FORMATS, ","),
    )


report = report_formats(
    "--report",
    "--export",
    "report",
    text="Also write these report formats into --out, as `semscan report` does; join several with commas. "
    "--export is the old name of this option.",
)
regions = combine(threshold, low, min_area, closing)
reading = combine(page, databar, nm_per_px, ignore, care, max_pixels)


def pop_read_settings(choices: MutableMapping[str, Any]) -> ReadSettings:
    """Remove the options of `reading` from `choices`, and return their settings."""
    names = [name for name in ("page", "databar", "nm_per_px", "ignore", "care", "max_pixels") if name in choices]
    return ReadSettings(**{name: choices.pop(name) for name in names})


def region_settings(choices: Mapping[str, Any]) -> RegionSettings:
    """Return the settings of the options of `regions`."""
    return RegionSettings(**{name: choices[name] for name in ("threshold", "low", "min_area", "closing")})


def edge_settings(choices: Mapping[str, Any]) -> EdgeSettings:
    """Return the settings of --level and --dark-lines."""
    level = EdgeSettings().level if choices["level"] is None else choices["level"]
    return EdgeSettings(level=None if level == STEP else level, dark_lines=choices["dark_lines"])


def overlay_settings(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the options of `overlay` state, as arguments of OutputSettings."""
    style = choices["overlay_style"]
    drawn = style != NO_OVERLAY and not choices["no_overlay"]
    return {"overlay": drawn, "title": choices["title"], **({"overlay_style": style} if drawn else {})}


def inspect_settings(choices: Mapping[str, Any], output: OutputSettings | None = None) -> InspectSettings:
    """Return the settings of the options that inspect and score share."""
    return InspectSettings(
        method=tuple(choices["method"]),
        model=used_model(choices),
        reference=choices.get("reference"),
        read=pop_read_settings(dict(choices)),
        regions=region_settings(choices),
        output=output or OutputSettings(),
        jobs=choices["jobs"],
        timeout=choices.get("timeout"),
        max_memory=choices.get("max_memory"),
        resume=choices.get("resume", False),
        follow=choices.get("follow", False),
        cluster=choices.get("cluster"),
        looks=_used_looks(choices),
        device=choices.get("device", InspectSettings().device),
        measure=edge_settings(choices) if choices.get("measure") else None,
        nuisance_filter=not choices.get("no_nuisance_filter", False),
    )


def _used_looks(choices: Mapping[str, Any]) -> int | None:
    """Return the number of looks; None if only the configuration file states it and no network was chosen."""
    looks: int | None = choices.get("looks")
    methods = tuple(choices["method"])
    if "model" in methods or methods == InspectSettings().method:
        return looks
    ctx = click.get_current_context(silent=True)
    from_file = ctx is not None and ctx.get_parameter_source("looks") is ParameterSource.DEFAULT_MAP
    return None if from_file else looks


def used_model(choices: Mapping[str, Any]) -> str | None:
    """Return the model; None if only the configuration file names it and another method was chosen."""
    named: str | None = choices["model"]
    ctx = click.get_current_context(silent=True)
    if ctx is None or ctx.get_parameter_source("model") is not ParameterSource.DEFAULT_MAP:
        return named
    methods = tuple(choices["method"])
    automatic = methods == InspectSettings().method
    if "model" in methods or (automatic and not choices.get("reference")):
        return named
    from semscan.pipeline.methods.base import calibrated_method

    used = ("reference",) if automatic else methods
    return named if calibrated_method(InspectSettings(model=named)) in used else None
