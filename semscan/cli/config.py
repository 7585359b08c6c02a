"""Defaults from a file: `semscan.toml` in the working folder, or --config FILE.

A table per command, a key per option, named as on the command line: ``[inspect]``, ``min-area = 20``.
What is typed wins over the environment, that over the file, the file over what is built in.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from semscan.cli.options import OverEnvironment
from semscan.cli.output import say
from semscan.errors import ConfigError
from semscan.phrases import one_line

FILE = "semscan.toml"
LARGEST = 1 << 20
ONLY_TYPED = ("overwrite",)  # a file that lies about must not be what replaces a model
NOT_OPTIONS = ("help", "config", "verbose", "quiet")
_USED = "semscan.config"
_GIVEN = "semscan.config_file"


def option(commands: Sequence[str]) -> click.Option:
    """The --config option of a command or of the group; `commands` are the names of all commands."""
    return click.Option(
        ["--config"],
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=lambda ctx, param, value: _load(ctx, value, commands),
        help=f"Defaults for these options.  [default: ./{FILE}, if there is one]",
    )


def with_config(command: click.Command, commands: Sequence[str]) -> click.Command:
    """Give a command its --config, once."""
    if command.callback is None or any("--config" in param.opts for param in command.params):
        return command
    inner = command.callback

    @functools.wraps(inner)
    def callback(*args: Any, **choices: Any) -> Any:
        used = click.get_current_context().meta.get(_USED)
        if used:
            say(f"semscan: defaults from {used['file']}: {', '.join(used['values'])}")
        return inner(*args, **choices)

    command.callback = callback
    command.params.append(option(commands))
    return command


def typed(ctx: click.Context, settled: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """For `run.json`: the command with every option written out, and the configuration file used, or None.

    `settled` holds what became of options that leave a decision to the program.
    """
    choices = {**ctx.params, **(settled or {})}
    words = ["semscan", str(ctx.command.name)]
    rest: list[str] = []
    for param in ctx.command.params:
        value = choices.get(param.name or "")
        if isinstance(param, click.Argument):
            rest += map(str, value if isinstance(value, tuple) else [value])
        elif isinstance(param, click.Option) and param.expose_value:
            words += _spelled(param, value)
    return {"repeat": [*words, "--", *rest], "config": ctx.meta.get(_USED)}


def _spelled(param: click.Option, value: Any) -> list[str]:
    if value is None:
        return []
    if param.is_flag:
        spellings = _long(param.opts) if value else _long(param.secondary_opts)
        return spellings[:1]
    values = value if param.multiple else [value]
    return [word for one in values for word in (_long(param.opts)[0], str(one))]


def _load(ctx: click.Context, named: str | None, commands: Sequence[str]) -> None:
    """Take the file's table for this command as defaults; on the group, check the file's name and keep it."""
    if isinstance(ctx.command, click.Group):
        ctx.meta[_GIVEN] = named
        return
    named = named or ctx.meta.get(_GIVEN)
    if named is None and not os.path.lexists(FILE):
        return
    file = named or FILE
    tables = _parse(file)
    for name, table in tables.items():
        if name not in commands:
            what = f"[{name}]" if isinstance(table, dict) else f"{name} stands outside a table, and"
            raise ConfigError(
                f"{file}: {what} names no command{_nearest(name, commands)}; wanted are tables such as [inspect]"
            )
        if not isinstance(table, dict):
            raise ConfigError(f"{file}: {name} is {_shown(table)}, wanted a table [{name}] with a key per option")
    values = _checked(ctx, file, tables.get(str(ctx.command.name), {}))
    if values:
        ctx.default_map = {param: value for param, value, _ in values.values()}
        ctx.meta[_USED] = {"file": file, "values": {key: shown for key, (_, _, shown) in values.items()}}


def _parse(file: str) -> dict[str, Any]:
    import tomllib

    path = Path(file)
    try:
        if not path.is_file():
            raise ConfigError(f"{file}: no such file; name a configuration file with --config")
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"{file}: has {path.stat().st_size} bytes, a configuration file has at most {LARGEST}")
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); check its permissions") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8 text; save it as UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{file}: is not TOML ({one_line(error)}); correct it there") from error


def _checked(ctx: click.Context, file: str, table: Mapping[str, Any]) -> dict[str, tuple[str, Any, Any]]:
    """Key -> (parameter, value, value as written), each of a known option and of its type."""
    options = {
        _long(param.opts)[0].removeprefix("--"): param
        for param in ctx.command.params
        if isinstance(param, click.Option) and _long(param.opts)
    }
    options = {name: param for name, param in options.items() if name not in NOT_OPTIONS}
    checked = {}
    for key, value in table.items():
        place = f"{file}: [{ctx.command.name}] {key}"
        param = options.get(key.replace("_", "-"))
        if param is None or param.name is None:
            raise ConfigError(
                f"{place} is no option of {ctx.command.name}{_nearest(key, list(options))}; "
                f"semscan {ctx.command.name} --help lists them"
            )
        if key in ONLY_TYPED:
            raise ConfigError(f"{place} cannot be set in a file; type --{key} when it is meant")
        if isinstance(param, OverEnvironment) and os.environ.get(param.variable):
            continue
        checked[key] = (param.name, _typed_value(ctx, param, value, place), value)
    return checked


def _typed_value(ctx: click.Context, param: click.Option, value: Any, place: str) -> Any:
    wanted, fits = _wanted(param)
    values = value if param.multiple and isinstance(value, list) else [value]
    if not all(fits(each) for each in values):
        raise ConfigError(f"{place} is {_shown(value)}, wanted {wanted}")
    try:
        param.process_value(ctx, values if param.multiple else value)
    except click.ClickException as error:
        raise ConfigError(f"{place} is {_shown(value)}: {error.message.rstrip('.')}") from error
    return values if param.multiple else value


def _wanted(param: click.Option) -> tuple[str, Any]:
    """What a TOML value must be, in words and as a test; a type of our own takes words and numbers."""
    kind = param.type

    def number(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

    if param.is_flag:
        return "true or false", lambda value: isinstance(value, bool)
    if isinstance(kind, click.types.IntParamType):
        return "a whole number", lambda value: number(value) and isinstance(value, int)
    if isinstance(kind, click.types.FloatParamType):
        return "a number", number
    if isinstance(kind, click.types.StringParamType | click.Choice | click.Path):
        return "words in quotes", lambda value: isinstance(value, str)
    return "a number, or words in quotes", lambda value: number(value) or isinstance(value, str)


def _nearest(name: str, known: Sequence[str]) -> str:
    import difflib

    found = difflib.get_close_matches(name.replace("_", "-"), known, 1, 0.5)
    return f" (did you mean {found[0]}?)" if found else ""


def _long(spellings: Sequence[str]) -> list[str]:
    return [word for word in spellings if word.startswith("--")]


def _shown(value: Any) -> str:
    text = "true" if value is True else "false" if value is False else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
