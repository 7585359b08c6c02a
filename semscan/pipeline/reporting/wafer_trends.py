"""The wafers of a finished inspection, one after the other."""

from __future__ import annotations

from dataclasses import replace

from semscan.control.charts import draw_trend
from semscan.files.results.finished_run import FinishedRun
from semscan.pipeline.fab.order import by_numbers
from semscan.pipeline.fab.wafers import find_places, records_by_wafer
from semscan.settings import ReportSettings
from semscan.values.control.trend import Sample, Trend
from semscan.values.record import AnyRecord, Record

WAFER = "wafer"
BY_NAME = "by lot and wafer, W2 before W10"


def wafer_trends(finished: FinishedRun, settings: ReportSettings) -> list[Trend]:
    """Return the control charts over the wafers of each step that has several; empty without a table of places.

    Images without nm per pixel are left out, as on the wafers themselves.
    """
    places = find_places(finished, settings)
    if places is None:
        return []
    by_wafer = records_by_wafer(finished.records, places)
    one_lot = len({lot for lot, _, _ in by_wafer}) == 1
    trends = []
    for step in sorted({step for _, _, step in by_wafer}, key=by_numbers):
        samples = [
            Sample(name=wafer if one_lot else f"{lot} {wafer}", records=tuple(filter(_counts, records)))
            for (lot, wafer, of), records in by_wafer.items()
            if of == step
        ]
        if len(samples) > 1:
            trend = draw_trend(samples, noun=WAFER, order=BY_NAME, baseline=settings.baseline)
            trends.append(replace(trend, step=step or None))
    return trends


def _counts(record: AnyRecord) -> bool:
    return not isinstance(record, Record) or bool(record.nm_per_pixel)
