"""A trend as files: a page, JSON, a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from semscan.errors import UsageFault
from semscan.files.results.report_files import check_ours, write_export
from semscan.pipeline.reporting.written import Written
from semscan.report.formats.table import table_lines
from semscan.report.html.trend import GENERATOR, html_trend
from semscan.settings import DEFAULT_TREND, TREND_FORMATS, TrendSettings
from semscan.values.control.trend import Trend

JSON_MARK = '"semscan_trend": 1'
COLUMNS = (
    *("measure", "title", "unit", "chart", "number", "name", "value", "standard_deviation", "count", "size"),
    *("centre", "lower", "upper", "signals", "changes"),
)
MARKS = {
    "html": f'<meta name="generator" content="{GENERATOR}'.encode(),
    "json": JSON_MARK.encode(),
    "csv": ",".join(COLUMNS[:6]).encode(),
}


def trend_paths(settings: TrendSettings) -> dict[str, Path]:
    """Return where each format goes: into a folder, or to the file that --out names.

    Raises UsageFault if --out names a file of another format, and OutputError if one of the files is of somebody else:
    before anything is read.
    """
    out = Path(settings.out or DEFAULT_TREND)
    suffix = {"htm": "html"}.get(ending := out.suffix.lower().removeprefix("."), ending)
    is_file = suffix in TREND_FORMATS and not out.is_dir()
    if is_file and settings.to != (suffix,):
        raise UsageFault(f"--out {out} is one {suffix} file, and --to is {','.join(settings.to)}; name a folder")
    paths = {name: out if is_file else out / f"trend.{name}" for name in settings.to}
    for name, path in paths.items():
        check_ours(path, MARKS[name])
    return paths


def write_trend(trend: Trend, paths: dict[str, Path]) -> Iterator[Written]:
    """Write a trend in each format; yield each file once it is there."""
    make = {"html": html_trend, "json": _json, "csv": _csv}
    for name, path in paths.items():
        write_export(path, make[name](trend).encode("utf-8", "backslashreplace"), MARKS[name])
        yield Written(name, path)


def _json(trend: Trend) -> str:
    document = {"semscan_trend": 1, **trend.to_json()}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _csv(trend: Trend) -> str:
    rows = [row for chart in trend.to_json()["charts"] for row in _rows(chart)]
    return "".join(f"{line}\n" for line in table_lines(rows, "csv", COLUMNS))


def _rows(chart: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the points of a chart, each with the settings that changed at it."""
    for point in chart["points"]:
        changes = [
            f"{one['setting']} from {one['before']} to {one['after']}"
            for one in chart["changes"]
            if one["number"] == point["number"]
        ]
        yield {**chart, **point, "changes": changes}
