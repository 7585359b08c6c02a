"""The wafers of a finished inspection, one after the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from semscan.control.charts import draw_trend
from semscan.errors import UsageFault
from semscan.phrases import plural
from semscan.pipeline.fab.order import by_numbers
from semscan.pipeline.fab.wafers import Placed, records_by_wafer
from semscan.settings import ReportSettings
from semscan.values.control.trend import Sample, Trend
from semscan.values.record import AnyRecord, Record

WAFER = "wafer"
BY_NAME = "by lot and wafer, W2 before W10"


def wafer_trends(placed: Placed, settings: ReportSettings) -> list[Trend]:
    """Return the control charts over the wafers of each step that has several.

    Images without nm per pixel are left out, as on the wafers themselves. Raises UsageFault for a baseline of more
    wafers than any step has.
    """
    by_wafer = records_by_wafer(placed)
    most = max(Counter(step for _, _, step in by_wafer).values(), default=0)
    if settings.baseline is not None and settings.baseline > most:
        raise UsageFault(f"--baseline {settings.baseline} is more than the {plural(most, WAFER)} of a step; name fewer")
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
