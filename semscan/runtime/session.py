"""One exported network, run by onnxruntime. TensorFlow is never loaded."""

from __future__ import annotations

import os

import numpy as np
import onnxruntime

from semscan.errors import BadModelError
from semscan.phrases import one_line


class Network:
    """A graph held in memory, ready to score tiles.

    Parameters
    ----------
    graph : bytes
        An ONNX model. Its input is (n, T, T) or (n, T, T, 1) float32; its outputs are `score`,
        raw defect scores (n, T, T), at least 0, and for classifiers `logits` (n, classes).
    threads : int
        Threads that one call of `run` may use.

    Raises
    ------
    BadModelError
        If the graph cannot be loaded, wants other inputs, or gives no `score`.

    Notes
    -----
    `run` may be called from several threads at once. Spin-waiting is off: on a busy machine
    it costs more than the network itself.
    """

    def __init__(self, graph: bytes, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own classes have no common parent below Exception
            raise BadModelError(f"the network graph cannot be loaded ({_first_line(error)}); train it again") from error
        self.outputs = tuple(output.name for output in self._session.get_outputs())
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) not in (3, 4) or "score" not in self.outputs:
            raise BadModelError(
                f"the network graph has inputs {[(i.name, i.shape) for i in inputs]} and outputs {self.outputs}, "
                "wanted one input (n, rows, cols, 1) and an output 'score'; train it again"
            )
        self._input = inputs[0].name
        self._wants_channel = len(inputs[0].shape) == 4

    def run(self, tiles: np.ndarray) -> dict[str, np.ndarray]:
        """Score a batch of tiles.

        Parameters
        ----------
        tiles : ndarray of float32, shape (n, T, T)
            Already normalised as in training.

        Returns
        -------
        dict of str to ndarray of float32
            ``score`` of shape (n, T, T); ``logits`` of shape (n, classes) where the network has it.
        """
        fed = tiles[..., np.newaxis] if self._wants_channel else tiles
        values = self._session.run(list(self.outputs), {self._input: np.ascontiguousarray(fed, np.float32)})
        answer = dict(zip(self.outputs, values, strict=True))
        if answer["score"].size != tiles.size:
            raise BadModelError(
                f"the network answers with scores of shape {answer['score'].shape} for tiles of {tiles.shape}; "
                "train it again"
            )
        answer["score"] = answer["score"].reshape(tiles.shape)
        return answer


def _first_line(error: Exception) -> str:
    return one_line(error, 200)


def cpu_count() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
