"""The network that names the kind of a defect on lines and contacts, from a view of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime

GRAPH = Path(__file__).with_name("pattern_classes.onnx")


class PatternClassifier:
    """A graph from views to kinds, made by ``benchmarks/pattern_classifier.py``.

    `kinds` are its names. A view whose squared distance from the middle of its kind exceeds `limits` is unlike
    everything it was taught.
    """

    def __init__(self, graph: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        said = self._session.get_modelmeta().custom_metadata_map
        self.kinds = tuple(said["kinds"].split(","))
        self.limits = np.array([float(limit) for limit in said["limits"].split(",")])

    def run(self, views: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Look at views, float32 (n, side, side, 2).

        Returns
        -------
        logits, distances : ndarrays of float32, shape (n, kinds)
        """
        logits, distances = self._session.run(["logits", "distances"], {"views": views})
        return logits, distances


@cache
def pattern_classifier() -> PatternClassifier:
    """The one that comes with semscan; loaded once."""
    return PatternClassifier(GRAPH.read_bytes())
