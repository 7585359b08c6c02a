"""Paint defects into good patches, so that attention has something to learn from good images alone.

Every kind corresponds to a defect in SEM images: foreign matter (bodies with bright rims, specks,
scratches), foreign texture, stained areas, and *absence*: structure moved from another place of the same image with its
grey levels unchanged, and structure erased. These two matter most on periodic images: a missing
contact is locally normal, and only the lattice shows that it is missing. A label is set only where
the change is visible above the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from semscan.robust import noise_level
from semscan.synth.painting.shapes import band, blob, random_field, softened, streak

Window = tuple[slice, slice]
Pool = Callable[[Generator], np.ndarray]


@dataclass(frozen=True, slots=True)
class _Canvas:
    """A patch that is being painted: what a painter may use.

    `patch` is float32 (rows, cols), `window` where the next defect goes, `noise` the standard deviation of its
    pixels. `pool` gives other good patches.
    """

    patch: np.ndarray
    window: Window
    noise: float
    pool: Pool
    rng: Generator

    @property
    def before(self) -> np.ndarray:
        """The pixels of the window, before the defect is painted."""
        return self.patch[self.window]

    def white_noise(self, shape: tuple[int, ...], share: float = 1.0) -> np.ndarray:
        """Draw noise like that of the patch."""
        return self.rng.normal(0, self.noise * share, shape)

    def grey_level(self) -> float:
        """Draw a grey level that a defect may have: mostly bright, as charging and edges make them."""
        low, high = np.percentile(self.patch[::4, ::4], (2, 98))
        bright = self.rng.random() < 0.75
        return low + (high - low) * (self.rng.uniform(0.45, 1.25) if bright else self.rng.uniform(-0.15, 0.45))


@dataclass(frozen=True, slots=True)
class _Painted:
    """What a painter returns.

    `filling` holds the grey levels of the defect, `mask` how much of them covers the patch, 0 to 1. With `whole`, the
    label fills the whole shape where a good part of it is visible.
    """

    filling: np.ndarray
    mask: np.ndarray
    whole: bool


Painter = Callable[[_Canvas, np.ndarray], _Painted]


def paint(
    patch: np.ndarray, pool: Pool, rng: Generator, *, kinds: Sequence[str] | None = None, count: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Paint random defects into one good patch.

    Parameters
    ----------
    patch : ndarray of float32, shape (rows, cols)
        Grey levels, about 0 to 1. Not changed.
    pool : callable
        ``pool(rng)`` returns another good patch of the same shape, for foreign texture.
    rng : numpy.random.Generator
    kinds : sequence of str, optional
        Names from `PAINTERS` to draw from, by their shares; by default `families`.
    count : int, optional
        Defects to paint; by default none in a quarter of the patches, else 1 to 5.

    Returns
    -------
    painted, label : ndarrays of float32, shape (rows, cols)
        The patch with defects, and 1 where one is visible, else 0.
    """
    painted = patch.copy()
    label = np.zeros(patch.shape, np.float32)
    if count is None:
        count = _random_count(rng)
    names = list(kinds or families())
    noise = noise_level(patch)
    shares = np.array([PAINTERS[name][1] for name in names])
    for name in rng.choice(names, count, p=shares / shares.sum()):
        _paint_defect(painted, label, PAINTERS[name][0], pool, noise, rng)
    return painted, label


def _random_count(rng: Generator) -> int:
    return 0 if rng.random() < 0.25 else int(rng.integers(1, 6))


