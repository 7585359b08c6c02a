"""`semscan regions`."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Any

import click

from semscan.cli import config, options
from semscan.cli.output import announce, emit_all, say
from semscan.cli.progress import Tally
from semscan.settings import OutputSettings, PostprocessSettings


@click.command(short_help="Cut saved maps into regions at another threshold.")
@options.maps
@options.regions
@click.option("--images", "folder", metavar="DIR", help="Where the images are, if not where they were.")
@click.option("--out", metavar="DIR", help="Write overlays and masks here.  [default: write nothing]")
@options.together(options.no_overlay, options.no_mask, options.crops)
@options.nul
@options.exit_code
@options.table_format
@options.loudness
@click.pass_context
def regions(ctx: click.Context, maps: tuple[str, ...], **choices: Any) -> None:
    """Find the regions of each MAP that `semscan inspect` saved, at another threshold.

    MAP is a file, a folder of maps, a pattern, or - for names on standard input. No network runs.

    \b
        semscan regions semscan-results --threshold 0.6 > regions.jsonl
        semscan regions results/*.map.tif --threshold 0.7 --low 0.4 --min-area 20 --out strict
    """
    from semscan.pipeline.printed import inspect_lines
    from semscan.pipeline.regions import count_maps, cut_maps
    from semscan.pipeline.run.outputs import recover_records

    out, output = choices["out"], None
    if out:
        output = OutputSettings(
            out=out, overlay=not choices["no_overlay"], mask=not choices["no_mask"], crops=choices["crops"]
        )
    settings = PostprocessSettings(options.region_settings(choices), images=choices["folder"], output=output)
    if out:
        announce(recover_records(out))
    typed = config.typed(ctx)
    with closing(cut_maps(maps, settings, nul=choices["nul"], command=sys.argv, typed=typed)) as records:
        tally = Tally(records, lambda: count_maps(maps))
        emit_all(inspect_lines(tally, choices["form"]))
    say(tally.sentence(f"results in {out}" if out else ""))
    ctx.exit(tally.exit_code(choices["exit_code"]))
