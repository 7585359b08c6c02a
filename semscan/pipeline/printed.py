"""Records as the lines that a terminal or a pipe gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from semscan.report.formats.table import INSPECT_COLUMNS, SCORE_COLUMNS, lines


def inspect_lines(records: Iterable[Mapping[str, Any]], form: str) -> Iterator[str]:
    """Full records as lines; `form` is jsonl, tsv or csv."""
    return lines(records, form, INSPECT_COLUMNS)


def score_lines(records: Iterable[Mapping[str, Any]], form: str) -> Iterator[str]:
    """Short records as lines; `form` is jsonl, tsv or csv."""
    return lines(records, form, SCORE_COLUMNS)
