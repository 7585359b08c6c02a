"""Train: find the layout, hold good images back, teach, export, calibrate, save. One model folder comes out."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

from semscan.errors import BadDataError, BadModelError, UsageFault
from semscan.files.datasets.accepted import read_accepted
from semscan.files.datasets.layout import Layout, find_layout
from semscan.files.disk.atomic import write_text
from semscan.files.disk.replace_folder import FRESH, MODEL, begin, commit
from semscan.files.models.folder import ModelFolder, read_model_folder
from semscan.model.registry import BACKBONES, DEFAULT_ATTENTION, MODELS, attention_parts, is_local, known
from semscan.pipeline.checks.quick import quick_check
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.training import fit
from semscan.pipeline.training.class_limits import class_limits
from semscan.pipeline.training.data import dataset
from semscan.pipeline.training.data.accepted_regions import open_accepted
from semscan.pipeline.training.data.labelled_defects import open_labelled_defects
from semscan.pipeline.training.outliers import NOT_SCANNED, find_outliers
from semscan.pipeline.training.plan import autoencoder_plan, classifier_plan
from semscan.pipeline.training.review import TrainingFindings, review
from semscan.report.text.model_card import summary_lines
from semscan.settings import SCHEMA_VERSION, TrainSettings
from semscan.version import __version__


def train(data: Path, settings: TrainSettings, say: Callable[[str], None]) -> dict:
    """Train a model from the images below `data` and save it as the folder ``settings.out``.

    Parameters
    ----------
    data : Path
        A folder in one of the layouts of `semscan.files.datasets.layout.find_layout`. test/ is never read.
    settings : TrainSettings
    say : callable
        Told, line by line, what a person should know.

    Returns
    -------
    dict
        The record printed on standard output: ``model``, ``kind``, ``raw_threshold`` and so on.

    Raises
    ------
    BadDataError, BadModelError, OutputError, UsageFault
    """
    _check(settings)
    layout = find_layout(data, settings.good)
    say(f"Found {layout.description}.")
    for warning in quick_check(layout):
        say(f"warning: {warning}")
    kind = _kind(settings, layout)
    out = Path(settings.out)
    work = begin(out, MODEL, overwrite=settings.overwrite, resume=settings.resume)

    images = (
        dataset.open_good(layout, settings.read, say, settings.zoom, settings.progress)
        if kind == "autoencoder"
        else dataset.open_classes(layout, settings.read, say, settings.progress)
    )
    findings = _dirt(data, layout, images, settings, say) if kind == "autoencoder" else TrainingFindings(NOT_SCANNED)
    config = _draft(kind, layout, images, settings)
    _same_task(work, config, settings)
    plan = (
        autoencoder_plan(images, settings, findings.labelled.defects if findings.labelled else None, findings.accepted)
        if kind == "autoencoder"
        else classifier_plan(images, config["classes"], config["good_class"], settings)
    )
    config |= plan.shape
    if "largest_tile" in config and not is_local(config["attention"]):
        config["largest_tile"] = config["tile"]
    say(
        f"Training the {kind} for {plan.steps} steps on patches of {plan.shape['tile']} px; "
        f"held back: {plan.held_said}."
    )

    try:
        network, history, training = fit.train_network(plan, config, work, settings)
    except KeyboardInterrupt:
        say(f"Interrupted. The finished rounds are kept in {work}; go on with the same command and --resume.")
        raise
    graph, libraries, difference = fit.export(network, plan, kind)
    config["training"] |= training | {"export_difference": difference}
    config["libraries"] = libraries
    config["calibration"], found = review(graph, config, images, plan, findings, settings, say)
    config["training"] |= found
    if config["classes"] and config["calibration"]["raw_threshold"]:
        config["class_marks"] = _marks(ModelFolder(out, config, graph, ""), images, settings)
    summary = summary_lines(config)
    fit.save(network, graph, config, history, summary, work / FRESH)
    commit(work, out, MODEL)
    for line in [*summary, f"Saved {out}. Inspect with: semscan inspect IMAGE --model {out}"]:
        say(line)
    return _record(out, config)


def _check(settings: TrainSettings) -> None:
    known(settings.model, ("auto", *MODELS), "model")
    if settings.attention != "auto":
        attention_parts(settings.attention)
    known(settings.backbone, ("auto", *BACKBONES), "backbone")
    for name in settings.accept:
        read_accepted(Path(name))
    if settings.start_from:
        read_model_folder(Path(settings.start_from))
    if settings.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise UsageFault("TensorBoard is not installed; pip install tensorboard, or leave --tensorboard away")


def _kind(settings: TrainSettings, layout: Layout) -> str:
    """Which network, by name or by layout."""
    kind = settings.model
    if kind == "auto":
        kind = layout.network
    if kind == "attention-cnn" and len(layout.classes) + bool(layout.good) < 2:
        raise UsageFault(
            "the attention CNN needs at least two class folders, this data has only good images; "
            "leave --model away to train the autoencoder"
        )
    if kind == "autoencoder" and not layout.good:
        raise BadDataError(
            "the autoencoder learns from good images and this data has none; name the good class with --good"
        )
    if kind == "autoencoder" and settings.seam:
        raise UsageFault("--seam is for the attention CNN, which learns from class folders; leave it away here")
    if kind == "attention-cnn" and settings.accept:
        raise UsageFault("--accept is for the autoencoder; put images with harmless regions into the good class folder")
    return kind


def _dirt(data: Path, layout: Layout, images: dataset.TrainSet, settings: TrainSettings, say) -> TrainingFindings:
    """What can be told before training of odd images, labelled defects and accepted regions."""
    first = find_outliers(images)
    for one in first.outliers:
        say(f"warning: {images.cache.paths[one.number]} looks odd among the good images: {one.reason}")
    few = open_labelled_defects(layout, settings.read, images.scale, first.level, say)
    return TrainingFindings(first, few, open_accepted(settings.accept, data, settings.read, images.scale, say))


def _draft(kind: str, layout: Layout, images: dataset.TrainSet, settings: TrainSettings) -> dict:
    """The part of config.json that is known before training."""
    labelled = kind == "attention-cnn"
    good = layout.good_name if labelled else None
    classes = ([good] if good else []) + sorted(layout.classes) if labelled else None
    attention = DEFAULT_ATTENTION[kind]
    if settings.attention != "auto":
        attention = "+".join(attention_parts(settings.attention))
    dropout = settings.dropout if settings.dropout is not None else (0.2 if labelled else 0.0)
    return {
        "schema_version": SCHEMA_VERSION,
        "semscan_version": __version__,
        "kind": kind,
        "attention": attention,
        "backbone": "plain" if settings.backbone == "auto" else settings.backbone,
        "dropout": dropout,
        "classes": classes,
        "good_class": good,
        "preprocessing": {"mean": images.mean, "std": images.std},
        "seed": settings.seed,
        "nm_per_pixel": images.scale.nm_per_pixel,
        "zoom": images.scale.share,
        "training_look": images.look,
        "training": {
            "said": layout.description,
            "images": len(images.labels),
            "data_fingerprint": images.fingerprint,
            "augment": dataclasses.asdict(settings.augment),
            "clip": settings.clip,
            "false_alarms": settings.false_alarms,
            "start_from": settings.start_from,
            "accept": list(settings.accept),
        },
        **({"seam": True} if settings.seam else {}),
    }


def _marks(folder: ModelFolder, images: dataset.TrainSet, settings: TrainSettings) -> dict | None:
    """What the finished classifier says of the defects it was taught."""
    classes, good = folder.config["classes"], folder.config["good_class"]
    named = zip(images.labels, images.cache.paths, strict=True)
    defects = [(name, path) for name, path in named if name and name != good]
    return class_limits(ModelMethod(folder), defects, settings.read, classes)


def _same_task(work: Path, config: dict, settings: TrainSettings) -> None:
    """With --resume, refuse a checkpoint of other data or settings; note this task beside the checkpoints."""
    task = json.dumps({**config, "steps": settings.steps}, sort_keys=True)
    note = work / "task.json"
    if settings.resume and note.is_file() and note.read_text("utf-8") != task:
        raise BadModelError(
            f"{work} was begun with other images or settings; give the same options as then, "
            "or leave --resume away to start again"
        )
    write_text(note, task)


def _record(out: Path, config: dict) -> dict:
    training, calibration = config["training"], config["calibration"]
    return {
        "model": str(out),
        "status": "ok",
        "kind": config["kind"],
        "attention": config["attention"],
        "images": training["images"],
        "steps": training["steps_done"],
        "ended": training["ended"],
        "raw_threshold": calibration["raw_threshold"],
        "false_alarms": calibration["false_alarms"],
        "held_back_reached": calibration["reached"],
        "classes": config["classes"],
        "held_back_accuracy": training.get("held_back_accuracy"),
        "seed": config["seed"],
        "seconds": training["seconds"],
    }
