"""TensorFlow and Keras, imported without their chatter. All other modules take them from here."""

from __future__ import annotations

import logging
import os

from semscan.model.aside import chatter_aside

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
logging.getLogger("tensorflow").setLevel(logging.ERROR)
logging.getLogger("tf2onnx").setLevel(logging.ERROR)
with chatter_aside():
    import keras
    import tensorflow as tf

    tf.zeros(1)

layers, ops = keras.layers, keras.ops
