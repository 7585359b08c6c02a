"""What a command works on: images, maps, the folder of good images, decisions of a review."""

from __future__ import annotations

from collections.abc import Callable

import click

from semscan.cli.options.base import Command

images = click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path())
images_unless_klarf = click.argument("images", nargs=-1, metavar="IMAGE...", type=click.Path())
maps = click.argument("maps", nargs=-1, required=True, metavar="MAP...", type=click.Path())
nul = click.option("-0", "--null", "nul", is_flag=True, help="Names on standard input end with NUL (find -print0).")
good = click.option("--good", metavar="NAME", help="Name of the folder that holds the good images.")


def review(text: str) -> Callable[[Command], Command]:
    """Return --review FILE, which can be repeated."""
    return click.option(
        "--review", multiple=True, type=click.Path(exists=True, dir_okay=False), metavar="FILE", help=text
    )
