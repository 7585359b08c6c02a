"""Give a model a new 0.5 from new good images, without training: a new tool, recipe or lot."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from semscan.errors import BadDataError, BadModelError, OutputError, SemscanError
from semscan.files.datasets.layout import find_layout
from semscan.files.disk.atomic import write_text
from semscan.files.disk.replace_folder import FRESH, MODEL, abandon, begin, commit
from semscan.files.images.read import read_image
from semscan.files.models.folder import ModelFolder, config_text, read_model_folder
from semscan.image.appearance import measure_appearance, typical_appearance
from semscan.image.clean import clean
from semscan.image.resize import Scale
from semscan.pipeline.methods.training_domain import Training
from semscan.pipeline.training.calibration import measure_threshold
from semscan.pipeline.training.data.dataset import loader
from semscan.settings import CalibrateSettings


def calibrate(good: Path, model: Path, settings: CalibrateSettings, say: Callable[[str], None]) -> dict:
    """Write a copy of `model` whose 0.5 is set on the good images below `good`.

    Parameters
    ----------
    good : Path
        Good images: those of the good class, see `semscan.files.datasets.layout.find_layout`; without a good class, all
        images below the folder. At most ``settings.most`` of them are used, evenly chosen.
    model : Path
        A model folder; it is left as it is.
    settings : CalibrateSettings
    say : callable
        Told, line by line, what a person should know.

    Returns
    -------
    dict
        The record printed on standard output.

    Raises
    ------
    BadDataError, BadModelError, OutputError
    """
    folder = read_model_folder(model)
    before = folder.config["calibration"]
    if before["raw_threshold"] is None:
        raise BadModelError(
            f"{model}: tells classes apart without a good one, so it has no 0.5 to set; train it with a good class"
        )
    layout = find_layout(good, all_good=True)
    say(f"Found {layout.description}.")
    paths = _usable(layout.good, Training(folder.config), settings, say)
    out = Path(settings.out)
    work = begin(out, MODEL, overwrite=settings.overwrite)
    try:
        config, news = _measured(folder, paths, f"{len(paths)} good images of {good}", settings)
        _copy_with(model, work / FRESH, config_text(config), news)
    except BaseException:
        abandon(work)
        raise
    commit(work, out, MODEL)  # which says where the finished copy lies if it cannot be moved
    say(news)
    say(f"Saved {out}. Inspect with: semscan inspect IMAGE --model {out}")
    now = config["calibration"]
    return {
        "model": str(out),
        "status": "ok",
        "from": str(model),
        "images": len(paths),
        "false_alarms": now["false_alarms"],
        "raw_threshold": now["raw_threshold"],
        "raw_threshold_before": before["raw_threshold"],
        "reached": now["reached"],
    }


def _measured(folder: ModelFolder, paths: list[Path], said: str, settings: CalibrateSettings) -> tuple[dict, str]:
    """The configuration with the new 0.5, and the news of it."""
    before = folder.config["calibration"]
    rate = settings.false_alarms or before["false_alarms"]
    measured = measure_threshold(folder, [(path, 0, 0) for path in paths], settings.read, rate)
    own = Scale(folder.config["nm_per_pixel"], folder.config.get("zoom", 1.0))
    load = loader(settings.read, own if folder.config["kind"] == "autoencoder" else Scale())
    config = {
        **folder.config,
        "calibration": {**before, **measured, "false_alarms": rate, "held_back": said},
        # 0.5 now holds on images that look like these, so these are what later ones are compared with
        "training_look": typical_appearance(measure_appearance(load(path)) for path in paths),
    }
    news = (
        f"Calibrated on {said}: 0.5 is raw score {measured['raw_threshold']:.4g} (was {before['raw_threshold']:.4g}), "
        f"for {rate:g} false regions per good image; these show {measured['reached']:.2g}."
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
    write_text(card, f"{text}\n## Calibrated anew\n\n- {news}\n")
    write_text(fresh / "config.json", config)


def _usable(paths, training: Training, settings: CalibrateSettings, say) -> list[Path]:
    """At most `settings.most` images, evenly chosen, without those that cannot be read or judged."""
    step = max(1.0, len(paths) / settings.most)
    chosen = [paths[int(n * step)] for n in range(min(len(paths), settings.most))]
    if len(chosen) < len(paths):
        say(f"{len(chosen)} of {len(paths)} good images are used")
    kept = []
    for path in chosen:
        try:
            training.whole_zoom(clean(read_image(path, settings.read), settings.read))
            kept.append(path)
        except SemscanError as error:
            say(f"left out: {error}")
    if not kept:
        raise BadDataError("none of the good images can be used; see the lines above")
    return kept
