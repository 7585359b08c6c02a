"""Set the threshold of a trained network again; the rest of its folder is copied."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from semscan.errors import BadDataError, BadModelError, OutputError, SemscanError
from semscan.files.disk.atomic import write_bytes, write_text
from semscan.files.disk.replace_folder import MODEL
from semscan.files.images.read import read_image
from semscan.files.models.folder import GRAPH, ModelFolder, read_model_folder, recalibrated_text
from semscan.image.appearance import measure_appearance, typical_appearance
from semscan.image.clean import clean
from semscan.image.resize import Scale
from semscan.phrases import plural
from semscan.pipeline.calibrating.calibrated import FILTER_GONE, Calibrated, Log
from semscan.pipeline.detection.painted import try_in_files
from semscan.pipeline.methods.base import FALSE_ALARMS
from semscan.pipeline.methods.looks import at_looks, looks_of, only_looks
from semscan.pipeline.methods.training_domain import network_zoom
from semscan.pipeline.training.calibration import GoodPart, measure_threshold
from semscan.pipeline.training.data.reader import TrainingReader
from semscan.report.text.detection import INTO_THESE, detection_lines
from semscan.runtime.looks import with_default_looks
from semscan.scores.detection.curve import detection_curve
from semscan.settings import CalibrateSettings
from semscan.settings.networks import NETWORKS
from semscan.values.model.calibration import Calibration
from semscan.values.model.config import ModelConfig

SENSITIVITY = "sensitivity.png"
OF_BEFORE = "What this card says above of the threshold, of painted defects and of looks is that of the model before."


def open_network(model: Path, looks: int | None) -> ModelFolder:
    """Read the folder of a trained model whose threshold can be set again, and take `looks` looks at each tile.

    Raises
    ------
    BadModelError
        If the model has no threshold to set, or its graph takes another number of looks.
    UsageFault
        If a network that takes one look is to take more.
    """
    folder = read_model_folder(model)
    if folder.config.calibration.raw_threshold is None:
        raise BadModelError(
            f"{model}: this model was trained without a good class and has no threshold to calibrate; train it with a "
            "good class"
        )
    own = looks_of(folder.config)
    if own is None:
        return replace(folder, config=at_looks(folder.config, looks, model))
    if looks is None or looks == own:
        return replace(folder, config=only_looks(folder.config, own))
    try:
        graph = with_default_looks(folder.graph, looks)
    except ValueError as error:
        raise BadModelError(f"--looks {looks}: {model}: {error}; leave --looks away, or train it again") from error
    config = replace(folder.config, graph_sha256=hashlib.sha256(graph).hexdigest(), nuisance=None)
    return replace(folder, config=only_looks(config, looks), graph=graph)


def calibrate_network(
    folder: ModelFolder, settings: CalibrateSettings, good: Path, images: Sequence[Path], log: Log
) -> Calibrated:
    """Measure the threshold of a trained model on good images, and which painted defects it finds.

    Parameters
    ----------
    folder : ModelFolder
        As from `open_network`.
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
    before, domain = folder.config.calibration, folder.config.training_domain
    paths = _usable(images, folder.config, settings, log)
    source = f"{plural(len(paths), 'good image')} of {good}"
    rate = settings.false_alarms or before.false_alarms or FALSE_ALARMS  # a review wants no rate
    parts = [GoodPart(path) for path in paths]
    measured = measure_threshold(folder, parts, settings.read, rate, device=settings.device)
    scale = Scale(domain.nm_per_pixel, domain.zoom) if NETWORKS[folder.config.network.kind].resamples else Scale()
    reader = TrainingReader(settings.read, scale)
    # the threshold now holds on images that look like these, so later ones are compared with these
    appearance = typical_appearance(measure_appearance(reader.values(path)) for path in paths)
    calibration = Calibration(measured.raw_threshold, rate, measured.reached, source, measured.worth, measured.rule)
    domain = replace(domain, appearance=appearance)
    # the regions of a nuisance filter were cut at the threshold before
    config = replace(folder.config, calibration=calibration, training_domain=domain, nuisance=None)
    tried = try_in_files(replace(folder, config=config), parts, settings.read, config.seed, settings.device)
    config = replace(config, painted=detection_curve(tried, domain.nm_per_pixel))
    found = "" if config.painted is None else " " + " ".join(detection_lines(config.painted, INTO_THESE))
    news = (
        f"Calibrated on {source}: the threshold is raw score {measured.raw_threshold:.4g} (was "
        f"{before.raw_threshold:.4g}), for {rate:g} false regions per good image; these show "
        f"{measured.reached:.2g}.{found}"
    )
    if folder.config.nuisance is not None:
        log(FILTER_GONE)
    write = partial(copy_with, folder, config, news)
    return Calibrated(calibration, before.raw_threshold or 0.0, len(paths), config.painted, news, write)


def copy_with(folder: ModelFolder, config: ModelConfig, news: str, fresh: Path) -> None:
    """Copy a model folder's own files, with its graph, another configuration and the news at the end of its card.

    The picture of the painted defects is that of the new configuration.
    """
    text_of_config = recalibrated_text(folder, config)
    model, card = folder.path, fresh / "MODEL_CARD.md"
    is_as_painted = config.painted == folder.config.painted
    try:
        fresh.mkdir()
        for name in MODEL.own if is_as_painted else [name for name in MODEL.own if name != SENSITIVITY]:
            if (model / name).is_file():
                shutil.copyfile(model / name, fresh / name)
        text = card.read_text("utf-8", errors="replace") if card.is_file() else "# Model card\n"
    except OSError as error:
        raise OutputError(
            f"{model}: cannot be copied to {fresh.parent} ({error.strerror or error}); "
            "check its permissions and the free space"
        ) from error
    write_bytes(fresh / GRAPH, folder.graph)
    if config.painted is not None and not is_as_painted:
        from semscan.report.plots.detection_curves import draw_detection

        title = f"Defects painted into the good images of the calibration, {config.network.kind}"
        write_bytes(fresh / SENSITIVITY, draw_detection(config.painted, None, title))
    before = "" if config.calibration == folder.config.calibration else f"- {OF_BEFORE}\n"
    write_text(card, f"{text}\n## Calibrated again\n\n- {news}\n{before}")
    write_text(fresh / "config.json", text_of_config)


def _usable(paths: Sequence[Path], config: ModelConfig, settings: CalibrateSettings, log: Log) -> list[Path]:
    """Return the images that can be read and judged; name the others."""
    kept = []
    for path in paths:
        try:
            network_zoom(clean(read_image(path, settings.read), settings.read), config)
            kept.append(path)
        except SemscanError as error:
            log(f"left out: {error}")
    if not kept:
        raise BadDataError("none of the good images can be used; see the lines above")
    return kept
