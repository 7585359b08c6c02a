"""The folder of a comparison: its table, and what was measured of each model in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semscan.errors import OutputError
from semscan.files.disk.atomic import write_text

RECORD = "compare.json"
EVALUATION = "evaluation.json"
LARGEST = 64 << 20


def claim_comparison(out: Path, record: Mapping[str, Any], numbers: Sequence[str]) -> list[dict[str, Any]]:
    """Check that `out` may hold this comparison, and begin it there; return the runs that it holds already.

    One that was damaged is left out: without the names of its choice, or with something else than numbers, or nothing,
    under `numbers`.

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
            f"{record['data']} with {record['budget']}, or images have changed since, or are read otherwise; name "
            "another folder with --out"
        )
    if there is None:
        write_comparison(out, record)
        return []
    runs = there.get("runs")
    return [run for run in runs if _is_run(run, numbers)] if isinstance(runs, list) else []


def are_numbers(found: Mapping[str, Any], names: Sequence[str]) -> bool:
    """Whether what stands under these names is numbers, or nothing."""
    values = [found.get(name) for name in names]
    return all(value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)) for value in values)


def _is_run(run: Any, numbers: Sequence[str]) -> bool:
    """Whether a record can stand in the table."""
    if not isinstance(run, dict) or run.get("status") not in ("ok", "error") or not are_numbers(run, numbers):
        return False
    texts = ("name", "kind", "backbone", "attention", *(["error"] if run["status"] == "error" else []))
    return (
        all(isinstance(run.get(key), str) for key in texts)
        and isinstance(run.get("seam"), bool)
        and isinstance(run.get("seed"), int)
    )


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
