"""`semscan report`."""

from __future__ import annotations

from typing import Any

import click

from semscan.cli import options
from semscan.cli.output import emit
from semscan.cli.report_files import write_reports
from semscan.settings import KlarfSettings, ReportSettings

_KLARF = KlarfSettings()


def _header(name: str, words: str) -> Any:
    return click.option(f"--{name}", default=getattr(_KLARF, name), show_default=True, help=f"For KLARF: {words}.")


@click.command(short_help="Tell finished results as HTML, KLARF, COCO, ImageJ, labelme or CSV.")
@click.argument("results", metavar="RESULTS")
@options.forms("--to", "In which form; join several by commas.", required=True)
@click.option("--out", metavar="DIR|FILE", help="Where to; a file's name where it is one file.  [default: RESULTS]")
@_header("lot", "the lot's name")
@_header("wafer", "the wafer's name")
@_header("device", "the product")
@_header("step", "the process step")
@_header("setup", "the recipe")
@click.option("--slot", type=click.IntRange(0), default=_KLARF.slot, show_default=True, help="For KLARF: its slot.")
@options.loudness
@click.pass_context
def report(ctx: click.Context, results: str, **choices: Any) -> None:
    """Write the RESULTS of `semscan inspect`, an output folder, in other forms.

    html: one page to mail. csv: images.csv and regions.csv. coco: coco.json. klarf, roi (ImageJ), labelme: one file
    for each image, named as its overlay is. KLARF needs nm per pixel.

    \b
        semscan report semscan-results --to html
        semscan report semscan-results --to klarf --lot L0042 --wafer W07 --slot 7 --out for-the-fab
        semscan report semscan-results --to coco,csv | jq -r .file

    Each file gives one JSON line on standard output. A file that semscan did not write is not replaced.
    """
    klarf = KlarfSettings(**{name: choices[name] for name in KlarfSettings.__dataclass_fields__})
    settings = ReportSettings(to=choices["to"], out=choices["out"], klarf=klarf)
    ctx.exit(write_reports(results, settings, _tell))


def _tell(entry: dict[str, Any]) -> None:
    from semscan.report.record import to_json

    emit(to_json(entry))
