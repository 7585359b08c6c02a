"""Classify defects on lines and contacts from a view of each, by the network that comes with semscan."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from semscan.runtime.session import open_session

GRAPH = Path(__file__).with_name("pattern_classes.onnx")


class PatternClassifier:
    """A network from views to kinds of defects, trained by ``benchmarks/pattern_classifier.py``.

    `kinds` are its classes. A view whose squared distance from the centre of its class exceeds `limits` is unlike
    all training views.

    Parameters
    ----------
    graph : bytes
        An ONNX model with ``kinds`` and ``limits`` in its metadata, each a list separated by commas.
    """

    def __init__(self, graph: bytes) -> None:
        self._session = open_session(graph)
        metadata = self._session.get_modelmeta().custom_metadata_map
        self.kinds = tuple(metadata["kinds"].split(","))
        self.limits = np.array([float(limit) for limit in metadata["limits"].split(",")])

    def run(self, views: np.ndarray, measures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Classify views and their measures.

        Parameters
        ----------
        views : ndarray of float32, shape (n, side, side, 3)
            See `semscan.image.pattern_view`.
        measures : ndarray of float32, shape (n, measures)
            See `semscan.image.topology`.

        Returns
        -------
        logits, distances : ndarrays of float32, shape (n, kinds)
        """
        logits, distances = self._session.run(["logits", "distances"], {"views": views, "measures": measures})
        return logits, distances


@cache
def pattern_classifier() -> PatternClassifier:
    """Return the classifier that comes with semscan; loaded once."""
    return PatternClassifier(GRAPH.read_bytes())
