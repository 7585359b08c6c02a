"""Model where the beam is at each pixel: rotation, magnification and drift between specimen and image."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from semscan.settings import SynthSettings


@dataclass(frozen=True)
class Scan:
    """The specimen position under each pixel.

    `u` (across the lines) and `v` (along them) are float32, shape (rows, cols), in pixels of the nominal
    magnification, 0 at the image centre. `shift` is each row's displacement in px, `angle` in radians.
    """

    u: np.ndarray
    v: np.ndarray
    shift: np.ndarray
    angle: float
    scale: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the image."""
        return self.u.shape[0], self.u.shape[1]

    @property
    def extent(self) -> float:
        """Largest distance from the centre that is scanned, px."""
        return float(max(np.abs(self.u).max(), np.abs(self.v).max()))

    def pixel(self, u: float, v: float) -> tuple[float, float]:
        """Return row and column of the specimen point (u, v) in the image."""
        rows, cols = self.shape
        across = u * self.scale
        along = v * self.scale
        row = across * -math.sin(self.angle) + along * math.cos(self.angle) + (rows - 1) / 2
        x = across * math.cos(self.angle) + along * math.sin(self.angle) + (cols - 1) / 2
        return row, x - self.shift[int(np.clip(round(row), 0, rows - 1))]

    def window(self, u: float, v: float, reach: float) -> tuple[slice, slice]:
        """Return the slices of the pixels within about `reach` px of (u, v), clipped to the image."""
        row, col = self.pixel(u, v)
        half = reach + 2 + float(np.ptp(self.shift))
        rows, cols = self.shape
        return (
            slice(int(np.clip(row - half, 0, rows)), int(np.clip(row + half + 1, 0, rows))),
            slice(int(np.clip(col - half, 0, cols)), int(np.clip(col + half + 1, 0, cols))),
        )


def row_shifts(rows: int, drift: float, rng: np.random.Generator) -> np.ndarray:
    """Draw each row's displacement in px: linear drift, a smoothed random walk and a vibration.

    Returns
    -------
    ndarray of float32, shape (rows,)
        About `drift` px in size, 0 in the mean.
    """
    time = np.linspace(-0.5, 0.5, rows)
    walk = np.cumsum(rng.standard_normal(rows)) / math.sqrt(rows)
    cycles = rng.uniform(3, 12)
    shift = rng.uniform(-1, 1) * time + 0.3 * walk
    shift += 0.06 * np.sin(2 * np.pi * (cycles * time + rng.random()))
    return (drift * (shift - shift.mean())).astype(np.float32)


def make_scan(settings: SynthSettings, pad: int, rng: np.random.Generator) -> Scan:
    """Draw one image's scan around the recipe.

    Parameters
    ----------
    settings : SynthSettings
    pad : int
        Pixels added on every side, for blur.
    rng : numpy.random.Generator

    Returns
    -------
    Scan
    """
    rows = settings.rows + 2 * pad
    cols = settings.cols + 2 * pad
    angle = math.radians(settings.angle + settings.rotation * rng.uniform(-1, 1))
    scale = 1 + settings.magnification * rng.uniform(-1, 1)
    shift = row_shifts(rows, settings.drift, rng)
    x = np.arange(cols, dtype=np.float32) - (cols - 1) / 2 + shift[:, None]
    y = (np.arange(rows, dtype=np.float32) - (rows - 1) / 2)[:, None]
    cos = np.float32(math.cos(angle) / scale)
    sin = np.float32(math.sin(angle) / scale)
    u = (x * cos - y * sin).astype(np.float32)
    v = (x * sin + y * cos).astype(np.float32)
    return Scan(u, v, shift, angle, scale)
