"""`semscan doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from semscan.cli import options, text_or_json
from semscan.cli.exit_codes import SOME_FAILED
from semscan.settings import DoctorSettings


@click.command(short_help="Look at a data set before training on it.")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--good", metavar="NAME", help="Name of the folder that holds the good images.")
@options.reading
@text_or_json.form
@options.loudness
@click.pass_context
def doctor(ctx: click.Context, data: Path, form: str | None, **choices: Any) -> None:
    """Say what DATA holds, what may be wrong with it, and what a training on it will take.

    Looks at the images of training and of test/: the same or nearly the same image twice, blank and saturated
    ones, mixed magnification, contrast and bit depth, masks that do not match, files that cannot be read.

    \b
        semscan doctor data/
        semscan doctor data/ --format json | jq -r '.findings[] | select(.level == "problem") | .said'
    """
    from semscan.pipeline.doctor import doctor as run
    from semscan.pipeline.doctor import doctor_text

    read = options.take_reading(choices)
    with text_or_json.RoundProgress() as progress:
        record = run(data, DoctorSettings(good=choices["good"], read=read), progress=progress)
    text_or_json.show(record, lambda: doctor_text(record), form)
    ctx.exit(SOME_FAILED if record["unreadable"] else 0)
