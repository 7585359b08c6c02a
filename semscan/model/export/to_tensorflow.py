"""A network as TensorFlow SavedModel or TFLite file, preprocessing and calibration inside."""

from __future__ import annotations

import tempfile

import numpy as np

from semscan.model.export.to_onnx import inference_function
from semscan.model.tf_import import chatter_aside, tf

_LARGEST = np.nextafter(np.float32(1), np.float32(0))


def deployed(network, config, *, side=None):
    """A `tf.Module` whose ``__call__`` takes grey levels and gives the map.

    Parameters
    ----------
    network : keras.Model
    config : mapping
        The model's config.json.
    side : int, optional
        Take one image of just this many rows and columns; by default any number of any size.

    Returns
    -------
    tf.Module
        ``image`` float32 (n, rows, cols), 0 to 1, to ``map`` float32 (n, rows, cols), 0 to below 1, and ``logits``
        (n, classes) where the network has them.
    """
    answer = inference_function(network, logit_map=config["kind"] == "autoencoder").python_function
    scale, threshold = config["preprocessing"], config["calibration"]["raw_threshold"]
    shape = (None, None, None) if side is None else (1, side, side)

    class Deployed(tf.Module):
        def __init__(self):
            super().__init__(name="semscan")
            self.network = network

        @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32, name="image")])
        def __call__(self, image):
            told = answer((image - np.float32(scale["mean"])) / np.float32(scale["std"]))
            raw = tf.maximum(told["score"], 0.0)
            anomaly_map = tf.minimum(raw / (raw + np.float32(1.0 if threshold is None else threshold)), _LARGEST)
            named = {"map": tf.identity(anomaly_map, name="map")}
            if "logits" in told:
                named["logits"] = tf.identity(told["logits"], name="logits")
            return named

    return Deployed()


def save_savedmodel(network, config, folder):
    """Write a SavedModel with the signature ``serving_default`` into `folder`."""
    module = deployed(network, config)
    with chatter_aside():
        tf.saved_model.save(module, str(folder), signatures=module.__call__)


def tflite_bytes(network, config):
    """The network as the bytes of a TFLite file in float32, for one tile of the model's size."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    with chatter_aside(), tempfile.TemporaryDirectory() as folder:
        whole = deployed(network, config, side=config["tile"]).__call__.get_concrete_function()
        frozen = _Frozen(convert_variables_to_constants_v2(whole), sorted(whole.structured_outputs), config["tile"])
        tf.saved_model.save(frozen, folder, signatures=frozen.answer)  # so that in- and outputs keep their names
        return tf.lite.TFLiteConverter.from_saved_model(folder).convert()


class _Frozen(tf.Module):
    """A function whose weights are constants: a TFLite runner leaves variables without their values."""

    def __init__(self, function, names, side):
        super().__init__()

        @tf.function(input_signature=[tf.TensorSpec((1, side, side), tf.float32, name="image")])
        def answer(image):
            told = function(image)
            return told if isinstance(told, dict) else dict(zip(names, tf.nest.flatten(told), strict=True))

        self.answer = answer


def run_savedmodel(folder, images):
    """The answer of a SavedModel on disk, as dict of ndarray."""
    with chatter_aside():
        served = tf.saved_model.load(str(folder)).signatures["serving_default"]
    return {name: value.numpy() for name, value in served(image=tf.constant(images)).items()}


def run_tflite(content, images):
    """The answer of a TFLite file's bytes to images (1, tile, tile), as dict of ndarray."""
    with chatter_aside():
        interpreter = tf.lite.Interpreter(model_content=content)
        signature = interpreter.get_signature_runner()
        return signature(image=images)
