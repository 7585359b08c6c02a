"""Defaults from a file: `semscan.toml` in the working folder, or --config FILE.

A table for each command, a key for each option, named as on the command line: ``[inspect]``, ``min-area = 20``.
An option on the command line overrides the environment, which overrides the file, which overrides the built-in default.
"""

from __future__ import annotations

import functools
import math
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from semscan.cli.options.base import EnvironmentOption
from semscan.cli.output import print_notice
from semscan.errors import ConfigError
from semscan.files.disk.plain_file import NotPlainError, read_plain
from semscan.phrases import one_line

if TYPE_CHECKING:
    from semscan.values.run_record import RunRecord

FILE = "semscan.toml"
LARGEST = 1 << 16  # bytes
DEEPEST = 4  # names joined by dots, or brackets in each other: options need 2
LONGEST_VALUE = 4096  # characters
LARGEST_INTEGER = 1 << 63
COMMAND_LINE_ONLY = ("overwrite",)  # a forgotten file must not replace a model
# A file that merely lies in the working folder may say how images are judged, but not what is written over or learned.
TYPED_OR_NAMED = ("out", "resume", "accept", "accept-all", "review")
NOT_OPTIONS = ("help", "config", "verbose", "quiet")
_USED = "semscan.config"
_GROUP_FILE = "semscan.config_file"


def config_option(commands: Sequence[str]) -> click.Option:
    """Return the --config option of a command or of the group; `commands` are the names of all commands."""
    return click.Option(
        ["--config"],
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=lambda ctx, param, value: _load_file(ctx, value, commands),
        help=f"File with defaults for these options.  [default: ./{FILE}, if it exists]",
    )


def add_config_option(command: click.Command, commands: Sequence[str]) -> click.Command:
    """Add --config to a command, once."""
    if command.callback is None or any("--config" in param.opts for param in command.params):
        return command
    inner = command.callback

    @functools.wraps(inner)
    def callback(*args: Any, **choices: Any) -> Any:
        used = click.get_current_context().meta.get(_USED)
        if used:
            print_notice(f"defaults from {used['file']}: {', '.join(used['values'])}")
        return inner(*args, **choices)

    command.callback = callback
    command.params.append(config_option(commands))
    return command


def describe_command(ctx: click.Context, settled: Mapping[str, Any] | None = None) -> RunRecord:
    """Return what the command line knows of a run, for `run.json`.

    That is the command as typed, the command with every option written out, and the configuration file used.
    `settled` holds what became of options that leave a decision to the program.
    """
    from semscan.values.run_record import RunRecord

    choices = {**ctx.params, **(settled or {})}
    words = ["semscan", str(ctx.command.name)]
    arguments: list[str] = []
    for param in ctx.command.params:
        value = choices.get(param.name or "")
        if isinstance(param, click.Argument):
            arguments += map(str, value if isinstance(value, tuple) else [value])
        elif isinstance(param, click.Option) and param.expose_value:
            words += _option_words(param, value)
    return RunRecord(command=tuple(sys.argv), repeat=(*words, "--", *arguments), config=ctx.meta.get(_USED))


def _option_words(param: click.Option, value: Any) -> list[str]:
    if value is None:
        return []
    if param.is_flag:
        spellings = _long_spellings(param.opts) if value else _long_spellings(param.secondary_opts)
        return spellings[:1]
    values = value if param.multiple else [value]
    return [word for one in values for word in (_long_spellings(param.opts)[0], str(one))]


def _load_file(ctx: click.Context, named: str | None, commands: Sequence[str]) -> None:
    """Use the file's table for this command as defaults; for the group, keep the file's name for the command."""
    if isinstance(ctx.command, click.Group):
        ctx.meta[_GROUP_FILE] = named
        return
    named = named or ctx.meta.get(_GROUP_FILE)
    if named is None and not os.path.lexists(FILE):
        return
    file = named or FILE
    tables = _parse(file)
    for name, table in tables.items():
        if name not in commands:
            what = f"[{name}]" if isinstance(table, dict) else f"{name} stands outside a table, and"
            raise ConfigError(
                f"{file}: {what} is not a command{_nearest(name, commands)}; write tables such as [inspect]"
            )
        if not isinstance(table, dict):
            raise ConfigError(f"{file}: {name} is {_toml_text(table)}, wanted a table [{name}] with a key per option")
    written = _set_defaults(ctx, file, tables.get(str(ctx.command.name), {}), found=named is None)
    if written:
        ctx.meta[_USED] = {"file": file, "values": written}


def _parse(file: str) -> dict[str, Any]:
    import tomllib

    path = Path(file)
    try:
        text = read_plain(path, LARGEST).decode("utf-8-sig").replace("\r\n", "\n")
        _check_depth(file, text)
        return tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such file; name a configuration file with --config") from None
    except NotPlainError as error:
        raise ConfigError(f"{file}: is {error.strerror}; name a configuration file with --config") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); check its permissions") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{file}: is not UTF-8 text; save it as UTF-8") from None
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise ConfigError(f"{file}: is not TOML ({one_line(error)}); correct it there") from error


