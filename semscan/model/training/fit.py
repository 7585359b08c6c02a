"""Run the training steps: schedule, best weights, early stop, checkpoints, bar, logs."""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from semscan.errors import UsageFault
from semscan.model.tf_import import keras
from semscan.model.training.gradients import GradientNorms


@dataclass(frozen=True, slots=True)
class FitPlan:
    """How long and how fast to train. `round_steps` steps make one round, after which it is validated."""

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


def fit(model, batches, validation, plan, *, losses, weights):
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
        One value a round, by name; ``step`` counts steps done, ``gradient_norm`` is before clipping.
    ended : str
        Why training ended: "all steps", "no more progress", "time limit", "the loss was no number any more".
    seconds : float
        Time spent, that before a resume included.

    Raises
    ------
    UsageFault
        If the loss is no number from the first round on.
    """
    model.compile(
        optimizer=keras.optimizers.AdamW(plan.learning_rate, weight_decay=1e-4, clipnorm=plan.clip),
        loss=losses,
        loss_weights=weights,
    )
    clock = _Clock(plan)
    backup = _Backup(plan, clock)
    first_round = backup.restore(model) if plan.resume else 0
    callbacks = [clock, GradientNorms(validation), _Best(plan, backup), backup, _Bar(plan, first_round)]
    if plan.tensorboard:
        callbacks.append(keras.callbacks.TensorBoard(plan.tensorboard, update_freq="epoch"))
    rounds = max(1, math.ceil(plan.steps / plan.round_steps))
    if first_round < rounds and not backup.ended:
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
    if not any(map(math.isfinite, backup.history["val_loss"])):
        raise UsageFault(
            "the loss is no number after the first round of training: the steps are too large; give a "
            "smaller --learning-rate, or --precision float32"
        )
    model.load_weights(plan.work / "best.weights.h5")
    return backup.history, backup.ended or "all steps", clock.used


class _Clock(keras.callbacks.Callback):
    """Warm up, then anneal the rate by a half cosine over the steps, or over the time if that ends first.

    Loshchilov & Hutter, "SGDR", ICLR 2017, arXiv:1608.03983.
    """

    def __init__(self, plan):
        super().__init__()
        self.plan, self.used, self.step = plan, 0.0, 0

    def on_train_begin(self, logs=None):
        self.began = time.monotonic() - self.used

    def on_train_batch_begin(self, batch, logs=None):
        plan = self.plan
        self.used = time.monotonic() - self.began
        progress = self.step / plan.steps
        if plan.time_limit:
            progress = max(progress, self.used / plan.time_limit)
        warm = min(1.0, (self.step + 1) / max(1, min(100, plan.steps // 10)))
        rate = plan.learning_rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
        self.model.optimizer.learning_rate.assign(rate)
        self.step += 1

    def on_train_batch_end(self, batch, logs=None):
        self.used = time.monotonic() - self.began
        if self.plan.time_limit and self.used > self.plan.time_limit:
            self.model.stop_training = True


class _Best(keras.callbacks.Callback):
    """Keep the weights of the round with the lowest validation loss; stop when it no longer falls."""

    def __init__(self, plan, backup):
        super().__init__()
        self.plan, self.backup = plan, backup

    def on_epoch_end(self, epoch, logs=None):
        past = self.backup.history.get("val_loss", [])
        loss = float(logs.get("val_loss", math.nan))
        if not math.isfinite(loss):  # the weights are lost; those of an earlier round are not
            self.backup.ended = "the loss was no number any more"
            self.model.stop_training = True
            return
        if not past or loss < min(past):
            _save_whole(self.model, self.plan.work / "best.weights.h5")
            return
        since = len(past) - 1 - int(np.argmin(past))
        if since + 1 >= self.plan.patience:
            self.backup.ended = "no more progress"
            self.model.stop_training = True


class _Backup(keras.callbacks.Callback):
    """After each round, write all that a resumed training needs: weights, optimizer, history, clock."""

    def __init__(self, plan, clock):
        super().__init__()
        self.plan, self.clock, self.history, self.ended = plan, clock, {}, ""

    def restore(self, model):
        """Load the last checkpoint, if there is one, and return the number of rounds it had done."""
        note = self.plan.work / "progress.json"
        if not note.is_file():
            return 0
        progress = json.loads(note.read_text("utf-8"))
        model.optimizer.build(model.trainable_variables)
        model.load_weights(self.plan.work / f"last-{progress['rounds'] % 2}.weights.h5")
        self.history, self.ended = progress["history"], progress["ended"]
        self.clock.used, self.clock.step = progress["seconds"], progress["rounds"] * self.plan.round_steps
        return progress["rounds"]

    def on_epoch_end(self, epoch, logs=None):
        done = len(self.history.get("step", []))
        for name, value in {"step": self.clock.step, **(logs or {})}.items():
            self.history.setdefault(name, [math.nan] * done).append(float(value))
        limit = self.plan.time_limit
        if self.model.stop_training and not self.ended and limit and self.clock.used >= limit * 0.99:
            self.ended = "time limit"
        rounds = len(self.history["step"])
        _save_whole(self.model, self.plan.work / f"last-{rounds % 2}.weights.h5")
        progress = {"rounds": rounds, "history": self.history, "ended": self.ended, "seconds": self.clock.used}
        note = self.plan.work / "progress.json"
        note.with_suffix(".new").write_text(json.dumps(progress), "utf-8")
        note.with_suffix(".new").replace(note)


def _save_whole(model, path):
    """Save so that a cut-off never leaves half a file under the real name."""
    fresh = path.with_name("new-" + path.name)
    model.save_weights(fresh, overwrite=True)
    fresh.replace(path)


class _Bar(keras.callbacks.Callback):
    """A tqdm bar on standard error; none when that is not a terminal, or the plan wants none."""

    def __init__(self, plan, first_round):
        super().__init__()
        self.plan, self.done = plan, first_round * plan.round_steps

    def on_train_begin(self, logs=None):
        self.bar = tqdm(
            total=self.plan.steps,
            initial=self.done,
            desc="training",
            unit="step",
            file=sys.stderr,
            disable=None if self.plan.progress else True,
        )

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()

    def on_epoch_end(self, epoch, logs=None):
        self.bar.set_postfix(loss=f"{logs['loss']:.3f}", held_back=f"{logs.get('val_loss', math.nan):.3f}")

    def on_train_end(self, logs=None):
        self.bar.close()
