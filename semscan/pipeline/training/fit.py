"""From a plan to a finished model folder: fit, export, save. TensorFlow is loaded here, not before."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from semscan.files.disk.atomic import make_folder, write_bytes, write_text
from semscan.files.disk.replace_folder import FRESH
from semscan.files.models.folder import config_text
from semscan.model.registry import NETWORKS, resolve
from semscan.pipeline.training.plan import TrainingPlan
from semscan.report.plots.detection_curves import draw_detection
from semscan.report.plots.training_curves import draw_curves, history_table
from semscan.report.text.model_card import model_card
from semscan.settings import TrainSettings
from semscan.values.model.config import ModelConfig, NetworkConfig
from semscan.values.model.training import FitRecord

ENOUGH_STEPS = 0.25  # of the planned steps: with fewer the batch is made smaller
FEWEST_ROUNDS = 5
History = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class FittedNetwork:
    """A fitted network in float32, with its best weights.

    `history` has one value a round for each loss and norm; `record` is for config.json.
    """

    network: Any  # keras.Model, which is not imported here
    history: History
    record: FitRecord


@dataclass(frozen=True, slots=True)
class ExportedGraph:
    """The ONNX graph of a network, the versions of the libraries that made it, and its largest relative difference."""

    graph: bytes
    libraries: Mapping[str, str]
    difference: float


def train_network(
    plan: TrainingPlan, config: NetworkConfig, work: Path, settings: TrainSettings, log: Callable[[str], None]
) -> FittedNetwork:
    """Fit the network that `config` describes; checkpoints and logs go into the folder `work`.

    Raises
    ------
    BadModelError
        If the weights to start from do not fit.
    UsageFault
        If the loss is not a number from the first round on.
    """
    from semscan.model import build
    from semscan.model.training.batches import stream
    from semscan.model.training.fit import fit

    log("Starting TensorFlow and building the network; the first step takes longest.")
    precision = build.start(settings.seed, settings.precision)
    network = build.build(config)
    planned = plan.batch
    if settings.time_limit:
        plan = replace(plan, batch=batch_in_time(plan, _pixels_per_second(network, plan), settings.time_limit))
    if settings.start_from:
        build.load_start(network, Path(settings.start_from) / "weights.weights.h5")

    def batches(first_step: int) -> Iterator[Any]:
        return stream(plan.draw, batch=plan.batch, seed=settings.seed, first_step=first_step)

    losses = resolve(NETWORKS[config.kind].losses)()
    history, ended, seconds = fit(
        network, batches, plan.validation, _fit_plan(plan, work, settings, planned // plan.batch, log), **losses
    )
    record = FitRecord(
        precision=precision,
        batch=plan.batch,
        learning_rate=plan.learning_rate,
        steps=plan.steps,
        steps_done=int(history["step"][-1]),
        ended=ended,
        seconds=round(seconds, 1),
        parameters=network.count_params(),
        falling=falling_share(history["val_loss"]),
    )
    network = build.for_inference(network, config)
    if "logits" in plan.validation[1]:
        record = _with_accuracy(record, network, plan)
    return FittedNetwork(network, history, record)


def batch_in_time(plan: TrainingPlan, pixels_per_second: float, seconds: float) -> int:
    """Return the patches of a step: a half or a quarter of the plan's where time is short.

    Where only a small part of the planned steps fits, many small steps teach more than few large ones.
    """
    pixels = plan.validation[0][0].size
    sizes = [min(plan.batch, max(2, plan.batch // part)) for part in (1, 2, 4)]
    enough = [size for size in sizes if seconds * pixels_per_second / (size * pixels) >= ENOUGH_STEPS * plan.steps]
    return enough[0] if enough else sizes[-1]


def _pixels_per_second(network: Any, plan: TrainingPlan) -> float:
    """Measure the speed of the network on two patches, which is about that of training on them on a CPU."""
    patches = plan.validation[0][:2]
    network(patches, training=False)  # the first call builds
    began = time.monotonic()
    network(patches, training=False)
    return float(patches.size / max(time.monotonic() - began, 1e-6))


def _fit_plan(plan: TrainingPlan, work: Path, settings: TrainSettings, shorter: int, log: Callable[[str], None]) -> Any:
    """Return the plan of the fit; `shorter` is how many times fewer patches a step has than planned."""
    from semscan.model.training.fit import FitPlan

    return FitPlan(
        steps=plan.steps,
        round_steps=max(1, min(100, plan.steps // 5)),
        learning_rate=plan.learning_rate,
        clip=settings.clip,
        patience=settings.patience * shorter,
        time_limit=settings.time_limit,
        work=work,
        resume=settings.resume,
        tensorboard=work / FRESH / "tensorboard" if settings.tensorboard else None,
        progress=settings.progress,
        say=log,
    )


def _with_accuracy(record: FitRecord, network: Any, plan: TrainingPlan) -> FitRecord:
    """Add the share of held-out images whose class is predicted correctly."""
    inputs, targets = plan.validation
    logits = network.predict(inputs, batch_size=8, verbose=0)["logits"]
    labels = targets["logits"].argmax(axis=1)
    correct = logits.argmax(axis=1) == labels
    return replace(
        record,
        held_out_accuracy=float(correct.mean()),
        held_out_images=len(correct),
        held_out_majority=int(np.bincount(labels).max()),
    )


def falling_share(losses: Sequence[float]) -> float | None:
    """Return by how much the lowest loss of the last fifth of the rounds lies below that before, 0 to 1.

    None with fewer than five rounds, of which a fifth says nothing.

    Examples
    --------
    >>> falling_share([1.0, 0.5, 0.4, 0.3, 0.15]), falling_share([1.0, 0.5, 0.4, 0.2, 0.25]), falling_share([1.0] * 4)
    (0.5, 0.0, None)
    """
    finite = [loss for loss in losses if math.isfinite(loss)]
    last = max(1, len(finite) // 5)
    if len(finite) < FEWEST_ROUNDS:
        return None
    before, after = min(finite[:-last]), min(finite[-last:])
    return round(min(1.0, max(0.0, 1 - after / before)), 4) if before > 0 else None


def export(network: Any, samples: np.ndarray, kind: str) -> ExportedGraph:
    """Export a fitted network and check the graph against it on `samples`, float32 (n, tile, tile).

    Raises
    ------
    ExportError
        If the graph differs too much from the network.
    """
    from semscan.model.build import libraries
    from semscan.model.export.to_onnx import to_onnx

    graph, difference = to_onnx(network, samples, logit_map=NETWORKS[kind].logit_map)
    return ExportedGraph(graph, libraries(), difference)


def save(fitted: FittedNetwork, graph: bytes, config: ModelConfig, summary: Sequence[str], folder: Path) -> None:
    """Write the model folder; its config.json last."""
    from semscan.model.training.save_weights import save_weights

    make_folder(folder)
    save_weights(fitted.network, folder / "weights.weights.h5")
    write_bytes(folder / "graph.onnx", graph)
    write_text(folder / "history.csv", history_table(fitted.history))
    write_bytes(folder / "curves.png", draw_curves(fitted.history, config.network.kind))
    if config.painted is not None:
        title = f"Defects painted into held-out good images, {config.network.kind}"
        write_bytes(folder / "sensitivity.png", draw_detection(config.painted, None, title))
    write_text(folder / "MODEL_CARD.md", model_card(config, summary))
    weights = hashlib.sha256((folder / "weights.weights.h5").read_bytes()).hexdigest()
    config = replace(config, graph_sha256=hashlib.sha256(graph).hexdigest(), weights_sha256=weights)
    write_text(folder / "config.json", config_text(config))
