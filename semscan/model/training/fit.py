"""Run the training steps: schedule, best weights, early stop, checkpoints, progress bar, logs.

Keras has callbacks for part of this: ``ModelCheckpoint``, ``EarlyStopping`` and ``BackupAndRestore``. They are not used
here for three reasons:

- The time limit counts the seconds before an interruption, and the learning rate follows it. ``BackupAndRestore`` keeps
  neither the seconds nor the position in the schedule.
- A resumed training must continue its history, and with it the best loss and the patience. ``ModelCheckpoint`` and
  ``EarlyStopping`` begin again without it, and could overwrite better weights.
- A loss that is not finite must end the training with the best weights before it.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from semscan.errors import OutputError, UsageFault
from semscan.model.tf_import import keras, tf
from semscan.model.training.gradients import Examples, GradientNorms
from semscan.model.training.progress_bar import ProgressBar
from semscan.model.training.save_weights import save_weights
from semscan.phrases import plural
from semscan.values.model.training import TIME_LIMIT

BEST_WEIGHTS = "best.weights.h5"
PROGRESS = "progress.json"
MEASURED_STEPS = 5
Logs = dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class FitPlan:
    """How long and how fast to train. A round has `round_steps` steps; the network is validated after each.

    `say` gets a sentence about the time that the training takes, once that is known.
    """

    steps: int
    round_steps: int
    learning_rate: float
    clip: float
    patience: int
    time_limit: float | None
    work: Path
    resume: bool
    tensorboard: Path | None = None
    progress: bool = True
    say: Callable[[str], None] = lambda sentence: None


def fit(
    model: keras.Model,
    batches: Callable[[int], tf.data.Dataset],
    validation: Examples,
    plan: FitPlan,
    *,
    losses: Mapping[str, Any],
    weights: Mapping[str, float],
) -> tuple[dict[str, list[float]], str, float]:
    """Train `model` in place and leave it with its best weights.

    Parameters
    ----------
    model : keras.Model
    batches : callable
        ``batches(first_step)`` gives an endless dataset of (inputs, targets).
    validation : tuple of arrays
        (inputs, targets), never trained on.
    plan : FitPlan
    losses, weights : dict by output name

    Returns
    -------
    history : dict of list of float
        One value for each round, by name; ``step`` counts the steps done, ``gradient_norm`` is before clipping.
    ended : str
        Why training ended: "all steps", "no more progress", "time limit" or "the loss was not a finite number".
    seconds : float
        Time spent, including the time before an interruption.

    Raises
    ------
    UsageFault
        If the loss was not finite in the first round already.
    """
    model.compile(
        optimizer=keras.optimizers.AdamW(plan.learning_rate, weight_decay=1e-4, clipnorm=plan.clip),
        loss=losses,
        loss_weights=weights,
    )
    _create_variables(model, validation)
    schedule = _Schedule(plan)
    checkpoint = _Checkpoint(plan, schedule)
    first_round = checkpoint.restore(model) if plan.resume else 0
    # The order matters: the norms must be in the logs, and the best weights chosen, before the checkpoint is written.
    callbacks = [
        schedule,
        GradientNorms(validation),
        _BestWeights(plan, checkpoint),
        checkpoint,
        ProgressBar(plan.steps, first_round * plan.round_steps, shown=plan.progress),
    ]
    if plan.tensorboard:
        callbacks.append(keras.callbacks.TensorBoard(plan.tensorboard, update_freq="epoch"))
    rounds = max(1, math.ceil(plan.steps / plan.round_steps))
    if first_round < rounds and not checkpoint.ended:
        model.fit(
            batches(first_round * plan.round_steps),
            epochs=rounds,
            initial_epoch=first_round,
            steps_per_epoch=plan.round_steps,
            validation_data=validation,
            validation_batch_size=8,
            callbacks=callbacks,
            verbose=0,
            shuffle=False,
        )
    if not any(map(math.isfinite, checkpoint.history["val_loss"])):
        raise UsageFault(
            "the loss is not a finite number after the first round of training: the steps are too large; give a "
            "smaller --learning-rate, or --precision float32"
        )
    model.load_weights(plan.work / BEST_WEIGHTS)
    return checkpoint.history, checkpoint.ended or "all steps", schedule.seconds


def _create_variables(model: keras.Model, examples: Examples) -> None:
    """Create the variables of optimizer and losses, which Keras leaves to the first step.

    TensorFlow traces a step that creates variables a second time, which takes some seconds.
    """
    model.optimizer.build(model.trainable_variables)
    inputs = examples[0][:1]
    targets = {name: values[:1] for name, values in examples[1].items()}
    model.compute_loss(x=inputs, y=targets, y_pred=model(inputs, training=False))


class _Schedule(keras.callbacks.Callback):
    """Learning rate and time limit: warm-up, then a half cosine over the steps, or over the time if that ends first.

    How many steps there is time for is measured: the first step builds the graph, the next ones show the speed. The
    warm-up is planned for them; the cosine follows the time, so a machine that becomes slower or faster later does no
    harm. Loshchilov & Hutter, "SGDR", ICLR 2017, arXiv:1608.03983.
    """

    def __init__(self, plan: FitPlan) -> None:
        super().__init__()
        self.plan = plan
        self.seconds = 0.0
        self.step = 0
        self.reachable = plan.steps

    def on_train_begin(self, logs: Logs = None) -> None:
        self.began = time.monotonic() - self.seconds
        self.first_step = self.step

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self.seconds = time.monotonic() - self.began
        self.model.optimizer.learning_rate.assign(self._learning_rate())
        self.step += 1

    def _learning_rate(self) -> float:
        progress = self.step / self.plan.steps
        if self.plan.time_limit:
            progress = max(progress, self.seconds / self.plan.time_limit)
        warm_up = min(1.0, (self.step + 1) / max(1, min(100, self.reachable // 10)))
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        return self.plan.learning_rate * warm_up * (0.01 + 0.99 * cosine)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self.seconds = time.monotonic() - self.began
        done = self.step - self.first_step
        if done == 1:
            self.built = self.seconds
        elif done == 1 + MEASURED_STEPS:
            self._plan((self.seconds - self.built) / MEASURED_STEPS)
        if self.plan.time_limit and self.seconds > self.plan.time_limit:
            self.model.stop_training = True

    def _plan(self, seconds_a_step: float) -> None:
        """Plan the rest of the training from its measured speed, and say how long it takes."""
        left = self.plan.steps - self.step
        sentence = f"Training takes {seconds_a_step:.2g} s a step"
        if self.plan.time_limit:
            fitting = int(max(0.0, self.plan.time_limit - self.seconds) / max(seconds_a_step, 1e-6))
            if fitting < left:
                self.reachable = max(1, self.step + fitting)
                self.plan.say(
                    f"{sentence}: about {self.reachable} of {self.plan.steps} steps fit into the time limit of "
                    f"{self.plan.time_limit / 60:.3g} minutes, and the learning rate is planned for them."
                )
                return
        minutes = max(1, math.ceil(left * seconds_a_step / 60))
        self.plan.say(f"{sentence}: about {plural(minutes, 'minute')} for {plural(left, 'step')}.")


class _BestWeights(keras.callbacks.Callback):
    """Keep the weights of the round with the lowest validation loss; end training when it no longer falls."""

    def __init__(self, plan: FitPlan, checkpoint: _Checkpoint) -> None:
        super().__init__()
        self.plan = plan
        self.checkpoint = checkpoint

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        earlier = self.checkpoint.history.get("val_loss", [])
        loss = float((logs or {}).get("val_loss", math.nan))
        if not math.isfinite(loss):  # these weights cannot be used; those of an earlier round can
            self._end("the loss was not a finite number")
        elif not earlier or loss < min(earlier):
            save_weights(self.model, self.plan.work / BEST_WEIGHTS)
        elif len(earlier) - int(np.argmin(earlier)) >= self.plan.patience:
            self._end("no more progress")

    def _end(self, why: str) -> None:
        self.checkpoint.ended = why
        self.model.stop_training = True


class _Checkpoint(keras.callbacks.Callback):
    """After each round, write all that a resumed training needs: weights, optimizer state, history, seconds."""

    def __init__(self, plan: FitPlan, schedule: _Schedule) -> None:
        super().__init__()
        self.plan = plan
        self.schedule = schedule
        self.history: dict[str, list[float]] = {}
        self.ended = ""

    def restore(self, model: keras.Model) -> int:
        """Load the last checkpoint, if there is one, and return the number of rounds that it has done."""
        path = self.plan.work / PROGRESS
        if not path.is_file():
            return 0
        progress = json.loads(path.read_text("utf-8"))
        rounds = progress["rounds"]
        model.load_weights(self._weights_of(rounds))
        self.history = progress["history"]
        self.ended = progress["ended"]
        self.schedule.seconds = progress["seconds"]
        self.schedule.step = rounds * self.plan.round_steps
        return rounds

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        done = len(self.history.get("step", []))
        for name, value in {"step": self.schedule.step, **(logs or {})}.items():
            # A checkpoint of an earlier version may lack a name: its rounds count as not measured.
            self.history.setdefault(name, [math.nan] * done).append(float(value))
        limit = self.plan.time_limit
        if self.model.stop_training and not self.ended and limit and self.schedule.seconds >= limit * 0.99:
            self.ended = TIME_LIMIT
        rounds = len(self.history["step"])
        save_weights(self.model, self._weights_of(rounds))
        progress = {"rounds": rounds, "history": self.history, "ended": self.ended, "seconds": self.schedule.seconds}
        path = self.plan.work / PROGRESS
        fresh = path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(progress), "utf-8")
            fresh.replace(path)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror}); free some space") from error

    def _weights_of(self, rounds: int) -> Path:
        """Return the file of the weights; two take turns, so that `PROGRESS` always names a complete one."""
        return self.plan.work / f"last-{rounds % 2}.weights.h5"
