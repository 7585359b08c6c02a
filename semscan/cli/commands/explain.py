"""`semscan explain`."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from semscan.cli import text_or_json
from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.options import inputs, methods
from semscan.cli.options.reading import pop_read_settings, reading_options
from semscan.cli.options.verbosity import verbosity_flags
from semscan.cli.output import print_notice
from semscan.settings import BACKGROUNDS, DEFAULT_EXPLANATION, ExplainSettings, FaithfulSettings

_TEST = FaithfulSettings()


@click.command()
@inputs.images
@methods.model
@click.option(
    "--method",
    type=click.Choice(("model", "periodic", "reference")),
    help="What is explained: the network of --model, the comparison with the image's own repeats, or with "
    "--reference.  [default: reference with --reference, else model]",
)
@methods.reference
@click.option(
    "--out", default=DEFAULT_EXPLANATION, show_default=True, metavar="DIR", type=click.Path(), help="Output folder."
)
@click.option(
    "--faithful",
    is_flag=True,
    help="Also test whether the attended area matters for the score (the network runs about 47 times per image).",
)
@click.option(
    "--background",
    type=click.Choice(BACKGROUNDS),
    default=_TEST.background,
    show_default=True,
    help="What --faithful puts in place of removed areas: patches from elsewhere in the image, the reconstruction, "
    "the repeats of a periodic image, or a blurred image.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=_TEST.seed,
    show_default=True,
    help="Seed of the random orders of --faithful.",
)
@reading_options
@inputs.nul
@text_or_json.text_or_jsonl_format
@verbosity_flags
@click.pass_context
def explain(ctx: click.Context, images: tuple[str, ...], output_format: str | None, **choices: Any) -> None:
    """Draw how the result of each IMAGE comes about.

    For the network of --model, the figure shows the features before and after attention, each attention map, the
    image enhanced by attention, the reconstruction and its residual, and the anomaly map. For a method without
    training it shows the golden reference, the residuals, for periodic the comparison network, and the anomaly map.

    \b
        semscan explain wafer.png --model lines.model
        semscan explain wafer.png --method periodic
        semscan explain lot7/*.tif --model lines.model --faithful | jq -r '[.image, .faithful.matters] | @tsv'

    Writes NAME.explain.png (the figure) and NAME.panels/ (each panel alone, in the size of the image). With
    --faithful also NAME.faithful.png: deletion and insertion curves (RISE, BMVC 2018). Prints one JSON line for
    each image. Networks of --model need TensorFlow: pip install "semscan[train]".
    """
    method = choices["method"] or ("reference" if choices["reference"] else "model")
    if method == "model":
        from semscan.model.requirements import require_training_libraries

        require_training_libraries("semscan explain")
    from semscan.pipeline.explain import explain_images
    from semscan.report.text.finished import explained_line

    test = FaithfulSettings(background=choices["background"], seed=choices["seed"]) if choices["faithful"] else None
    read = pop_read_settings(choices)
    model = methods.used_model({**choices, "method": (method,)})
    settings = ExplainSettings(model, choices["out"], read, test, method, choices["reference"])

    images_done = 0
    failed = 0
    with closing(explain_images(images, settings, nul=choices["nul"], log=print_notice)) as records:
        for record in records:
            images_done += 1
            failed += record["status"] == "error"
            for message in [record["error"]] if record["status"] == "error" else record["warnings"]:
                print_notice(message)
            text_or_json.print_line(record, explained_line, output_format)
    print_notice(f"{images_done - failed} of {images_done} images explained; figures in {settings.out}")
    ctx.exit(SOME_FAILED if failed else 0)
