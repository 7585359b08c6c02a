"""How it was done: the command, the settings, the model, versions, and what went wrong."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from semscan.report.html.parts import entries, esc, many
from semscan.report.html.summary import Tally

MOST_LISTED = 500


def problems(counts: Tally) -> str:
    """Images that could not be inspected, and warnings with how often they came."""
    parts = []
    if counts.failed:
        items = "".join(
            f"<li><bdi>{esc(record.get('image', ''))}</bdi><br>{esc(record.get('error', 'not inspected'))}</li>"
            for record in counts.failed[:MOST_LISTED]
        )
        more = len(counts.failed) - MOST_LISTED
        parts.append(f"<h3>Not inspected</h3><ul>{items}</ul>" + (f"<p>and {more} more</p>" if more > 0 else ""))
    warnings = Counter(
        str(warning)
        for record in counts.fine
        for warning in (record["warnings"] if isinstance(record.get("warnings"), list) else ())
    )
    if warnings:
        items = "".join(
            f'<li>{esc(words)} <span class="class">{many(count, "image")}</span></li>'
            for words, count in warnings.most_common(MOST_LISTED)
        )
        parts.append(f"<h3>Warnings</h3><ul>{items}</ul>")
    return "".join(parts) or "<p>No errors and no warnings.</p>"


def settings(run: Mapping[str, Any]) -> str:
    """What is needed to do it again."""
    if not run:
        return "<p>There is no run.json in this folder, so the settings are not known.</p>"
    facts = {}
    for key, name in (("command", "Command"), ("repeat", "With every default")):
        words = run.get(key)
        if isinstance(words, list) and words:
            facts[name] = f"<code>{esc(shlex.join(map(str, words)))}</code>"
    for key, name in (("folder", "In the folder"), ("began", "Began"), ("seconds", "Seconds"), ("state", "State")):
        if run.get(key) is not None:
            facts[name] = esc(run[key] if key != "began" else str(run[key]).replace("T", " ").replace("+00:00", " UTC"))
    config = run.get("config")
    if isinstance(config, dict):
        facts["Configuration file"] = esc(config.get("file"))
    chosen, method = run.get("settings"), run.get("method")
    flat = dict(_flat(chosen)) if isinstance(chosen, dict) else {}
    judge = dict(_flat(method)) if isinstance(method, dict) else {}
    return entries(facts) + _folded("All settings", flat) + _folded("Who judged", judge)


def versions(run: Mapping[str, Any]) -> str:
    """Of semscan and of what it stands on."""
    found = run.get("versions")
    numbers = {"semscan": run.get("semscan_version"), **(found if isinstance(found, dict) else {})}
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
