"""A model folder becomes a checked configuration and a graph, or one line that says why not.

A model may come from anyone: sizes are limited before reading, every value is checked for
type and range, no path in it is ever opened, and nothing in it is run here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semscan.errors import BadModelError
from semscan.files.models.config.fields import shown
from semscan.files.models.config.model import config_json, parse_config, recalibrated_json
from semscan.files.models.config_file import AGAIN, CONFIG, METHOD, is_method, read_config_file, read_limited, require
from semscan.files.models.onnx_rules import LARGEST_GRAPH, check_graph
from semscan.values.model.config import ModelConfig

GRAPH = "graph.onnx"


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
    """Read and check the folder of a trained model.

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
        If it is missing, unfinished, damaged, of a newer schema, or hostile; or if it holds no network, but the
        threshold of a method without training.
    """
    path = Path(path)
    text, document = read_config_file(path)
    if is_method(document):
        raise BadModelError(
            f"{path}: holds a threshold of the method {shown(document[METHOD])} and no trained network; use it "
            "with `semscan inspect`, or name a model that `semscan train` wrote"
        )
    require(path, GRAPH)
    try:
        config = parse_config(document)
    except ValueError as error:
        raise BadModelError(f"{path / CONFIG}: {error}; {AGAIN}") from error
    graph = _read_graph(path / GRAPH, config.graph_sha256)
    fingerprint = hashlib.sha256(hashlib.sha256(text).digest() + hashlib.sha256(graph).digest()).hexdigest()[:16]
    return ModelFolder(path, config, graph, fingerprint, document)


def _read_graph(path: Path, sha256: str) -> bytes:
    """Read the graph whose checksum is in the configuration, and check it. Raises BadModelError for any other."""
    graph = read_limited(path, LARGEST_GRAPH)
    if hashlib.sha256(graph).hexdigest() != sha256:
        raise BadModelError(f"{path}: is not the graph that {CONFIG} was written for; {AGAIN}")
    try:
        check_graph(graph)
    except ValueError as error:
        raise BadModelError(f"{path}: is not a network that semscan wrote, {error}; {AGAIN}") from error
    return graph


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
