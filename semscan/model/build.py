"""Build a network by name for training, and again for inference; weights in and out."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

from semscan.errors import BadModelError
from semscan.model.attention.factory import make_attention
from semscan.model.registry import BACKBONES, MODELS, resolve
from semscan.model.tf_import import keras


def build(config):
    """Build the network that `config` describes, under the precision in force.

    Parameters
    ----------
    config : mapping
        ``kind``, ``attention``, ``backbone``, ``classes``, ``good_class``, ``dropout`` and, where SEAM
        trains it, ``seam``, as in a model's config.json.
    """
    attention, gates = make_attention(config["attention"], config["kind"])
    builder = resolve(MODELS[config["kind"]].target)
    if config["kind"] == "autoencoder":
        return builder(dropout=config["dropout"], attention=attention, gates=gates)
    classes = config["classes"]
    good = classes.index(config["good_class"]) if config["good_class"] in classes else None
    return builder(
        classes=len(classes),
        good=good,
        base=resolve(BACKBONES[config["backbone"]].target),
        attention=attention,
        dropout=config["dropout"],
        seam=config.get("seam", False),
    )


def start(seed, precision):
    """Seed Keras, NumPy and Python and set the precision; return the precision chosen.

    "auto" takes bfloat16 for the arithmetic (weights stay float32) where the processor has
    instructions for it, since it trains 1.2 to 1.4 times as fast there, and slower elsewhere.
    """
    keras.utils.set_random_seed(seed)
    keras.backend.clear_session()
    if precision == "auto":
        precision = "bfloat16" if _processor_has_bfloat16() else "float32"
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    return precision


def _processor_has_bfloat16():
    try:
        flags = Path("/proc/cpuinfo").read_text("ascii", errors="ignore")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def for_inference(trained, config):
    """Return the same network in float32, with the weights of `trained`."""
    keras.mixed_precision.set_global_policy("float32")
    fresh = build(config)
    fresh.set_weights(trained.get_weights())
    return fresh


def load_start(model, weights: Path):
    """Start `model` from the weights of an earlier model of the same kind.

    Raises
    ------
    BadModelError
        If they do not fit.
    """
    try:
        model.load_weights(weights)
    except Exception as error:
        raise BadModelError(
            f"{weights.parent} cannot be a starting point: its weights do not fit this network "
            f"({type(error).__name__}); use a model of the same kind, attention and classes"
        ) from error


def libraries():
    """Versions of what made the model."""
    names = ("tensorflow", "keras", "numpy", "opencv-python", "onnx", "tf2onnx", "onnxruntime")
    return {name: importlib.metadata.version(name) for name in names}
