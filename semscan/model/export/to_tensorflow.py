"""A network as a TensorFlow SavedModel or TFLite file that includes preprocessing and calibration."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semscan.model.export.to_onnx import inference_function
from semscan.model.registry import NETWORKS
from semscan.model.tf_import import Tensor, keras, quiet_stderr, tf
from semscan.values.model.config import ModelConfig

_LARGEST = np.nextafter(np.float32(1), np.float32(0))


def deployed(network: keras.Model, config: ModelConfig, *, side: int | None = None) -> tf.Module:
    """Make a `tf.Module` whose ``__call__`` takes grey levels and returns the anomaly map.

    It takes any number of images of any size; with `side`, one image of exactly that many rows and columns.

    Returns
    -------
    tf.Module
        ``image`` float32 (n, rows, cols), 0 to 1, to ``map`` float32 (n, rows, cols), 0 to below 1, and ``logits``
        (n, classes) where the network has them.
    """
    logit_map = NETWORKS[config.network.kind].logit_map
    infer = inference_function(network, logit_map=logit_map, looks=config.looks.default).python_function
    mean = np.float32(config.preprocessing.mean)
    std = np.float32(config.preprocessing.std)
    threshold = config.calibration.raw_threshold
    half = np.float32(1.0 if threshold is None else threshold)  # the raw score that the map shows as 0.5
    shape = (None, None, None) if side is None else (1, side, side)

    class Deployed(tf.Module):
        def __init__(self) -> None:
            super().__init__(name="semscan")
            self.network = network  # keeps the weights in the SavedModel

        @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, name="image")])
        def __call__(self, image: Tensor) -> dict[str, Tensor]:
            outputs = infer((image - mean) / std)
            raw = tf.maximum(outputs["score"], 0.0)
            anomaly_map = tf.minimum(raw / (raw + half), _LARGEST)
            named = {"map": tf.identity(anomaly_map, name="map")}
            if "logits" in outputs:
                named["logits"] = tf.identity(outputs["logits"], name="logits")
            return named

    return Deployed()


def save_savedmodel(network: keras.Model, config: ModelConfig, folder: Path) -> None:
    """Write a SavedModel with the signature ``serving_default`` into `folder`."""
    module = deployed(network, config)
    with quiet_stderr():
        tf.saved_model.save(module, str(folder), signatures=module.__call__)


def tflite_bytes(network: keras.Model, config: ModelConfig) -> bytes:
    """Return the network as a TFLite file in float32, for one tile of the model's size."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    side = config.tiling.tile
    with quiet_stderr(), tempfile.TemporaryDirectory() as folder:
        function = deployed(network, config, side=side).__call__.get_concrete_function()
        frozen = _Frozen(convert_variables_to_constants_v2(function), sorted(function.structured_outputs), side)
        # By way of a SavedModel, in which inputs and outputs keep their names.
        tf.saved_model.save(frozen, folder, signatures=frozen.infer)
        return tf.lite.TFLiteConverter.from_saved_model(folder).convert()


class _Frozen(tf.Module):
    """A function whose weights are constants: a TFLite runner gives variables no values."""

    def __init__(self, function: Any, names: Sequence[str], side: int) -> None:
        super().__init__()

        @tf.function(input_signature=[tf.TensorSpec((1, side, side), tf.float32, name="image")])
        def infer(image: Tensor) -> dict[str, Tensor]:
            outputs = function(image)
            if isinstance(outputs, dict):
                return outputs
            return dict(zip(names, tf.nest.flatten(outputs), strict=True))

        self.infer = infer


def run_savedmodel(folder: Path, images: np.ndarray) -> dict[str, np.ndarray]:
    """Run a SavedModel from disk on float32 (n, rows, cols), 0 to 1; return its outputs by name."""
    with quiet_stderr():
        serving = tf.saved_model.load(str(folder)).signatures["serving_default"]
    return {name: value.numpy() for name, value in serving(image=tf.constant(images)).items()}


def run_tflite(content: bytes, images: np.ndarray) -> dict[str, np.ndarray]:
    """Run the bytes of a TFLite file on float32 (1, tile, tile), 0 to 1; return its outputs by name."""
    with quiet_stderr():
        interpreter = tf.lite.Interpreter(model_content=content)
        signature = interpreter.get_signature_runner()
        return signature(image=images)
