"""`semscan compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from semscan.cli import options, text_or_json
from semscan.cli.commands.train import _duration
from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.output import emit, emit_all, say
from semscan.settings import DEFAULT_COMPARISON, MAX_SEED, CompareSettings

_DEFAULT = CompareSettings()
_SEAM = {"no": (False,), "yes": (True,), "both": (False, True)}


def _seeds(context: click.Context, parameter: click.Parameter, text: str) -> tuple[int, ...]:
    """Turn "0,1" into (0, 1)."""
    try:
        seeds = tuple(int(part) for part in text.split(","))
    except ValueError:
        seeds = (-1,)
    if min(seeds) < 0 or max(seeds) > MAX_SEED:
        raise click.BadParameter(f"'{text}' are no seeds; write whole numbers of 0 to {MAX_SEED}, with commas: 0,1")
    return tuple(dict.fromkeys(seeds))


@click.command(short_help="Train several networks side by side and print the table.")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--out",
    default=DEFAULT_COMPARISON,
    show_default=True,
    metavar="DIR",
    help="Folder of the models and compare.json; what is finished in it is kept.",
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
    metavar="NAME",
    help="Repeat it for several; see semscan models.  [default: all]",
)
@click.option(
    "--backbone",
    "backbones",
    multiple=True,
    default=_DEFAULT.backbones,
    show_default=True,
    metavar="NAME",
    help="Of the attention CNN. Repeat it for several.",
)
@click.option(
    "--seam", type=click.Choice(list(_SEAM)), default="no", show_default=True, help="Train the attention CNN with SEAM."
)
@click.option(
    "--seeds",
    callback=_seeds,
    default=",".join(map(str, _DEFAULT.seeds)),
    show_default=True,
    metavar="N,N...",
    help="Train each network once with each of these seeds; join them by commas.",
)
@click.option(
    "--time-limit",
    callback=_duration,
    default=f"{_DEFAULT.time_limit:g}s",
    show_default=True,
    metavar="TIME",
    help="For each run: 90s, 3m.",
)
@click.option("--steps", type=click.IntRange(1), help="So many steps a run, however long they take.")
@click.option("--good", metavar="NAME", help="Name of the folder that holds the good images.")
@options.reading
@text_or_json.form
@options.loudness
@click.pass_context
def compare(ctx: click.Context, data: Path, form: str | None, seam: str, **choices: Any) -> None:
    """Train a set of networks on DATA, one after the other with the same budget, and measure each on DATA/test.

    \b
        semscan compare data/
        semscan compare data/ --attention none --attention cbam --attention cbam+gates --seeds 0,1,2
        semscan compare data/ --steps 400 | jq -r '[.attention, .seed, .pixel_ap] | @tsv'

    A table on a terminal, one JSON line a run in a pipe. After Ctrl-C the same command goes on; another choice
    with the same budget joins the table. A run that fails is told and does not stop the others (exit code 3).
    """
    from semscan.pipeline.compare import compare as run
    from semscan.pipeline.compare import comparison_text
    from semscan.report.record import to_json

    settings = CompareSettings(
        read=options.take_reading(choices), seam=_SEAM[seam], progress=options.verbosity() >= 0, **choices
    )
    as_text = form == "text" or (form is None and sys.stdout is not None and sys.stdout.isatty())
    record = run(data, settings, say, (lambda one: None) if as_text else lambda one: emit(to_json(one)))
    if as_text:
        emit_all(comparison_text(record))
    say(f"semscan: {len(record['runs'])} runs; models and compare.json in {settings.out}")
    ctx.exit(SOME_FAILED if any(one["status"] == "error" for one in record["runs"]) else 0)
