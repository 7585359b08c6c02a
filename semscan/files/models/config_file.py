"""Read config.json, of a trained model or of a calibrated method, as far as both are alike.

A folder may come from anyone: sizes are limited before reading, and nothing in it is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semscan.errors import BadModelError
from semscan.files.disk.plain_file import NotPlainError, read_plain
from semscan.files.models.config.fields import shown
from semscan.phrases import one_line
from semscan.settings import FIRST_SCHEMA, SCHEMA_VERSION
from semscan.settings.networks import METHOD_SCHEMA

CONFIG = "config.json"
METHOD = "method"
LARGEST_CONFIG = 4 << 20
AGAIN = "train it again or copy the whole folder"


def read_config_file(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """Return config.json of a model folder, as bytes and as an object of a schema that this version reads.

    Raises
    ------
    BadModelError
        If it is missing, damaged or of a newer schema.
    """
    require(folder, CONFIG)
    path = folder / CONFIG
    text = read_limited(path, LARGEST_CONFIG)
    return text, _parse(path, text)


def is_method(document: Mapping[str, Any]) -> bool:
    """Return whether `document`, a config.json as read, is that of a calibrated method and not of a trained model."""
    return document["schema_version"] >= METHOD_SCHEMA and METHOD in document


def require(folder: Path, name: str) -> None:
    """Raise BadModelError unless `folder` is a folder with a file `name`."""
    try:
        if not folder.is_dir():
            found = "this is a file" if folder.exists() else "no such folder"
            raise BadModelError(f"{folder}: {found}, wanted a model folder; make one with `semscan train`")
        if not (folder / name).exists():
            raise BadModelError(f"{folder}: not a finished model, it has no {name}; train it first")
    except OSError as error:
        raise BadModelError(f"{folder}: cannot be read ({error.strerror}); check its name and permissions") from error


def read_limited(path: Path, largest: int) -> bytes:
    """Return the bytes of a plain file of at most `largest` bytes. Raises BadModelError for any other."""
    try:
        return read_plain(path, largest)
    except NotPlainError as error:
        raise BadModelError(f"{path}: is {error.strerror}; {AGAIN}") from error
    except OSError as error:
        raise BadModelError(
            f"{path}: cannot be read ({error.strerror or type(error).__name__}); check its permissions"
        ) from error


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    try:
        config = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError:
        raise BadModelError(f"{path}: is nested too deeply to be a model's configuration; {AGAIN}") from None
    except ValueError as error:  # also bytes that are not UTF-8, and numbers of thousands of digits
        raise BadModelError(f"{path}: is damaged ({one_line(error, 100)}); {AGAIN}") from None
    if not isinstance(config, dict):
        raise BadModelError(f"{path}: holds a {type(config).__name__}, wanted an object; {AGAIN}")
    version = config.get("schema_version")
    if isinstance(version, int) and not isinstance(version, bool) and version > SCHEMA_VERSION:
        raise BadModelError(
            f"{path}: was written by a newer semscan (schema {shown(version)}, this one reads "
            f"{SCHEMA_VERSION}); install the newer semscan"
        )
    if not isinstance(version, int) or isinstance(version, bool) or version < FIRST_SCHEMA:
        wanted = f"{FIRST_SCHEMA} to {SCHEMA_VERSION}"
        raise BadModelError(f"{path}: schema_version is {shown(version)}, wanted {wanted}; {AGAIN}")
    return config


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")
