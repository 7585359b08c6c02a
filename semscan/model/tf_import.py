"""TensorFlow and Keras, imported without their chatter. All other modules take them from here."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import warnings
from contextlib import contextmanager


@contextmanager
def chatter_aside():
    """Keep what is written to file descriptor 2, and warnings, from the user; show it if what is done fails."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except BaseException:
            os.dup2(kept, 2)
            aside.seek(0)
            sys.stderr.write(aside.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
logging.getLogger("tensorflow").setLevel(logging.ERROR)
logging.getLogger("tf2onnx").setLevel(logging.ERROR)
with chatter_aside():
    import keras
    import tensorflow as tf

    tf.zeros(1)

layers = keras.layers
ops = keras.ops
