"""`semscan evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from semscan.cli import text_or_json
from semscan.cli.exit_codes import SOME_FAILED
from semscan.cli.options import inputs, many_images, methods, regions
from semscan.cli.options.base import combine
from semscan.cli.options.inspecting import inspect_settings
from semscan.cli.options.reading import reading_options
from semscan.cli.options.verbosity import verbosity_flags
from semscan.cli.output import print_notice
from semscan.settings import DEFAULT_EVALUATION, EvaluateSettings

_DEFAULT = EvaluateSettings()
WITH_REVIEW = ("data", "review", "seed", "output_format")


@click.command()
@click.argument("data", required=False, type=click.Path(path_type=Path))
@inputs.review(
    "Instead of DATA: review.jsonl beside the results of an inspection, whose decisions say what was found and missed. "
    "Repeatable."
)
@methods.model
@click.option(
    "--out", default=DEFAULT_EVALUATION, show_default=True, metavar="DIR", type=click.Path(), help="Output folder."
)
@combine(regions.threshold, regions.dark_lines, regions.no_nuisance_filter)
@inputs.good
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=_DEFAULT.seed,
    show_default=True,
    help="Seed of the bootstrap for confidence intervals.",
)
@methods.method
@methods.reference
@methods.looks
@methods.device
@reading_options
@combine(many_images.jobs, many_images.cluster)
@text_or_json.text_or_json_format
@verbosity_flags
@click.pass_context
def evaluate(
    ctx: click.Context, data: Path | None, review: tuple[str, ...], output_format: str | None, **choices: Any
) -> None:
    """Inspect the test images of DATA and compare the results with the known defects.

    DATA holds test/CLASS/ and ground_truth/CLASS/NAME_mask.png, or one folder for each class. Without masks there
    are only figures of whole images. The good class is good, ok, normal, pass or reference, or --good NAME.

    \b
        semscan evaluate data/ --model semscan-model
        semscan evaluate data/ --format json | jq .pixel_ap

    Writes evaluation.json, curves.png, failures.png with the worst misses and false alarms, and sensitivity.png with
    the share of defects found by their size. For it, defects are painted into the good images of DATA. So a folder
    of good images alone is enough to see which defects a model would find.

    The confidence intervals are 95 %: bootstrap over the images, or Poisson for rates.

    --review needs no DATA and inspects nothing. It gives precision and recall of the images that a person has
    reviewed, by class too, and writes no file.

    \b
        semscan evaluate --review semscan-results/review.jsonl
    """
    if review:
        _evaluate_review(ctx, data, review, choices["seed"], output_format)
        return
    if data is None:
        raise click.UsageError("name the folder of test images, DATA, or a review with --review FILE")
    from semscan.pipeline.evaluate import evaluate as run
    from semscan.pipeline.methods.base import announcement
    from semscan.report.text.evaluation import evaluation_lines

    inspect = inspect_settings(choices)
    settings = EvaluateSettings(inspect=inspect, out=choices["out"], good=choices["good"], seed=choices["seed"])
    print_notice(announcement(inspect))
    with text_or_json.RoundProgress() as progress:
        evaluation = run(data, settings, progress=progress)
    text_or_json.print_record(evaluation.to_json(), lambda: evaluation_lines(evaluation), output_format)
    for failure in evaluation.failed:
        print_notice(f"left out: {failure.error}")
    print_notice(f"{evaluation.images} images measured in {evaluation.seconds:g} s; results in {settings.out}")
    ctx.exit(SOME_FAILED if evaluation.failed else 0)


def _evaluate_review(
    ctx: click.Context, data: Path | None, review: tuple[str, ...], seed: int, output_format: str | None
) -> None:
    """Measure finished results by their review; refuse what only an inspection of DATA uses."""
    unused = [
        f"--{name.replace('_', '-')}"
        for name in ctx.params
        if name not in WITH_REVIEW and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    unused = ["DATA"] if data is not None else unused
    if unused:
        raise click.UsageError(f"{unused[0]} is given but not used by --review, which inspects nothing; leave it away")
    from semscan.pipeline.evaluating.review import evaluate_review
    from semscan.report.text.review import review_lines

    evaluation = evaluate_review(review, seed=seed, draws=_DEFAULT.draws)
    text_or_json.print_record(evaluation.to_json(), lambda: review_lines(evaluation), output_format)
    print_notice(f"{evaluation.reviewed_images} of {evaluation.images} images are reviewed")
