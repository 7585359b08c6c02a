"""How lines and holes are measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import click

from semscan.settings import EdgeSettings

STEP = "step"


class Level(click.ParamType):
    """A share between 0 and 1, or `step`."""

    name = "SHARE|step"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | str:
        """Return the share, or the word."""
        if value == STEP:
            return STEP
        try:
            share = float(value)
        except ValueError:
            share = math.nan
        if not 0 < share < 1:
            self.fail(f"'{value}' is neither a share above 0 and below 1 nor {STEP}.", param, ctx)
        return share


level = click.option(
    "--level",
    type=Level(),
    help="Where an edge lies: at this share of the way from the lowest to the highest value of the model profile; "
    f"step: where the profile would rise without the blur of the beam.  [default: {EdgeSettings().level}]",
)
dark_lines = click.option(
    "--dark-lines", is_flag=True, help="The darker part of a pitch is the line.  [default: the brighter part]"
)


def edge_settings(choices: Mapping[str, Any]) -> EdgeSettings:
    """Return the settings of --level and --dark-lines."""
    level = EdgeSettings().level if choices["level"] is None else choices["level"]
    return EdgeSettings(level=None if level == STEP else level, dark_lines=choices["dark_lines"])
