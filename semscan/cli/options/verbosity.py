"""How much a command prints: -v and -q."""

from __future__ import annotations

from collections.abc import Callable

import click

from semscan.cli.options.base import Command


def verbosity(ctx: click.Context | None = None) -> int:
    """Return below 0 for quiet, 0 by default, 1 for every warning, 2 for tracebacks too."""
    ctx = ctx or click.get_current_context()
    level: int = ctx.meta.get("semscan.verbosity", 0)
    return level


def verbosity_flags(command: Command) -> Command:
    """Add -v and -q, which are accepted before and after the command's name."""
    verbose = click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        callback=_change_verbosity(1),
        help="Repeat warnings for each image; -vv: also print tracebacks.",
    )
    quiet = click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_change_verbosity(-3),
        help="Print only errors that end the command.",
    )
    return verbose(quiet(command))


def _change_verbosity(step: int) -> Callable[[click.Context, click.Parameter, int], None]:
    def callback(ctx: click.Context, param: click.Parameter, value: int) -> None:
        ctx.meta["semscan.verbosity"] = verbosity(ctx) + step * int(value)
        if value and verbosity(ctx) >= 2:
            _show_debug_log()

    return callback


def _show_debug_log() -> None:
    import logging

    logging.basicConfig(format="%(name)s: %(message)s")
    logging.getLogger("semscan").setLevel(logging.DEBUG)
