"""The folder of a comparison: its table, and the evaluation of each model in it."""

from __future__ import annotations

import json
from pathlib import Path

from semscan.errors import OutputError
from semscan.files.disk.atomic import write_text
from semscan.files.results.records import read_object
from semscan.values.comparison import Comparison, ComparisonRun
from semscan.values.evaluation import Evaluation

RECORD = "compare.json"
EVALUATION = "evaluation.json"


def claim_comparison(out: Path, comparison: Comparison) -> tuple[ComparisonRun, ...]:
    """Check that `out` may hold this comparison, and begin it there; return the runs that it holds already.

    A damaged run is left out.

    Raises
    ------
    OutputError
        If it is a file, or holds a comparison of other images, another budget, or something else.
    """
    try:
        is_folder = out.is_dir()
        is_file = not is_folder and out.exists()
        filled = is_folder and any(out.iterdir())
    except OSError as error:
        raise OutputError(f"{out} cannot be used ({error.strerror or error}); name another --out") from error
    if is_file:
        raise OutputError(f"{out} is a file, not a folder; name another folder with --out")
    found = read_object(out / RECORD)
    if found is None:
        if filled:
            raise OutputError(f"{out} is not empty and holds no comparison; name another folder with --out")
        write_comparison(out, comparison)
        return ()
    there = Comparison.parse(found)
    if there.task != comparison.task:
        raise OutputError(
            f"{out} holds a comparison of {there.data} with {there.budget}, this one is of {comparison.data} with "
            f"{comparison.budget}, or images have changed since, or are read otherwise; name another folder with --out"
        )
    return there.runs


def write_comparison(out: Path, comparison: Comparison) -> None:
    """Write compare.json, in one piece."""
    write_text(out / RECORD, json.dumps(comparison.to_json(), indent=1, allow_nan=False) + "\n")


def read_evaluation(out: Path) -> Evaluation | None:
    """Read the evaluation in a folder; None if it is not there or is not a JSON object."""
    found = read_object(out / EVALUATION)
    return None if found is None else Evaluation.parse(found)
