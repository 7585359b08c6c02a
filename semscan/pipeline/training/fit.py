"""From a plan to a finished model folder: fit, export, calibrate, save. TensorFlow is loaded here, not before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from semscan.files.disk.atomic import write_bytes, write_text
from semscan.files.disk.replace_folder import FRESH
from semscan.files.models.folder import ModelFolder, config_text
from semscan.pipeline.training.calibration import measure_threshold
from semscan.pipeline.training.data.dataset import TrainSet
from semscan.pipeline.training.plan import TrainingPlan
from semscan.report.pictures.training_curves import draw_curves, history_table
from semscan.report.text.model_card import model_card
from semscan.runtime.session import Network, cpu_count
from semscan.settings import TrainSettings

MOST_CHECKED = 200
Held = tuple[int, int, int]


def train_network(plan: TrainingPlan, config: dict, work: Path, settings: TrainSettings):
    """Fit the network that `config` describes.

    Returns
    -------
    network : keras.Model
        In float32, with its best weights.
    history : dict of list of float
    training : dict
        What config.json says of the training.
    """
    from semscan.model import build
    from semscan.model.training import losses
    from semscan.model.training.batches import stream
    from semscan.model.training.fit import FitPlan, fit

    precision = build.start(settings.seed, settings.precision)
    network = build.build(config)
    if settings.start_from:
        build.load_start(network, Path(settings.start_from) / "weights.weights.h5")
    fit_plan = FitPlan(
        plan.steps,
        max(1, min(100, plan.steps // 5)),
        plan.learning_rate,
        settings.clip,
        settings.patience,
        settings.time_limit,
        work,
        settings.resume,
        work / FRESH / "tensorboard" if settings.tensorboard else None,
        settings.progress,
    )

    def batches(first_step):
        return stream(plan.draw, batch=plan.batch, seed=settings.seed, first_step=first_step)

    history, ended, seconds = fit(network, batches, plan.validation, fit_plan, **losses.for_kind(config["kind"]))
    training = {
        "precision": precision,
        "batch": plan.batch,
        "learning_rate": plan.learning_rate,
        "steps": plan.steps,
        "steps_done": int(history["step"][-1]),
        "ended": ended,
        "seconds": round(seconds, 1),
        "parameters": network.count_params(),
    }
    network = build.for_inference(network, config)
    if config["kind"] == "attention-cnn":
        training |= _told_right(network, plan)
    return network, history, training


def _told_right(network, plan: TrainingPlan) -> dict:
    inputs, targets = plan.validation
    logits = network.predict(inputs, batch_size=8, verbose=0)["logits"]
    right = logits.argmax(axis=1) == targets["logits"].argmax(axis=1)
    return {"held_back_accuracy": float(right.mean()), "held_back_images": len(right)}


def export(network, plan: TrainingPlan, kind: str) -> tuple[bytes, dict, float]:
    """The ONNX graph, the versions of what made it, and how far it differs from the network."""
    from semscan.model.build import libraries
    from semscan.model.export.to_onnx import to_onnx

    graph, difference = to_onnx(network, plan.samples, logit_map=kind == "autoencoder")
    return graph, libraries(), difference


def unset_calibration(plan: TrainingPlan, settings: TrainSettings) -> dict:
    """What config.json says of 0.5 before it is measured, and where nothing can measure it."""
    return {
        "raw_threshold": None,
        "false_alarms": settings.false_alarms,
        "reached": None,
        "held_back": plan.held_said,
        "worth": 0.0,
    }


def calibrate(
    folder: ModelFolder, images: TrainSet, held: Sequence[Held], plan: TrainingPlan, settings: TrainSettings
) -> dict:
    """Set 0.5 on held-back good images, through the very graph and tiles that inspect will use.

    `folder` is the model as far as it is known; `held` those of ``plan.held`` that count.
    """
    calibration = unset_calibration(plan, settings)
    if not held:
        return calibration
    cases = [(images.cache.paths[number], *images.in_file(number, row, col)) for number, row, col in held]
    ceiling = highest_usable_threshold(folder.graph, plan, 0.75) if folder.config["kind"] == "autoencoder" else np.inf
    return calibration | measure_threshold(folder, cases, settings.read, settings.false_alarms, ceiling)


def highest_usable_threshold(graph: bytes, plan: TrainingPlan, share: float) -> float:
    """Nine tenths of the raw score that `share` of the painted, held-back patches do not reach."""
    inputs, targets = plan.validation
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
