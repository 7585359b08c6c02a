"""Judge an image beside its golden reference, by the network that comes with semscan."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from semscan.runtime.session import open_session
from semscan.values.evidence import Evidence

GRAPH = Path(__file__).with_name("comparison.onnx")
LONGEST_PITCH = 40.0  # px: evidence of a longer pitch is made smaller, so that the network sees some repeats
SMALLEST_SCALE = 0.25
STRIDE = 16  # px: sides that the network takes are multiples of it
CHANNELS = 6
SAMPLES = 200_000  # pixels from which the range of grey levels is taken
LEAST_RANGE = 1e-3
LARGEST = 40.0  # log-odds above the threshold
SOFTER = 4.0  # the raw score is this root of the odds, so that the map tells strong defects apart


def network_scale(pitch_px: float | None) -> float:
    """Return the factor by which evidence is resampled for the network, at most 1."""
    return 1.0 if pitch_px is None else float(np.clip(LONGEST_PITCH / pitch_px, SMALLEST_SCALE, 1.0))


def network_channels(evidence: Evidence) -> np.ndarray:
    """Arrange evidence as the network takes it.

    Grey levels are shares of the range of the reference (2nd to 98th percentile) about its median. Deviations and
    multiples of chance are compressed, so that a strong defect does not dwarf a weak one.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    ndarray of float32, shape (n, m, CHANNELS)
        n and m are the sides of the evidence times `network_scale`, rounded, at least 8.
    """
    known = evidence.reference[evidence.judged]
    sample = known[:: max(1, known.size // SAMPLES)] if known.size else np.zeros(1, np.float32)
    low, middle, high = np.percentile(sample, (2, 50, 98)).astype(np.float32)
    span = max(high - low, np.float32(LEAST_RANGE))
    planes = [np.clip((plane - middle) / span, -3, 3) for plane in (evidence.image, evidence.reference)]
    planes += [np.arcsinh(plane / 2) for plane in evidence.deviations]
    planes += [np.log1p(evidence.chance)]
    scale = network_scale(evidence.pitch_px)
    rows, cols = (max(8, round(side * scale)) for side in evidence.image.shape)
    return np.stack([_resampled(np.where(evidence.judged, plane, 0), rows, cols) for plane in planes], -1)


def _resampled(plane: np.ndarray, rows: int, cols: int) -> np.ndarray:
    plane = plane.astype(np.float32)
    return plane if plane.shape == (rows, cols) else cv2.resize(plane, (cols, rows), interpolation=cv2.INTER_AREA)


class ComparisonNetwork:
    """The network taught by ``benchmarks/comparison``.

    Parameters
    ----------
    graph : bytes
        An ONNX model. Input ``channels`` (1, n, m, CHANNELS), n and m multiples of `STRIDE`; output ``log_odds``
        (1, n, m). Its metadata holds ``threshold``, the log-odds from which a pixel is reported.
    """

    def __init__(self, graph: bytes) -> None:
        self._session = open_session(graph)
        self._options = onnxruntime.RunOptions()
        # windows of a large image differ in size: what one needed is not kept for the next
        self._options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._threshold = float(self._session.get_modelmeta().custom_metadata_map["threshold"])

    def __call__(self, evidence: Evidence) -> np.ndarray:
        """Judge an evidence; see `semscan.values.evidence.Judge`."""
        channels = network_channels(evidence)
        rows, cols = channels.shape[:2]
        padded = np.pad(channels, ((0, -rows % STRIDE), (0, -cols % STRIDE), (0, 0)), mode="edge")
        (log_odds,) = self._session.run(["log_odds"], {"channels": padded[None]}, self._options)
        above = log_odds[0, :rows, :cols] - np.float32(self._threshold)
        if above.shape != evidence.image.shape:
            above = cv2.resize(above, evidence.image.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return np.exp(np.minimum(above, np.float32(LARGEST)) / np.float32(SOFTER))


@cache
def comparison_network() -> ComparisonNetwork:
    """Return the network that comes with semscan; loaded once."""
    return ComparisonNetwork(GRAPH.read_bytes())


@cache
def network_digest() -> str:
    """Return 16 hexadecimal digits that name the network that comes with semscan."""
    return hashlib.sha256(GRAPH.read_bytes()).hexdigest()[:16]
