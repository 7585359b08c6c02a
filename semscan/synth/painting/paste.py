"""Take real defects out of images with masks, and paste them into good patches. Plain arrays."""

from __future__ import annotations

import cv2
import numpy as np

from semscan.robust import noise_level
from semscan.synth.painting.canvas import Window
from semscan.synth.painting.visible import visible

MARGIN = 8  # px around a defect that are compared and blended
REACH = 96  # px: how far from a defect its replacement may lie
LARGEST = 384  # px: larger defects are replaced by the grey level around them

Corners = tuple[int, int, int, int]  # top, left, bottom, right; half-open


def components(mask: np.ndarray, *, least: int = 2) -> list[Corners]:
    """List the connected components (8 neighbours) of a mask of at least `least` px, as (top, left, bottom, right)."""
    stats = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)[2][1:]
    return [(int(y), int(x), int(y + h), int(x + w)) for x, y, w, h, area in stats if area >= least]


def inpainted(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Replace what `mask` marks by the nearby place that fits best into its surroundings.

    In a periodic image that place is the same cell elsewhere, so that a missing hole comes back. The
    copied pixels hold nothing marked themselves. Where there is no such place, the grey level around is taken.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
    mask : ndarray of bool, shape (rows, cols)

    Returns
    -------
    ndarray of float32, shape (rows, cols)
    """
    result = values.copy()
    marked = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
    for corners in components(marked):
        window = _grown(corners, MARGIN, values.shape)
        inside = marked[window].astype(np.float32)
        filling = _replacement(values, marked, window, inside)
        alpha = np.clip(cv2.GaussianBlur(inside, (0, 0), 1.0) + inside, 0, 1)
        result[window] += alpha * (filling - result[window])
    return result


def paste(
    patch: np.ndarray, label: np.ndarray, cut: np.ndarray, mask: np.ndarray, rng: np.random.Generator, *, fit: bool
) -> None:
    """Put a real defect into a patch, in place, with a soft edge.

    Parameters
    ----------
    patch, label : ndarrays of float32, shape (rows, cols)
        Both are changed: `label` becomes 1 where the defect is visible.
    cut, mask : ndarrays of float32, shape (r, c)
        The defect with its margin, and 1 where it is; larger ones than the patch are cropped.
    rng : numpy.random.Generator
    fit : bool
        Put it where its surroundings fit best, else anywhere.
    """
    rows, cols = (min(a, b) for a, b in zip(cut.shape, patch.shape, strict=True))
    cut = np.ascontiguousarray(cut[:rows, :cols])
    mask = np.ascontiguousarray(mask[:rows, :cols])
    if min(rows, cols) < 3 or not mask.any():
        return
    wide = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    fitting = best_place(patch, cut, 1 - wide) if fit and wide.min() < 0.5 else None
    row, col = fitting or _random_corner(patch.shape, cut.shape, rng)
    window = (slice(row, row + rows), slice(col, col + cols))
    before = patch[window].copy()
    noise = noise_level(patch)
    around = wide < 0.5
    # the grey levels around the defect become those of the patch, so that no step shows at its edge
    lift = float(np.median(before[around]) - np.median(cut[around])) if around.any() else 0.0
    alpha = cv2.GaussianBlur(wide, (0, 0), 1.0)
    after = before + alpha * (cut + lift - before)
    patch[window] = after
    label[window] = np.maximum(label[window], visible(before, after, mask, noise, True))


def _random_corner(shape: tuple[int, ...], piece: tuple[int, ...], rng: np.random.Generator) -> tuple[int, int]:
    """Draw where a piece of a shape begins in an array of another."""
    return int(rng.integers(shape[0] - piece[0] + 1)), int(rng.integers(shape[1] - piece[1] + 1))


def best_place(
    scene: np.ndarray, piece: np.ndarray, weight: np.ndarray, banned: np.ndarray | None = None
) -> tuple[int, int] | None:
    """Find where in `scene` a piece fits best: (row, col) of its top left corner.

    Parameters
    ----------
    scene, piece : ndarrays of float32
        The piece is no larger than the scene.
    weight : ndarray of float32, shape of `piece`
        Which of its pixels are compared.
    banned : ndarray of bool, optional
        For each place, shape (rows - r + 1, cols - c + 1), whether it may not be taken.

    Returns
    -------
    tuple of int, or None if all places are banned
    """
    weight = weight.astype(np.float32)
    misfit = cv2.matchTemplate(scene, piece, cv2.TM_SQDIFF, mask=weight)
    misfit = np.where(np.isfinite(misfit), misfit, np.inf)
    if banned is not None:
        if banned.all():
            return None
        misfit = np.where(banned, np.inf, misfit)
    row, col = np.unravel_index(int(np.argmin(misfit)), misfit.shape)
    return int(row), int(col)


def _replacement(values: np.ndarray, marked: np.ndarray, window: Window, inside: np.ndarray) -> np.ndarray:
    """Return what may stand in `window` instead: the best place around it, else the grey level around it."""
    rows, cols = inside.shape
    if max(rows, cols) <= LARGEST and not inside.all():
        corners = (window[0].start, window[1].start, window[0].stop, window[1].stop)
        nearby = _grown(corners, REACH, values.shape)
        scene = np.ascontiguousarray(values[nearby])
        marks = np.ascontiguousarray(marked[nearby]).astype(np.float32)
        banned = cv2.matchTemplate(marks, inside, cv2.TM_CCORR) > 0.5
        corner = best_place(scene, np.ascontiguousarray(values[window]), 1 - inside, banned)
        if corner is not None:
            found = scene[corner[0] : corner[0] + rows, corner[1] : corner[1] + cols]
            return found + float(np.median((values[window] - found)[inside == 0]))
    level = np.median(values[window][inside == 0]) if not inside.all() else np.median(values)
    return np.full(inside.shape, level, np.float32)


def _grown(corners: Corners, margin: int, shape: tuple[int, ...]) -> Window:
    top, left, bottom, right = corners
    return (
        slice(max(0, top - margin), min(shape[0], bottom + margin)),
        slice(max(0, left - margin), min(shape[1], right + margin)),
    )
