"""From electrons to grey levels: beam, scan, charging, shot noise, and what is done to the picture afterwards."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.signal import lfilter

from relief.layout import FINE, MARGIN

DOSES = (20.0, 200.0)  # electrons that a bright pixel counts
BRIGHT = 90  # percentile of the signal


@dataclass(frozen=True)
class Scan:
    """Where the beam is, and how wide: `x`, `y` (float32, px of the fine grid) of each pixel, and the beam's kernel."""

    x: np.ndarray
    y: np.ndarray
    kernel: np.ndarray

    @classmethod
    def draw(cls, rows, cols, pitch, rng):
        """Draw a scan: slow drift in x and y, jitter of each line, and a beam that is wider in one direction."""
        time = np.linspace(-1, 1, rows)
        drift = [rng.normal(0, 0.7) * time + rng.normal(0, 0.5) * time**2 for _ in range(2)]
        drift[0] += rng.normal(0, 0.2) * np.sin(rng.uniform(2, 9) * time + rng.uniform(0, 6))
        drift[0] += rng.choice([0.0, rng.uniform(0, 0.35)]) * rng.standard_normal(rows)
        row, col = np.mgrid[:rows, :cols].astype(np.float32)
        x, y = ((at + MARGIN + moved[:, None]) * FINE for at, moved in ((col, drift[0]), (row, drift[1])))
        sigma = FINE * rng.uniform(0.6, 0.7 + 0.06 * pitch)
        return cls(x.astype(np.float32), y.astype(np.float32), _beam(sigma, rng.uniform(0, 0.4), rng.uniform(0, np.pi)))

    def of(self, field):
        """Return what the beam sees of a fine field at each pixel."""
        seen = cv2.filter2D(field, cv2.CV_32F, self.kernel, borderType=cv2.BORDER_REFLECT)
        return self.sharp(seen)

    def sharp(self, field):
        """Return a fine field at each pixel, as a beam of no width sees it."""
        return cv2.remap(field, self.x, self.y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _beam(sigma, astigmatism, axis):
    half = int(np.ceil(3.5 * sigma))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    along, across = x * np.cos(axis) + y * np.sin(axis), y * np.cos(axis) - x * np.sin(axis)
    spot = np.exp(-((along / (1 + astigmatism)) ** 2 + (across * (1 + astigmatism)) ** 2) / (2 * sigma**2))
    return (spot / spot.sum()).astype(np.float32)


@dataclass(frozen=True)
class Charging:
    """Streaks behind bright places: what exceeds `level` leaves a charge, which leaks away over `reach` px."""

    level: float
    amount: float
    reach: float

    @classmethod
    def draw(cls, signal, rng):
        """Draw the charging of a specimen with this signal; two thirds of them do not charge."""
        return cls(np.percentile(signal, BRIGHT), rng.choice([0.0, 0.0, rng.uniform(0.1, 0.35)]), rng.uniform(15, 90))

    def applied(self, signal):
        """Darken what the beam passes after bright places on the same row."""
        keep = np.exp(-1 / self.reach)
        charge = lfilter([0, 1 - keep], [1, -keep], np.maximum(signal - self.level, 0), axis=1)
        return np.maximum(signal - self.amount * self.reach**0.5 * charge, 0.02).astype(np.float32)


def recorded(signal, dose, rng):
    """Count electrons and turn them into a picture, uint8: shading, shot noise, gain, gamma, levels, at times JPEG."""
    rows, cols = signal.shape
    turn, shade = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.12)
    y, x = np.linspace(-1, 1, rows)[:, None], np.linspace(-1, 1, cols)
    lit = signal * (1 + shade * (x * np.cos(turn) + y * np.sin(turn)) - rng.choice([0, 0.06]) * (x**2 + y**2))
    counted = rng.poisson(np.maximum(lit, 0) * dose / np.percentile(signal, BRIGHT)) / dose
    low, high = np.percentile(cv2.GaussianBlur(counted, (0, 0), 1), (0.5, 99.7))
    grey = np.clip((counted - low) / (high - low) * 0.85 + 0.08, 0, 1) ** np.exp(rng.normal(0, 0.2))
    black, white = rng.uniform(0, 40), rng.uniform(190, 255)
    pixels = np.rint(np.clip(black + (white - black) * grey, 0, 255)).astype(np.uint8)
    if rng.random() < 0.25:
        packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 95))])[1]
        pixels = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE)
    return pixels
