"""The autocorrelation of an image, and its peaks: how it looks when it is shifted onto itself."""

from __future__ import annotations

import cv2
import numpy as np

FEWEST_REPEATS = 3.0  # that an image must show


class Correlation:
    """The autocorrelation of an image, 1 at lag 0, each lag normalised by its own overlap.

    `values` holds lags (row, col) up to 0.6 of the image's sides either way; lag 0 is at `middle`. `longest` is the lag
    (row, col) of a repeat that the image shows just often enough.
    """

    def __init__(self, values: np.ndarray) -> None:
        rows, cols = values.shape
        size = (cv2.getOptimalDFTSize(2 * rows), cv2.getOptimalDFTSize(2 * cols))
        padded = np.zeros(size, np.float32)
        padded[:rows, :cols] = values
        spectrum = cv2.dft(padded, nonzeroRows=rows)
        power = cv2.mulSpectrums(spectrum, spectrum, 0, conjB=True)
        raw = cv2.dft(power, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)
        reach = (int(rows * 0.6), int(cols * 0.6))
        lags = [np.arange(-far, far + 1) for far in reach]
        # a longer lag sums fewer pixels: without this a far repeat would always look worse than a near one
        overlap = np.outer(rows - abs(lags[0]), cols - abs(lags[1]))
        self.values = (raw[np.ix_(lags[0], lags[1])] / overlap).astype(np.float32)
        self.values /= max(float(self.values[reach]), 1e-12)
        self.middle = np.array(reach, np.float64)
        self.longest = np.array([rows, cols]) / FEWEST_REPEATS * 1.02

    def at(self, lags: np.ndarray, interpolation: int = cv2.INTER_LINEAR) -> np.ndarray:
        """Interpolate values at lags (..., 2), by default linear between samples; -1 outside."""
        index = (np.asarray(lags, np.float64) + self.middle).astype(np.float32)
        rows = index[..., 0]
        cols = index[..., 1]
        flat = cv2.remap(
            self.values,
            cols.reshape(1, -1),
            rows.reshape(1, -1),
            interpolation,
            borderValue=-1.0,
            borderMode=cv2.BORDER_CONSTANT,
        )
        return flat.reshape(index.shape[:-1])

    def near(self, lag: np.ndarray, reach: int = 2) -> float:
        """Return the largest value within `reach` px of a lag."""
        steps = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 2, indexing="ij"), -1)
        # linear between samples, a peak half way between two of them would come out too low
        return float(self.at(np.asarray(lag) + steps, cv2.INTER_CUBIC).max())

    def peaks(self) -> tuple[np.ndarray, np.ndarray]:
        """Find the local maxima in one half plane: lags (n, 2), sub-pixel, and their values."""
        smooth = cv2.GaussianBlur(self.values, (0, 0), 1.0)
        top = (smooth >= cv2.dilate(smooth, np.ones((7, 7), np.uint8))) & (smooth > 0.05)
        # a maximum at the border may rise further outside of it
        top[:3] = False
        top[-3:] = False
        top[:, :3] = False
        top[:, -3:] = False
        index = np.argwhere(top)
        lags = index - self.middle
        # an autocorrelation is symmetric: the other half plane holds the same lags
        half = (lags[:, 0] > 0) | ((lags[:, 0] == 0) & (lags[:, 1] > 0))
        index = index[half]
        return index - self.middle + sub_pixel(smooth, index), self.values[tuple(index.T)]


def sub_pixel(values: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """Return the offset of each peak from its sample, (n, 2), by a parabola along each axis."""
    shifts = []
    for axis in (0, 1):
        step = np.eye(2, dtype=int)[axis]
        before, here, after = (values[tuple((peaks + k * step).T)] for k in (-1, 0, 1))
        bend = np.minimum(before - 2 * here + after, -1e-9)
        shifts.append(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
    return np.stack(shifts, 1)
