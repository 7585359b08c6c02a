"""Map the pixels of one image to those of another: an affine map and a smooth flow on top of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np


@dataclass(frozen=True)
class Warp:
    """Inspected pixel to reference pixel, both at full size, in OpenCV's (x, y).

    `matrix` is float64 (2, 3). `flow` is None or float32, shape (rows, cols, 2), px: the inspected pixel
    p lies in the reference at ``matrix (p + flow(p))``. It may be kept at a smaller size and is then
    enlarged on use (its values stay full-size px).
    """

    matrix: np.ndarray
    flow: np.ndarray | None = None

    def zoomed(self, scale: float) -> Warp:
        """Return the full-size warp of one that was found on images shrunk by `scale`."""
        return replace(self, matrix=(_zoom(1 / scale) @ _square(self.matrix) @ _zoom(scale))[:2])

    def after(self, step: Sequence[float] | np.ndarray, shape: tuple[int, ...], scale: float) -> Warp:
        """Apply a small affine step before this warp, found on an image of `shape`, shrunk by `scale`.

        `step` is (dx, dx/x, dx/y, dy, dy/x, dy/y) in the coordinates of `centred_grid`.
        """
        half_x = (shape[1] - 1) / 2
        half_y = (shape[0] - 1) / 2
        unit = max(shape) / 2
        a = np.asarray(step, np.float64).reshape(2, 3)
        small = np.eye(3)
        small[:2, :2] += a[:, 1:] / unit
        small[:2, 2] = a[:, 0] - a[:, 1:] @ np.array([half_x, half_y]) / unit
        full = _zoom(1 / scale) @ small @ _zoom(scale)
        return replace(self, matrix=(_square(self.matrix) @ full)[:2])

    def apply(self, image: np.ndarray, shape: tuple[int, ...], scale: float = 1.0) -> np.ndarray:
        """Bring a reference, shrunk by `scale`, onto the inspected image of `shape`; 0 outside of the reference."""
        matrix = (_zoom(scale) @ _square(self.matrix) @ _zoom(1 / scale))[:2]
        if self.flow is None:
            flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
            return cv2.warpAffine(image, matrix, shape[::-1], flags=flags, borderMode=cv2.BORDER_CONSTANT)
        flow = self.flow if self.flow.shape[:2] == shape else cv2.resize(self.flow, shape[::-1])
        y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
        x += flow[..., 0] * np.float32(scale)
        y += flow[..., 1] * np.float32(scale)
        (a, b, c), (d, e, f) = matrix.astype(np.float32)
        return cv2.remap(image, a * x + b * y + c, d * x + e * y + f, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT)


def centred_grid(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of each pixel, float32 of `shape`, 0 at the centre, 1 half a long side away from it.

    With these units a shift, a turn and a stretch of 1 px at the border have parameters of the same size.
    """
    unit = max(shape) / 2
    x = (np.arange(shape[1], dtype=np.float32) - (shape[1] - 1) / 2) / unit
    y = (np.arange(shape[0], dtype=np.float32) - (shape[0] - 1) / 2) / unit
    return np.broadcast_to(x[None, :], shape), np.broadcast_to(y[:, None], shape)


def _square(matrix: np.ndarray) -> np.ndarray:
    return np.vstack([matrix, [0.0, 0.0, 1.0]])


def _zoom(scale: float) -> np.ndarray:
    """Return the map from pixel centres of a full-size image to one shrunk by `scale`, as cv2.resize places them."""
    half = (scale - 1) / 2
    return np.array([[scale, 0.0, half], [0.0, scale, half], [0.0, 0.0, 1.0]])
