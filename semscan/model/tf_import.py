"""TensorFlow and Keras, imported without their log lines. All other modules of this room import them from here."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from semscan.model.requirements import require_training_libraries


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hide warnings and everything written to file descriptor 2; write it to stderr if the body fails.

    TensorFlow's C++ code writes to the descriptor itself, past ``sys.stderr``.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except BaseException:
            os.dup2(stderr, 2)
            hidden.seek(0)
            sys.stderr.write(hidden.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


require_training_libraries()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
logging.getLogger("tensorflow").setLevel(logging.ERROR)
logging.getLogger("tf2onnx").setLevel(logging.ERROR)
with quiet_stderr():
    import keras
    import tensorflow as tf

    tf.zeros(1)

layers = keras.layers
ops = keras.ops

Tensor: TypeAlias = Any  # tf.Tensor, or keras.KerasTensor while a network is built; type checkers skip both libraries
Shape: TypeAlias = tuple[Any, ...]  # sizes, None where unknown
