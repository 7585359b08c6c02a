"""How an image repeats: along one direction (lines) or two (arrays), with which pitch and angle.

The autocorrelation says whether and roughly how; the phase of the strongest waves then
says it to a small part of a pixel (`semscan.reference.cell.phase_map`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.reference.cell.shading import light_surface

LARGEST_SIDE = 1100  # a larger image is halved until it fits: the search needs no more
SMALLEST_PITCH = 5.0
FEWEST_REPEATS = 3.0
PERIODIC = 0.35  # least confidence; nanofibres stay below 0.2, real periodic images above 0.6
ALIKE = 0.85  # a shorter repeat is taken if it is this share as good as the best
FAINTEST = 0.01  # a pattern this faint against the light is none
STRAIGHT = 0.6  # lines: the autocorrelation along them never falls below this
TURN = 4.0  # degrees by which the strongest wave may miss the lines' direction
_NOISE_BLUR = 1.2


@dataclass(frozen=True, slots=True)
class Lattice:
    """The repeats of an image.

    `vectors` is float64, shape (1, 2) for lines or (2, 2) for arrays: each row the (row, col) step to the
    next repeat, in px. `confidence` is the share of the image's contrast (noise apart) that comes back
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

        For lines the only wave stands across them.
        """
        if len(self.vectors) == 1:
            return self.vectors / (self.vectors**2).sum()
        return np.linalg.inv(self.vectors).T


NOT_FOUND = np.zeros((0, 2))


def find_lattice(values: np.ndarray) -> Lattice:
    """Find the repeats of an image; `Lattice.found` says whether there are any.

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
    shrink = 1
    while max(values.shape) > LARGEST_SIDE * shrink:
        shrink *= 2
    small = values
    if shrink > 1:
        small = cv2.resize(values, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), _NOISE_BLUR)
    contrast = float(small.std())
    small = small - light_surface(small)  # uneven light is no pattern
    if float(small.std()) < max(FAINTEST * contrast, 1e-6):
        return Lattice(NOT_FOUND, 0.0)
    correlation = _Correlation(small)
    wave = _strongest_wave(small)
    vectors, confidence = NOT_FOUND, 0.0
    if wave is not None:
        vectors = _lines(correlation, wave)
    if not len(vectors):
        vectors = _array(correlation)
    if len(vectors):
        confidence = float(np.mean([correlation.near(step) for step in vectors]))
    return Lattice(vectors * shrink, max(0.0, min(1.0, confidence)))


