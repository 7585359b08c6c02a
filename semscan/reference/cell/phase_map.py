"""Measure where each pixel lies within its repeat, drift and distortion included.

The phase of a lattice wave, measured locally, shows how far the pattern has moved from the ideal
lattice (geometric phase analysis). With it the image can be resampled to straight rows of equal
cells, and any value of a cell can be resampled to the image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.reference.cell.lattice import Lattice

WINDOW = 1.5  # of the longest pitch: standard deviation of the window in which a phase is measured
COARSE_BLUR = 16.0  # samples: a wide Gaussian needs no more for its standard deviation
EXACT = 1 << 20  # px: of fewer, the exact Gaussian takes little time
_NODE = 8  # the layout is solved at every 8th sample and interpolated in between
_ROUNDS = 6  # of the fixed-point iteration that inverts the map


@dataclass(frozen=True)
class PhaseMap:
    """The lattice position of each image position, and the reverse.

    Lattice positions count repeats (for lines the second one counts px along the lines). `lattice` is the
    one found, refined by the phases. `drift` is float32, (rows / `step`, cols / `step`, 2): lattice position less
    that on a straight lattice.
    """

    lattice: Lattice
    shape: tuple[int, int]
    drift: np.ndarray
    step: int

    @property
    def matrix(self) -> np.ndarray:
        """Lattice positions per px of (row, col), float64 (2, 2)."""
        return full_waves(self.lattice)

    def positions(self) -> np.ndarray:
        """Return the lattice position of every pixel, float32, shape (rows, cols, 2)."""
        rows, cols = self.shape
        at = [(np.arange(count, dtype=np.float32) + 0.5) / self.step - 0.5 for count in self.shape]
        maps = np.meshgrid(at[1], at[0])
        result = cv2.remap(self.drift, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for axis in (0, 1):
            down, right = self.matrix[axis]
            result[..., axis] += (down * np.arange(rows)[:, None] + right * np.arange(cols)).astype(np.float32)
        return result

    def layout(
        self, samples: tuple[float, float], low: np.ndarray, count: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return columns and rows (float32 maps, as cv2.remap takes them) of a grid of lattice positions.

        Parameters
        ----------
        samples : (float, float)
            Grid samples for each unit of lattice position.
        low : ndarray, shape (2,)
            Lattice position of the first sample.
        count : (int, int)
            Number of samples.
        """
        nodes = [np.arange(0, n + _NODE, _NODE) / s + a for n, s, a in zip(count, samples, low, strict=True)]
        wanted = np.stack(np.meshgrid(*nodes, indexing="ij"), -1)
        to_pixels = np.linalg.inv(self.matrix).T
        # the drift is known at pixels, but the pixels are wanted: start on the straight lattice and correct
        pixels = (wanted @ to_pixels).astype(np.float32)
        for _ in range(_ROUNDS):
            coarse = (pixels + 0.5) / self.step - 0.5
            drift = cv2.remap(
                self.drift, coarse[..., 1], coarse[..., 0], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            pixels = ((wanted - drift) @ to_pixels).astype(np.float32)
        at = [np.arange(n, dtype=np.float32) / _NODE for n in count]
        dense = cv2.remap(pixels, *np.meshgrid(at[1], at[0]), cv2.INTER_LINEAR)
        return np.ascontiguousarray(dense[..., 1]), np.ascontiguousarray(dense[..., 0])


def measure_phases(values: np.ndarray, lattice: Lattice) -> PhaseMap:
    """Measure the lattice position of every part of an image.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
    lattice : Lattice
        To about half a pixel; the result holds a refined one.

    References
    ----------
    M. J. Hytch, E. Snoeck, R. Kilaas, "Quantitative measurement of displacement and strain fields from HREM
    micrographs", Ultramicroscopy 74, 1998, doi:10.1016/S0304-3991(98)00035-7.
    """
    longest = max(lattice.pitch_px)
    step = max(1, int(min(lattice.pitch_px) / 4))
    # without the slow changes, whose spectrum would leak into the waves
    detail = values - _slow_changes(values, min(2 * longest, 60.0))
    waves = lattice.waves
    # where the two basic waves are weak (as in a staggered array), a sum or difference of them has a clearer phase
    orders = _strongest_orders(detail, waves)
    phases = [_unwrapped(*_demodulated(detail, order @ waves, step, WINDOW * longest / step)) for order in orders]
    drift = np.stack(phases, -1) @ np.linalg.inv(orders).T  # phase of the two basic waves, in repeats
    # a phase that rises evenly is no drift, but a pitch or angle that was slightly wrong
    drift, slopes = _without_slope(drift, step)
    refined = waves + slopes
    if len(waves) == 1:
        vectors = refined / (refined**2).sum()
        drift = np.concatenate([drift, np.zeros_like(drift)], -1)
    else:
        vectors = np.linalg.inv(refined).T
    return PhaseMap(Lattice(vectors, lattice.confidence), values.shape, drift.astype(np.float32), step)


def _slow_changes(values: np.ndarray, sigma: float) -> np.ndarray:
    """Blur an image by a wide Gaussian, standard deviation `sigma` px; on fewer pixels, where that is as good."""
    factor = int(sigma // COARSE_BLUR)
    if factor < 2 or values.size <= EXACT:
        return cv2.GaussianBlur(values, (0, 0), sigma)
    rows, cols = values.shape
    small = cv2.resize(values, (-(-cols // factor), -(-rows // factor)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor, borderType=cv2.BORDER_REFLECT)  # about the edge
    return cv2.resize(small, (cols, rows), interpolation=cv2.INTER_LINEAR)


def full_waves(lattice: Lattice) -> np.ndarray:
    """Return two waves, (2, 2); for lines the second counts px along them."""
    waves = lattice.waves
    if len(waves) == 2:
        return waves
    across = waves[0] / math.hypot(*waves[0])
    return np.array([waves[0], [-across[1], across[0]]])


def _strongest_orders(values: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Find the whole-number combinations of the waves, as many as waves, that are strongest in the image."""
    tried = np.array([[1]]) if len(waves) == 1 else np.array([[1, 0], [0, 1], [1, 1], [1, -1]])
    rows, cols = (np.arange(n) for n in values.shape)
    windowed = values * np.outer(np.hanning(len(rows)), np.hanning(len(cols))).astype(np.float32)

    def amplitude(order: np.ndarray) -> float:
        down, right = order @ waves
        return abs(_wave(rows, -down) @ windowed @ _wave(cols, -right))

    best = sorted(tried, key=amplitude, reverse=True)
    return np.array(best[: len(waves)])


def _demodulated(values: np.ndarray, wave: np.ndarray, step: int, blur: float) -> tuple[np.ndarray, np.ndarray]:
    """Measure phase (radians) and amplitude of a wave around every `step`-th pixel."""
    rows, cols = (np.arange(n) for n in values.shape)
    # times the opposite wave, the pattern becomes its slowly changing phase; the blur removes all other waves
    shifted = values * _wave(rows, -wave[0])[:, None] * _wave(cols, -wave[1])[None, :]
    size = (math.ceil(len(cols) / step), math.ceil(len(rows) / step))
    parts = []
    for part in (shifted.real, shifted.imag):
        whole = np.zeros((size[1] * step, size[0] * step), np.float32)
        whole[: len(rows), : len(cols)] = part
        small = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
        parts.append(cv2.GaussianBlur(small, (0, 0), blur, borderType=cv2.BORDER_CONSTANT))
    return np.arctan2(parts[1], parts[0]), np.hypot(*parts)


def _wave(index: np.ndarray, frequency: float) -> np.ndarray:
    return np.exp(2j * np.pi * frequency * index).astype(np.complex64)


def _unwrapped(phase: np.ndarray, amplitude: np.ndarray) -> np.ndarray:
    """Unwrap a phase (radians, -pi to pi) in two dimensions; in repeats, 0 or nearly so where the wave is strongest.

    Each row is unwrapped along itself. The rows are joined along the column in which the wave is nowhere weak: a
    phase is random where the wave is faint, and a jump taken there would shift all rows below. Around a defect that
    the wave does not cross a jump may be left, which tears the whole row beyond it. Unwrapping by reliability (M. A.
    Herraez et al., Applied Optics 41, 2002, doi:10.1364/AO.41.007437) keeps it within the defect.
    """
    row = int(amplitude.min(axis=1).argmax())
    column = int(amplitude.min(axis=0).argmax())
    whole = np.unwrap(phase, axis=1)
    whole += (np.unwrap(phase[:, column]) - whole[:, column])[:, None]
    if np.abs(np.diff(whole, axis=0)).max(initial=0) > np.pi:
        from skimage.restoration import unwrap_phase  # ten times as slow as row by row, so only where it helps

        # it joins the outermost samples in no fixed order, so these are a frame that is cut off again
        whole = unwrap_phase(np.pad(phase, 1, mode="edge"), rng=0)[1:-1, 1:-1]
    whole -= 2 * np.pi * np.round(whole[row, column] / (2 * np.pi))
    return whole / (2 * np.pi)


def _without_slope(drift: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Split each phase into the slope of a plane, in repeats per px, and the rest."""
    rows, cols = drift.shape[:2]
    y, x = np.meshgrid((np.arange(rows) + 0.5) * step - 0.5, (np.arange(cols) + 0.5) * step - 0.5, indexing="ij")
    basis = np.stack([y, x, np.ones_like(x)], -1).reshape(-1, 3)
    fit = np.linalg.lstsq(basis, drift.reshape(-1, drift.shape[2]), rcond=None)[0]
    flat = drift - (basis[:, :2] @ fit[:2]).reshape(drift.shape)
    return flat, fit[:2].T
