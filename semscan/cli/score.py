"""`semscan score`."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from semscan.cli import options
from semscan.cli.output import announce, emit_all, say
from semscan.cli.tally import Tally


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
    from semscan.pipeline.printed import score_lines
    from semscan.pipeline.witness import announcement

    settings = options.inspect_settings(choices)
    announce(announcement(settings))
    with closing(score_images(images, settings, nul=choices["nul"])) as records:
        tally = Tally(records, lambda: count_images(images, settings))
        emit_all(score_lines(tally, choices["form"]))
    say(tally.sentence())
    ctx.exit(tally.exit_code(choices["exit_code"]))
