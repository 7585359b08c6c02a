"""How defects are found: by which methods, with which model or reference, on what device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from semscan.cli.options.base import EnvironmentOption
from semscan.settings import AUTO, DEFAULT_MODEL, DEVICES, LOOKS, METHODS, MODEL_VARIABLE, InspectSettings


class Looks(click.ParamType):
    """One of the numbers of looks at a tile."""

    name = "|".join(map(str, LOOKS))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; fail if it is none of them."""
        if str(value) not in map(str, LOOKS):
            self.fail(f"{value} is not one of {', '.join(map(str, LOOKS))}.", param, ctx)
        return int(value)


method = click.option(
    "--method",
    type=click.Choice((AUTO, *METHODS)),
    multiple=True,
    default=InspectSettings().method,
    show_default=True,
    help="How defects are found: by a model, by comparing the cells of a periodic image, by comparing with a "
    "reference image, or by comparing the images with each other (dies: at least 4 of one place). Repeat the option "
    "to combine methods.",
)
reference = click.option(
    "--reference",
    metavar="FILE|DIR",
    type=click.Path(),
    help="Image of the same place on another die, or a folder of such images with the same names.",
)
model = click.option(
    "--model",
    cls=EnvironmentOption,
    variable=MODEL_VARIABLE,
    metavar="DIR",
    type=click.Path(),
    help=f"Model folder.  [default: ${MODEL_VARIABLE}, else ./{DEFAULT_MODEL}]",
)
looks = click.option(
    "--looks",
    type=Looks(),
    help="How often a network looks at each tile: as it is, turned, mirrored each way. More are slower; each number "
    "has its own threshold.  [default: the model's]",
)
device = click.option(
    "--device",
    type=click.Choice(DEVICES),
    default=InspectSettings().device,
    show_default=True,
    help="What runs a network. auto: the GPU where onnxruntime-gpu is installed, else the processor.",
)


def used_model(choices: Mapping[str, Any]) -> str | None:
    """Return the model; None if only the configuration file names it and another method was chosen."""
    named: str | None = choices["model"]
    ctx = click.get_current_context(silent=True)
    if ctx is None or ctx.get_parameter_source("model") is not ParameterSource.DEFAULT_MAP:
        return named
    methods = tuple(choices["method"])
    automatic = methods == InspectSettings().method
    if "model" in methods or (automatic and not choices.get("reference")):
        return named
    from semscan.pipeline.methods.base import calibrated_method

    used = ("reference",) if automatic else methods
    return named if calibrated_method(InspectSettings(model=named)) in used else None


def used_looks(choices: Mapping[str, Any]) -> int | None:
    """Return the number of looks; None if only the configuration file states it and no network was chosen."""
    looks: int | None = choices.get("looks")
    methods = tuple(choices["method"])
    if "model" in methods or methods == InspectSettings().method:
        return looks
    ctx = click.get_current_context(silent=True)
    from_file = ctx is not None and ctx.get_parameter_source("looks") is ParameterSource.DEFAULT_MAP
    return None if from_file else looks
