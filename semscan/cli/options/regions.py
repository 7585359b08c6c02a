"""Which pixels of a map become regions, and which regions count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import click

from semscan.cli.options.base import combine
from semscan.settings import InspectSettings, RegionSettings

_REGIONS = InspectSettings().regions
_MAP_VALUE = click.FloatRange(0, 1, max_open=True)
threshold = click.option(
    "--threshold",
    type=_MAP_VALUE,
    default=_REGIONS.threshold,
    show_default=True,
    help="Pixels of the anomaly map above this value are defective.",
)
low = click.option(
    "--low",
    type=_MAP_VALUE,
    default=_REGIONS.low,
    help="Extend regions down to this value (hysteresis).  [default: off]",
)
min_area = click.option(
    "--min-area", type=click.IntRange(1), default=_REGIONS.min_area, show_default=True, help="Smallest region, in px."
)
closing = click.option(
    "--closing",
    type=click.IntRange(0, 500),
    default=_REGIONS.closing,
    show_default=True,
    help="Join regions that are less than twice this apart, in px.",
)
dark_lines = click.option(
    "--dark-lines",
    is_flag=True,
    help="The darker part of a line pattern is the line: a bridge joins two dark lines.  [default: the brighter part]",
)
region_options = combine(threshold, low, min_area, closing, dark_lines)
no_nuisance_filter = click.option(
    "--no-nuisance-filter",
    is_flag=True,
    help="Count the regions too that the nuisance filter of a reviewed model calls harmless.",
)


def region_settings(choices: Mapping[str, Any]) -> RegionSettings:
    """Return the settings of those options of `region_options` that a command has."""
    names = (field.name for field in fields(RegionSettings))
    return RegionSettings(**{name: choices[name] for name in names if name in choices})
