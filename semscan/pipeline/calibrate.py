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
from semscan.pipeline.calibrating.review import calibrate_method_by_review, calibrate_network_by_review
from semscan.pipeline.calibrating.review_files import ReviewFiles
from semscan.settings import METHODS, CalibrateSettings
from semscan.settings.resolve import resolve

Measure = Callable[[Log], Calibrated]
MeasureImages = Callable[[Path, Sequence[Path], Log], Calibrated]


def calibrate(good: Path | None, model: Path | None, settings: CalibrateSettings, log: Log) -> dict[str, Any]:
    """Write a model folder whose threshold is set on the good images below `good`, or by reviews.

    Parameters
    ----------
    good : Path
        Good images: those of the good class, see `semscan.files.datasets.layout.find_layout`; without a good class, all
        images below the folder. At most ``settings.most`` of them are used, evenly chosen. None: ``settings.review``
        names reviews.
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
    _check(good, model, settings)
    measure = _by_review(model, settings) if good is None else _on_images(good, model, settings, log)
    out = Path(settings.out)
    work = begin(out, MODEL, overwrite=settings.overwrite)
    try:
        made = measure(log)
        made.write(work / FRESH)
    except BaseException:
        abandon(work)
        raise
    commit(work, out, MODEL)  # its error names the place of the finished copy if it cannot be moved
    log(made.news)
    reference = " --reference REFERENCE" if settings.reference else ""
    log(f"Saved {out}. Inspect with: semscan inspect IMAGE{reference} --model {out}")
    return _record(out, model, made)


def _check(good: Path | None, model: Path | None, settings: CalibrateSettings) -> None:
    """Refuse options that exclude each other."""
    if (good is None) == (not settings.review):
        raise UsageFault(
            "calibrate needs either GOOD, a folder of good images, or --review FILE, the decisions about results; give "
            "one of them"
        )
    unused = ("false_alarms", "reference") if settings.review else ()
    for name in unused:
        if getattr(settings, name) is not None:
            raise UsageFault(f"--{name.replace('_', '-')} is given but not used by --review; leave it away")
    if (model is None) == (settings.method is None):
        raise UsageFault(
            "calibrate needs either --model DIR, a model to recalibrate, or --method NAME, a method without training; "
            "give one of them"
        )
    if not settings.nuisance_filter and not settings.review:
        raise UsageFault("--no-nuisance-filter is given but not used without --review; leave it away")
    if settings.looks is not None and (model is None or named_method(model) is not None):
        raise UsageFault("--looks is given but not used by a method without training; leave it away")


def _on_images(good: Path, model: Path | None, settings: CalibrateSettings, log: Log) -> Measure:
    """Open what is calibrated, and return what measures its threshold on the images of a folder."""
    measure = _measure(model, settings)
    layout = find_layout(good, all_good=True)
    log(f"Found {layout.description}.")
    return partial(measure, good, _evenly_chosen(layout.good, settings.most, log))


def _by_review(model: Path | None, settings: CalibrateSettings) -> Measure:
    """Open what is calibrated, and return what sets its threshold by reviews."""
    name = settings.method if model is None else named_method(model)
    files = ReviewFiles(settings.review, settings.nuisance_filter)
    if name is None:
        assert model is not None
        return partial(calibrate_network_by_review, open_network(model, settings.looks), files)
    own = resolve(METHODS[name]).raw_threshold or 1.0
    earlier = None if model is None else read_method_folder(model)
    return partial(calibrate_method_by_review, name, own, earlier, files)


def _measure(model: Path | None, settings: CalibrateSettings) -> MeasureImages:
    """Open what is calibrated, and return what measures its threshold on images of a folder."""
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
        **({} if made.reviewed is None else {"reviewed": dict(made.reviewed)}),
    }
