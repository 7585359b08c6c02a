"""Networks trained side by side, as a table to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_HEADS = {
    "image_auroc": "image AUROC",
    "pixel_auroc": "pixel AUROC",
    "pixel_ap": "pixel AP",
    "recall_at_1fp": "hit at 1 false",
    "held_back_accuracy": "classes right",
}
FIGURES = tuple(_HEADS)
NUMBERS = (*FIGURES, "parameters", "steps", "seconds")
_CHOICE = ("kind", "backbone", "attention", "seam")


def summarise(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One entry a network, over its seeds, best first.

    Each figure is ``{"mean": m, "low": l, "high": h}`` over the seeds, None where no run has it; so are
    ``parameters`` and ``seconds``. The order is by pixel AP, then pixel and image AUROC, then classes told right.
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for run in runs:
        groups.setdefault(tuple(run[key] for key in _CHOICE), []).append(run)
    entries = []
    for choice, members in groups.items():
        done = [run for run in members if run["status"] == "ok"]
        entry: dict[str, Any] = {
            **dict(zip(_CHOICE, choice, strict=True)),
            "seeds": len(done),
            "failed": len(members) - len(done),
        }
        entry |= {key: _spread([run[key] for run in done if run.get(key) is not None]) for key in NUMBERS}
        entries.append(entry)
    return sorted(entries, key=_rank, reverse=True)


def comparison_lines(record: Mapping[str, Any]) -> list[str]:
    """The comparison as a table to read; a line each. `record` is what compare.json holds."""
    entries = record["table"]
    shown = [key for key in FIGURES if any(entry[key] for entry in entries)]
    seams = any(entry["seam"] for entry in entries)
    lines = [f"{record['data']}: {record['budget']}, seeds {', '.join(map(str, record['seeds']))}", ""]
    rows = [
        [
            "network",
            "backbone",
            "attention",
            *(_HEADS[key] for key in shown),
            "seeds",
            "weights",
            "steps",
            "seconds",
            "",
        ]
    ]
    for entry in entries:
        failed = f"{entry['failed']} failed" if entry["failed"] else ""
        rows.append(
            [
                entry["kind"],
                entry["backbone"],
                entry["attention"] + (" +SEAM" if seams and entry["seam"] else ""),
                *(_figure(entry[key]) for key in shown),
                str(entry["seeds"]),
                _millions(entry["parameters"]),
                _whole(entry["steps"]),
                _whole(entry["seconds"]),
                failed,
            ]
        )
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines += [
        "  ".join(
            f"{cell:{wide}}" if place < 3 else f"{cell:>{wide}}"
            for place, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines += ["", "mean over the seeds, in brackets the lowest and highest"] if len(record["seeds"]) > 1 else []
    return (
        lines
        + [f"note: {note}" for note in record["notes"]]
        + [f"failed: {run['name']}: {run['error']}" for run in record["runs"] if run["status"] == "error"]
    )


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {"mean": round(sum(values) / len(values), 6), "low": min(values), "high": max(values)}


def _rank(entry: Mapping[str, Any]) -> tuple[float, ...]:
    order = ("pixel_ap", "pixel_auroc", "image_auroc", "held_back_accuracy")
    return tuple(entry[key]["mean"] if entry[key] else -1.0 for key in order)


def _figure(found: Mapping[str, float] | None) -> str:
    if found is None:
        return "-"
    if found["low"] == found["high"]:
        return f"{found['mean']:.4f}"
    return f"{found['mean']:.4f} ({found['low']:.3f}-{found['high']:.3f})"


def _millions(found: Mapping[str, float] | None) -> str:
    return "-" if found is None else f"{found['mean'] / 1e6:.3f} M"


def _whole(found: Mapping[str, float] | None) -> str:
    return "-" if found is None else f"{found['mean']:.0f}"
