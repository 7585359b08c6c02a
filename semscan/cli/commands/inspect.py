"""`semscan inspect` and `semscan score`."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Any

import click

from semscan.cli import config, options
from semscan.cli.output import announce, emit_all, say
from semscan.cli.progress import Tally
from semscan.cli.report_files import write_reports
from semscan.settings import OutputSettings, ReportSettings


@click.command(short_help="Find defects in images; write overlays, masks and maps.")
@options.images
@options.regions
@options.method
@options.model
@options.reference
@options.out
@options.together(options.no_overlay, options.no_mask, options.no_map, options.no_reference, options.crops)
@options.reading
@options.jobs
@options.nul
@options.exit_code
@options.table_format
@options.export
@options.loudness
@click.pass_context
def inspect(ctx: click.Context, images: tuple[str, ...], **choices: Any) -> None:
    """Find defects in each IMAGE and write what was found to --out.

    IMAGE is a file, a folder (searched below), a pattern, or - for names on standard input.

    \b
        semscan inspect wafer.png --threshold 0.5
        semscan inspect lot7/ --out lot7-results --exit-code
        semscan inspect die2.tif --reference die1.tif
        find lot7 -name '*.tif' | semscan inspect - | jq -r 'select(.defect) | .image'
        semscan inspect lot7/ --export html,klarf

    Without a model a periodic image is compared with its own repeats, and --reference compares with a second
    image of the same place.

    Each image gives one JSON line on standard output and, in --out, NAME.overlay.png,
    NAME.mask.png and NAME.map.tif. All records are also kept in results.jsonl there.
    """
    from semscan.pipeline.inspect import count_images, inspect_images
    from semscan.pipeline.methods.base import announcement, settled
    from semscan.pipeline.printed import inspect_lines
    from semscan.pipeline.run.outputs import recover_records

    output = OutputSettings(
        out=choices["out"],
        overlay=not choices["no_overlay"],
        mask=not choices["no_mask"],
        map=not choices["no_map"],
        crops=choices["crops"],
        reference=not choices["no_golden"],
    )
    settings = options.inspect_settings(choices, output)
    announce(announcement(settings))
    typed = config.typed(ctx, settled(settings))
    announce(recover_records(output.out))
    with closing(inspect_images(images, settings, nul=choices["nul"], command=sys.argv, typed=typed)) as records:
        tally = Tally(records, lambda: count_images(images, settings))
        emit_all(inspect_lines(tally, choices["form"]))
    say(tally.sentence(f"results in {output.out}"))
    partly = write_reports(output.out, ReportSettings(to=choices["export"]))
    ctx.exit(max(partly, tally.exit_code(choices["exit_code"])))


@click.command(short_help="Print one score per image; write nothing.")
@options.images
@options.regions
@options.method
@options.model
@options.reference
@options.reading
@options.jobs
@options.nul
@options.exit_code
@options.table_format
@options.loudness
@click.pass_context
def score(ctx: click.Context, images: tuple[str, ...], **choices: Any) -> None:
    """Print the score of each IMAGE: above --threshold it has a defect. Writes no file.

    \b
        semscan score lot7/*.tif --format tsv | sort -k3 -n
        find lot7 -name '*.tif' | semscan score - | jq -r 'select(.defect) | .image'
    """
    from semscan.pipeline.inspect import count_images, score_images
    from semscan.pipeline.methods.base import announcement
    from semscan.pipeline.printed import score_lines

    settings = options.inspect_settings(choices)
    announce(announcement(settings))
    with closing(score_images(images, settings, nul=choices["nul"])) as records:
        tally = Tally(records, lambda: count_images(images, settings))
        emit_all(score_lines(tally, choices["form"]))
    say(tally.sentence())
    ctx.exit(tally.exit_code(choices["exit_code"]))
