"""`semscan explain`."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from semscan.cli import options
from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.output import emit, say
from semscan.settings import BACKGROUNDS, DEFAULT_EXPLANATION, ExplainSettings, FaithfulSettings

_TEST = FaithfulSettings()


@click.command(short_help="Show what a network sees on its way to the map.")
@options.images
@options.model
@click.option("--out", default=DEFAULT_EXPLANATION, show_default=True, metavar="DIR", help="Output folder.")
@click.option("--faithful", is_flag=True, help="Also test whether the attended area matters (about 47 looks an image).")
@click.option(
    "--background",
    type=click.Choice(BACKGROUNDS),
    default=_TEST.background,
    show_default=True,
    help="What --faithful puts in place: other places of the image, or what the name says.",
)
@click.option("--seed", type=click.IntRange(0), default=_TEST.seed, show_default=True, help="Of random orders.")
@options.reading
@options.nul
@options.loudness
@click.pass_context
def explain(ctx: click.Context, images: tuple[str, ...], **choices: Any) -> None:
    """Draw, for each IMAGE, what the network of --model sees: features before and after attention, each
    attention map, the image enhanced by it, reconstruction and residual, the final map.

    \b
        semscan explain wafer.png --model lines.model
        semscan explain lot7/*.tif --model lines.model --faithful | jq -r '[.image, .faithful.matters] | @tsv'

    Writes NAME.explain.png (the figure), NAME.panels/ (each panel alone, pixel for pixel the image's own size)
    and, with --faithful, NAME.faithful.png: deletion and insertion curves (RISE, BMVC 2018). One JSON line per
    image. Loads TensorFlow.
    """
    from semscan.pipeline.explain import explain_images
    from semscan.report.record import to_json

    test = FaithfulSettings(background=choices["background"], seed=choices["seed"]) if choices["faithful"] else None
    settings = ExplainSettings(choices["model"], choices["out"], options.take_reading(choices), test)

    images_done = failed = 0
    with closing(explain_images(images, settings, nul=choices["nul"], say=say)) as records:
        for record in records:
            images_done += 1
            failed += record["status"] == "error"
            for words in [record["error"]] if record["status"] == "error" else record["warnings"]:
                say(f"semscan: {words}")
            emit(to_json(record))
    say(f"semscan: {images_done - failed} of {images_done} images explained; figures in {settings.out}")
    ctx.exit(SOME_FAILED if failed else 0)
