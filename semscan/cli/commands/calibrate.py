"""`semscan calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from semscan.cli import text_or_json
from semscan.cli.options import inputs, methods
from semscan.cli.options.reading import pop_read_settings, reading_options
from semscan.cli.options.verbosity import verbosity_flags
from semscan.cli.output import print_message
from semscan.settings import CalibrateSettings, untrained_methods


@click.command()
@click.argument("good", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", metavar="DIR", type=click.Path(path_type=Path), help="Model to recalibrate.")
@click.option(
    "--method",
    type=click.Choice(untrained_methods()),
    help="Calibrate a method without training, instead of a model.",
)
@inputs.review(
    "Instead of GOOD: review.jsonl beside the results of an inspection, whose decisions set the threshold. Repeatable."
)
@click.option("--no-nuisance-filter", is_flag=True, help="With --review: learn no nuisance filter, only a threshold.")
@methods.reference
@methods.looks
@methods.device
@click.option("--out", required=True, metavar="DIR", type=click.Path(), help="Model folder to write.")
@click.option(
    "--false-alarms",
    type=click.FloatRange(0, min_open=True),
    help="False regions per good image that the threshold allows.  [default: as before; 0.1 for --method]",
)
@click.option("--overwrite", is_flag=True, help="Replace a finished model.")
@reading_options
@text_or_json.text_or_json_format
@verbosity_flags
def calibrate(good: Path | None, model: Path | None, output_format: str | None, **choices: Any) -> None:
    """Set the threshold of a model, or of a method without training, on the good images below GOOD.

    --model recalibrates a model for a new tool, recipe or lot whose good images differ slightly from the training
    images. The network is not trained again. The result is written to --out; the model itself is not changed.

    --method sets the threshold of a method without training. `semscan inspect IMAGE --model OUT` then uses it. The
    method reference needs --reference, here and there.

    --review sets it by the decisions about the results of an inspection with the same model or method: where the
    fewest of them are wrong, and nine in ten of the real regions stay. At least 10 must be decided, 3 real and 3
    harmless; fewer add to the decisions of a model that has a nuisance filter. Where class and measures tell the
    decided regions apart, and more decisions become right, the threshold stays and OUT holds a nuisance filter: regions
    like the harmless ones are reported as nuisance and not counted.

    If GOOD has a folder of good images, named good, ok, normal, pass or reference, only that folder is used.
    It may stand beside other folders, but not beside images.

    \b
        semscan calibrate lot8/good --model lines.model --out lot8.model
        semscan calibrate lot8/good --method periodic --out lot8.periodic
        semscan calibrate --review semscan-results/review.jsonl --model lines.model --out reviewed.model
    """
    from semscan.pipeline.calibrate import calibrate
    from semscan.report.text.finished import calibrated_line

    learned = not choices.pop("no_nuisance_filter")
    settings = CalibrateSettings(read=pop_read_settings(choices), nuisance_filter=learned, **choices)
    text_or_json.print_line(calibrate(good, model, settings, print_message), calibrated_line, output_format)
