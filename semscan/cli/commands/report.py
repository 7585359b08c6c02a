"""`semscan report`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click
from click.core import ParameterSource

from semscan.cli import options, text_or_json
from semscan.cli.report_files import write_reports
from semscan.settings import KlarfSettings, ReportSettings

_KLARF = KlarfSettings()


def _klarf_option(name: str, text: str) -> Callable[[options.Command], options.Command]:
    return click.option(f"--{name}", default=getattr(_KLARF, name), show_default=True, help=f"For KLARF: {text}.")


@click.command()
@click.argument("results", metavar="RESULTS", type=click.Path())
@options.report_formats("--to", text="Format to write; join several with commas.", required=True)
@click.option(
    "--out",
    metavar="DIR|FILE",
    help="Folder to write to, or the file if the format is a single file.  [default: RESULTS]",
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
@click.option("--last", is_flag=True, help="Report only the images of the last run into RESULTS.")
@click.option(
    "--places",
    metavar="CSV",
    type=click.Path(),
    help="Table with lot, wafer, die and place of each image.  [default: places.csv in RESULTS, if it is there]",
)
@options.class_codes
@click.option(
    "--repeater-um",
    type=click.FloatRange(0, min_open=True),
    help="Largest distance of the defects of a repeater from their common place in the die, in µm.  [default: 0.1, or "
    "a tenth of the smallest side of the images]",
)
@text_or_json.text_or_jsonl_format
@options.verbosity_flags
@click.pass_context
def report(ctx: click.Context, results: str, output_format: str | None, **choices: Any) -> None:
    """Convert RESULTS, an output folder of `semscan inspect`, to other formats.

    html: one page. csv: images.csv and regions.csv. coco: coco.json. klarf, roi (ImageJ) and labelme: one file
    for each image, with the name of its overlay. KLARF needs nm per pixel.

    With a table of places, klarf is one file for each wafer, html shows the wafers, and json writes wafers.json.

    \b
        semscan report semscan-results --to html
        semscan report semscan-results --to klarf --lot L0042 --wafer W07 --slot 7 --out for-the-fab
        semscan report semscan-results --to coco,csv | jq -r .file
        semscan report semscan-results --to klarf,html,json --places places.csv

    Prints one JSON line for each file. A file that semscan did not write is not replaced.
    """
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
    )
    ctx.exit(write_reports(results, settings, partial(_print_entry, output_format=output_format)))


def _print_entry(entry: dict[str, Any], output_format: str | None) -> None:
    from semscan.report.text.finished import written_line

    text_or_json.print_line(entry, written_line, output_format)