class _Correlation:
    """The autocorrelation of an image, 1 at no shift, each lag over its own overlap.

    `values` holds lags (row, col) from minus half to half the image's sides; no shift is at `middle`.
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
        overlap = np.outer(rows - abs(lags[0]), cols - abs(lags[1]))
        self.values = (raw[np.ix_(lags[0], lags[1])] / overlap).astype(np.float32)
        self.values /= max(float(self.values[reach]), 1e-12)
        self.middle = np.array(reach, np.float64)

    def at(self, lags: np.ndarray) -> np.ndarray:
        """Values at lags (..., 2), linear between samples; -1 outside."""
        places = (np.asarray(lags, np.float64) + self.middle).astype(np.float32)
        rows, cols = places[..., 0], places[..., 1]
        flat = cv2.remap(
            self.values,
            cols.reshape(1, -1),
            rows.reshape(1, -1),
            cv2.INTER_LINEAR,
            borderValue=-1.0,
            borderMode=cv2.BORDER_CONSTANT,
        )
        return flat.reshape(places.shape[:-1])

    def near(self, lag: np.ndarray, reach: int = 2) -> float:
        """Largest value within `reach` px of a lag."""
        steps = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 2, indexing="ij"), -1)
        return float(self.at(np.asarray(lag) + steps).max())

    def peaks(self) -> tuple[np.ndarray, np.ndarray]:
        """Local maxima in one half plane, best first: lags (n, 2), sub-pixel, and their values."""
        smooth = cv2.GaussianBlur(self.values, (0, 0), 1.0)
        top = (smooth >= cv2.dilate(smooth, np.ones((7, 7), np.uint8))) & (smooth > 0.05)
        top[:3], top[-3:], top[:, :3], top[:, -3:] = False, False, False, False
        places = np.argwhere(top)
        lags = places - self.middle
        half = (lags[:, 0] > 0) | ((lags[:, 0] == 0) & (lags[:, 1] > 0))
        places, lags = places[half], lags[half]
        best = np.argsort(-self.values[tuple(places.T)], kind="stable")[:400]
        places, lags = places[best], lags[best]
        return lags + _sub_pixel(smooth, places), self.values[tuple(places.T)]


def _strongest_wave(values: np.ndarray) -> np.ndarray | None:
    """The strongest wave, (row, col) in cycles per px, to a part of a frequency step; None without one."""
    rows, cols = values.shape
    window = np.outer(np.hanning(rows), np.hanning(cols)).astype(np.float32)
    size = (cv2.getOptimalDFTSize(2 * rows), cv2.getOptimalDFTSize(2 * cols))
    padded = np.zeros(size, np.float32)
    padded[:rows, :cols] = values * window
    parts = cv2.dft(padded, flags=cv2.DFT_COMPLEX_OUTPUT, nonzeroRows=rows)
    power = parts[..., 0] ** 2 + parts[..., 1] ** 2
    fy, fx = np.fft.fftfreq(size[0])[:, None], np.fft.fftfreq(size[1])[None, :]
    repeats = np.hypot(fy * rows, fx * cols)
    length = np.hypot(fy, fx)
    usable = (length < 1 / SMALLEST_PITCH) & (repeats >= FEWEST_REPEATS) & (fy >= 0)
    power = np.where(usable, power, 0)
    place = np.unravel_index(int(power.argmax()), power.shape)
    if power[place] <= 0:
        return None
    around = np.log(np.roll(power, (1 - place[0], 1 - place[1]), (0, 1))[:3, :3] + 1e-30)
    shift = _sub_pixel(around, np.array([[1, 1]]))[0]  # the window's main lobe is close to a Gaussian
    return np.array([fy[place[0], 0] + shift[0] / size[0], fx[0, place[1]] + shift[1] / size[1]])


def _lines(correlation: _Correlation, wave: np.ndarray) -> np.ndarray:
    """The one step of a line pattern, or none if the image also changes along the wave's crests."""
    step = wave / (wave**2).sum()
    # a wave may be an overtone of the pattern: the first repeat as good as the best is the pitch
    inside = [m for m in range(1, 5) if bool((abs(m * step) < correlation.middle * 0.95).all())]
    good = np.array([correlation.near(m * step) for m in inside])
    if not len(good):
        return NOT_FOUND
    step = step * inside[int(np.argmax(good >= ALIKE * good.max()))]
    pitch = math.hypot(*step)
    reach = np.arange(2.0, min(3 * pitch, 0.7 * float(correlation.middle.min())), 0.5)
    turns = np.radians(np.linspace(-TURN, TURN, 33)) + math.atan2(step[0], step[1])
    across = np.stack([np.sin(turns), np.cos(turns)], 1)  # the crests are known to a degree or so: look around
    along = np.stack([-across[:, 1], across[:, 0]], 1)
    ridges = correlation.at(along[:, None] * reach[:, None])
    best = int(ridges.mean(1).argmax())
    if ridges[best].min() < STRAIGHT * good.max():
        return NOT_FOUND
    return _upward(across[best] * pitch)[None]


def _array(correlation: _Correlation) -> np.ndarray:
    """The two shortest steps of an array, or none."""
    lags, values = correlation.peaks()
    long = np.hypot(*lags.T) >= SMALLEST_PITCH
    fits = (abs(lags) <= 2 * correlation.middle / 0.6 / 2 / FEWEST_REPEATS * 1.02).all(1)
    lags, values = lags[long & fits], values[long & fits]
    if len(lags) < 2:
        return NOT_FOUND
    good = values >= ALIKE * values.max()
    order = np.argsort(np.hypot(*lags[good].T))
    lags = lags[good][order]
    first = lags[0]
    turn = abs(lags @ np.array([-first[1], first[0]])) / np.hypot(*first) / np.hypot(*lags.T)
    other = np.flatnonzero(turn > math.sin(math.radians(20)))
    if not len(other):
        return NOT_FOUND
    return _reduced(np.array([first, lags[other[0]]]))


def _reduced(vectors: np.ndarray) -> np.ndarray:
    """The same lattice by its two shortest steps, the flatter one first (Gauss's reduction)."""
    one, two = vectors
    while True:
        if one @ one > two @ two:
            one, two = two, one
        turns = round(float(one @ two) / float(one @ one))
        if turns == 0:
            break
        two = two - turns * one
    steps = sorted((_upward(one), _upward(two)), key=lambda step: abs(step[0]) / math.hypot(*step))
    return np.array(steps)


def _upward(step: np.ndarray) -> np.ndarray:
    """A step or its opposite, whichever points to the right (or, standing upright, down)."""
    return -step if step[1] < -1e-9 or (abs(step[1]) <= 1e-9 and step[0] < 0) else step


def _sub_pixel(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Offset of each peak from its sample, (n, 2), by a parabola along each axis."""
    shifts = []
    for axis in (0, 1):
        step = np.eye(2, dtype=int)[axis]
        before, here, after = (values[tuple((places + k * step).T)] for k in (-1, 0, 1))
        bend = np.minimum(before - 2 * here + after, -1e-9)
        shifts.append(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))
    return np.stack(shifts, 1)


def _half_turn(degrees: float) -> float:
    return 90.0 - (90.0 - degrees) % 180.0