def _paint_defect(
    painted: np.ndarray, label: np.ndarray, painter: Painter, pool: Pool, noise: float, rng: Generator
) -> None:
    """Paint one defect at a random place, cropped at the border; changes `painted` and `label`."""
    mask = _shape_for(painter, rng)
    rows, cols = painted.shape
    n = min(mask.shape[0], rows, cols)
    lead = (mask.shape[0] - n) // 2
    mask = mask[lead : lead + n, lead : lead + n]
    # up to a third of a defect may lie outside of the patch
    row = int(rng.integers(-n // 3, rows - n + n // 3 + 1))
    col = int(rng.integers(-n // 3, cols - n + n // 3 + 1))
    top = max(row, 0)
    left = max(col, 0)
    bottom = min(row + n, rows)
    right = min(col + n, cols)
    mask = mask[top - row : bottom - row, left - col : right - col]
    if min(mask.shape) < 3:
        return
    window = (slice(top, bottom), slice(left, right))
    after, shown = _apply(_Canvas(painted, window, noise, pool, rng), painter, mask)
    painted[window] = after
    label[window] = np.maximum(label[window], shown)


def _apply(canvas: _Canvas, painter: Painter, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Paint a defect into the window of a canvas, which is not changed: (its new pixels, where it is visible)."""
    before = canvas.before
    new = painter(canvas, mask)
    after = before + new.mask * (new.filling - before)
    return after, visible(before, after, new.mask, canvas.noise, new.whole)


def paint_in(
    patch: np.ndarray, window: Window, kind: str, mask: np.ndarray, pool: Pool, noise: float, rng: Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Paint one defect of a kind at a given place.

    Parameters
    ----------
    patch : ndarray of float32, shape (rows, cols)
        Grey levels, about 0 to 1. Not changed.
    window : pair of slice
        Where.
    kind : str
        A name of `PAINTERS`.
    mask : ndarray of float32, shape of the window
        Its shape, see `semscan.synth.painting.shapes`.
    pool : callable
        As in `paint`.
    noise : float
        Standard deviation of a pixel.
    rng : numpy.random.Generator

    Returns
    -------
    after, shown : ndarrays of float32, shape of the window
        The window with the defect, and 1 where it is visible, else 0.
    """
    return _apply(_Canvas(patch, window, noise, pool, rng), PAINTERS[kind][0], mask)


def visible(before: np.ndarray, after: np.ndarray, mask: np.ndarray, noise: float, whole: bool) -> np.ndarray:
    """Mark where a change is visible: above the noise that remains after a 3 px blur.

    Parameters
    ----------
    before, after : ndarray of float32, shape (rows, cols)
    mask : ndarray of float32, same shape
        How much of the change covers each pixel, 0 to 1.
    noise : float
        Standard deviation of a pixel.
    whole : bool
        Mark the whole shape where a quarter of it is visible.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        1 where the change is visible, else 0.
    """
    change = np.abs(cv2.GaussianBlur(after - before, (0, 0), 1.0))
    shown = (change > max(0.03, 0.7 * noise)) & (mask > 0.15)
    if whole and shown.sum() > 0.25 * (mask > 0.5).sum():
        return ((mask > 0.5) | shown).astype(np.float32)
    # single pixels are noise, and gaps of a pixel or two belong to the defect
    shown = cv2.morphologyEx(shown.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    shown = cv2.morphologyEx(shown, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return shown.astype(np.float32) if shown.sum() >= 6 else np.zeros_like(after)


def _log_uniform(low: float, high: float, rng: Generator) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _shape_for(painter: Painter, rng: Generator) -> np.ndarray:
    if painter is _scratch:
        return streak(_log_uniform(12, 120, rng), _log_uniform(1, 4, rng), rng)
    if painter is _area:
        shape = blob if rng.random() < 0.6 else band
        return softened(shape(_log_uniform(16, 70, rng), rng), _log_uniform(0.5, 6, rng))
    sizes: dict[Painter, tuple[float, float]] = {_speck: (1.2, 4), _moved: (3.5, 20), _erased: (4, 22)}
    low, high = sizes.get(painter, (3, 34))
    return blob(_log_uniform(low, high, rng), rng)


def _body(canvas: _Canvas, mask: np.ndarray) -> _Painted:
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
    return _Painted(np.clip(body, -0.05, 1.05), mask * rng.uniform(0.55, 1.0), True)


def _speck(canvas: _Canvas, mask: np.ndarray) -> _Painted:
    """Paint a particle of a few pixels."""
    mask = mask / (mask.max() + 1e-6)
    filling = canvas.grey_level() + canvas.white_noise(mask.shape)
    return _Painted(filling, mask * canvas.rng.uniform(0.6, 1.0), True)


def _scratch(canvas: _Canvas, mask: np.ndarray) -> _Painted:
    """Paint a thin line, bright or dark."""
    filling = canvas.grey_level() + canvas.white_noise(mask.shape)
    return _Painted(filling, mask * canvas.rng.uniform(0.4, 1.0), False)


def _texture(canvas: _Canvas, mask: np.ndarray) -> _Painted:
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
    return _Painted(np.clip(filling, 0, 1.05), mask, True)


def _moved(canvas: _Canvas, mask: np.ndarray) -> _Painted:
    """Paint structure from another lattice phase of the same patch, grey levels unchanged."""
    rows, cols = canvas.patch.shape
    angle = canvas.rng.uniform(0, 2 * np.pi)
    distance = _log_uniform(3, 40, canvas.rng)
    down = round(distance * np.sin(angle))
    right = round(distance * np.cos(angle))
    row = np.clip(np.arange(canvas.window[0].start, canvas.window[0].stop) + down, 0, rows - 1)
    col = np.clip(np.arange(canvas.window[1].start, canvas.window[1].stop) + right, 0, cols - 1)
    return _Painted(canvas.patch[np.ix_(row, col)], mask, False)


def _erased(canvas: _Canvas, mask: np.ndarray) -> _Painted:
    """Paint the local background over a structure, its bright or its dark side, with matched noise."""
    rng = canvas.rng
    level = np.percentile(canvas.before, rng.choice([15, 30, 50, 70, 85]))
    slow = cv2.GaussianBlur(canvas.before, (0, 0), max(3.0, min(mask.shape) / 4))
    slow = level + rng.uniform(0, 0.5) * (slow - slow.mean())
    filling = slow + canvas.white_noise(mask.shape)
    return _Painted(filling, mask * rng.uniform(0.6, 1.0), False)


def _changed(canvas: _Canvas, mask: np.ndarray) -> _Painted:
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
    return _Painted(np.clip(filling, -0.05, 1.05), mask, False)


def _area(canvas: _Canvas, mask: np.ndarray) -> _Painted:
    """Paint a large area of other brightness, contrast or roughness, as a stain or an uneven finish has."""
    rng = canvas.rng
    span = float(np.subtract(*np.percentile(canvas.patch[::4, ::4], (98, 2))))
    slow = cv2.GaussianBlur(canvas.before, (0, 0), 12.0)
    filling = slow + (canvas.before - slow) * _log_uniform(0.5, 2.5, rng) + span * rng.uniform(-0.5, 0.5)
    if rng.random() < 0.4:
        filling += span * rng.uniform(0, 0.25) * random_field(mask.shape, rng.uniform(2, 12), rng)
    return _Painted(np.clip(filling, -0.05, 1.05), mask * rng.uniform(0.7, 1.0), True)


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


def families(*, areas: bool = False) -> tuple[str, ...]:
    """Return the names of `PAINTERS` that are usual; with `areas`, large areas too.

    Areas teach a network to fill what they cover, and cost it small defects: see "What was tried" in
    benchmarks/README.md. They are for good images of varying brightness, where no grey level shows an area.
    """
    return tuple(name for name in PAINTERS if areas or name != "area")
