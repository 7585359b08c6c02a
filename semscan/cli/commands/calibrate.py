"""`semscan calibrate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from semscan.cli import options
from semscan.cli.output import emit, say
from semscan.settings import CalibrateSettings


@click.command(short_help="Give a model a new 0.5 from new good images.")
@click.argument("good", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Model to start from.")
@click.option("--out", required=True, metavar="DIR", help="Model folder to write.")
@click.option(
    "--false-alarms",
    type=click.FloatRange(0, min_open=True),
    help="False regions per good image.  [default: as in training]",
)
@click.option("--overwrite", is_flag=True, help="Replace a finished model.")
@options.reading
@options.loudness
def calibrate(good: Path, model: Path, **choices: Any) -> None:
    """Set a model's 0.5 anew on the images below GOOD (of its good class, if it has one); MODEL is left as it is.

    For a new tool, recipe or lot whose good images look a little different. Nothing is trained.

    \b
        semscan calibrate lot8/good --model lines.model --out lot8.model
    """
    from semscan.pipeline.calibrate import calibrate

    settings = CalibrateSettings(read=options.take_reading(choices), **choices)
    emit(json.dumps(calibrate(good, model, settings, say)))
