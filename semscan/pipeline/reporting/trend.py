"""Several finished inspections, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from semscan.control.charts import draw_trend, first_of
from semscan.errors import ReportError, UsageFault
from semscan.files.results.finished_run import FinishedRun
from semscan.phrases import plural, printable
from semscan.pipeline.reporting.reviewed_run import ReviewedRun, read_reviewed_run
from semscan.settings import BEGAN, ReportSettings, TrendSettings
from semscan.values.control.trend import Sample, Trend
from semscan.values.json_record import read_number
from semscan.values.run_record import RunRecord

FOLDER = "folder"
BY_TIME = "by the time when the last inspection into each folder began"
AS_TYPED = "as typed"
LEAST = 2


def read_trend(results: Sequence[str], settings: TrendSettings) -> Trend:
    """Read output folders of inspections, and return their control charts.

    Raises
    ------
    UsageFault
        For fewer than 2 folders, one that is named twice, or a baseline of more folders than there are.
    OutputError
        If one of them holds no records.
    ReportError
        If fewer than 2 of them have a figure in common.
    """
    if len(results) < LEAST:
        raise UsageFault(f"--trend compares folders of results, got {len(results)}; name {LEAST} or more")
    if settings.baseline is not None and settings.baseline > len(results):
        raise UsageFault(f"--baseline {settings.baseline} is more than the {len(results)} folders; name fewer")
    wanted = ReportSettings(review=settings.review, last=settings.last)
    runs = [read_reviewed_run(Path(name), wanted) for name in results]
    _check_distinct([run.finished for run in runs])
    order = AS_TYPED
    if settings.order == BEGAN:
        runs, order = _by_time(runs)
    names = _names([run.finished for run in runs])
    samples = [_sample(run, name) for run, name in zip(runs, names, strict=True)]
    trend = draw_trend(samples, noun=FOLDER, order=order, baseline=settings.baseline)
    several = [name for run, name in zip(runs, names, strict=True) if run.finished.holds_several_runs]
    if several:
        note = f"The records are of several runs, and the settings those of the last run: {first_of(several)}."
        trend = replace(trend, notes=(*trend.notes, note))
    stale = [f"{name}: {run.left_out}." for run, name in zip(runs, names, strict=True) if run.left_out]
    trend = replace(trend, notes=(*trend.notes, *stale))
    if all(chart.key == "unjudged_images" for chart in trend.charts):
        raise ReportError(
            f"the {len(samples)} folders have no figure in common: no dimensions, and fewer than {LEAST} with an image "
            "that was judged"
        )
    return trend


def _check_distinct(runs: Sequence[FinishedRun]) -> None:
    counts = Counter(run.folder.resolve() for run in runs)
    for run in runs:
        if counts[run.folder.resolve()] > 1:
            raise UsageFault(f"{printable(str(run.folder))} is named more than once; name each folder once")


def _by_time(runs: Sequence[ReviewedRun]) -> tuple[list[ReviewedRun], str]:
    times = [_time(run.finished.run.began) for run in runs]
    unknown = sum(time is None for time in times)
    if unknown:
        return list(runs), f"{AS_TYPED}, since the time of {plural(unknown, FOLDER)} is not known"
    order = sorted(range(len(runs)), key=lambda number: times[number] or datetime.min)
    return [runs[number] for number in order], BY_TIME


def _time(began: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(began or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _names(runs: Sequence[FinishedRun]) -> list[str]:
    """Return the names of the folders; where two have the same, their paths as they were typed."""
    names = [run.folder.resolve().name for run in runs]
    return [str(run.folder) if names.count(name) > 1 else name for run, name in zip(runs, names, strict=True)]


def _sample(reviewed: ReviewedRun, name: str) -> Sample:
    finished = reviewed.finished
    return Sample(
        name=name,
        records=tuple(finished.records),
        settings={**_settings(finished.run), "review": "counted" if reviewed.is_reviewed else "none"},
        path=str(finished.folder),
        began=finished.run.began,
    )


def _settings(run: RunRecord) -> dict[str, str]:
    """Return the settings of a run that figures depend on, by their names in `semscan.control.changes`."""
    calibration = _branch(run.method, "calibration")
    regions = _branch(run.settings, "regions")
    found = {
        "version of semscan": run.semscan_version,
        "model fingerprint": run.fingerprint and run.fingerprint[:12],
        "raw threshold": _number(calibration.get("raw_threshold")),
        "low threshold": _number(regions.get("low")) or ("none" if regions else None),
        "smallest region": _number(regions.get("min_area"), " px"),
        "closing": _number(regions.get("closing"), " px"),
        "nuisance filter": _filter_words(run),
    }
    return {name: words for name, words in found.items() if words}


def _branch(tree: object, name: str) -> dict[str, object]:
    branch = tree.get(name) if isinstance(tree, dict) else None
    return branch if isinstance(branch, dict) else {}


def _filter_words(run: RunRecord) -> str | None:
    """Return whether a run used a nuisance filter: its method had one, and the settings left it on."""
    if not run.settings:
        return None
    has_filter = bool(_branch(run.method, "nuisance_filter"))
    return "on" if has_filter and run.settings.get("nuisance_filter") is not False else "off"


def _number(value: object, unit: str = "") -> str | None:
    number = read_number(value)
    return None if number is None else f"{number:.6g}{unit}"
