"""The record of a run: what `run.json` holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from semscan.values.json_record import JsonRecord, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class RunError(JsonRecord):
    """An image of a run that could not be inspected."""

    image: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord(JsonRecord):
    """What `run.json` holds: one run, and what is needed to repeat it.

    `command` is what was typed, `repeat` the same with every default, `folder` where, `names` what standard input
    held, `config` the configuration file used. `method` describes the method, `settings` are all settings of the
    run; both are trees of plain values. `lines` are the lines of `results.jsonl` that the run wrote, from 1, as (first,
    last) of neighbouring ones; None until it has ended. A `RunRecord()` is of a run of which nothing is known.
    """

    OMITTED: ClassVar[frozenset[str]] = frozenset({"lines"})

    schema_version: int | None = None
    semscan_version: str | None = None
    state: str | None = None
    command: tuple[str, ...] = ()
    repeat: tuple[str, ...] | None = None
    config: Mapping[str, Any] | None = None
    folder: str | None = None
    names: tuple[str, ...] | None = None
    began: str | None = None
    seconds: float | None = None
    images: int | None = None
    defective: int | None = None
    unlike_training: int | None = None
    errors: tuple[RunError, ...] = ()
    lines: tuple[tuple[int, int], ...] | None = None
    method: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def out(self) -> str | None:
        """The output folder as it was named."""
        return read_text(_branch(self.settings, "output").get("out"))

    @property
    def page(self) -> int | None:
        """The page of each file that was inspected, from 0."""
        page = _branch(self.settings, "read").get("page")
        return page if type(page) is int and page >= 0 else None

    @property
    def model(self) -> str | None:
        """The model folder, as seen from `folder`."""
        return read_text(self.method.get("model"))

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the model."""
        return read_text(self.method.get("fingerprint"))


def _branch(tree: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    branch = tree.get(name)
    return branch if isinstance(branch, dict) else {}
