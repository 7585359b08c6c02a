"""The records that `semscan doctor` prints: of a data set before training, and of a model folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semscan.values.json_record import JsonRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRecord(JsonRecord):
    """One thing found. `level` is "problem", "warning" or "note", `about` the check, `said` the message."""

    level: str
    about: str
    said: str
    images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(JsonRecord):
    """An image that cannot be read, and why in one line."""

    image: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCost(JsonRecord):
    """An estimate of the default training; `minutes` are rough by a third."""

    network: str
    steps: int
    patch_px: int
    cores: int
    minutes: float
    memory_mib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis(JsonRecord):
    """What a data set holds, and what may be wrong with it, worst first.

    `train` and `test` are numbers of images by class; `sizes`, `depths` and `formats` by what they name. `training`
    is None if no image is left to train on.
    """

    data: str
    layout: str
    kind: str
    train: Mapping[str, int]
    test: Mapping[str, int]
    sizes: Mapping[str, int]
    depths: Mapping[str, int]
    formats: Mapping[str, int]
    nm_per_pixel: tuple[float, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    findings: tuple[FindingRecord, ...] = ()
    training: TrainingCost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile(JsonRecord):
    """A file of a model folder: its length in bytes, and its SHA-256 in hexadecimal digits."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDiagnosis(JsonRecord):
    """What is wrong with a model folder, worst first. `usable` is False if it cannot inspect images."""

    model: str
    usable: bool
    files: tuple[ModelFile, ...] = ()
    findings: tuple[FindingRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation(JsonRecord):
    """What is installed. `libraries` are versions by the name of the package, None for one that is missing."""

    semscan: str
    python: str
    system: str
    cores: int
    memory_mib: int | None = None
    libraries: Mapping[str, str | None]
    findings: tuple[FindingRecord, ...] = ()
