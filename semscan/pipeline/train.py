"""Train: find the layout, hold good images back, teach, export, calibrate, save. One model folder comes out."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

from semscan import __version__
from semscan.errors import BadDataError, BadModelError, UsageFault
from semscan.files.accepted import read_accepted
from semscan.files.layout import Layout, find_layout
from semscan.files.model_folder import ModelFolder, read_model_folder
from semscan.files.whole import FRESH, MODEL, claim, finish
from semscan.files.write import write_text
from semscan.model.registry import BACKBONES, DEFAULT_ATTENTION, MODELS, attention_parts, is_local, known
from semscan.pipeline import teach, trainset
from semscan.pipeline.accepted import open_accepted
from semscan.pipeline.class_kinds import class_marks
from semscan.pipeline.course import labelled_course, painted_course
from semscan.pipeline.doctor import quick_look
from semscan.pipeline.few import open_few
from semscan.pipeline.odd import NOT_LOOKED, look_first
from semscan.pipeline.review import Dirt, review
from semscan.pipeline.trained import ModelWitness
from semscan.report.card import summary_lines
from semscan.settings import SCHEMA_VERSION, TrainSettings


def train(data: Path, settings: TrainSettings, say: Callable[[str], None]) -> dict:
    """Train a model from the images below `data` and save it as the folder ``settings.out``.

    Parameters
    ----------
    data : Path
        A folder in one of the layouts of `semscan.files.layout.find_layout`. test/ is never read.
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
    say(f"Found {layout.said}.")
    for warning in quick_look(layout):
        say(f"warning: {warning}")
    kind = _kind(settings, layout)
    out = Path(settings.out)
    work = claim(out, MODEL, overwrite=settings.overwrite, resume=settings.resume)

    images = trainset.open_good(layout, settings.read, say, settings.zoom, settings.progress) if kind == "autoencoder" \
        else trainset.open_classes(layout, settings.read, say, settings.progress)
    dirt = _dirt(data, layout, images, settings, say) if kind == "autoencoder" else Dirt(NOT_LOOKED)
    config = _draft(kind, layout, images, settings)
    _same_task(work, config, settings)
    course = painted_course(images, settings, dirt.few.defects if dirt.few else None, dirt.accepted) \
        if kind == "autoencoder" else labelled_course(images, config["classes"], config["good_class"], settings)
    config |= course.shape
    if "largest_tile" in config and not is_local(config["attention"]):
        config["largest_tile"] = config["tile"]
    say(f"Training the {kind} for {course.steps} steps on patches of {course.shape['tile']} px; "
        f"held back: {course.held_said}.")

    try:
        network, history, training = teach.teach(course, config, work, settings)
    except KeyboardInterrupt:
        say(f"Interrupted. The finished rounds are kept in {work}; go on with the same command and --resume.")
        raise
    graph, libraries, difference = teach.export(network, course, kind)
    config["training"] |= training | {"export_difference": difference}
    config["libraries"] = libraries
    config["calibration"], found = review(graph, config, images, course, dirt, settings, say)
    config["training"] |= found
    if config["classes"] and config["calibration"]["raw_threshold"]:
        config["class_marks"] = _marks(ModelFolder(out, config, graph, ""), images, settings)
    summary = summary_lines(config)
    teach.save(network, graph, config, history, summary, work / FRESH)
    finish(work, out, MODEL)
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
        raise UsageFault("the attention CNN needs at least two class folders, this data has only good images; "
                         "leave --model away to train the autoencoder")
    if kind == "autoencoder" and not layout.good:
        raise BadDataError("the autoencoder learns from good images and this data has none; "
                           "name the good class with --good")
    if kind == "autoencoder" and settings.seam:
        raise UsageFault("--seam is for the attention CNN, which learns from class folders; leave it away here")
    if kind == "attention-cnn" and settings.accept:
        raise UsageFault("--accept is for the autoencoder; put images with harmless regions into the good class folder")
    return kind


def _dirt(data: Path, layout: Layout, images: trainset.TrainSet, settings: TrainSettings, say) -> Dirt:
    """What can be told before training of odd images, labelled defects and accepted regions."""
    first = look_first(images)
    for one in first.odd:
        say(f"warning: {images.gallery.paths[one.number]} looks odd among the good images: {one.reason}")
    few = open_few(layout, settings.read, images.scale, first.level, say)
    return Dirt(first, few, open_accepted(settings.accept, data, settings.read, images.scale, say))


def _draft(kind: str, layout: Layout, images: trainset.TrainSet, settings: TrainSettings) -> dict:
    """The part of config.json that is known before training."""
    labelled = kind == "attention-cnn"
    good = layout.good_name if labelled else None
    classes = ([good] if good else []) + sorted(layout.classes) if labelled else None
    attention = DEFAULT_ATTENTION[kind]
    if settings.attention != "auto":
        attention = "+".join(attention_parts(settings.attention))
    dropout = settings.dropout if settings.dropout is not None else (0.2 if labelled else 0.0)
    return {
        "schema_version": SCHEMA_VERSION, "semscan_version": __version__, "kind": kind,
        "attention": attention, "backbone": "plain" if settings.backbone == "auto" else settings.backbone,
        "dropout": dropout, "classes": classes, "good_class": good,
        "preprocessing": {"mean": images.mean, "std": images.std}, "seed": settings.seed,
        "nm_per_pixel": images.scale.nm_per_pixel, "zoom": images.scale.share, "training_look": images.look,
        "training": {"said": layout.said, "images": len(images.labels), "data_fingerprint": images.fingerprint,
                     "augment": dataclasses.asdict(settings.augment), "clip": settings.clip,
                     "false_alarms": settings.false_alarms, "start_from": settings.start_from,
                     "accept": list(settings.accept)},
        **({"seam": True} if settings.seam else {}),
    }


def _marks(folder: ModelFolder, images: trainset.TrainSet, settings: TrainSettings) -> dict | None:
    """What the finished classifier says of the defects it was taught."""
    classes, good = folder.config["classes"], folder.config["good_class"]
    named = zip(images.labels, images.gallery.paths, strict=True)
    defects = [(name, path) for name, path in named if name and name != good]
    return class_marks(ModelWitness(folder), defects, settings.read, classes)


def _same_task(work: Path, config: dict, settings: TrainSettings) -> None:
    """With --resume, refuse a checkpoint of other data or settings; note this task beside the checkpoints."""
    task = json.dumps({**config, "steps": settings.steps}, sort_keys=True)
    note = work / "task.json"
    if settings.resume and note.is_file() and note.read_text("utf-8") != task:
        raise BadModelError(f"{work} was begun with other images or settings; give the same options as then, "
                            "or leave --resume away to start again")
    write_text(note, task)


def _record(out: Path, config: dict) -> dict:
    training, calibration = config["training"], config["calibration"]
    return {"model": str(out), "status": "ok", "kind": config["kind"], "attention": config["attention"],
            "images": training["images"], "steps": training["steps_done"], "ended": training["ended"],
            "raw_threshold": calibration["raw_threshold"], "false_alarms": calibration["false_alarms"],
            "held_back_reached": calibration["reached"], "classes": config["classes"],
            "held_back_accuracy": training.get("held_back_accuracy"), "seed": config["seed"],
            "seconds": training["seconds"]}