def _check_depth(file: str, text: str) -> None:
    """Refuse a file that is nested more deeply than any option needs, which would take the parser minutes."""
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        words = re.sub(r"\"(\\.|[^\"\\])*\"|'[^']*'|#.*", "", line)  # a bracket or a dot in quotes is no structure
        depth += sum(words.count(bracket) for bracket in "[{") - sum(words.count(bracket) for bracket in "]}")
        opened = max(words.count("["), words.count("{"), depth)
        if opened > DEEPEST or words.partition("=")[0].count(".") > DEEPEST:
            raise ConfigError(f"{file}: line {number} is nested too deeply; write tables such as [inspect]")


def _set_defaults(ctx: click.Context, file: str, table: Mapping[str, Any], *, found: bool) -> dict[str, Any]:
    """Check a command's table as if it had been typed, make it Click's default map, and return what it sets.

    `found` is True for a file that nobody has named.
    """
    command = ctx.command.name
    options = {
        spelling.removeprefix("--"): param
        for param in ctx.command.params
        if isinstance(param, click.Option)
        for spelling in _long_spellings((*param.opts, *param.secondary_opts))
    }
    known = [name for name in options if name not in NOT_OPTIONS]
    written = {}
    defaults: dict[str, Any] = {}
    for key, value in table.items():
        place = f"{file}: [{command}] {key}"
        name = key.replace("_", "-")
        if name not in known:
            raise ConfigError(
                f"{place} is not an option of {command}{_nearest(key, known)}; semscan {command} --help lists them"
            )
        param = options[name]
        if name in COMMAND_LINE_ONLY:
            raise ConfigError(f"{place} cannot be set in a file; type --{name} on the command line")
        if found and name in TYPED_OR_NAMED and not (name == "review" and param.is_flag):
            raise ConfigError(
                f"{place} is not taken from a file that only lies here; type --{name}, or name the file with "
                f"--config {file}"
            )
        if param.name in defaults:
            raise ConfigError(f"{place} sets the same option as another key; keep one of them")
        if not (isinstance(param, EnvironmentOption) and os.environ.get(param.variable)):
            checked = _checked(ctx, param, value, place)
            defaults[str(param.name)] = not checked if f"--{name}" in param.secondary_opts else checked
            written[key] = value
    ctx.default_map = defaults
    return written


def _checked(ctx: click.Context, param: click.Option, value: Any, place: str) -> Any:
    """Return the value for Click's default map, if it has the option's type and Click accepts it."""
    wanted, types = _toml_types(param)
    values = value if param.multiple and isinstance(value, list) else [value]
    if not values:
        raise ConfigError(f"{place} is empty, wanted {wanted}; leave it out for the default")
    if any(type(one) not in types or not _is_usable(one) for one in values):
        raise ConfigError(f"{place} is {_toml_text(value)}, wanted {wanted}")
    if any(isinstance(one, str) and ("\0" in one or len(one) > LONGEST_VALUE) for one in values):
        raise ConfigError(f"{place} is {_toml_text(value)}, wanted at most {LONGEST_VALUE} characters without NUL")
    default = values if param.multiple else value
    try:
        param.process_value(ctx, default)
    except click.ClickException as error:
        raise ConfigError(f"{place} is {_toml_text(value)}: {error.message.rstrip('.')}") from error
    return default


def _is_usable(value: Any) -> bool:
    """Return False for numbers that are not finite, or that no 64 bits hold."""
    if isinstance(value, int):
        return abs(value) < LARGEST_INTEGER
    return not isinstance(value, float) or math.isfinite(value)


def _toml_types(param: click.Option) -> tuple[str, tuple[type, ...]]:
    """Return what a TOML value must be, in words and as types. Click itself would convert true, 2.5 and '0.4'."""
    if param.is_flag:
        return "true or false", (bool,)
    if isinstance(param.type, click.types.IntParamType):
        return "a whole number", (int,)
    if isinstance(param.type, click.types.FloatParamType):
        return "a number", (int, float)
    if isinstance(param.type, click.types.StringParamType | click.Choice | click.Path):
        return "words in quotes", (str,)
    return "a number, or words in quotes", (int, float, str)


def _nearest(name: str, known: Sequence[str]) -> str:
    import difflib

    found = difflib.get_close_matches(name.replace("_", "-"), known, 1, 0.5)
    return f" (did you mean {found[0]}?)" if found else ""


def _long_spellings(spellings: Sequence[str]) -> list[str]:
    return [word for word in spellings if word.startswith("--")]


def _toml_text(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
