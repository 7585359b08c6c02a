"""Set the threshold of a method without training on good images, and paint defects into them to see what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from semscan.errors import BadDataError, BadImageError, SemscanError
from semscan.files.disk.atomic import make_folder, write_text
from semscan.files.images.read import read_image
from semscan.files.models.method_folder import MethodFolder, method_config_text
from semscan.image.appearance import measure_appearance, typical_appearance
from semscan.image.clean import clean
from semscan.maps.fit_threshold import FittedThreshold, fit_threshold
from semscan.phrases import plural
from semscan.pipeline.calibrating.calibrated import FILTER_GONE, Calibrated, Log
from semscan.pipeline.detection.painted import MOST_IMAGES, GoodArea, try_painted
from semscan.pipeline.methods.base import FALSE_ALARMS, Method, choose_method
from semscan.pipeline.methods.calibrated import CalibratedMethod, judged_grey
from semscan.pipeline.methods.raw_map import raw_map
from semscan.pipeline.methods.reference import OWN_REFERENCE
from semscan.pipeline.run.record import library_versions
from semscan.report.text.method_card import method_card, method_lines
from semscan.scores.detection.curve import detection_curve
from semscan.settings import CalibrateSettings, InspectSettings, ReadSettings
from semscan.values.method import MethodConfig
from semscan.values.model.calibration import Calibration
from semscan.version import __version__

# Share of a method's own threshold below which good images do not put it. With it, the rates that were wanted hold on
# generated lines and contacts (benchmarks/README.md); images without noise would ask for less.
FLOOR = 0.5
ADVISED = 10  # good images: fewer show too few false regions


@dataclass(frozen=True, slots=True)
class _Scored:
    """What is needed of a good image: its raw map, where the method judged it, bool (rows, cols), and its appearance.

    `area` is the image itself, to paint into; None where enough others are kept.
    """

    raw: np.ndarray
    judged: np.ndarray
    appearance: Mapping[str, float]
    nm_per_pixel: float | None
    area: GoodArea | None


def open_method(name: str, settings: CalibrateSettings) -> Method:
    """Make a method without training, at its own threshold.

    Raises
    ------
    UsageFault
        If it lacks a reference, or has one that it does not use.
    BadImageError
        If its one reference image cannot be read.
    """
    return choose_method(InspectSettings(method=(name,), reference=settings.reference, read=settings.read))


def calibrate_method(
    method: Method,
    earlier: MethodFolder | None,
    settings: CalibrateSettings,
    good: Path,
    images: Sequence[Path],
    log: Log,
) -> Calibrated:
    """Measure the threshold of a method on good images, and which painted defects it finds.

    Parameters
    ----------
    method : Method
        At its own threshold.
    earlier : MethodFolder or None
        An earlier calibration, whose threshold is replaced and whose rate of false regions is the default.
    settings : CalibrateSettings
    good : Path
        Where the images lie, for the words.
    images : sequence of Path
        Those that cannot be read or judged are named and left out.
    log : callable

    Raises
    ------
    BadDataError
        If no image can be used.
    """
    scored = _score(method, images, settings.read, log)
    if len(scored) < ADVISED:
        log(f"{plural(len(scored), 'good image')}, and at least {ADVISED} are advised: the threshold may not hold")
    own = method.raw_threshold or 1.0
    before = earlier.config.calibration if earlier else None
    rate = settings.false_alarms or (before.false_alarms if before else 0) or FALSE_ALARMS  # a review wants no rate
    maps, areas = [one.raw for one in scored], [one.judged for one in scored]
    whole = [int(area.sum()) for area in areas]
    fitted = fit_threshold(maps, areas, whole, false_alarms=rate, floor=FLOOR * own, on_average=True)
    config = _config(method, scored, fitted, rate, f"{plural(len(scored), 'good image')} of {good}")
    areas_to_paint = [one.area for one in scored if one.area is not None]
    tried = try_painted(CalibratedMethod(method, MethodFolder(Path(settings.out), config, "")), areas_to_paint)
    config = replace(config, painted=detection_curve(tried, config.nm_per_pixel))
    lines = method_lines(config, own)
    write = partial(write_method, method_config_text(config), method_card(config, lines))
    raw_before = own if before is None or before.raw_threshold is None else before.raw_threshold
    news = " ".join(lines)
    if earlier is not None and earlier.config.nuisance is not None:
        log(FILTER_GONE)
    return Calibrated(config.calibration, raw_before, len(scored), config.painted, news, write, method.name)


def _score(method: Method, paths: Sequence[Path], read: ReadSettings, log: Log) -> list[_Scored]:
    """Score the images that can be read and judged; name the others."""
    scored = []
    step = -(-len(paths) // MOST_IMAGES)
    for place, path in enumerate(paths):
        try:
            image = clean(read_image(path, read), read)
            result = method(image)
            if result.is_own_reference:
                raise BadImageError(f"{path}: {OWN_REFERENCE}; give images of other dies")
            judged = image.judged if result.judged is None else result.judged
            if not judged.any():
                raise BadImageError(f"{path}: no pixel of it is judged")
            appearance = measure_appearance(judged_grey(image))
            area = GoodArea(image, judged=judged) if place % step == 0 else None
            scored.append(_Scored(result.raw, judged, appearance, image.nm_per_pixel, area))
        except SemscanError as error:
            log(f"left out: {error}")
    if not scored:
        raise BadDataError("none of the good images can be used; see the lines above")
    return scored


def _config(
    method: Method, scored: Sequence[_Scored], fitted: FittedThreshold, rate: float, source: str
) -> MethodConfig:
    scales = {one.nm_per_pixel for one in scored}
    return MethodConfig(
        semscan_version=__version__,
        method=method.name,
        raw_map=raw_map(method.name),
        calibration=Calibration(fitted.raw_threshold, rate, fitted.reached, source, fitted.worth, fitted.rule),
        nm_per_pixel=scales.pop() if len(scales) == 1 else None,
        appearance=typical_appearance(one.appearance for one in scored),
        libraries=library_versions(),
    )


def write_method(config: str, card: str, fresh: Path) -> None:
    """Write the folder of a calibrated method: its config.json and its card."""
    make_folder(fresh)
    write_text(fresh / "MODEL_CARD.md", card)
    write_text(fresh / "config.json", config)
