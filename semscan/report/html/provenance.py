"""How it was done: the command, the settings, the model, versions, and what went wrong."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from semscan.report.html.parts import entries, esc, many, utc
from semscan.report.html.summary import Tally
from semscan.values.run_record import RunRecord

MOST_LISTED = 500


def problems(counts: Tally) -> str:
    """Images that could not be inspected, and warnings with how often they came."""
    parts = []
    if counts.failed:
        items = "".join(
            f"<li><bdi>{esc(record.image)}</bdi><br>{esc(record.error or 'not inspected')}</li>"
            for record in counts.failed[:MOST_LISTED]
        )
        more = len(counts.failed) - MOST_LISTED
        parts.append(f"<h3>Not inspected</h3><ul>{items}</ul>" + (f"<p>and {more} more</p>" if more > 0 else ""))
    warnings = Counter(warning for record in counts.fine for warning in record.warnings)
    if warnings:
        items = "".join(
            f'<li>{esc(words)} <span class="class">{many(count, "image")}</span></li>'
            for words, count in warnings.most_common(MOST_LISTED)
        )
        parts.append(f"<h3>Warnings</h3><ul>{items}</ul>")
    return "".join(parts) or "<p>No errors and no warnings.</p>"


def settings(run: RunRecord) -> str:
    """What is needed to do it again."""
    if run == RunRecord():
        return "<p>There is no run.json in this folder, so the settings are not known.</p>"
    facts = {}
    for name, words in (("Command", run.command), ("With every default", run.repeat)):
        if words:
            facts[name] = f"<code>{esc(shlex.join(words))}</code>"
    began = None if run.began is None else utc(run.began)
    for name, value in (
        ("In the folder", run.folder),
        ("Began", began),
        ("Seconds", run.seconds),
        ("State", run.state),
    ):
        if value is not None:
            facts[name] = esc(value)
    if run.config is not None:
        facts["Configuration file"] = esc(run.config.get("file"))
    return (
        entries(facts)
        + _folded("All settings", dict(_flat(run.settings)))
        + _folded("Who judged", dict(_flat(run.method)))
    )


def versions(run: RunRecord) -> str:
    """Of semscan and of what it stands on."""
    numbers = {"semscan": run.semscan_version, **run.versions}
    return entries({str(name): esc(number) for name, number in numbers.items() if number is not None}, "facts narrow")


def model_card(text: str) -> str:
    """A MODEL_CARD.md as HTML: its headings, lists and paragraphs, nothing else."""
    blocks, items = [], ""
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        for kind, words in _lines(block):
            if kind == "item":
                items += f"<li>{esc(words)}</li>"
                continue
            if items:
                blocks.append(f"<ul>{items}</ul>")
                items = ""
            tag = {"title": "", "heading": "h3", "text": "p"}[kind]
            blocks.append(f"<{tag}>{esc(words)}</{tag}>" if tag else "")
    return "".join(blocks) + (f"<ul>{items}</ul>" if items else "")


def _lines(block: str) -> Iterator[tuple[str, str]]:
    kind, words = "", ""
    for line in block.split("\n"):
        found = re.match(r"(#{1,6}|[-*]) +(.*)", line)
        if not found and kind in ("item", "text"):
            words += " " + line.strip()
            continue
        if kind:
            yield kind, words
        mark = found[1] if found else ""
        kind = "text" if not found else "item" if mark in "-*" else "title" if mark == "#" else "heading"
        words = found[2].strip() if found else line.strip()
    if kind:
        yield kind, words


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + str(key), value


def _folded(title: str, facts: Mapping[str, Any]) -> str:
    if not facts:
        return ""
    body = entries({name: esc("–" if value is None else value) for name, value in facts.items()}, "facts narrow")
    return f"<details><summary>{esc(title)}</summary>{body}</details>"
