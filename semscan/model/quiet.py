"""TensorFlow and Keras, imported without their chatter. All other modules take them from here."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import warnings


def _import_quietly():
    """Import TensorFlow with file descriptor 2 set aside; if it fails, show what it said."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    logging.getLogger("tf2onnx").setLevel(logging.ERROR)
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import keras
                import tensorflow as tf

                tf.zeros(1)
                return keras, tf
        except BaseException:
            os.dup2(kept, 2)
            aside.seek(0)
            sys.stderr.write(aside.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


keras, tf = _import_quietly()
layers, ops = keras.layers, keras.ops
