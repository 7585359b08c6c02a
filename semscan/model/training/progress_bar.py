"""The progress bar of a training."""

from __future__ import annotations

import math
import sys
from typing import Any

from tqdm import tqdm

from semscan.model.tf_import import keras

Logs = dict[str, Any] | None


class ProgressBar(keras.callbacks.Callback):
    """A tqdm bar on standard error, unless that is not a terminal or it is not to be shown.

    Parameters
    ----------
    steps, first_step : int
        Number of all steps, and of those that were done before.
    shown : bool
    """

    def __init__(self, steps: int, first_step: int, *, shown: bool) -> None:
        super().__init__()
        self.steps = steps
        self.first_step = first_step
        self.shown = shown

    def on_train_begin(self, logs: Logs = None) -> None:
        self.bar = tqdm(
            total=self.steps,
            initial=self.first_step,
            desc="training",
            unit="step",
            file=sys.stderr,
            disable=None if self.shown else True,
        )

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self.bar.update()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        losses = logs or {}
        self.bar.set_postfix(
            loss=f"{losses.get('loss', math.nan):.3f}", held_out=f"{losses.get('val_loss', math.nan):.3f}"
        )

    def on_train_end(self, logs: Logs = None) -> None:
        self.bar.close()
