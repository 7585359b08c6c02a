"""From a course to a finished model folder: fit, export, calibrate, save. TensorFlow is loaded here, not before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from semscan.files.model_folder import ModelFolder, config_text
from semscan.files.whole import FRESH
from semscan.files.write import write_bytes, write_text
from semscan.pipeline.course import Course
from semscan.pipeline.threshold import measure_threshold
from semscan.pipeline.trainset import TrainSet
from semscan.pipeline.witness import cpu_count
from semscan.report.card import model_card
from semscan.report.curves import draw_curves, history_table
from semscan.runtime.session import Network
from semscan.settings import TrainSettings

MOST_CHECKED = 200
Held = tuple[int, int, int]


def teach(course: Course, config: dict, work: Path, settings: TrainSettings):
    """Fit the network that `config` describes.

    Returns
    -------
    network : keras.Model
        In float32, with its best weights.
    history : dict of list of float
    training : dict
        What config.json says of the training.
    """
    from semscan.model import build, losses
    from semscan.model.fit import FitPlan, fit
    from semscan.tensors.batches import stream

    precision = build.start(settings.seed, settings.precision)
    network = build.build(config)
    if settings.start_from:
        build.load_start(network, Path(settings.start_from) / "weights.weights.h5")
    plan = FitPlan(course.steps, max(1, min(100, course.steps // 5)), course.learning_rate, settings.clip,
                   settings.patience, settings.time_limit, work, settings.resume,
                   work / FRESH / "tensorboard" if settings.tensorboard else None, settings.progress)

    def batches(first_step):
        return stream(course.draw, batch=course.batch, seed=settings.seed, first_step=first_step)

    history, ended, seconds = fit(network, batches, course.validation, plan, **losses.for_kind(config["kind"]))
    training = {
        "precision": precision, "batch": course.batch, "learning_rate": course.learning_rate,
        "steps": course.steps, "steps_done": int(history["step"][-1]), "ended": ended,
        "seconds": round(seconds, 1), "parameters": network.count_params(),
    }
    network = build.for_inference(network, config)
    if config["kind"] == "attention-cnn":
        training |= _told_right(network, course)
    return network, history, training


def _told_right(network, course: Course) -> dict:
    inputs, targets = course.validation
    logits = network.predict(inputs, batch_size=8, verbose=0)["logits"]
    right = logits.argmax(axis=1) == targets["logits"].argmax(axis=1)
    return {"held_back_accuracy": float(right.mean()), "held_back_images": len(right)}


def export(network, course: Course, kind: str) -> tuple[bytes, dict, float]:
    """The ONNX graph, the versions of what made it, and how far it differs from the network."""
    from semscan.model.build import libraries
    from semscan.model.export import to_onnx

    graph, difference = to_onnx(network, course.samples, logit_map=kind == "autoencoder")
    return graph, libraries(), difference


def no_calibration(course: Course, settings: TrainSettings) -> dict:
    """What config.json says of 0.5 before it is measured, and where nothing can measure it."""
    return {"raw_threshold": None, "false_alarms": settings.false_alarms, "reached": None,
            "held_back": course.held_said, "worth": 0.0}


def calibrate(
    folder: ModelFolder, images: TrainSet, held: Sequence[Held], course: Course, settings: TrainSettings
) -> dict:
    """Set 0.5 on held-back good images, through the very graph and tiles that inspect will use.

    `folder` is the model as far as it is known; `held` those of ``course.held`` that count.
    """
    calibration = no_calibration(course, settings)
    if not held:
        return calibration
    cases = [(images.gallery.paths[number], *images.in_file(number, row, col)) for number, row, col in held]
    ceiling = within_reach(folder.graph, course, 0.75) if folder.config["kind"] == "autoencoder" else np.inf
    return calibration | measure_threshold(folder, cases, settings.read, settings.false_alarms, ceiling)


def within_reach(graph: bytes, course: Course, share: float) -> float:
    """Nine tenths of the raw score that `share` of the painted, held-back patches do not reach."""
    inputs, targets = course.validation
    score = Network(graph, cpu_count()).run(inputs[..., 0])["score"]
    labels = targets["score"][..., 0] > 0
    peaks = [float(patch[label].max()) for patch, label in zip(score, labels, strict=True) if label.any()]
    return 0.9 * float(np.quantile(peaks, share)) if peaks else np.inf


def save(network, graph: bytes, config: dict, history: dict, summary: list[str], folder: Path) -> None:
    """Write the model folder; its config.json last."""
    folder.mkdir(exist_ok=True)
    network.save_weights(folder / "weights.weights.h5", overwrite=True)
    write_bytes(folder / "graph.onnx", graph)
    write_text(folder / "history.csv", history_table(history))
    write_bytes(folder / "curves.png", draw_curves(history, config["kind"]))
    write_text(folder / "MODEL_CARD.md", model_card(config, summary))
    write_text(folder / "config.json", config_text({**config, "graph_sha256": hashlib.sha256(graph).hexdigest()}))
