"""`semscan synth`: make images to train and test on."""

from __future__ import annotations

import json
from dataclasses import fields

import click

from semscan.cli import options
from semscan.cli.output import ClosedPipe, emit, say
from semscan.errors import UsageFault
from semscan.settings import DEFECTS, PATTERNS, SynthSetSettings, SynthSettings

RECIPE = SynthSettings()
PLAN = SynthSetSettings()


def _number(name: str, text: str, *, kind: type = float):
    """Option for one number of the recipe; its default comes from the settings."""
    option = "--" + name.replace("_", "-")
    return click.option(option, type=kind, default=getattr(RECIPE, name), show_default=True, help=text)


def _count(name: str, text: str):
    option = "--" + name.replace("_", "-")
    return click.option(option, type=int, default=getattr(PLAN, name), show_default=True, metavar="N", help=text)


@click.command(short_help="Make SEM images with planted defects and masks.")
@click.argument("out", type=click.Path(file_okay=True, dir_okay=True))
@click.option(
    "--pattern",
    type=click.Choice(PATTERNS),
    default=RECIPE.pattern,
    show_default=True,
    help="Vertical lines, or an array of contact holes.",
)
@click.option("--size", default=str(RECIPE.rows), show_default=True, metavar="N|HxW", help="Rows x columns, px.")
@_number("pitch", "Distance between lines or holes, px.")
@click.option("--cd", type=float, default=RECIPE.cd, help="Line width or hole diameter, px.  [default: pitch / 2]")
@click.option(
    "--lattice",
    type=click.Choice(["square", "staggered"]),
    default=RECIPE.lattice,
    show_default=True,
    help="Arrangement of contact holes.",
)
@_number("dose", "Electrons per pixel at full brightness; fewer is noisier.")
@_number("angle", "Turn of the pattern, degrees; 0 has lines upright.")
@_number("rotation", "Each image is turned by up to this more or less, degrees.")
@_number("drift", "Stage drift during the scan, px; 0 for none.")
@_number("roughness", "Standard deviation of one edge, px.")
@_number("correlation", "Correlation length of an edge, px.")
@_number("hurst", "Roughness exponent of an edge.")
@_number("tilt", "Sidewall angle, degrees; steeper edges are brighter.")
@_number("blur", "Probe size (standard deviation), px.")
@_number("astigmatism", "Share by which the probe is longer than wide.")
@_number("charging", "Strength of dark tails after bright edges.")
@_number("gradient", "Largest brightness gradient, share.")
@_number("row_noise", "Spread of gain from row to row, share.")
@_number("read_noise", "Detector noise, share of full brightness.")
@_number("brightness", "Spread of brightness from image to image.")
@_number("contrast", "Spread of contrast from image to image, share.")
@click.option(
    "--bits", type=click.Choice(["8", "16"]), default=str(RECIPE.bits), show_default=True, help="Bits per pixel."
)
@click.option(
    "--format",
    type=click.Choice(["png", "tif"]),
    default=PLAN.format,
    show_default=True,
    help="File format of the images.",
)
@_count("train", "Training images (good; with --layout classes of each class).")
@_count("test_good", "Good test images.")
@_count("per_defect", "Test images of each defect.")
@_count("mixed", "Test images with three different defects each.")
@click.option("--defects", metavar="LIST", help="Comma-separated: see above.  [default: all of the pattern]")
@click.option(
    "--layout",
    type=click.Choice(["mvtec", "classes"]),
    default=PLAN.layout,
    show_default=True,
    help="mvtec: training images are good; classes: as many of each defect, too.",
)
@_number("seed", "The same seed gives the same files.", kind=int)
@click.option("--overwrite", is_flag=True, help="Replace an earlier data set of this command in OUT.")
@options.loudness
def synth(out, size, bits, defects, **choices):
    """Fill the folder OUT with synthetic SEM images.

    \b
        semscan synth lines --pitch 28 --seed 1
        semscan synth contacts --pattern contacts --pitch 30 --dose 30 --bits 16

    OUT gets train/good, test/good, test/DEFECT, ground_truth/DEFECT with a mask for
    each defective test image, and synth.json with the recipe and where each defect is.
    Lengths are in pixels. One JSON line per folder goes to standard output.

    \b
    Defects of lines:    {lines}
    Defects of contacts: {contacts}
    """
    from tqdm import tqdm

    from semscan.pipeline.synth import synthesise

    rows, cols = _size(size)
    plan_names = {field.name for field in fields(SynthSetSettings)}
    recipe_choices = {name: value for name, value in choices.items() if name not in plan_names}
    recipe = SynthSettings(rows=rows, cols=cols, bits=int(bits), **recipe_choices)
    names = None if defects is None else tuple(name.strip() for name in defects.split(",") if name.strip())
    plan = SynthSetSettings(defects=names, **{name: value for name, value in choices.items() if name in plan_names})
    images, gone = 0, None
    with tqdm(disable=True if options.verbosity() < 0 else None, unit="image", leave=False) as bar:

        def progress(total):
            bar.total = total
            bar.update()

        for made in synthesise(out, recipe, plan, progress):
            images += made["images"]
            try:
                if gone is None:
                    emit(json.dumps(made, ensure_ascii=False))
            except ClosedPipe as closed:  # the images are what was asked for: finish them
                gone = closed
    say(f"{images} images of {cols} x {rows} px written to {out} (seed {recipe.seed})")
    if gone is not None:
        raise gone


synth.help = (synth.help or "").format(**{name: ", ".join(kinds) for name, kinds in DEFECTS.items()})


def _size(text: str) -> tuple[int, int]:
    """Rows and columns from "256" or "480x640"."""
    parts = text.lower().split("x")
    if not (1 <= len(parts) <= 2 and all(part.isascii() and part.isdigit() for part in parts)):
        raise UsageFault(f"--size {text!r} is no size; write 256, or rows x columns as 480x640")
    return int(parts[0]), int(parts[-1])
