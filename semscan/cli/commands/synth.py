"""`semscan synth`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import click

from semscan.cli import text_or_json, typing_help
from semscan.cli.options.base import Command
from semscan.cli.options.verbosity import verbosity, verbosity_flags
from semscan.cli.output import ClosedPipe, print_notice
from semscan.errors import UsageFault
from semscan.phrases import plural
from semscan.settings import DEFECTS, MAX_NM_PER_PX, PATTERNS, SynthSetSettings, SynthSettings

RECIPE = SynthSettings()
PLAN = SynthSetSettings()
_Decorator = Callable[[Command], Command]


def _recipe_option(name: str, text: str, *, kind: type = float) -> _Decorator:
    """Return the option for one number of the recipe; its default comes from the settings."""
    spelling = "--" + name.replace("_", "-")
    return click.option(spelling, type=kind, default=getattr(RECIPE, name), show_default=True, help=text)


def _count_option(name: str, text: str) -> _Decorator:
    """Return the option for one number of images; its default comes from the settings."""
    spelling = "--" + name.replace("_", "-")
    return click.option(spelling, type=int, default=getattr(PLAN, name), show_default=True, metavar="N", help=text)


@click.command()
@click.argument("out", type=click.Path(file_okay=True, dir_okay=True))
@click.option(
    "--pattern",
    type=click.Choice(PATTERNS),
    default=RECIPE.pattern,
    show_default=True,
    help="Vertical lines, or an array of contact holes.",
)
@click.option("--size", default=str(RECIPE.rows), show_default=True, metavar="N|HxW", help="Rows x columns, in px.")
@_recipe_option("pitch", "Distance between lines or holes, in px.")
@click.option("--cd", type=float, default=RECIPE.cd, help="Line width or hole diameter, in px.  [default: pitch / 2]")
@click.option(
    "--lattice",
    type=click.Choice(["square", "staggered"]),
    default=RECIPE.lattice,
    show_default=True,
    help="Arrangement of contact holes.",
)
@_recipe_option("dose", "Electrons per pixel at full brightness; fewer electrons give more noise.")
@_recipe_option("angle", "Rotation of the pattern, in degrees; at 0 lines are vertical.")
@_recipe_option("rotation", "Largest additional rotation of each image, in degrees.")
@_recipe_option("drift", "Stage drift during the scan, in px.")
@_recipe_option("roughness", "Line edge roughness: standard deviation of one edge, in px.")
@_recipe_option("correlation", "Correlation length of the edge roughness, in px.")
@_recipe_option("hurst", "Hurst exponent of the edge roughness.")
@_recipe_option("tilt", "Sidewall angle, in degrees; steeper edges are brighter.")
@_recipe_option("blur", "Probe size (standard deviation), in px.")
@_recipe_option("astigmatism", "Elongation of the probe, as a fraction of its size.")
@_recipe_option("charging", "Strength of the dark streaks after bright edges.")
@_recipe_option("gradient", "Largest brightness gradient, as a fraction.")
@_recipe_option("row_noise", "Standard deviation of the gain from row to row, as a fraction.")
@_recipe_option("read_noise", "Detector noise, as a fraction of full brightness.")
@_recipe_option("brightness", "Variation of brightness from image to image.")
@_recipe_option("contrast", "Variation of contrast from image to image, as a fraction.")
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
@click.option(
    "--nm-per-px",
    type=click.FloatRange(0.001, MAX_NM_PER_PX),
    metavar="NM",
    help="Width of a pixel in nm, for --format tif: the images get a data bar and the metadata of an FEI microscope.",
)
@_count_option("train", "Number of training images; with --layout classes, of each class.")
@_count_option("test_good", "Number of good test images.")
@_count_option("per_defect", "Number of test images of each defect type.")
@_count_option("mixed", "Number of test images with three different defects each.")
@click.option(
    "--defects",
    metavar="LIST",
    help="Defect types, joined by commas; see above.  [default: all of the pattern]",
    shell_complete=typing_help.names(lambda: dict.fromkeys(name for names in DEFECTS.values() for name in names), ","),
)
@click.option(
    "--layout",
    type=click.Choice(["mvtec", "classes"]),
    default=PLAN.layout,
    show_default=True,
    help="mvtec: only good training images. classes: also training images of each defect type.",
)
@_recipe_option("seed", "Random seed. The same seed gives the same files.", kind=int)
@click.option("--overwrite", is_flag=True, help="Replace a data set in OUT that this command wrote.")
@verbosity_flags
def synth(out: str, size: str, bits: str, defects: str | None, **choices: Any) -> None:
    """Fill the folder OUT with synthetic SEM images.

    \b
        semscan synth lines --pitch 28 --seed 1
        semscan synth contacts --pattern contacts --pitch 30 --dose 30 --bits 16

    OUT holds train/good, test/good, test/DEFECT, and ground_truth/DEFECT with a mask for each defective test
    image. synth.json has the recipe and the position of each defect. All lengths are in pixels. Prints one JSON
    line for each folder.

    \b
    Defects of lines:    {lines}
    Defects of contacts: {contacts}
    """
    from semscan.pipeline.synth import synthesise
    from semscan.report.text.finished import made_line

    recipe, plan = _settings(size, bits, defects, choices)
    closed: ClosedPipe | None = None
    images = 0
    with _image_bar() as bar:

        def count_image(total: int) -> None:
            bar.total = total
            bar.update()

        for folder in synthesise(out, recipe, plan, count_image):
            images += folder["images"]
            try:
                if closed is None:
                    bar.clear()
                    text_or_json.print_line(folder, made_line, None)
            except ClosedPipe as error:  # all images were asked for, so finish them
                closed = error
    print_notice(f"{plural(images, 'image')} of {recipe.cols} x {recipe.rows} px written to {out} (seed {recipe.seed})")
    if closed is not None:
        raise closed


synth.help = (synth.help or "").format(**{name: ", ".join(kinds) for name, kinds in DEFECTS.items()})


def _settings(
    size: str, bits: str, defects: str | None, choices: Mapping[str, Any]
) -> tuple[SynthSettings, SynthSetSettings]:
    """Return the recipe of an image and the plan of the set."""
    rows, cols = _parse_size(size)
    names = None if defects is None else tuple(name.strip() for name in defects.split(",") if name.strip())
    plan_names = {field.name for field in fields(SynthSetSettings)}
    for_plan = {name: value for name, value in choices.items() if name in plan_names}
    for_recipe = {name: value for name, value in choices.items() if name not in plan_names}
    recipe = SynthSettings(rows=rows, cols=cols, bits=int(bits), **for_recipe)
    return recipe, SynthSetSettings(defects=names, **for_plan)


def _image_bar() -> Any:
    """Return a progress bar that counts images; it is not shown with -q or without a terminal."""
    from tqdm import tqdm

    return tqdm(disable=True if verbosity() < 0 else None, unit="image", leave=False)


def _parse_size(text: str) -> tuple[int, int]:
    """Return rows and columns from "256" or "480x640"."""
    parts = text.lower().split("x")
    if not (1 <= len(parts) <= 2 and all(part.isascii() and part.isdigit() for part in parts)):
        raise UsageFault(f"--size {text!r} is not a size; write 256, or rows x columns as in 480x640")
    return int(parts[0]), int(parts[-1])
