"""The folder of a calibrated method: one config.json, checked before it is used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from semscan.errors import BadModelError
from semscan.files.models.config_file import CONFIG, read_config_file
from semscan.files.models.fields import is_text
from semscan.files.models.folder import read_model_folder
from semscan.files.models.method_config import METHOD, is_method, method_config_json, parse_method_config
from semscan.values.method_config import MethodConfig

AGAIN = "make it again with `semscan calibrate`"


@dataclass(frozen=True, slots=True)
class MethodFolder:
    """A calibrated method. `fingerprint` names its content, 16 hexadecimal digits."""

    path: Path
    config: MethodConfig
    fingerprint: str


def read_method_folder(path: Path) -> MethodFolder:
    """Read and check a folder that `semscan calibrate --method` wrote.

    Raises
    ------
    BadModelError
        If it is missing, damaged, of a newer schema, or hostile; or if it holds a trained model.
    """
    path = Path(path)
    text, document = read_config_file(path)
    if not is_method(document):
        raise BadModelError(
            f"{path}: holds a trained model, wanted the threshold of a method without training; {AGAIN}"
        )
    try:
        config = parse_method_config(document)
    except ValueError as error:
        raise BadModelError(f"{path / CONFIG}: {error}; {AGAIN}") from error
    return MethodFolder(path, config, hashlib.sha256(text).hexdigest()[:16])


def named_method(path: Path) -> str | None:
    """Return the name of the method that a folder holds a threshold of, unchecked.

    None for a trained model, and for what cannot be read: whoever opens it as a model says why.
    """
    try:
        _, document = read_config_file(Path(path))
    except BadModelError:
        return None
    name = document.get(METHOD)
    return name if is_method(document) and is_text(name) else None


def read_fingerprint(path: Path) -> str:
    """Return the fingerprint of a trained model or of a calibrated method; raises BadModelError for anything else."""
    if named_method(path) is None:
        return read_model_folder(path).fingerprint
    return read_method_folder(path).fingerprint


def method_config_text(config: MethodConfig) -> str:
    """Return `config` as the text of config.json, after the checks that reading makes.

    Raises
    ------
    BadModelError
        If it would not be read back.
    """
    document = method_config_json(config)
    try:
        parse_method_config(document)
        return json.dumps(document, indent=2, allow_nan=False) + "\n"
    except (ValueError, TypeError) as error:
        raise BadModelError(f"this calibration cannot be written: {error}") from error
