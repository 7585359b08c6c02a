"""Soft shapes for painted defects: float32 masks, 0 outside to 1 inside."""

from __future__ import annotations

import cv2
import numpy as np


def blob(radius: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a random filled shape about `radius` px in radius: smooth, ragged or angular.

    Parameters
    ----------
    radius : float
        Mean radius in pixels, at least 1.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32, shape (n, n), range 0 to 1
        n is about 3 radius; the shape lies in the middle, with an edge 1 to 3 px soft.
    """
    half = int(np.ceil(radius * 1.5)) + 2
    # few corners make an angular shape, many a smooth one
    corners = int(rng.integers(4, 8)) if rng.random() < 0.35 else 40
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners)) if corners < 40 else np.linspace(0, 2 * np.pi, 40, False)
    reach = np.ones(corners)
    for k in range(2, 7):
        reach += rng.uniform(0, 0.9 / k) * np.cos(k * angles + rng.uniform(0, 2 * np.pi))
    reach = np.clip(reach, 0.3, 1.5) * radius
    squeeze = rng.uniform(0.45, 1.0)
    x = reach * np.cos(angles)
    y = squeeze * reach * np.sin(angles)
    outline = _turned(x, y, rng.uniform(0, np.pi)) + half
    mask = np.zeros((2 * half + 1,) * 2, np.uint8)
    cv2.fillPoly(mask, [_fixed_point(outline)], 255, cv2.LINE_AA, 4)
    softness = float(rng.uniform(0.4, 0.4 + min(1.6, radius / 6)))
    return cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), softness)


def streak(length: float, width: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a thin curved line, `length` and `width` in px; returns a mask as `blob` does."""
    half = int(np.ceil(length / 2)) + 4
    t = np.linspace(-0.5, 0.5, 24)
    bend = rng.uniform(-0.35, 0.35) * length
    x = t * length
    y = bend * (t**2 - 0.08) + rng.normal(0, 0.3, t.size)
    line = _turned(x, y, rng.uniform(0, np.pi)) + half
    mask = np.zeros((2 * half + 1,) * 2, np.uint8)
    cv2.polylines(mask, [_fixed_point(line)], False, 255, max(1, round(width)), cv2.LINE_AA, 4)
    return cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), float(rng.uniform(0.4, 0.9)))


def band(radius: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a straight band, 4 `radius` px long and about half as wide, often along a side; a mask as of `blob`."""
    half = round(2 * radius)
    mask = np.zeros((2 * half + 1,) * 2, np.float32)
    wide = max(1, int(radius * rng.uniform(0.4, 1)))
    mask[half - wide : half + wide] = 1
    angle = float(rng.choice([0, 90, rng.uniform(0, 180)]))
    return cv2.warpAffine(mask, cv2.getRotationMatrix2D((half, half), angle, 1), mask.shape)


def softened(mask: np.ndarray, softness: float) -> np.ndarray:
    """Return a mask with edges `softness` px soft."""
    return np.clip(cv2.GaussianBlur(mask, (0, 0), softness), 0, 1)


def random_field(shape: tuple[int, ...], grain: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a smooth random field of the given shape, mean 0 and standard deviation 1, `grain` px coarse."""
    small = [max(2, int(np.ceil(n / grain)) + 1) for n in shape]
    field = cv2.resize(rng.standard_normal(small).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / (field.std() + 1e-6)


def _turned(x: np.ndarray, y: np.ndarray, angle: float) -> np.ndarray:
    """Turn points about the origin; returns them as (n, 2)."""
    return np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], 1)


def _fixed_point(points: np.ndarray) -> np.ndarray:
    """Round points to sixteenths of a pixel, as OpenCV draws them with a shift of 4."""
    return np.round(points * 16).astype(np.int32)
