"""Train: find the layout, hold good images back, teach, export, calibrate, save. One model folder comes out."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from semscan import __version__
from semscan.errors import BadDataError, BadModelError, SemscanError, UsageFault
from semscan.files.finish import claim_model_folder, finish_model_folder
from semscan.files.layout import Layout, find_layout
from semscan.files.model_folder import ModelFolder, config_text, read_model_folder
from semscan.files.read import read_image
from semscan.files.write import write_bytes, write_text
from semscan.image.clean import clean
from semscan.image.resize import fit_within
from semscan.image.tiling import judged_rows, pad_to_tile
from semscan.maps.calibrate import fit_threshold
from semscan.model.registry import ATTENTIONS, BACKBONES, MODELS, known
from semscan.pipeline.course import Course, labelled_course, painted_course
from semscan.pipeline.gallery import Gallery
from semscan.pipeline.witness import ModelWitness
from semscan.report.card import model_card, summary_lines
from semscan.report.curves import draw_curves, history_table
from semscan.settings import AUTOENCODER_FLOOR, CLASSIFIER_SIDE, SCHEMA_VERSION, TrainSettings

Say = Callable[[str], None]


def train(data: Path, settings: TrainSettings, say: Say) -> dict:
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
    kind = _kind(settings, layout)
    out = Path(settings.out)
    work = claim_model_folder(out, overwrite=settings.overwrite, resume=settings.resume)

    gallery, labels, facts = _open_images(layout, kind, settings, say)
    config = _draft(kind, layout, facts, settings)
    _same_task(work, config, data, settings)
    course = _course(gallery, labels, config, settings)
    config |= course.shape
    say(f"Training the {kind} for {course.steps} steps on patches of {course.shape['tile']} px; "
        f"held back: {course.held_said}.")
    network, history, config = _teach(course, config, work, settings)

    graph, config = _export(network, course, config, history)
    config["calibration"] = _calibrate(graph, config, gallery, course, settings)
    summary = summary_lines(config)
    _save(network, graph, config, history, summary, work)
    finish_model_folder(work, out)
    for line in [*summary, f"Saved {out}. Inspect with: semscan inspect IMAGE --model {out}"]:
        say(line)
    return _record(out, config)


def _check(settings: TrainSettings) -> None:
    known(settings.model, ("auto", *MODELS), "model")
    known(settings.attention, ("auto", *ATTENTIONS), "attention")
    known(settings.backbone, ("auto", *BACKBONES), "backbone")
    if settings.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise UsageFault("TensorBoard is not installed; pip install tensorboard, or leave --tensorboard away")
    if settings.model == "autoencoder" and settings.attention not in ("auto", "soft-mask"):
        raise UsageFault(f"the autoencoder has no attention '{settings.attention}'; it takes soft-mask, "
                         "the attention CNN (--model attention-cnn) takes all")


def _kind(settings: TrainSettings, layout: Layout) -> str:
    if settings.model == "auto":
        return "attention-cnn" if layout.kind in ("classes", "classes-without-good") else "autoencoder"
    if settings.model == "attention-cnn" and len(layout.classes) + bool(layout.good) < 2:
        raise UsageFault("the attention CNN needs at least two class folders, this data has only good images; "
                         "leave --model away to train the autoencoder")
    if settings.model == "autoencoder" and not layout.good:
        raise BadDataError("the autoencoder learns from good images and this data has none; "
                           "name the good class with --good")
    return settings.model


def _open_images(layout, kind, settings, say):
    """Read every training image once: the gallery, each image's class, and what is common to all."""
    classes = dict(layout.classes) if kind == "attention-cnn" else {}
    named = [(layout.good_name, path) for path in layout.good]
    named += [(name, path) for name in sorted(classes) for path in classes[name]]
    sides: list[int] = []

    def load(path):
        image = clean(read_image(path, settings.read), settings.read)
        values = image.values[judged_rows(image)]
        if kind == "attention-cnn":
            side = facts.get("side", CLASSIFIER_SIDE)
            values = pad_to_tile(fit_within(values, side), side if "side" in facts else 1)
        return values

    facts: dict = {}
    kept, sums, digest = [], [], hashlib.sha256()
    for label, path in _counted(named):
        try:
            values = load(path)
        except SemscanError as error:
            say(f"left out: {error}")
            continue
        kept.append((label, path))
        exact = values.astype(np.float64)
        sums.append((exact.size, exact.sum(), np.square(exact).sum()))
        sides.append(max(values.shape))
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    if not kept:
        raise BadDataError("none of the training images can be read; see the lines above")
    size, total, squares = np.sum(sums, axis=0)
    deviation = float(np.sqrt(max(squares / size - (total / size) ** 2, 1e-8)))
    facts |= {"mean": float(total / size), "std": deviation, "data_fingerprint": digest.hexdigest()[:16],
              "images": len(kept), "side": max(32, -(-max(sides) // 32) * 32)}
    return Gallery([path for _, path in kept], load), [label for label, _ in kept], facts


def _counted(named):
    import sys

    from tqdm import tqdm

    return tqdm(named, desc="reading", unit="image", file=sys.stderr, disable=None, leave=False)


def _draft(kind, layout, facts, settings: TrainSettings) -> dict:
    """The part of config.json that is known before training."""
    learns_classes = kind == "attention-cnn"
    good = layout.good_name if learns_classes else None
    classes = ([good] if good else []) + sorted(layout.classes) if learns_classes else None
    attention = settings.attention if settings.attention != "auto" else \
        ("additive" if learns_classes else "soft-mask")
    dropout = settings.dropout if settings.dropout is not None else (0.2 if learns_classes else 0.0)
    return {
        "schema_version": SCHEMA_VERSION, "semscan_version": __version__, "kind": kind,
        "attention": attention, "backbone": "plain" if settings.backbone == "auto" else settings.backbone,
        "dropout": dropout, "classes": classes, "good_class": good,
        "preprocessing": {"mean": facts["mean"], "std": facts["std"]}, "seed": settings.seed,
        "nm_per_pixel": None,
        "training": {"said": layout.said, "images": facts["images"], "data_fingerprint": facts["data_fingerprint"],
                     "augment": dataclasses.asdict(settings.augment), "clip": settings.clip,
                     "false_alarms": settings.false_alarms, "start_from": settings.start_from},
    }


def _same_task(work: Path, config: dict, data: Path, settings: TrainSettings) -> None:
    """With --resume, refuse a checkpoint of other data or settings; note this task beside the checkpoints."""
    task = json.dumps({**config, "steps": settings.steps}, sort_keys=True)
    note = work / "task.json"
    if settings.resume and note.is_file() and note.read_text("utf-8") != task:
        raise BadModelError(f"{work} was begun with other images or settings than {data} now; give the same "
                            "options as then, or leave --resume away to start again")
    write_text(note, task)


def _course(gallery, labels, config, settings) -> Course:
    scale = (config["preprocessing"]["mean"], config["preprocessing"]["std"])
    if config["kind"] == "autoencoder":
        return painted_course(gallery, scale, settings)
    return labelled_course(gallery, labels, config["classes"], config["good_class"], scale, settings)


def _teach(course: Course, config: dict, work: Path, settings: TrainSettings):
    """Fit the network; return it in float32 with its best weights, its history, and the fuller config."""
    from semscan.model import (
        build,
        losses,
        quiet,  # noqa: F401  first of all that uses TensorFlow
    )
    from semscan.model.fit import FitPlan, fit
    from semscan.tensors.batches import stream

    precision = build.start(settings.seed, settings.precision)
    network = build.build(config)
    if settings.start_from:
        read_model_folder(Path(settings.start_from))
        build.load_start(network, Path(settings.start_from) / "weights.weights.h5")
    plan = FitPlan(course.steps, max(1, min(100, course.steps // 5)), course.learning_rate, settings.clip,
                   settings.patience, settings.time_limit, work, settings.resume,
                   work / "model" / "tensorboard" if settings.tensorboard else None)

    def batches(first_step):
        return stream(course.draw, batch=course.batch, seed=settings.seed, first_step=first_step)

    history, ended, seconds = fit(network, batches, course.validation, plan, **losses.for_kind(config["kind"]))
    config["training"] |= {
        "precision": precision, "batch": course.batch, "learning_rate": course.learning_rate,
        "steps": course.steps, "steps_done": int(history["step"][-1]), "ended": ended,
        "seconds": round(seconds, 1), "parameters": network.count_params(),
    }
    config["libraries"] = build.libraries()
    return build.for_inference(network, config), history, config


def _export(network, course: Course, config: dict, history) -> tuple[bytes, dict]:
    from semscan.model.export import to_onnx

    graph, difference = to_onnx(network, course.samples, logit_map=config["kind"] == "autoencoder")
    config["graph_sha256"] = hashlib.sha256(graph).hexdigest()
    config["training"]["export_difference"] = difference
    if config["kind"] == "attention-cnn":
        inputs, targets = course.validation
        logits = network.predict(inputs, batch_size=8, verbose=0)["logits"]
        right = logits.argmax(axis=1) == targets["logits"].argmax(axis=1)
        config["training"] |= {"held_back_accuracy": float(right.mean()), "held_back_images": len(right)}
    return graph, config


def _calibrate(graph, config, gallery: Gallery, course: Course, settings: TrainSettings) -> dict:
    """Set 0.5 on the held-back good images, through the very graph and tiles that inspect will use."""
    calibration = {"raw_threshold": None, "false_alarms": settings.false_alarms, "reached": None,
                   "held_back": course.held_said, "worth": 0.0}
    if not course.held:
        return calibration
    witness = ModelWitness(ModelFolder(Path(settings.out), {**config, "calibration": calibration}, graph, ""))
    maps, areas = [], []
    for number, row, col in course.held:
        image = clean(read_image(gallery.paths[number], settings.read), settings.read)
        maps.append(witness(image).raw)
        area = image.judged.copy()
        area[:row], area[:, :col] = False, False
        areas.append(area)
    threshold, reached = fit_threshold(
        maps, areas, false_alarms=settings.false_alarms,
        floor=AUTOENCODER_FLOOR if config["kind"] == "autoencoder" else 0.0,
    )
    worth = sum(float(area.mean()) for area in areas)
    return calibration | {"raw_threshold": threshold, "reached": reached, "worth": round(worth, 3)}


def _save(network, graph, config, history, summary, work: Path) -> None:
    folder = work / "model"
    folder.mkdir(exist_ok=True)
    network.save_weights(folder / "weights.weights.h5", overwrite=True)
    write_bytes(folder / "graph.onnx", graph)
    write_text(folder / "history.csv", history_table(history))
    write_bytes(folder / "curves.png", draw_curves(history, config["kind"]))
    write_text(folder / "MODEL_CARD.md", model_card(config, summary))
    write_text(folder / "config.json", config_text(config))


def _record(out: Path, config: dict) -> dict:
    training, calibration = config["training"], config["calibration"]
    return {"model": str(out), "status": "ok", "kind": config["kind"], "attention": config["attention"],
            "images": training["images"], "steps": training["steps_done"], "ended": training["ended"],
            "raw_threshold": calibration["raw_threshold"], "false_alarms": calibration["false_alarms"],
            "held_back_reached": calibration["reached"], "classes": config["classes"],
            "held_back_accuracy": training.get("held_back_accuracy"), "seed": config["seed"],
            "seconds": training["seconds"]}
