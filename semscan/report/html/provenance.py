"""How the inspection was done: the command, the settings, the model, versions, and what went wrong."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from semscan.report.html.parts import utc
from semscan.report.html.summary import Summary
from semscan.values.record import ErrorRecord
from semscan.values.run_record import RunRecord

MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Problems:
    """Images that could not be inspected, how many more there are, and warnings with the number of their images."""

    failed: list[ErrorRecord]
    left: int
    warnings: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What is needed to do it again. `folded` are long lists of values, by their titles."""

    is_known: bool
    commands: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    folded: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CardBlock:
    """A heading, a paragraph, a list or a table of a model card; the first of the `rows` is the table's head."""

    text: str = ""
    is_heading: bool = False
    items: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def list_problems(summary: Summary) -> Problems:
    """List the images that failed, and the warnings, most frequent first."""
    warnings = Counter(warning for record in summary.inspected for warning in record.warnings)
    failed = summary.failed[:MOST_LISTED]
    return Problems(failed, len(summary.failed) - len(failed), warnings.most_common(MOST_LISTED))


def run_settings(run: RunRecord) -> RunSettings:
    """Return the commands, places and settings of a run."""
    if run == RunRecord():
        return RunSettings(is_known=False)
    commands = {"Command": run.command, "With every default": run.repeat}
    facts: dict[str, Any] = {
        "In the folder": run.folder,
        "Began": None if run.began is None else utc(run.began),
        "Seconds": run.seconds,
        "State": run.state,
        "Configuration file": None if run.config is None else run.config.get("file"),
    }
    folded = {"All settings": dict(_flat(run.settings)), "Method": dict(_flat(run.method))}
    return RunSettings(
        is_known=True,
        commands={name: shlex.join(words) for name, words in commands.items() if words},
        facts={name: value for name, value in facts.items() if value is not None},
        folded={title: values for title, values in folded.items() if values},
    )


def versions(run: RunRecord) -> dict[str, Any]:
    """Return the versions of semscan and of its libraries."""
    found = {"semscan": run.semscan_version, **run.versions}
    return {name: version for name, version in found.items() if version is not None}


def model_card(text: str) -> list[CardBlock]:
    """Return the headings, lists, tables and paragraphs of a MODEL_CARD.md, without its title."""
    blocks = []
    items: list[str] = []
    for kind, words in _pieces(text):
        if kind == "item":
            items.append(words)
            continue
        if items:
            blocks.append(CardBlock(items=tuple(items)))
            items = []
        if kind == "table":
            blocks.append(CardBlock(rows=_rows(words)))
        elif kind != "title":
            blocks.append(CardBlock(words, is_heading=kind == "heading"))
    return [*blocks, CardBlock(items=tuple(items))] if items else blocks


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield what each piece of Markdown is (title, heading, item, text or table), and its words on one line.

    Of a table it yields all lines.
    """
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        if all(line.startswith("|") for line in block.split("\n")):
            yield "table", block
            continue
        kind = ""
        words = ""
        for line in block.split("\n"):
            found = re.match(r"(#{1,6}|[-*]) +(.*)", line)
            if not found and kind in ("item", "text"):
                words += " " + line.strip()
                continue
            if kind:
                yield kind, words
            kind = _kind(found[1]) if found else "text"
            words = found[2].strip() if found else line.strip()
        if kind:
            yield kind, words


def _rows(table: str) -> tuple[tuple[str, ...], ...]:
    """Return the cells of a Markdown table, without the line that divides its head from the rest."""
    rows = [tuple(cell.strip() for cell in line.strip().strip("|").split("|")) for line in table.split("\n")]
    return tuple(row for row in rows if not all(set(cell) <= set("-: ") for cell in row))


def _kind(mark: str) -> str:
    if mark in "-*":
        return "item"
    return "title" if mark == "#" else "heading"


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of a tree with their paths, a dash for None."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + str(key), "–" if value is None else value
