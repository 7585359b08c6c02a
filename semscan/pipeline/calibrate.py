"""Calibrate: set the threshold of a model again on new good images, without training. New tool, recipe or lot."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semscan.errors import BadDataError, BadModelError, OutputError, SemscanError
from semscan.files.datasets.layout import find_layout
from semscan.files.disk.atomic import write_text
from semscan.files.disk.replace_folder import FRESH, MODEL, abandon, begin, commit
from semscan.files.images.read import read_image
from semscan.files.models.folder import ModelFolder, read_model_folder, recalibrated_text
from semscan.image.appearance import measure_appearance, typical_appearance
from semscan.image.clean import clean
from semscan.image.resize import Scale
from semscan.pipeline.detection.painted import try_in_files
from semscan.pipeline.methods.training_domain import network_zoom
from semscan.pipeline.training.calibration import GoodPart, measure_threshold
from semscan.pipeline.training.data.reader import TrainingReader
from semscan.report.text.detection import detection_lines
from semscan.scores.detection.curve import detection_curve
from semscan.settings import CalibrateSettings
from semscan.settings.networks import NETWORKS
from semscan.values.model_config import Calibration, ModelConfig

PAINTED = "defects painted into these images"
Log = Callable[[str], None]


def calibrate(good: Path, model: Path, settings: CalibrateSettings, log: Log) -> dict[str, Any]:
    """Write a copy of `model` whose threshold is set on the good images below `good`.

    Parameters
    ----------
    good : Path
        Good images: those of the good class, see `semscan.files.datasets.layout.find_layout`; without a good class, all
        images below the folder. At most ``settings.most`` of them are used, evenly chosen.
    model : Path
        A model folder; it is left as it is.
    settings : CalibrateSettings
    log : callable
        Gets what a person should know, line by line.

    Returns
    -------
    dict
        The record printed on standard output.

    Raises
    ------
    BadDataError, BadModelError, OutputError
    """
    folder = read_model_folder(model)
    before = folder.config.calibration
    if before.raw_threshold is None:
        raise BadModelError(
            f"{model}: this model was trained without a good class and has no threshold to calibrate; train it with a "
            "good class"
        )
    layout = find_layout(good, all_good=True)
    log(f"Found {layout.description}.")
    paths = _usable(layout.good, folder.config, settings, log)
    out = Path(settings.out)
    work = begin(out, MODEL, overwrite=settings.overwrite)
    try:
        config, news = _recalibrated(folder, paths, f"{len(paths)} good images of {good}", settings)
        _copy_with(model, work / FRESH, recalibrated_text(folder, config), news)
    except BaseException:
        abandon(work)
        raise
    commit(work, out, MODEL)  # its error names the place of the finished copy if it cannot be moved
    log(news)
    log(f"Saved {out}. Inspect with: semscan inspect IMAGE --model {out}")
    return {
        "model": str(out),
        "status": "ok",
        "from": str(model),
        "images": len(paths),
        "false_alarms": config.calibration.false_alarms,
        "raw_threshold": config.calibration.raw_threshold,
        "raw_threshold_before": before.raw_threshold,
        "reached": config.calibration.reached,
        "threshold_rule": config.calibration.rule,
        "painted": None if config.painted is None else config.painted.to_json(),
    }


def _recalibrated(
    folder: ModelFolder, paths: Sequence[Path], source: str, settings: CalibrateSettings
) -> tuple[ModelConfig, str]:
    """Return the configuration with the new threshold, and a sentence about it."""
    before, domain = folder.config.calibration, folder.config.training_domain
    rate = settings.false_alarms or before.false_alarms
    parts = [GoodPart(path) for path in paths]
    measured = measure_threshold(folder, parts, settings.read, rate)
    scale = Scale(domain.nm_per_pixel, domain.zoom) if NETWORKS[folder.config.network.kind].resamples else Scale()
    reader = TrainingReader(settings.read, scale)
    # the threshold now holds on images that look like these, so later ones are compared with these
    appearance = typical_appearance(measure_appearance(reader.values(path)) for path in paths)
    calibration = Calibration(measured.raw_threshold, rate, measured.reached, source, measured.worth, measured.rule)
    config = replace(folder.config, calibration=calibration, training_domain=replace(domain, appearance=appearance))
    tried = try_in_files(replace(folder, config=config), parts, settings.read, config.seed)
    config = replace(config, painted=detection_curve(tried, domain.nm_per_pixel))
    found = "" if config.painted is None else " " + " ".join(detection_lines(config.painted, PAINTED))
    news = (
        f"Calibrated on {source}: the threshold is raw score {measured.raw_threshold:.4g} (was "
        f"{before.raw_threshold:.4g}), for {rate:g} false regions per good image; these show "
        f"{measured.reached:.2g}.{found}"
    )
    return config, news


def _copy_with(model: Path, fresh: Path, config: str, news: str) -> None:
    """Copy a model folder's own files, with another config.json and the news at the end of its card."""
    card = fresh / "MODEL_CARD.md"
    try:
        fresh.mkdir()
        for name in MODEL.own:
            if (model / name).is_file():
                shutil.copyfile(model / name, fresh / name)
        text = card.read_text("utf-8", errors="replace") if card.is_file() else "# Model card\n"
    except OSError as error:
        raise OutputError(
            f"{model}: cannot be copied to {fresh.parent} ({error.strerror or error}); "
            "check its permissions and the free space"
        ) from error
    write_text(card, f"{text}\n## Calibrated again\n\n- {news}\n")
    write_text(fresh / "config.json", config)


def _usable(paths: Sequence[Path], config: ModelConfig, settings: CalibrateSettings, log: Log) -> list[Path]:
    """Return at most `settings.most` images, evenly chosen, without those that cannot be read or judged."""
    step = max(1.0, len(paths) / settings.most)
    chosen = [paths[int(n * step)] for n in range(min(len(paths), settings.most))]
    if len(chosen) < len(paths):
        log(f"{len(chosen)} of {len(paths)} good images are used")
    kept = []
    for path in chosen:
        try:
            network_zoom(clean(read_image(path, settings.read), settings.read), config)
            kept.append(path)
        except SemscanError as error:
            log(f"left out: {error}")
    if not kept:
        raise BadDataError("none of the good images can be used; see the lines above")
    return kept
