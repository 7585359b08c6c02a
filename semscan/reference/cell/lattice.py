"""Find how an image repeats: along one direction (lines) or two (arrays), with which pitch and angle.

The autocorrelation shows whether and roughly how. The phase of the strongest waves then gives the
lattice to a small part of a pixel (`semscan.reference.cell.phase_map`). A large image is searched twice: made smaller
as a whole, and in windows at full resolution (`semscan.reference.cell.lattice_windows`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.reference.cell.correlation import FEWEST_REPEATS, Correlation, sub_pixel
from semscan.reference.cell.lattice_windows import ReadWindow, best_window, refine_waves
from semscan.reference.cell.shading import shading_surface

LARGEST_SIDE = 1100  # px: a larger image is halved until it fits, and also searched in windows
SMALLEST_PITCH = 5.0
PERIODIC = 0.35  # least confidence; nanofibres stay below 0.2, real periodic images above 0.6
AS_GOOD = 0.85  # share of the best correlation from which a shorter repeat is preferred
FAINTEST = 0.01  # least deviation of a pattern, as a share of that of the image with its shading
STRAIGHT = 0.6  # lines: the autocorrelation along them never falls below this
TURN = 4.0  # degrees by which the strongest wave may miss the direction across the lines
_NOISE_BLUR = 1.2


@dataclass(frozen=True, slots=True)
class Lattice:
    """The repeats of an image.

    `vectors` is float64, shape (1, 2) for lines or (2, 2) for arrays: each row the (row, col) step to the
    next repeat, in px. `confidence` is the share of the image's variance (without noise) that comes back
    one repeat away, 0 to 1.
    """

    vectors: np.ndarray
    confidence: float

    @property
    def found(self) -> bool:
        """True if the image is periodic enough to be its own reference."""
        return self.confidence >= PERIODIC and len(self.vectors) > 0

    @property
    def pitch_px(self) -> list[float]:
        """Length of each step, px."""
        return [float(math.hypot(*step)) for step in self.vectors]

    @property
    def angle_deg(self) -> list[float]:
        """Direction of each step against the rows, degrees in (-90, 90], positive turning from x to y (down)."""
        return [_half_turn(math.degrees(math.atan2(row, col))) for row, col in self.vectors]

    @property
    def waves(self) -> np.ndarray:
        """Reciprocal vectors, (row, col) in cycles per px, one for each step.

        For lines there is one wave, across them.
        """
        if len(self.vectors) == 1:
            return self.vectors / (self.vectors**2).sum()
        return np.linalg.inv(self.vectors).T


NOT_FOUND = np.zeros((0, 2))


def find_lattice(values: np.ndarray) -> Lattice:
    """Find the repeats of an image; `Lattice.found` is False if it has none.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Grey levels, any scale.

    Returns
    -------
    Lattice
        Steps accurate to about half a pixel; `confidence` is low where nothing repeats.

    References
    ----------
    L. Moisan, "Periodic plus Smooth Image Decomposition", J. Math. Imaging Vis. 39, 2011,
    doi:10.1007/s10851-010-0227-1.
    """
    shrink = search_shrink(values.shape)
    if shrink == 1:
        return _search(values)
    small = cv2.resize(values, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    rows, cols = values.shape
    return find_large_lattice((rows, cols), lambda down, right: values[down, right], small, shrink)


def find_large_lattice(shape: tuple[int, int], read: ReadWindow, small: np.ndarray, shrink: int) -> Lattice:
    """Find the repeats of an image that is too large for one search; see `find_lattice`.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the image.
    read : callable
        ``read(rows, cols)`` returns a window of it, float32.
    small : ndarray of float32
        The whole image, `shrink` times smaller: means of blocks.
    shrink : int
        As from `search_shrink`.

    Returns
    -------
    Lattice
        The one that `small` shows, unless windows show a finer one that repeats as well. That one is refined over the
        whole image.
    """
    coarse = _search(small)
    coarse = Lattice(coarse.vectors * shrink, coarse.confidence)
    fine, window = best_window(shape, read, _search)
    if not fine.found or _is_same(coarse, fine, shrink) or fine.confidence < AS_GOOD * coarse.confidence:
        return coarse
    # what small can hold it shows with less noise; a finer wave it loses, or shows as one that is not there
    wave = _strongest_wave(_flat(read(*window)))
    if coarse.found and wave is not None and math.hypot(*wave) * SMALLEST_PITCH * shrink <= 1:
        return coarse
    waves = refine_waves(fine.waves, shape, read, window)
    vectors = waves / (waves**2).sum() if len(waves) == 1 else np.linalg.inv(waves).T
    return Lattice(vectors, fine.confidence)


def search_shrink(shape: tuple[int, ...]) -> int:
    """Return how many times smaller an image is made for the search, a power of two.

    Examples
    --------
    >>> search_shrink((900, 1100)), search_shrink((900, 1101)), search_shrink((8192, 8192))
    (1, 2, 8)
    """
    shrink = 1
    while max(shape) > LARGEST_SIDE * shrink:
        shrink *= 2
    return shrink


def _search(values: np.ndarray) -> Lattice:
    """Find the repeats of an image that is not large, or of a part of one."""
    flat = _flat(values)
    if not flat.any():
        return Lattice(NOT_FOUND, 0.0)
    correlation = Correlation(flat)
    wave = _strongest_wave(flat)
    vectors = NOT_FOUND
    confidence = 0.0
    if wave is not None:
        vectors = _lines(correlation, wave)
    if not len(vectors):  # an image that also changes along the crests of its strongest wave
        vectors = _array(correlation)
    if len(vectors):
        confidence = float(np.mean([correlation.near(step) for step in vectors]))
    return Lattice(vectors, max(0.0, min(1.0, confidence)))


def _flat(values: np.ndarray) -> np.ndarray:
    """Return an image without noise and shading, which is not a pattern; 0 where little else is in it."""
    smooth = cv2.GaussianBlur(values, (0, 0), _NOISE_BLUR)
    deviation = float(smooth.std())
    flat = smooth - shading_surface(smooth)
    return np.zeros_like(flat) if float(flat.std()) < max(FAINTEST * deviation, 1e-6) else flat


def _is_same(one: Lattice, other: Lattice, tolerance: float) -> bool:
    """Return whether two lattices have the same steps, to so many px."""
    return one.vectors.shape == other.vectors.shape and bool((abs(one.vectors - other.vectors) < tolerance).all())


def _strongest_wave(values: np.ndarray) -> np.ndarray | None:
    """Find the strongest wave, (row, col) in cycles per px, to a part of a frequency step; None without one."""
    rows, cols = values.shape
    window = np.outer(np.hanning(rows), np.hanning(cols)).astype(np.float32)
    size = (cv2.getOptimalDFTSize(2 * rows), cv2.getOptimalDFTSize(2 * cols))
    padded = np.zeros(size, np.float32)
    padded[:rows, :cols] = values * window
    parts = cv2.dft(padded, flags=cv2.DFT_COMPLEX_OUTPUT, nonzeroRows=rows)
    power = parts[..., 0] ** 2 + parts[..., 1] ** 2
    fy = np.fft.fftfreq(size[0])[:, None]
    fx = np.fft.fftfreq(size[1])[None, :]
    repeats = np.hypot(fy * rows, fx * cols)
    length = np.hypot(fy, fx)
    usable = (length < 1 / SMALLEST_PITCH) & (repeats >= FEWEST_REPEATS) & (fy >= 0)
    row, col = np.unravel_index(int(np.where(usable, power, 0).argmax()), power.shape)
    if not usable[row, col] or power[row, col] <= 0:
        return None
    around = np.log(np.roll(power, (1 - row, 1 - col), (0, 1))[:3, :3] + 1e-30)
    # the main lobe of the window is close to a Gaussian, so that its logarithm is a parabola
    shift = sub_pixel(around, np.array([[1, 1]]))[0]
    return np.array([fy[row, 0] + shift[0] / size[0], fx[0, col] + shift[1] / size[1]])


def _lines(correlation: Correlation, wave: np.ndarray) -> np.ndarray:
    """Find the step of a line pattern; none if the image also changes along the crests of the wave."""
    step = wave / (wave**2).sum()
    # the wave may be an overtone of the pattern: the first multiple about as good as the best is the pitch
    limits = [correlation.middle * 0.95, *[correlation.longest] * 3]  # the wave itself has enough repeats
    inside = [m for m, limit in enumerate(limits, start=1) if bool((abs(m * step) < limit).all())]
    good = np.array([correlation.near(m * step) for m in inside])
    if not len(good):
        return NOT_FOUND
    step = step * inside[int(np.argmax(good >= AS_GOOD * good.max()))]
    pitch = math.hypot(*step)
    reach = np.arange(2.0, min(3 * pitch, 0.7 * float(correlation.middle.min())), 0.5)
    turns = np.radians(np.linspace(-TURN, TURN, 33)) + math.atan2(step[0], step[1])
    # the direction of the wave is known to a degree or so: along true lines the correlation stays highest
    across = np.stack([np.sin(turns), np.cos(turns)], 1)
    along = np.stack([-across[:, 1], across[:, 0]], 1)
    ridges = correlation.at(along[:, None] * reach[:, None])
    best = int(ridges.mean(1).argmax())
    if ridges[best].min() < STRAIGHT * good.max():
        return NOT_FOUND
    return _rightward(across[best] * pitch)[None]


def _array(correlation: Correlation) -> np.ndarray:
    """Find the two shortest steps of an array; none if there are fewer."""
    lags, values = correlation.peaks()
    long = np.hypot(*lags.T) >= SMALLEST_PITCH
    fits = (abs(lags) <= correlation.longest).all(1)
    lags = lags[long & fits]
    values = values[long & fits]
    if len(lags) < 2:
        return NOT_FOUND
    good = lags[values >= AS_GOOD * values.max()]
    good = good[np.argsort(np.hypot(*good.T))]
    first = good[0]
    # the shortest step and the next one that points elsewhere span the lattice
    sine = abs(good @ np.array([-first[1], first[0]])) / np.hypot(*first) / np.hypot(*good.T)
    other = np.flatnonzero(sine > math.sin(math.radians(20)))
    if not len(other):
        return NOT_FOUND
    return _reduced(np.array([first, good[other[0]]]))


def _reduced(vectors: np.ndarray) -> np.ndarray:
    """Return the same lattice by its two shortest steps, the flatter one first (Gauss's reduction)."""
    shorter, longer = vectors
    while True:
        if shorter @ shorter > longer @ longer:
            shorter, longer = longer, shorter
        multiple = round(float(shorter @ longer) / float(shorter @ shorter))
        if multiple == 0:
            break
        longer = longer - multiple * shorter
    steps = sorted((_rightward(shorter), _rightward(longer)), key=lambda step: abs(step[0]) / math.hypot(*step))
    return np.array(steps)


def _rightward(step: np.ndarray) -> np.ndarray:
    """Return a step or its opposite, whichever points to the right (a vertical one: down)."""
    return -step if step[1] < -1e-9 or (abs(step[1]) <= 1e-9 and step[0] < 0) else step


def _half_turn(degrees: float) -> float:
    return 90.0 - (90.0 - degrees) % 180.0
