"""How many images are worked on: in parallel, within limits of time and memory, resumed, followed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import click

from semscan.cli.options.base import combine
from semscan.settings import InspectSettings

LEAST_MEMORY = 256 << 20  # bytes


class Size(click.ParamType):
    """A number of bytes: ``500M``, ``2G``, ``1.5G``."""

    name = "SIZE"
    UNITS: ClassVar[Mapping[str, int]] = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        if isinstance(value, int) and not isinstance(value, bool):
            number, unit = float(value), 1
        else:
            text = str(value).strip().upper().removesuffix("IB").removesuffix("B")
            unit = self.UNITS.get(text[-1:], 1)
            try:
                number = float(text[:-1] if unit > 1 else text)
            except ValueError:
                number = math.nan
        if not 0 < number * unit < 1 << 50:
            self.fail(f"'{value}' is not a size; wanted a number and M or G, such as 2G.", param, ctx)
        if number * unit < LEAST_MEMORY:
            self.fail(f"'{value}' is less than {LEAST_MEMORY >> 20}M, which semscan itself needs.", param, ctx)
        return int(number * unit)


jobs = click.option(
    "--jobs",
    type=click.IntRange(1, 1024),
    default=InspectSettings().jobs,
    show_default=True,
    help="Number of images inspected in parallel.",
)
timeout = click.option(
    "--timeout",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Longest time for one image; 0: no limit.  [default: 3600, and 20 for each MB of the file]",
)
max_memory = click.option(
    "--max-memory",
    type=Size(),
    help="Largest memory of each job, such as 2G.  [default: 80 % of the machine's, shared by the jobs]",
)
cluster = click.option(
    "--cluster",
    metavar="ADDRESS|N",
    help="Work on a Dask cluster: tcp://HOST:PORT of its scheduler, or N processes on this machine.",
)
limits = combine(jobs, timeout, max_memory, cluster)
resume = click.option(
    "--resume",
    is_flag=True,
    help="Keep the results of images that an earlier run into --out judged from the same content, settings and model.",
)
follow = click.option(
    "--follow",
    is_flag=True,
    help="IMAGE are folders: inspect the images in them, then those that come, until Ctrl-C.",
)
