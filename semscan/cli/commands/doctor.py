"""`semscan doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import click

from semscan.cli import text_or_json
from semscan.cli.exit_codes import SOME_FAILED, USAGE
from semscan.cli.options import inputs
from semscan.cli.options.reading import pop_read_settings, reading_options
from semscan.cli.options.verbosity import verbosity_flags
from semscan.settings import DoctorSettings


@click.command()
@click.argument("data", type=click.Path(path_type=Path), required=False)
@inputs.good
@reading_options
@text_or_json.text_or_json_format
@verbosity_flags
@click.pass_context
def doctor(ctx: click.Context, data: Path | None, output_format: str | None, **choices: Any) -> None:
    """Check the data set or the model folder DATA; without DATA, what is installed.

    Of a data set, training and test images are checked, and the time of a training is estimated. Problems found are:
    duplicates and near duplicates, blank and saturated images, mixed magnification, contrast or bit depth, masks that
    do not match, and files that cannot be read.

    \b
        semscan doctor data/
        semscan doctor data/ --format json | jq -r '.findings[] | select(.level == "problem") | .said'
        semscan doctor semscan-model
        semscan doctor

    Of a model, each file is checked, and the network is run on one tile. Exit code 2 means that it cannot be used.
    """
    if data is None:
        _check_installation(ctx, output_format)
    from semscan.pipeline.checks.model_folder import diagnose_model, is_model_folder
    from semscan.pipeline.doctor import doctor as run
    from semscan.report.text.doctor import diagnosis_lines, model_lines

    if is_model_folder(data):
        model = diagnose_model(data)
        text_or_json.print_record(model.to_json(), lambda: model_lines(model), output_format)
        ctx.exit(0 if model.usable else USAGE)
    read = pop_read_settings(choices)
    with text_or_json.RoundProgress() as progress:
        diagnosis = run(data, DoctorSettings(good=choices["good"], read=read), progress=progress)
    text_or_json.print_record(diagnosis.to_json(), lambda: diagnosis_lines(diagnosis), output_format)
    ctx.exit(SOME_FAILED if diagnosis.unreadable else 0)


def _check_installation(ctx: click.Context, output_format: str | None) -> NoReturn:
    from semscan.pipeline.checks.installation import PROBLEM, diagnose_installation
    from semscan.report.text.doctor import installation_lines

    found = diagnose_installation()
    text_or_json.print_record(found.to_json(), lambda: installation_lines(found), output_format)
    ctx.exit(USAGE if any(finding.level == PROBLEM for finding in found.findings) else 0)
