"""Calibrate: set a threshold on new good images without training: of a model, or of a method that has no training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from semscan.errors import UsageFault
from semscan.files.datasets.layout import find_layout
from semscan.files.disk.replace_folder import FRESH, MODEL, abandon, begin, commit
from semscan.files.models.method_folder import named_method, read_method_folder
from semscan.pipeline.calibrating.calibrated import Calibrated, Log
from semscan.pipeline.calibrating.method import calibrate_method, open_method
from semscan.pipeline.calibrating.network import calibrate_network, open_network
from semscan.settings import CalibrateSettings

Measure = Callable[[Path, Sequence[Path], Log], Calibrated]


def calibrate(good: Path, model: Path | None, settings: CalibrateSettings, log: Log) -> dict[str, Any]:
    """Write a model folder whose threshold is set on the good images below `good`.

    Parameters
    ----------
    good : Path
        Good images: those of the good class, see `semscan.files.datasets.layout.find_layout`; without a good class, all
        images below the folder. At most ``settings.most`` of them are used, evenly chosen.
    model : Path or None
        The folder of a network or of a calibrated method, which is left as it is. None: ``settings.method`` names a
        method without training.
    settings : CalibrateSettings
    log : callable
        Gets what a person should know, line by line.

    Returns
    -------
    dict
        The record printed on standard output.

    Raises
    ------
    BadDataError, BadImageError, BadModelError, OutputError, UsageFault
    """
    measure = _measure(model, settings)
    layout = find_layout(good, all_good=True)
    log(f"Found {layout.description}.")
    images = _evenly_chosen(layout.good, settings.most, log)
    out = Path(settings.out)
    work = begin(out, MODEL, overwrite=settings.overwrite)
    try:
        made = measure(good, images, log)
        made.write(work / FRESH)
    except BaseException:
        abandon(work)
        raise
    commit(work, out, MODEL)  # its error names the place of the finished copy if it cannot be moved
    log(made.news)
    reference = " --reference REFERENCE" if settings.reference else ""
    log(f"Saved {out}. Inspect with: semscan inspect IMAGE{reference} --model {out}")
    return _record(out, model, made)


def _measure(model: Path | None, settings: CalibrateSettings) -> Measure:
    """Open what is calibrated, and return what measures its threshold on images of a folder."""
    if (model is None) == (settings.method is None):
        raise UsageFault(
            "calibrate needs either --model DIR, a model to recalibrate, or --method NAME, a method without training; "
            "give one of them"
        )
    if settings.looks is not None and (model is None or named_method(model) is not None):
        raise UsageFault("--looks is given but not used by a method without training; leave it away")
    if model is None:
        return partial(calibrate_method, open_method(settings.method or "", settings), None, settings)
    name = named_method(model)
    if name is not None:
        earlier = read_method_folder(model)
        return partial(calibrate_method, open_method(name, settings), earlier, settings)
    if settings.reference:
        raise UsageFault(f"--reference is given but not used by the network of {model}; leave it away")
    return partial(calibrate_network, open_network(model, settings.looks), settings)


def _evenly_chosen(paths: Sequence[Path], most: int, log: Log) -> list[Path]:
    step = max(1.0, len(paths) / most)
    chosen = [paths[int(n * step)] for n in range(min(len(paths), most))]
    if len(chosen) < len(paths):
        log(f"{len(chosen)} of {len(paths)} good images are used")
    return chosen


def _record(out: Path, model: Path | None, made: Calibrated) -> dict[str, Any]:
    return {
        "model": str(out),
        "status": "ok",
        "from": None if model is None else str(model),
        **({} if made.method is None else {"method": made.method}),
        "images": made.images,
        "false_alarms": made.calibration.false_alarms,
        "raw_threshold": made.calibration.raw_threshold,
        "raw_threshold_before": made.before,
        "reached": made.calibration.reached,
        "threshold_rule": made.calibration.rule,
        "painted": None if made.painted is None else made.painted.to_json(),
    }
