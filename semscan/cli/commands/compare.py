"""`semscan compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from semscan.cli import text_or_json, typing_help
from semscan.cli.commands.train import attentions, parse_duration
from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.options import inputs, many_images
from semscan.cli.options.reading import pop_read_settings, reading_options
from semscan.cli.options.verbosity import verbosity, verbosity_flags
from semscan.cli.output import print_message, print_notice, print_result, print_results
from semscan.settings import DEFAULT_COMPARISON, MAX_SEED, CompareSettings

_DEFAULT = CompareSettings()
_SEAM = {"no": (False,), "yes": (True,), "both": (False, True)}


def _parse_seeds(ctx: click.Context, param: click.Parameter, text: str) -> tuple[int, ...]:
    """Turn "0,1" into (0, 1)."""
    try:
        seeds = tuple(int(part) for part in text.split(","))
    except ValueError:
        seeds = (-1,)
    if min(seeds) < 0 or max(seeds) > MAX_SEED:
        raise click.BadParameter(
            f"'{text}' is not a list of seeds; write whole numbers from 0 to {MAX_SEED}, with commas: 0,1"
        )
    return tuple(dict.fromkeys(seeds))


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--out",
    default=DEFAULT_COMPARISON,
    show_default=True,
    metavar="DIR",
    type=click.Path(),
    help="Folder for the models and compare.json; finished runs in it are kept.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    default=_DEFAULT.models,
    show_default=True,
    help="auto, autoencoder or attention-cnn. Repeat it for both.",
)
@click.option(
    "--attention",
    "attentions",
    multiple=True,
    shell_complete=typing_help.names(attentions, "+"),
    metavar="NAME",
    help="Attention mechanism; see `semscan models`. Repeat it for several.  [default: all]",
)
@click.option(
    "--backbone",
    "backbones",
    multiple=True,
    default=_DEFAULT.backbones,
    show_default=True,
    metavar="NAME",
    help="Backbone of the attention CNN. Repeat it for several.",
)
@click.option(
    "--seam",
    type=click.Choice(list(_SEAM)),
    default="no",
    show_default=True,
    help="Train the attention CNN with SEAM, without, or both.",
)
@click.option(
    "--seeds",
    callback=_parse_seeds,
    default=",".join(map(str, _DEFAULT.seeds)),
    show_default=True,
    metavar="N,N...",
    help="Train each network once with each of these seeds.",
)
@click.option(
    "--time-limit",
    callback=parse_duration,
    default=f"{_DEFAULT.time_limit:g}s",
    show_default=True,
    metavar="TIME",
    help="Longest training time of each run: 90s, 3m.",
)
@click.option("--steps", type=click.IntRange(1), help="Training steps of each run, without a time limit.")
@inputs.good
@reading_options
@many_images.cluster
@text_or_json.text_or_json_format
@verbosity_flags
@click.pass_context
def compare(ctx: click.Context, data: Path, output_format: str | None, seam: str, **choices: Any) -> None:
    """Train several networks on DATA with the same budget, one after the other, and measure each on DATA/test.

    \b
        semscan compare data/
        semscan compare data/ --attention none --attention cbam --attention cbam+gates --seeds 0,1,2
        semscan compare data/ --steps 400 | jq -r '[.attention, .seed, .pixel_ap] | @tsv'

    Prints a table on a terminal, and one JSON line for each run in a pipe. After Ctrl-C the same command continues.
    Other networks with the same budget are added to the table. A run that fails is reported and does not stop the
    others; the exit code is then 3. A run that failed earlier counts only if it is asked for again. Needs TensorFlow:
    pip install "semscan[train]".
    """
    from semscan.model.requirements import require_training_libraries

    require_training_libraries("semscan compare")
    from semscan.pipeline.compare import compare as run
    from semscan.report.record import json_line
    from semscan.report.text.comparison import comparison_lines
    from semscan.values.comparison import Comparison

    settings = CompareSettings(read=pop_read_settings(choices), seam=_SEAM[seam], progress=verbosity() >= 0, **choices)
    as_table = text_or_json.as_text(output_format)
    failed = 0

    def on_run(one: dict[str, Any]) -> None:
        nonlocal failed
        failed += one["status"] == "error"
        if not as_table:
            print_result(json_line(one))

    record = run(data, settings, print_message, on_run)
    if as_table:
        print_results(comparison_lines(Comparison.parse(record)))
    print_notice(f"{len(record['runs'])} runs; models and compare.json in {settings.out}")
    ctx.exit(SOME_FAILED if failed else 0)
