"""Names of networks, backbones and attentions. Imports no TensorFlow; builders are resolved on use."""

from __future__ import annotations

import difflib
import importlib

from semscan.errors import UsageFault

MODELS = {
    "attention-cnn": "semscan.model.classifier:build_classifier",
    "autoencoder": "semscan.model.autoencoder:build_autoencoder",
}
BACKBONES = {
    "plain": "semscan.model.classifier:plain_base",
    "residual": "semscan.model.classifier:residual_base",
}
ATTENTIONS = {
    "additive": "softmax over positions (Bahdanau); attention CNN",
    "soft-mask": "sigmoid at each position; both networks",
    "none": "plain mean over positions, the baseline; attention CNN",
}
MODES = {"additive": "softmax", "soft-mask": "sigmoid", "none": "none"}


def known(name, names, what):
    """Return `name` if it is one of `names`, else raise UsageFault with the nearest one."""
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"choose from {', '.join(names)}"
    raise UsageFault(f"there is no {what} '{name}'; {hint}")


def resolve(target):
    """Import what a "module:function" string names."""
    module, _, function = target.partition(":")
    return getattr(importlib.import_module(module), function)
