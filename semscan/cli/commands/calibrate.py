"""`semscan calibrate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from semscan.cli import options
from semscan.cli.output import print_message, print_result
from semscan.settings import CalibrateSettings


@click.command()
@click.argument("good", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Model to recalibrate.")
@click.option("--out", required=True, metavar="DIR", help="Model folder to write.")
@click.option(
    "--false-alarms",
    type=click.FloatRange(0, min_open=True),
    help="False regions per good image that the threshold allows.  [default: as in training]",
)
@click.option("--overwrite", is_flag=True, help="Replace a finished model.")
@options.reading
@options.verbosity_flags
def calibrate(good: Path, model: Path, **choices: Any) -> None:
    """Recalibrate a model's threshold on the good images below GOOD.

    Use it for a new tool, recipe or lot whose good images differ slightly from the training images. The network is
    not trained again. The result is written to --out; the model itself is not changed. If GOOD has a folder of the
    model's good class, only the images in that folder are used.

    \b
        semscan calibrate lot8/good --model lines.model --out lot8.model
    """
    from semscan.pipeline.calibrate import calibrate

    settings = CalibrateSettings(read=options.pop_read_settings(choices), **choices)
    print_result(json.dumps(calibrate(good, model, settings, print_message)))
