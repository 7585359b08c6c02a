"""Run an exported network by onnxruntime. TensorFlow is never loaded."""

from __future__ import annotations

import os

import numpy as np
import onnxruntime

from semscan.errors import BadModelError
from semscan.phrases import one_line
from semscan.runtime.devices import CPU, PROVIDERS
from semscan.runtime.looks import LOOKS
from semscan.values.model.looks import MOST_LOOKS


class Network:
    """A graph held in memory, ready to score tiles.

    Parameters
    ----------
    graph : bytes
        An ONNX model. Its input is (n, T, T) or (n, T, T, 1) float32; its outputs are `score`,
        raw defect scores (n, T, T), at least 0, and for classifiers `logits` (n, classes).
    threads : int
        Threads that one call of `run` may use.
    looks : int, optional
        How many looks at each tile to take, 1, 2 or 4; by default as many as the graph states.
    device : str
        "cpu" or "cuda"; see `semscan.runtime.devices`.

    Raises
    ------
    BadModelError
        If the graph cannot be loaded, has other inputs, or has no output `score`; or if it always takes the same number
        of looks, and one is given.

    Notes
    -----
    `run` may be called from several threads at once.
    """

    def __init__(self, graph: bytes, threads: int = 1, looks: int | None = None, device: str = CPU) -> None:
        try:
            self._session = open_session(graph, threads, device)
        except Exception as error:  # onnxruntime's own classes have no common parent below Exception
            raise BadModelError(
                f"the network graph cannot be loaded ({one_line(error, 200)}); train it again"
            ) from error
        used = self._session.get_providers()[0]
        self.device = next(device for device, offered in PROVIDERS.items() if offered[0] == used)
        self.outputs = tuple(output.name for output in self._session.get_outputs())
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) not in (3, 4) or "score" not in self.outputs:
            raise BadModelError(
                f"the network graph has inputs {[(i.name, i.shape) for i in inputs]} and outputs {self.outputs}, "
                "wanted one input (n, rows, cols, 1) and an output 'score'; train it again"
            )
        self._settings: dict[str, np.ndarray] = {}
        if LOOKS in [given.name for given in self._session.get_overridable_initializers()]:
            self._settings = {} if looks is None else {LOOKS: np.array(looks, np.int32)}
        elif looks not in (None, MOST_LOOKS):
            raise BadModelError(
                f"the network graph takes {MOST_LOOKS} looks at each tile, as those of earlier versions do, and "
                f"{looks} are wanted; train it again"
            )
        self._input = inputs[0].name
        self._has_channel_axis = len(inputs[0].shape) == 4

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
        batch = tiles[..., np.newaxis] if self._has_channel_axis else tiles
        given = {self._input: np.ascontiguousarray(batch, np.float32), **self._settings}
        values = self._session.run(list(self.outputs), given)
        outputs = dict(zip(self.outputs, values, strict=True))
        if outputs["score"].size != tiles.size:
            raise BadModelError(
                f"the network returns scores of shape {outputs['score'].shape} for tiles of {tiles.shape}; "
                "train it again"
            )
        outputs["score"] = outputs["score"].reshape(tiles.shape)
        return outputs


def open_session(graph: bytes, threads: int = 1, device: str = CPU) -> onnxruntime.InferenceSession:
    """Load an ONNX model for a device, with `threads` threads for one call of it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # on a busy machine, threads that wait in a loop cost more than the network itself
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # fatal errors only: the others are raised as exceptions
    return onnxruntime.InferenceSession(graph, options, providers=PROVIDERS[device])


def cpu_count() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
