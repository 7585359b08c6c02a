"""`semscan regions`."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from semscan.cli import config
from semscan.cli.image_lines import DEFAULT, image_format, image_lines
from semscan.cli.options import inputs, outputs
from semscan.cli.options.base import combine
from semscan.cli.options.regions import region_options, region_settings
from semscan.cli.options.verbosity import verbosity_flags
from semscan.cli.output import print_notice, print_results
from semscan.settings import OutputSettings, PostprocessSettings


@click.command()
@inputs.maps
@region_options
@click.option("--images", "folder", metavar="DIR", type=click.Path(), help="Folder of the images, if they were moved.")
@click.option(
    "--out", metavar="DIR", type=click.Path(), help="Folder for overlays and masks.  [default: write no file]"
)
@outputs.overlay
@combine(outputs.no_mask, outputs.crops)
@inputs.nul
@outputs.exit_code
@image_format
@verbosity_flags
@click.pass_context
def regions(ctx: click.Context, maps: tuple[str, ...], **choices: Any) -> None:
    """Find the regions of each MAP saved by `semscan inspect`, at another threshold.

    MAP is a file, a folder of maps, a pattern, or - for names on standard input. No network runs.

    \b
        semscan regions semscan-results --threshold 0.6 > regions.jsonl
        semscan regions results/*.map.tif --threshold 0.7 --low 0.4 --min-area 20 --out strict
    """
    from semscan.cli.progress import RunProgress
    from semscan.pipeline.regions import count_maps, cut_maps
    from semscan.pipeline.run.outputs import recover_records

    out = choices["out"]
    output = None
    if out:
        output = OutputSettings(
            out=out, mask=not choices["no_mask"], crops=choices["crops"], **outputs.overlay_settings(choices)
        )
    settings = PostprocessSettings(region_settings(choices), images=choices["folder"], output=output)
    if out:
        print_notice(recover_records(out))
    typed = config.describe_command(ctx, {"output_format": choices["output_format"] or DEFAULT})
    with closing(cut_maps(maps, settings, nul=choices["nul"], typed=typed)) as records:
        progress = RunProgress(records, lambda: count_maps(maps))
        print_results(image_lines(progress, choices["output_format"]))
    print_notice(progress.summary(f"results in {out}" if out else ""))
    ctx.exit(progress.exit_code(choices["exit_code"]))
