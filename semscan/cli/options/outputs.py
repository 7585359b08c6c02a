"""What a command writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from semscan.cli import typing_help
from semscan.cli.options.base import Command, combine
from semscan.settings import DEFAULT_RESULTS, OVERLAY_STYLES, REPORT_FORMATS

NO_OVERLAY = "none"
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
klarf_in = click.option(
    "--klarf-in",
    metavar="FILE",
    type=click.Path(),
    help="KLARF file: inspect the images that it lists, and write it into --out with class and size of its defects.",
)
klarf_add = click.option(
    "--klarf-add", is_flag=True, help="With --klarf-in: add the defects that the file does not list."
)
class_codes = click.option(
    "--classes",
    metavar="FILE",
    type=click.Path(),
    help="TOML file with the number of each class for KLARF.  [default: semscan's own table]",
)
exit_code = click.option("--exit-code", is_flag=True, help="Exit with code 1 if there is a defect.")


def overlay_settings(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the options of `overlay` state, as arguments of OutputSettings."""
    style = choices["overlay_style"]
    drawn = style != NO_OVERLAY and not choices["no_overlay"]
    return {"overlay": drawn, "title": choices["title"], **({"overlay_style": style} if drawn else {})}


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


def _split_report_formats(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name for words in value for name in words.split(",") if name))
    for name in names:
        if name not in REPORT_FORMATS:
            raise click.BadParameter(f"'{name}' is not one of {', '.join(REPORT_FORMATS)}.", ctx, param)
    return names


report = report_formats(
    "--report",
    "--export",
    "report",
    text="Also write these report formats into --out, as `semscan report` does; join several with commas. "
    "--export is the old name of this option.",
)
