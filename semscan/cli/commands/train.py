"""`semscan train` and `semscan models`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from semscan.cli import text_or_json, typing_help
from semscan.cli.options import inputs
from semscan.cli.options.reading import pop_read_settings, reading_options
from semscan.cli.options.verbosity import verbosity, verbosity_flags
from semscan.cli.output import print_message, print_results
from semscan.cli.typing_help import GroupedCommand
from semscan.settings import AUTO, BRIGHTNESS, DEFAULT_MODEL, LONG_PITCH, MAX_SEED, AugmentSettings, TrainSettings

_DEFAULT = TrainSettings()
_AUGMENT = AugmentSettings()


def parse_duration(ctx: click.Context, param: click.Parameter, text: str | None) -> float | None:
    """Turn "90", "90s", "10m" or "1.5h" into seconds."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", text)
    if not match or float(match[1]) <= 0:
        raise click.BadParameter(f"'{text}' is not a duration; write 90s, 10m or 1.5h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def _parse_zoom(ctx: click.Context, param: click.Parameter, text: str) -> str | float:
    """Return auto, or the factor as a number."""
    if text == AUTO:
        return text
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0.25 <= factor <= 1:
        raise click.BadParameter(f"'{text}' is neither auto nor a number from 0.25 to 1")
    return factor


def attentions() -> list[str]:
    """Return what --attention may be."""
    from semscan.model.registry import ATTENTIONS

    return [AUTO, *ATTENTIONS]


@click.command(cls=GroupedCommand)
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out", default=DEFAULT_MODEL, show_default=True, metavar="DIR", type=click.Path(), help="Model folder to write."
)
@click.option(
    "--model",
    default=_DEFAULT.model,
    show_default=True,
    help="Network: auto, autoencoder (for good images) or attention-cnn (for class folders).",
)
@click.option(
    "--attention",
    default=_DEFAULT.attention,
    show_default=True,
    shell_complete=typing_help.names(attentions, "+"),
    help="Attention mechanism: auto, or a name from `semscan models`; join several with +, as in cbam+gates.",
)
@click.option(
    "--backbone",
    default=_DEFAULT.backbone,
    show_default=True,
    help="Backbone of the attention CNN: auto, plain or residual.",
)
@click.option(
    "--seam/--no-seam",
    default=_DEFAULT.seam,
    show_default=True,
    help="Train the attention CNN to give the same map for a smaller, mirrored image (SEAM).",
)
@click.option(
    "--zoom",
    callback=_parse_zoom,
    default=_DEFAULT.zoom,
    show_default=True,
    metavar="FACTOR",
    help="Factor by which images are resized for the autoencoder: 0.25 to 1, or auto (0.5 if the pattern repeats "
    f"every {LONG_PITCH:.0f} px or more, else 1).",
)
@click.option(
    "--brightness",
    type=click.Choice(BRIGHTNESS),
    default=_DEFAULT.brightness,
    show_default=True,
    help="match: the autoencoder sees all images at one brightness and contrast; keep: as they are; auto: match if "
    "those of the good images vary.",
)
@inputs.good
@click.option("--steps", type=click.IntRange(1), help="Number of training steps.  [default: depends on the network]")
@click.option("--time-limit", callback=parse_duration, metavar="TIME", help="Longest training time: 90s, 10m, 1.5h.")
@click.option(
    "--seed",
    type=click.IntRange(0, MAX_SEED),
    default=_DEFAULT.seed,
    show_default=True,
    help="Random seed of the initial weights, the training patches and the choice of held-out images.",
)
@click.option(
    "--false-alarms",
    type=click.FloatRange(0, min_open=True),
    default=_DEFAULT.false_alarms,
    show_default=True,
    help="False regions per good image that the threshold allows.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted training.")
