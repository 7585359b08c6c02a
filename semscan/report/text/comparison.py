"""Networks trained side by side, as a table to read."""

from __future__ import annotations

from collections.abc import Sequence

from semscan.values.comparison import Comparison, ComparisonRun, NetworkFigures, Spread
from semscan.values.record import ERROR, OK

_HEADS = {
    "image_auroc": "image AUROC",
    "pixel_auroc": "pixel AUROC",
    "pixel_ap": "pixel AP",
    "recall_at_1fp": "hit at 1 false",
    "held_back_accuracy": "classes right",
}
FIGURES = tuple(_HEADS)
NUMBERS = (*FIGURES, "parameters", "steps", "seconds")
_ORDER = ("pixel_ap", "pixel_auroc", "image_auroc", "held_back_accuracy")
_LEFT_COLUMNS = 3  # names; numbers stand at the right of their columns


def summarise(runs: Sequence[ComparisonRun]) -> list[NetworkFigures]:
    """Summarise the runs of each network over its seeds, best network first.

    The order is by pixel AP, then pixel and image AUROC, then the share of classes predicted right.
    """
    groups: dict[tuple[str, str, str, bool], list[ComparisonRun]] = {}
    for run in runs:
        groups.setdefault((run.kind, run.backbone, run.attention, run.seam), []).append(run)
    return sorted((_figures(members) for members in groups.values()), key=_rank, reverse=True)


def comparison_lines(comparison: Comparison) -> list[str]:
    """Return the comparison as a table to read; a line each."""
    seeds = ", ".join(map(str, comparison.seeds))
    lines = [f"{comparison.data}: {comparison.budget}, seeds {seeds}", "", *_table(comparison.table)]
    if len(comparison.seeds) > 1:
        lines += ["", "mean over the seeds, in brackets the lowest and highest"]
    lines += [f"note: {note}" for note in comparison.notes]
    return lines + [f"failed: {run.name}: {run.error}" for run in comparison.runs if run.status == ERROR]


def _table(networks: Sequence[NetworkFigures]) -> list[str]:
    shown = [key for key in FIGURES if any(getattr(network, key) for network in networks)]
    with_seam = any(network.seam for network in networks)
    heads = ["network", "backbone", "attention", *(_HEADS[key] for key in shown)]
    rows = [[*heads, "seeds", "weights", "steps", "seconds", ""]]
    for network in networks:
        rows.append(
            [
                network.kind,
                network.backbone,
                network.attention + (" +SEAM" if with_seam and network.seam else ""),
                *(_figure(getattr(network, key)) for key in shown),
                str(network.seeds),
                _millions(network.parameters),
                _whole(network.steps),
                _whole(network.seconds),
                f"{network.failed} failed" if network.failed else "",
            ]
        )
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [_line(row, widths) for row in rows]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        f"{cell:{wide}}" if place < _LEFT_COLUMNS else f"{cell:>{wide}}"
        for place, (cell, wide) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _figures(runs: Sequence[ComparisonRun]) -> NetworkFigures:
    done = [run for run in runs if run.status == OK]
    spreads = {key: _spread([value for run in done if (value := getattr(run, key)) is not None]) for key in NUMBERS}
    first = runs[0]
    return NetworkFigures.parse(
        {
            "kind": first.kind,
            "backbone": first.backbone,
            "attention": first.attention,
            "seam": first.seam,
            "seeds": len(done),
            "failed": len(runs) - len(done),
            **{key: None if spread is None else spread.to_json() for key, spread in spreads.items()},
        }
    )


def _spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    return Spread(mean=round(sum(values) / len(values), 6), low=min(values), high=max(values))


def _rank(network: NetworkFigures) -> tuple[float, ...]:
    spreads = [getattr(network, key) for key in _ORDER]
    return tuple(-1.0 if spread is None else spread.mean for spread in spreads)


def _figure(found: Spread | None) -> str:
    if found is None:
        return "-"
    if found.low == found.high:
        return f"{found.mean:.4f}"
    return f"{found.mean:.4f} ({found.low:.3f}-{found.high:.3f})"


def _millions(found: Spread | None) -> str:
    return "-" if found is None else f"{found.mean / 1e6:.3f} M"


def _whole(found: Spread | None) -> str:
    return "-" if found is None else f"{found.mean:.0f}"
