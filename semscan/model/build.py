"""Build a network by name for training, and again for inference; weights in and out."""

from __future__ import annotations

import contextlib
import importlib.metadata
from pathlib import Path

from semscan.errors import BadModelError
from semscan.model.attention.factory import make_attention
from semscan.model.registry import NETWORKS, resolve
from semscan.model.tf_import import keras
from semscan.values.model.config import NetworkConfig

_PROCESSOR = Path("/proc/cpuinfo")


def build(network: NetworkConfig) -> keras.Model:
    """Build the network that a model's config.json describes, under the precision in force.

    Raises
    ------
    UsageFault
        If there is no such attention.
    """
    attention, gates = make_attention(network.attention, network.kind)
    return resolve(NETWORKS[network.kind].builder)(network, attention, gates)


def start(seed: int, precision: str) -> str:
    """Seed Keras, NumPy and Python, set the precision, and return the precision chosen.

    "auto" takes bfloat16 for the arithmetic (weights stay float32) where the processor has matrix units for it (AMX),
    since it trains 1.2 to 1.4 times as fast there. With vector instructions alone (AVX-512 BF16) it takes twice as
    long.
    """
    keras.utils.set_random_seed(seed)
    keras.backend.clear_session()
    if precision == "auto":
        precision = "bfloat16" if _processor_has_bfloat16_units() else "float32"
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    return precision


def _processor_has_bfloat16_units() -> bool:
    try:
        return "amx_bf16" in _PROCESSOR.read_text("ascii", errors="ignore")
    except OSError:
        return False


def for_inference(trained: keras.Model, network: NetworkConfig) -> keras.Model:
    """Return the same network in float32, with the weights of `trained`."""
    keras.mixed_precision.set_global_policy("float32")
    fresh = build(network)
    fresh.set_weights(trained.get_weights())
    return fresh


def load_start(model: keras.Model, weights: Path) -> None:
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


def libraries() -> dict[str, str]:
    """Return the versions of the libraries that make a model, by name."""
    opencv = "opencv-python", "opencv-python-headless"
    names = ("tensorflow", "keras", "numpy", *opencv, "onnx", "tf2onnx", "onnxruntime")
    found = {}
    for name in names:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # one of the two builds of OpenCV
            found[name] = importlib.metadata.version(name)
    return found