@click.option("--overwrite", is_flag=True, help="Replace a finished model.")
@click.option(
    "--from", "start_from", metavar="MODEL", type=click.Path(), help="Start from the weights of an earlier model."
)
@click.option(
    "--accept",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help='results.jsonl in which harmless regions have "accepted": true; these are then learned as good. Repeatable.',
)
@inputs.review(
    "review.jsonl of `semscan review`: harmless regions and images without defects are learned as good, confirmed and "
    "drawn defects as defects. Repeatable."
)
@click.option("--accept-all", is_flag=True, help="Every region in the files of --accept is harmless.")
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, min_open=True),
    help="Highest learning rate.  [default: depends on the network]",
)
@click.option(
    "--dropout",
    type=click.FloatRange(0, 0.9),
    help="Fraction of features dropped in training.  [default: depends on the network]",
)
@click.option(
    "--clip",
    type=click.FloatRange(0, min_open=True),
    default=_DEFAULT.clip,
    show_default=True,
    help="Largest norm of a gradient; larger ones are clipped.",
)
@click.option(
    "--patience",
    type=click.IntRange(1),
    default=_DEFAULT.patience,
    show_default=True,
    help="Stop after this many rounds without progress on the held-out images.",
)
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    default=_DEFAULT.precision,
    show_default=True,
    help="Arithmetic in training; auto uses bfloat16 if the processor has AMX units for it.",
)
@click.option("--flip/--no-flip", default=_AUGMENT.flip, show_default=True, help="Mirror training patches at random.")
@click.option(
    "--turn",
    type=click.Choice(["auto", "yes", "no"]),
    default=_AUGMENT.turn,
    show_default=True,
    help="Rotate training patches by 90 degrees at random; auto: only if the good images have no direction.",
)
@click.option(
    "--gain",
    type=click.FloatRange(0, 1),
    default=_AUGMENT.gain,
    show_default=True,
    help="Largest random change of contrast, as a fraction.",
)
@click.option(
    "--offset",
    type=click.FloatRange(0, 0.5),
    default=_AUGMENT.offset,
    show_default=True,
    help="Largest random change of brightness, as a fraction of full scale.",
)
@click.option(
    "--noise",
    type=click.FloatRange(0, 0.5),
    default=_AUGMENT.noise,
    show_default=True,
    help="Largest standard deviation of added noise, as a fraction of full scale.",
)
@click.option(
    "--shift",
    type=click.IntRange(0, 64),
    default=_AUGMENT.shift,
    show_default=True,
    help="Largest random shift of a training image, in px (attention CNN).",
)
@reading_options
@click.option("--tensorboard", is_flag=True, help="Also write TensorBoard logs into the model folder.")
@text_or_json.text_or_json_format
@verbosity_flags
def train(
    data: Path,
    flip: bool,
    turn: str,
    gain: float,
    offset: float,
    noise: float,
    shift: int,
    output_format: str | None,
    **choices: Any,
) -> None:
    """Train a model on the images of DATA and write a model folder.

    DATA holds good images (alone, or as good/ or train/good/), or one folder for each class. test/ is never read.
    Good images train the attention-guided autoencoder. A few defective images (train/CLASS, masks in
    ground_truth/CLASS) improve it. Class folders with 20 or more images each train the attention CNN.

    \b
        semscan train data/
        semscan train data/ --out lines.model --time-limit 5m
        semscan train week2/ --from lines.model --out lines2.model
        semscan train data/ --accept marked.jsonl --out lines2.model
        semscan train data/ --review semscan-results/review.jsonl --out lines2.model

    Needs TensorFlow: pip install "semscan[train]".
    """
    from semscan.model.requirements import require_training_libraries

    require_training_libraries("semscan train")
    from semscan.pipeline.train import train as run
    from semscan.report.text.finished import trained_line

    augment = AugmentSettings(flip=flip, turn=turn, gain=gain, offset=offset, noise=noise, shift=shift)
    settings = TrainSettings(augment=augment, read=pop_read_settings(choices), progress=verbosity() >= 0, **choices)
    text_or_json.print_line(run(data, settings, print_message), trained_line, output_format)


@click.command()
@text_or_json.text_or_jsonl_format
@verbosity_flags
def models(output_format: str | None) -> None:
    """List the values of `semscan train` for --model, --backbone and --attention.

    Attention mechanisms can be joined with +, and are applied from left to right. gates are applied to the skip
    connections of the autoencoder.

    \b
        semscan models
        semscan train data/ --attention cbam+gates
        semscan models --format jsonl | jq -r 'select(.kind == "attention") | .name'
    """
    from semscan.model.registry import catalogue

    records = catalogue()
    as_text = text_or_json.as_text(output_format)
    print_results(_text_lines(records) if as_text else [json.dumps(record) for record in records])


def _text_lines(records: list[dict[str, str | None]]) -> list[str]:
    lines: list[str] = []
    kind = None
    width = max(len(str(record["name"])) for record in records)
    for record in records:
        if record["kind"] != kind:
            lines += ["", f"{record['kind']}s"] if lines else [f"{record['kind']}s"]
            kind = record["kind"]
        default = f" [default of the {record['default_of']}]" if record["default_of"] else ""
        lines.append(f"  {record['name']:{width}}  {record['summary']}{default}")
    return lines
