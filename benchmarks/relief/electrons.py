"""From the drawn pattern to a height map, and from that to the secondary electrons that reach the detector."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from relief.layout import FINE, Canvas, Layout
from relief.noise import smooth_noise

AZIMUTHS = 12
DISTANCES = (1, 2, 3, 5, 8, 13, 20)  # px at which the horizon is looked for


@dataclass(frozen=True)
class Process:
    """How the pattern is made: rounding of corners, width of walls, height (all px), yields of top and floor, grain."""

    rounding: float
    wall: float
    depth: float
    top: float
    floor: float
    grain: np.ndarray

    @classmethod
    def draw(cls, canvas, pitch, inverted, rng):
        """Draw a process. Of an inverted one, the floor emits more than the top, and the pattern is lower."""
        bright, dark = rng.uniform(0.9, 1.1), rng.uniform(0.3, 0.55)
        aspect = rng.uniform(0.15, 0.4) if inverted else rng.uniform(0.3, 0.9)
        grain = smooth_noise(canvas.shape, FINE * rng.uniform(0.6, 1.2), rng) * rng.uniform(0.05, 0.22)
        top, floor = (dark, bright) if inverted else (bright, dark)
        rounding, wall = pitch * rng.uniform(0.03, 0.05), pitch * rng.uniform(0.03, 0.08)
        return cls(rounding, wall, pitch * aspect, top, floor, grain)


@dataclass(frozen=True)
class Relief:
    """The specimen: `height` in px and `material` (electrons for each that lands on it when flat), both float32."""

    canvas: Canvas
    layout: Layout
    process: Process
    height: np.ndarray
    material: np.ndarray

    @property
    def depth(self):
        """Height of the pattern, px."""
        return self.process.depth

    @property
    def brighter(self):
        """The larger of the two materials' yields."""
        return max(self.process.top, self.process.floor)

    def filled(self, share, height):
        """Return the relief with the pattern's own material added, up to `height` (share of the pattern's)."""
        new = np.maximum(self.height, height * share * self.depth + self.process.grain)
        added = np.clip((new - self.height) / (height * self.depth), 0, 1)
        return replace(self, height=new, material=self.material + added * (self.process.top - self.material))


def etch(layout, canvas, process):
    """Make the relief of a layout: the drawn edges blurred (as light does), then developed with walls of some width."""
    sigma = process.rounding * FINE
    exposed = cv2.GaussianBlur(layout.cover(canvas), (0, 0), sigma)
    gain = max(1.0, float(np.sqrt(2 * np.pi)) * process.rounding / process.wall)
    cover = np.clip((exposed - 0.5) * gain + 0.5, 0, 1)
    cover = cv2.GaussianBlur(cover, (0, 0), 0.35 * process.wall * FINE + 0.3)
    height = process.depth * cover + process.grain
    return Relief(canvas, layout, process, height, process.floor + (process.top - process.floor) * cover)


@dataclass(frozen=True)
class Beam:
    """How electrons leave and are collected.

    `slope_gain` and `slope_cap` describe the yield of slopes, `bloom` and `reach` (px, near and far) the electrons that
    leave through a near wall. `openness` is the exponent of the visible share of the sky, `lopsided` (0 to 1) how much
    more the detector at `azimuth` collects from its own side.
    """

    slope_gain: float
    slope_cap: float
    bloom: float
    reach: tuple
    openness: float
    azimuth: float
    lopsided: float

    @classmethod
    def draw(cls, pitch, inverted, rng):
        """Draw a beam and a detector."""
        near = pitch * rng.uniform(0.04, 0.1)
        return cls(
            slope_gain=rng.uniform(0.6, 1.6),
            slope_cap=rng.uniform(1.5, 4),
            bloom=rng.uniform(0.3, 1.2),
            reach=(near, near * rng.uniform(2, 4)),
            openness=rng.uniform(0.15, 0.4) if inverted else rng.uniform(0.3, 0.9),
            azimuth=rng.uniform(0, 2 * np.pi),
            lopsided=rng.choice([0.0, rng.uniform(0, 0.5)]),
        )


def emitted(relief, beam):
    """Compute the secondary electrons from each sample that reach the detector, for each that lands: float32.

    The yield grows with the slope as 1 / cos (Reimer, Scanning Electron Microscopy, 1998), up to the limit that the
    escape depth sets. Within the beam's range of a convex edge, more electrons leave through the wall. The range has a
    near and a far part, so the shoulder is steep and has a tail. Only what sees the sky is collected.
    """
    height = relief.height.astype(np.float32)
    down, right = (cv2.Sobel(height, cv2.CV_32F, *order, ksize=3, scale=FINE / 8) for order in ((0, 1), (1, 0)))
    slope = np.hypot(down, right)
    facing = -(right * np.cos(beam.azimuth) + down * np.sin(beam.azimuth)) / np.maximum(slope, 1e-3)
    more = np.sqrt(1 + slope**2) - 1
    tilted = beam.slope_gain * beam.slope_cap * (1 - np.exp(-more / beam.slope_cap)) * (1 + beam.lopsided * facing)
    convex = sum(
        share * np.maximum(height - cv2.GaussianBlur(height, (0, 0), reach * FINE), 0)
        for share, reach in zip((0.65, 0.35), beam.reach, strict=True)
    )
    bloomed = beam.bloom * 2 * convex / relief.depth
    return (relief.material * (1 + tilted + bloomed) * visible_sky(height, beam) ** beam.openness).astype(np.float32)


def visible_sky(height, beam):
    """Compute the share of the emitted electrons that no wall catches: the mean of cos² of the horizon's elevation."""
    coarse = cv2.resize(height, None, fx=1 / FINE, fy=1 / FINE, interpolation=cv2.INTER_AREA)
    rows, cols = coarse.shape
    far = DISTANCES[-1]
    padded = cv2.copyMakeBorder(coarse, far, far, far, far, cv2.BORDER_REFLECT)
    total, weights = np.zeros_like(coarse), 0.0
    for azimuth in np.arange(AZIMUTHS) * 2 * np.pi / AZIMUTHS:
        rise = np.zeros_like(coarse)
        for distance in DISTANCES:
            y, x = (round(far + distance * turn(azimuth)) for turn in (np.sin, np.cos))
            np.maximum(rise, (padded[y : y + rows, x : x + cols] - coarse) / distance, out=rise)
        weight = 1 + beam.lopsided * np.cos(azimuth - beam.azimuth)
        total += np.float32(weight) / (1 + rise**2)
        weights += weight
    return cv2.resize(total / np.float32(weights), height.shape[::-1], interpolation=cv2.INTER_LINEAR)
