"""`semscan train` and `semscan models`."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import click

from semscan.cli import options
from semscan.cli.output import emit, emit_all, say
from semscan.settings import AUTO, DEFAULT_MODEL, LONG_PITCH, MAX_SEED, AugmentSettings, TrainSettings

_DEFAULT = TrainSettings()
_AUGMENT = AugmentSettings()


def _duration(context, parameter, text):
    """Turn "90", "90s", "10m" or "1.5h" into seconds."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", text)
    if not match or float(match[1]) <= 0:
        raise click.BadParameter(f"'{text}' is no length of time; write 90s, 10m or 1.5h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def _zoom(_context, _parameter, text):
    """auto, or a share as a number."""
    if text == AUTO:
        return text
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0.25 <= share <= 1:
        raise click.BadParameter(f"'{text}' is neither auto nor a number of 0.25 to 1")
    return share


@click.command(short_help="Learn from a folder of images; writes a model folder.")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", default=DEFAULT_MODEL, show_default=True, help="Model folder to write.")
@click.option(
    "--model",
    default=_DEFAULT.model,
    show_default=True,
    help="auto, autoencoder (good images only) or attention-cnn (class folders).",
)
@click.option(
    "--attention",
    default=_DEFAULT.attention,
    show_default=True,
    help="auto, or a name `semscan models` lists; join several with +, as in cbam+gates.",
)
@click.option(
    "--backbone",
    default=_DEFAULT.backbone,
    show_default=True,
    help="Conv base of the attention CNN: auto, plain or residual.",
)
@click.option(
    "--seam/--no-seam",
    default=_DEFAULT.seam,
    show_default=True,
    help="Also teach the attention CNN that a smaller, mirrored image has the same map (SEAM).",
)
@click.option(
    "--zoom",
    callback=_zoom,
    default=_DEFAULT.zoom,
    show_default=True,
    metavar="SHARE",
    help="Size at which the autoencoder sees images: auto (half where a pattern repeats every "
    f"{LONG_PITCH:.0f} px or more), or 0.25 to 1.",
)
@click.option("--good", metavar="NAME", help="Name of the folder that holds the good images.")
@click.option("--steps", type=click.IntRange(1), help="Training steps [default: about 10 minutes on two cores].")
@click.option("--time-limit", callback=_duration, metavar="TIME", help="Stop after this long at most: 90s, 10m, 1.5h.")
@click.option(
    "--seed",
    type=click.IntRange(0, MAX_SEED),
    default=_DEFAULT.seed,
    show_default=True,
    help="Seed of the first weights, the patches drawn and the held-out images.",
)
@click.option(
    "--false-alarms",
    type=click.FloatRange(0, min_open=True),
    default=_DEFAULT.false_alarms,
    show_default=True,
    help="False regions per good image that 0.5 is set for.",
)
@click.option("--resume", is_flag=True, help="Go on with an interrupted training.")
@click.option("--overwrite", is_flag=True, help="Replace a finished model.")
@click.option("--from", "start_from", metavar="MODEL", help="Start from the weights of an earlier model.")
@click.option(
    "--accept",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="results.jsonl whose regions are harmless: all that are left in it, or those marked accepted.",
)
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True), help="Highest rate [default: per network].")
@click.option("--dropout", type=click.FloatRange(0, 0.9), help="Share of features dropped [default: per network].")
@click.option(
    "--clip",
    type=click.FloatRange(0, min_open=True),
    default=_DEFAULT.clip,
    show_default=True,
    help="Gradient norms are clipped to this.",
)
@click.option(
    "--patience",
    type=click.IntRange(1),
    default=_DEFAULT.patience,
    show_default=True,
    help="Stop after this many rounds without progress on held-back images.",
)
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    default=_DEFAULT.precision,
    show_default=True,
    help="Arithmetic in training; auto takes bfloat16 where the processor has it.",
)
@click.option("--flip/--no-flip", default=_AUGMENT.flip, show_default=True, help="Mirror training patches.")
@click.option(
    "--turn",
    type=click.Choice(["auto", "yes", "no"]),
    default=_AUGMENT.turn,
    show_default=True,
    help="Turn training patches by 90 degrees.",
)
@click.option(
    "--gain",
    type=click.FloatRange(0, 1),
    default=_AUGMENT.gain,
    show_default=True,
    help="Largest change of contrast in training.",
)
@click.option(
    "--offset",
    type=click.FloatRange(0, 0.5),
    default=_AUGMENT.offset,
    show_default=True,
    help="Largest change of brightness in training, of full scale.",
)
@click.option(
    "--noise",
    type=click.FloatRange(0, 0.5),
    default=_AUGMENT.noise,
    show_default=True,
    help="Largest noise added in training, of full scale.",
)
@click.option(
    "--shift",
    type=click.IntRange(0, 64),
    default=_AUGMENT.shift,
    show_default=True,
    help="Largest move of a training image in pixels (attention CNN).",
)
@options.reading
@click.option("--tensorboard", is_flag=True, help="Also write TensorBoard logs into the model folder.")
@options.loudness
def train(data, flip, turn, gain, offset, noise, shift, **choices):
    """Learn what good looks like from DATA and write a model folder.

    DATA holds good images (alone, or as good/ or train/good/) or one folder per class. test/ is never
    read. Good images train the attention-guided autoencoder, sharpened by a few defective ones where
    there are any (train/CLASS, masks in ground_truth/CLASS); class folders of 20 and more the
    attention CNN.

    \b
        semscan train data/
        semscan train data/ --out lines.model --time-limit 5m
        semscan train week2/ --from lines.model --out lines2.model
        semscan train data/ --accept semscan-results/results.jsonl --overwrite
    """
    from semscan.pipeline.train import train as run

    augment = AugmentSettings(flip=flip, turn=turn, gain=gain, offset=offset, noise=noise, shift=shift)
    settings = TrainSettings(
        augment=augment, read=options.take_reading(choices), progress=options.verbosity() >= 0, **choices
    )
    emit(json.dumps(run(data, settings, say)))


@click.command(short_help="List the networks, backbones and attentions to train with.")
@click.option(
    "--format", "form", type=click.Choice(("text", "jsonl")), help="[default: text on a terminal, jsonl in a pipe]"
)
@options.loudness
def models(form: str | None) -> None:
    """List what `semscan train` takes for --model, --backbone and --attention.

    Attentions can be joined with +, and act from left to right; gates act on the skips of the autoencoder.

    \b
        semscan models
        semscan train data/ --attention cbam+gates
        semscan models --format jsonl | jq -r 'select(.kind == "attention") | .name'
    """
    from semscan.model.registry import catalogue

    records = catalogue()
    if form is None:
        form = "text" if sys.stdout is not None and sys.stdout.isatty() else "jsonl"
    emit_all(_lines(records) if form == "text" else [json.dumps(record) for record in records])


def _lines(records: list[dict]) -> list[str]:
    lines, kind = [], ""
    width = max(len(record["name"]) for record in records)
    for record in records:
        if record["kind"] != kind:
            lines += [""] * bool(kind) + [f"{record['kind']}s"]
            kind = record["kind"]
        default = f" [default of the {record['default_of']}]" if record["default_of"] else ""
        lines.append(f"  {record['name']:{width}}  {record['summary']}{default}")
    return lines
