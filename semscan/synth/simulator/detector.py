"""From signal to grey levels: probe, charging, shot noise, detector, analogue-to-digital converter."""

from __future__ import annotations

import math

import cv2
import numpy as np

from semscan.settings import SynthSettings

# grey levels (share of full scale) of signal 0 and of signal 1
BLACK = 0.02
WHITE = 0.90


def probe_kernel(blur: float, astigmatism: float, axis: float) -> np.ndarray:
    """Make the kernel of a Gaussian probe, wider along `axis` (radians) and narrower across it.

    Returns
    -------
    ndarray of float32, odd square, sum 1
    """
    half = max(1, math.ceil(3.5 * blur * (1 + astigmatism)))
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float64)
    along = x * math.cos(axis) + y * math.sin(axis)
    across = y * math.cos(axis) - x * math.sin(axis)
    wide = max(blur * (1 + astigmatism / 2), 0.05)
    narrow = max(blur * (1 - astigmatism / 2), 0.05)
    kernel = np.exp(-0.5 * ((along / wide) ** 2 + (across / narrow) ** 2))
    return (kernel / kernel.sum()).astype(np.float32)


def charging_tails(signal: np.ndarray, amount: float, reach: float) -> np.ndarray:
    """Darken the pixels that the beam scans after a bright structure on the same row.

    Parameters
    ----------
    signal : ndarray of float32, shape (rows, cols)
    amount : float
        Share of the preceding excess over the row's mean that is lost.
    reach : float
        Length in px over which the charge leaks away.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
    """
    excess = np.ascontiguousarray((signal - signal.mean(axis=1, keepdims=True)).T)
    keep = np.float32(math.exp(-1 / reach))
    charge = np.zeros_like(excess)
    for col in range(1, len(excess)):
        charge[col] = keep * charge[col - 1] + (1 - keep) * excess[col - 1]
    return signal - np.float32(amount * math.sqrt(reach)) * charge.T


def detect(signal: np.ndarray, settings: SynthSettings, rng: np.random.Generator) -> np.ndarray:
    """Turn a noise-free signal into one recorded frame.

    Shot noise is Poisson: the variance is signal / dose. The detector's finite speed (`lag`) mixes each
    pixel with the one before; each row has its own gain and offset; brightness and contrast differ from
    image to image.

    Parameters
    ----------
    signal : ndarray of float32, shape (rows, cols)
        0 to about 1.
    settings : SynthSettings
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        Signal at the output of the detector, before `quantise`.
    """
    rows, cols = signal.shape
    frame = shade(signal, settings.gradient, rng)
    contrast = 1 + settings.contrast * rng.uniform(-1, 1)
    offset = settings.brightness * rng.uniform(-1, 1)
    if settings.charging:
        frame = charging_tails(frame, settings.charging, settings.charging_reach)
    frame = rng.poisson(np.maximum(frame, 0) * settings.dose).astype(np.float32) / np.float32(settings.dose)
    if settings.lag:
        frame[:, 1:] += np.float32(settings.lag) * (frame[:, :-1] - frame[:, 1:])
    row_gain, row_offset = settings.row_noise * rng.standard_normal((2, rows, 1)).astype(np.float32)
    frame = frame * (1 + row_gain) + 0.5 * row_offset
    frame += np.float32(settings.read_noise) * rng.standard_normal((rows, cols), dtype=np.float32)
    return frame * np.float32(contrast) + np.float32(offset)


def shade(signal: np.ndarray, gradient: float, rng: np.random.Generator) -> np.ndarray:
    """Brighten one side of the image by up to `gradient` and darken the other."""
    rows, cols = signal.shape
    turn = rng.uniform(0, 2 * np.pi)
    size = gradient * rng.uniform(0, 1)
    x = np.linspace(-1, 1, cols)[None, :]
    y = np.linspace(-1, 1, rows)[:, None]
    return (signal * (1 + size * (x * math.cos(turn) + y * math.sin(turn)))).astype(np.float32)


def quantise(frame: np.ndarray, bits: int) -> np.ndarray:
    """Round a frame to grey levels: uint8 or uint16 over the full scale, clipped."""
    full = 255 if bits == 8 else 65535
    levels = np.rint((BLACK + (WHITE - BLACK) * frame) * full)
    return np.clip(levels, 0, full).astype(np.uint8 if bits == 8 else np.uint16)


def blur(signal: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve a signal with a probe."""
    return cv2.filter2D(signal, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101)
