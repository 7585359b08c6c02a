"""The folder of a comparison: its table, and what was measured of each model in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semscan.errors import OutputError
from semscan.files.write import write_text

RECORD, EVALUATION = "compare.json", "evaluation.json"
LARGEST = 64 << 20


def claim_comparison(out: Path, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Check that `out` may hold this comparison, and begin it there; return the runs that it holds already.

    Raises
    ------
    OutputError
        If it is a file, or holds a comparison of other images, another budget, or something else.
    """
    try:
        if out.exists() and not out.is_dir():
            raise OutputError(f"{out} is a file, not a folder; name another folder with --out")
        filled = out.is_dir() and any(out.iterdir())
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{out} cannot be used ({error.strerror or error}); name another --out") from error
    there = _read(out / RECORD)
    if filled and there is None:
        raise OutputError(f"{out} is not empty and holds no comparison; name another folder with --out")
    if there is not None and there.get("task") != record["task"]:
        raise OutputError(
            f"{out} holds a comparison of {there.get('data')} with {there.get('budget')}, this one is of "
            f"{record['data']} with {record['budget']}, or read otherwise; name another folder with --out"
        )
    if there is None:
        write_comparison(out, record)
        return []
    return [run for run in there.get("runs", ()) if isinstance(run, dict) and {"name", "seed", "status"} <= set(run)]


def write_comparison(out: Path, record: Mapping[str, Any]) -> None:
    """Write compare.json, in one piece."""
    write_text(out / RECORD, json.dumps(dict(record), indent=1, allow_nan=False) + "\n")


def read_evaluation(out: Path) -> dict[str, Any] | None:
    """What an evaluation found; None if it is not there or damaged."""
    return _read(out / EVALUATION)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        if path.stat().st_size > LARGEST:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
