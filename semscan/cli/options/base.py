"""What options are made with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


class EnvironmentOption(click.Option):
    """An option whose environment `variable`, read elsewhere, overrides the configuration file."""

    def __init__(self, *names: Any, variable: str, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.variable = variable


def combine(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return one decorator that adds several options, listed in this order by --help."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
