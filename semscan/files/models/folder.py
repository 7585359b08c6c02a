"""A model folder becomes a checked configuration and a graph, or one line that says why not.

A model may come from anyone: sizes are limited before reading, every value is checked for
type and range, no path in it is ever opened, and nothing in it is run here.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semscan.errors import BadModelError
from semscan.files.models.config import config_json, parse_config, recalibrated_json, shown
from semscan.phrases import one_line
from semscan.settings import FIRST_SCHEMA, SCHEMA_VERSION
from semscan.values.model_config import ModelConfig

CONFIG = "config.json"
GRAPH = "graph.onnx"
LARGEST_CONFIG = 4 << 20
LARGEST_GRAPH = 1 << 30
# An ONNX tensor kept outside the graph names its file under this key (field 1 of a
# StringStringEntryProto: tag 0x0a, length 8), followed by the value's tag.
EXTERNAL_DATA = b"\x0a\x08location\x12"
AGAIN = "train it again or copy the whole folder"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model, ready for the runtime.

    `fingerprint` names its content, 16 hexadecimal digits; empty while the model is being made. `document` is
    config.json as read, with the keys of other versions; see `recalibrated_text`.
    """

    path: Path
    config: ModelConfig
    graph: bytes
    fingerprint: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)


def read_model_folder(path: Path) -> ModelFolder:
    """Read and check a model folder.

    Parameters
    ----------
    path : Path
        A folder that `semscan train` wrote.

    Returns
    -------
    ModelFolder
        Its values have the right types and are in range.

    Raises
    ------
    BadModelError
        If it is missing, unfinished, damaged, of a newer schema, or hostile.
    """
    path = Path(path)
    try:
        _check_there(path)
    except OSError as error:
        raise BadModelError(f"{path}: cannot be read ({error.strerror}); check its name and permissions") from error
    text = _read(path / CONFIG, LARGEST_CONFIG)
    document = _parse(path / CONFIG, text)
    try:
        config = parse_config(document)
    except ValueError as error:
        raise BadModelError(f"{path / CONFIG}: {error}; {AGAIN}") from error
    graph = _read_graph(path / GRAPH, config.graph_sha256)
    fingerprint = hashlib.sha256(hashlib.sha256(text).digest() + hashlib.sha256(graph).digest()).hexdigest()[:16]
    return ModelFolder(path, config, graph, fingerprint, document)


def _read_graph(path: Path, sha256: str) -> bytes:
    """Read the graph whose checksum is in the configuration. Raises BadModelError for any other."""
    graph = _read(path, LARGEST_GRAPH)
    if hashlib.sha256(graph).hexdigest() != sha256:
        raise BadModelError(f"{path}: is not the graph that {CONFIG} was written for; {AGAIN}")
    if EXTERNAL_DATA in graph:
        raise BadModelError(f"{path}: keeps weights in another file, which is not read; {AGAIN}")
    return graph


def _check_there(path: Path) -> None:
    if not path.is_dir():
        found = "this is a file" if path.exists() else "no such folder"
        raise BadModelError(f"{path}: {found}, wanted a model folder; make one with `semscan train`")
    lacks = [name for name in (CONFIG, GRAPH) if not (path / name).exists()]
    if lacks:
        raise BadModelError(f"{path}: not a finished model, it has no {lacks[0]}; train it first")


def config_text(config: ModelConfig) -> str:
    """Return `config` as the text of config.json, after the checks that reading makes.

    Raises
    ------
    BadModelError
        If it would not be read back.
    """
    return _checked_text(config_json(config))


def recalibrated_text(folder: ModelFolder, config: ModelConfig) -> str:
    """Return the text of a model's config.json with the calibration and the appearance of `config`.

    All other keys stay as they are in `folder`, those of other versions too.

    Raises
    ------
    BadModelError
        If it would not be read back.
    """
    return _checked_text(recalibrated_json(folder.document, config))


def _checked_text(document: Mapping[str, Any]) -> str:
    try:
        parse_config(document)
        return json.dumps(dict(document), indent=2, allow_nan=False) + "\n"
    except (ValueError, TypeError) as error:
        raise BadModelError(f"this configuration cannot be written: {error}") from error


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


def _read(path: Path, largest: int) -> bytes:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise BadModelError(f"{path}: is not a plain file; {AGAIN}")
        if status.st_size > largest:
            raise BadModelError(f"{path}: has {status.st_size} bytes, at most {largest} are read; {AGAIN}")
        with path.open("rb") as file:
            return file.read(largest + 1)
    except OSError as error:
        raise BadModelError(
            f"{path}: cannot be read ({error.strerror or type(error).__name__}); check its permissions"
        ) from error
