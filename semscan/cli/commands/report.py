"""`semscan report`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click
from click.core import ParameterSource

from semscan.cli import text_or_json
from semscan.cli.options import outputs
from semscan.cli.options.base import Command
from semscan.cli.options.verbosity import verbosity_flags
from semscan.cli.report_files import write_reports, write_trend
from semscan.settings import BEGAN, DEFAULT_TREND, TREND_FORMATS, TYPED, KlarfSettings, ReportSettings, TrendSettings

_KLARF = KlarfSettings()
OF_WAFERS = ("html", "json")  # formats with control charts over wafers
_TREND_TAKES = ("results", "trend", "to", "out", "baseline", "order", "review", "last", "output_format")


def _klarf_option(name: str, text: str) -> Callable[[Command], Command]:
    return click.option(f"--{name}", default=getattr(_KLARF, name), show_default=True, help=f"For KLARF: {text}.")


@click.command()
@click.argument("results", metavar="RESULTS...", nargs=-1, required=True, type=click.Path())
@outputs.report_formats(
    "--to", text="Format to write; join several with commas.  [required; with --trend the default is html]"
)
@click.option(
    "--out",
    metavar="DIR|FILE",
    help="Folder to write to, or the file if the format is a single file.  [default: RESULTS; with --trend: "
    f"{DEFAULT_TREND}]",
)
@click.option(
    "--trend",
    is_flag=True,
    help="Compare several RESULTS: control charts of dimensions, defect density and shares of images, as html, json or "
    "csv.",
)
@click.option(
    "--baseline",
    type=click.IntRange(2),
    metavar="N",
    help="Control limits come from the first N folders or, with places, from the first N wafers of each step.  "
    "[default: all]",
)
@click.option(
    "--order",
    type=click.Choice((BEGAN, TYPED)),
    default=BEGAN,
    show_default=True,
    help="With --trend: order of the folders, by the time when their inspection began or as typed.",
)
@_klarf_option("lot", "name of the lot")
@_klarf_option("wafer", "name of the wafer")
@_klarf_option("device", "name of the product")
@_klarf_option("step", "process step")
@_klarf_option("setup", "recipe")
@click.option(
    "--slot", type=click.IntRange(0), default=_KLARF.slot, show_default=True, help="For KLARF: slot of the wafer."
)
@click.option(
    "--review/--no-review",
    default=True,
    show_default=True,
    help="Report the verdicts of a review.jsonl beside the results: reviewed classes, drawn defects, and harmless "
    "regions as nuisance.",
)
@click.option("--last", is_flag=True, help="Report only the images of the last inspection into RESULTS.")
@click.option(
    "--places",
    metavar="CSV",
    type=click.Path(),
    help="Table with lot, wafer, die and place of each image.  [default: places.csv in RESULTS, if it is there]",
)
@outputs.class_codes
@click.option(
    "--repeater-um",
    type=click.FloatRange(0, min_open=True),
    help="Largest distance of the defects of a repeater from their common place in the die, in µm.  [default: 0.1, or "
    "a tenth of the smallest side of the images]",
)
@text_or_json.text_or_jsonl_format
@verbosity_flags
@click.pass_context
def report(ctx: click.Context, results: tuple[str, ...], output_format: str | None, **choices: Any) -> None:
    """Convert RESULTS, an output folder of `semscan inspect`, to other formats.

    html: one page. csv: images.csv and regions.csv. coco: coco.json. klarf, roi (ImageJ) and labelme: one file
    for each image, with the name of its overlay. KLARF needs nm per pixel.

    With a table of places, klarf is one file for each wafer, html shows the wafers, and json writes wafers.json.

    With --trend, several RESULTS are compared: one page of control charts, trend.html.

    \b
        semscan report semscan-results --to html
        semscan report semscan-results --to klarf --lot L0042 --wafer W07 --slot 7 --out for-the-fab
        semscan report semscan-results --to coco,csv | jq -r .file
        semscan report semscan-results --to klarf,html,json --places places.csv
        semscan report --trend W01 W02 W03 W04 --baseline 3 --to html,json,csv

    Prints one JSON line for each file. A file that semscan did not write is not replaced.
    """
    on_file = partial(_print_entry, output_format=output_format)
    if choices["trend"]:
        ctx.exit(write_trend(results, _trend_settings(ctx, choices), on_file))
    _check_single(ctx, results, choices["to"])
    names = [name for name in KlarfSettings.__dataclass_fields__ if name != "given"]
    given = tuple(name for name in names if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT)
    settings = ReportSettings(
        to=choices["to"],
        out=choices["out"],
        review=choices["review"],
        last=choices["last"],
        klarf=KlarfSettings(**{name: choices[name] for name in names}, given=given),
        classes=choices["classes"],
        places=choices["places"],
        repeater_um=choices["repeater_um"],
        baseline=choices["baseline"],
    )
    ctx.exit(write_reports(results[0], settings, on_file))


def _trend_settings(ctx: click.Context, choices: dict[str, Any]) -> TrendSettings:
    """Return the settings of --trend; refuse what was typed and does not go with it."""
    typed = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    for name in typed:
        if name not in _TREND_TAKES:
            raise click.UsageError(f"--{name.replace('_', '-')} does not go with --trend", ctx)
    to = choices["to"] if "to" in typed else ()
    for name in to:
        if name not in TREND_FORMATS:
            raise click.UsageError(f"--trend writes {', '.join(TREND_FORMATS)}, not {name}", ctx)
    return TrendSettings(
        to=to or TrendSettings().to,
        out=choices["out"] if "out" in typed else None,
        review=choices["review"],
        last=choices["last"],
        baseline=choices["baseline"],
        order=choices["order"],
    )


def _check_single(ctx: click.Context, results: tuple[str, ...], to: tuple[str, ...]) -> None:
    """Refuse what only a trend has."""
    if len(results) > 1:
        raise click.UsageError(f"report takes one RESULTS, got {len(results)}; --trend compares several", ctx)
    if not to:
        raise click.UsageError("Missing option '--to'.", ctx)
    if ctx.get_parameter_source("order") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--order goes with --trend only", ctx)
    if ctx.params["baseline"] is not None and not {*to} & {*OF_WAFERS}:
        raise click.UsageError("--baseline goes with --trend, or with --to html or json of results with places", ctx)


def _print_entry(entry: dict[str, Any], output_format: str | None) -> None:
    from semscan.report.text.finished import written_line

    text_or_json.print_line(entry, written_line, output_format)
