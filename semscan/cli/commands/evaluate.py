"""`semscan evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from semscan.cli import options, text_or_json
from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.output import announce, say
from semscan.settings import DEFAULT_EVALUATION, EvaluateSettings, RegionSettings

_DEFAULT = EvaluateSettings()


@click.command(short_help="Measure a model on test images with known defects.")
@click.argument("data", type=click.Path(path_type=Path))
@options.model
@click.option("--out", default=DEFAULT_EVALUATION, show_default=True, metavar="DIR", help="Output folder.")
@options.threshold
@click.option("--good", metavar="NAME", help="Name of the folder that holds the good images.")
@click.option("--seed", type=click.IntRange(0), default=_DEFAULT.seed, show_default=True, help="Of the intervals.")
@options.method
@options.reference
@options.reading
@text_or_json.form
@options.loudness
@click.pass_context
def evaluate(ctx: click.Context, data: Path, form: str | None, **choices: Any) -> None:
    """Inspect the test images of DATA and compare the maps with what is true.

    DATA holds test/CLASS/ and ground_truth/CLASS/NAME_mask.png, or one folder per class (then only
    figures of whole images). The good class is good, ok, normal, pass or reference, or --good NAME.

    \b
        semscan evaluate data/ --model semscan-model
        semscan evaluate data/ --format json | jq .pixel_ap

    --out gets evaluation.json, curves.png, and failures.png with the worst misses and false alarms.
    Intervals are 95 %: drawn anew from the images, or Poisson for rates.
    """
    from semscan.pipeline.evaluate import evaluate as run
    from semscan.pipeline.evaluate import evaluation_text
    from semscan.pipeline.methods.base import announcement

    regions = RegionSettings(threshold=choices["threshold"])
    inspect = options.inspect_settings(
        {"jobs": 1, "low": regions.low, "min_area": regions.min_area, "closing": regions.closing, **choices}
    )
    settings = EvaluateSettings(inspect=inspect, out=choices["out"], good=choices["good"], seed=choices["seed"])
    announce(announcement(inspect))
    with text_or_json.RoundProgress() as progress:
        record = run(data, settings, progress=progress)
    text_or_json.show(record, lambda: evaluation_text(record), form)
    for failure in record["failed"]:
        say(f"semscan: left out: {failure['error']}")
    say(f"semscan: {record['images']} images measured in {record['seconds']:g} s; results in {settings.out}")
    ctx.exit(SOME_FAILED if record["failed"] else 0)
