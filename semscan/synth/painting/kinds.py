"""The kinds of painted defects: how each looks, and its share of the defects.

Every kind corresponds to a defect in SEM images: foreign matter (bodies with bright rims, specks,
scratches), foreign texture, stained areas, and *absence*: structure moved from another place of the same image with its
grey levels unchanged, and structure erased. These two matter most on periodic images: a missing
contact is locally normal, and only the lattice shows that it is missing.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from semscan.synth.painting.canvas import Canvas, Painted, Painter
from semscan.synth.painting.shapes import band, blob, random_field, softened, streak


def families(*, areas: bool = False) -> tuple[str, ...]:
    """Return the names of `PAINTERS` that are usual; with `areas`, large areas too.

    Areas teach a network to fill what they cover, and cost it small defects: see "What was tried" in
    benchmarks/README.md. They are for good images of varying brightness, where no grey level shows an area.
    """
    return tuple(name for name in PAINTERS if areas or name != "area")


def shape_for(painter: Painter, rng: Generator) -> np.ndarray:
    """Draw a shape of a usual size for a painter; a mask as of `semscan.synth.painting.shapes`."""
    if painter is _scratch:
        return streak(_log_uniform(12, 120, rng), _log_uniform(1, 4, rng), rng)
    if painter is _area:
        shape = blob if rng.random() < 0.6 else band
        return softened(shape(_log_uniform(16, 70, rng), rng), _log_uniform(0.5, 6, rng))
    sizes: dict[Painter, tuple[float, float]] = {_speck: (1.2, 4), _moved: (3.5, 20), _erased: (4, 22)}
    low, high = sizes.get(painter, (3, 34))
    return blob(_log_uniform(low, high, rng), rng)


def _body(canvas: Canvas, mask: np.ndarray) -> Painted:
    """Paint a solid lump: shaded by a slope, rough or smooth, with a bright rim."""
    rng = canvas.rng
    shape = mask.shape
    span = float(np.subtract(*np.percentile(canvas.patch[::4, ::4], (98, 2))))
    solid = (mask > 0.5).astype(np.uint8)
    if solid.all():  # the rim of a lump as large as the patch is the patch's; OpenCV has no distance to it
        solid[[0, -1]] = solid[:, [0, -1]] = 0
    depth = cv2.distanceTransform(solid, cv2.DIST_L2, 3)
    height = depth / (depth.max() + 1e-6)
    height += rng.uniform(0, 0.5) * random_field(shape, rng.uniform(2.5, 12), rng) * (height > 0)
    slope_r, slope_c = np.gradient(cv2.GaussianBlur(height, (0, 0), 1.0))
    light = rng.uniform(0, 2 * np.pi)
    shade = (np.cos(light) * slope_r + np.sin(light) * slope_c) * depth.max()
    body = canvas.grey_level() + span * rng.uniform(0, 0.35) * shade / (np.abs(shade).max() + 1e-6)
    body += span * rng.uniform(0, 0.2) * random_field(shape, rng.uniform(1.5, 8), rng)
    rim = np.exp(-depth / rng.uniform(0.8, 2.5)) * (depth > 0)
    body += span * rng.uniform(-0.1, 0.5) * rim + canvas.white_noise(shape)
    return Painted(np.clip(body, -0.05, 1.05), mask * rng.uniform(0.55, 1.0), True)


def _speck(canvas: Canvas, mask: np.ndarray) -> Painted:
    """Paint a particle of a few pixels."""
    mask = mask / (mask.max() + 1e-6)
    filling = canvas.grey_level() + canvas.white_noise(mask.shape)
    return Painted(filling, mask * canvas.rng.uniform(0.6, 1.0), True)


def _scratch(canvas: Canvas, mask: np.ndarray) -> Painted:
    """Paint a thin line, bright or dark."""
    filling = canvas.grey_level() + canvas.white_noise(mask.shape)
    return Painted(filling, mask * canvas.rng.uniform(0.4, 1.0), False)


def _texture(canvas: Canvas, mask: np.ndarray) -> Painted:
    """Paint the texture of another good patch, rescaled and turned, so that it does not fit its place."""
    rng = canvas.rng
    other = canvas.pool(rng)
    rows, cols = mask.shape
    scale = _log_uniform(0.35, 2.2, rng)
    turn = cv2.getRotationMatrix2D((other.shape[1] / 2, other.shape[0] / 2), rng.uniform(0, 360), scale)
    turn[:, 2] += rng.uniform(-20, 20, 2)
    turn[:, 2] += np.array([cols - other.shape[1], rows - other.shape[0]]) / 2
    filling = cv2.warpAffine(other, turn, (cols, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    filling = (filling - filling.mean()) * rng.uniform(0.3, 1.3) + filling.mean() + rng.uniform(-0.1, 0.25)
    return Painted(np.clip(filling, 0, 1.05), mask, True)


def _moved(canvas: Canvas, mask: np.ndarray) -> Painted:
    """Paint structure from another lattice phase of the same patch, grey levels unchanged."""
    rows, cols = canvas.patch.shape
    angle = canvas.rng.uniform(0, 2 * np.pi)
    distance = _log_uniform(3, 40, canvas.rng)
    down = round(distance * np.sin(angle))
    right = round(distance * np.cos(angle))
    row = np.clip(np.arange(canvas.window[0].start, canvas.window[0].stop) + down, 0, rows - 1)
    col = np.clip(np.arange(canvas.window[1].start, canvas.window[1].stop) + right, 0, cols - 1)
    return Painted(canvas.patch[np.ix_(row, col)], mask, False)


def _erased(canvas: Canvas, mask: np.ndarray) -> Painted:
    """Paint the local background over a structure, its bright or its dark side, with matched noise."""
    rng = canvas.rng
    level = np.percentile(canvas.before, rng.choice([15, 30, 50, 70, 85]))
    slow = cv2.GaussianBlur(canvas.before, (0, 0), max(3.0, min(mask.shape) / 4))
    slow = level + rng.uniform(0, 0.5) * (slow - slow.mean())
    filling = slow + canvas.white_noise(mask.shape)
    return Painted(filling, mask * rng.uniform(0.6, 1.0), False)


def _changed(canvas: Canvas, mask: np.ndarray) -> Painted:
    """Paint the same structure blurred, of another contrast, or warped."""
    rng = canvas.rng
    filling = canvas.before
    change = rng.integers(3)
    if change == 0:
        filling = cv2.GaussianBlur(filling, (0, 0), _log_uniform(1.5, 6, rng)) + canvas.white_noise(filling.shape, 0.7)
    elif change == 1:
        mean = filling.mean()
        filling = mean + (filling - mean) * _log_uniform(0.3, 2.0, rng) + rng.uniform(-0.25, 0.25)
    else:
        rows, cols = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
        grain = rng.uniform(6, 20)
        push = rng.uniform(2, 7)
        filling = cv2.remap(
            np.ascontiguousarray(filling),
            cols + push * random_field(mask.shape, grain, rng),
            rows + push * random_field(mask.shape, grain, rng),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
    return Painted(np.clip(filling, -0.05, 1.05), mask, False)


def _area(canvas: Canvas, mask: np.ndarray) -> Painted:
    """Paint a large area of other brightness, contrast or roughness, as a stain or an uneven finish has."""
    rng = canvas.rng
    span = float(np.subtract(*np.percentile(canvas.patch[::4, ::4], (98, 2))))
    slow = cv2.GaussianBlur(canvas.before, (0, 0), 12.0)
    filling = slow + (canvas.before - slow) * _log_uniform(0.5, 2.5, rng) + span * rng.uniform(-0.5, 0.5)
    if rng.random() < 0.4:
        filling += span * rng.uniform(0, 0.25) * random_field(mask.shape, rng.uniform(2, 12), rng)
    return Painted(np.clip(filling, -0.05, 1.05), mask * rng.uniform(0.7, 1.0), True)


def _log_uniform(low: float, high: float, rng: Generator) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


# by name: the painter, and its share of the defects
PAINTERS: dict[str, tuple[Painter, float]] = {
    "body": (_body, 0.26),
    "speck": (_speck, 0.10),
    "scratch": (_scratch, 0.06),
    "texture": (_texture, 0.14),
    "moved": (_moved, 0.22),
    "erased": (_erased, 0.12),
    "changed": (_changed, 0.10),
    "area": (_area, 0.15),
}
