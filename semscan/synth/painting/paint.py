"""Defects painted into good patches, so that attention has something to learn from good images alone.

Every kind answers to something seen in SEM images: foreign matter (bodies with bright rims, specks,
scratches), foreign texture, and *absence*: structure moved from another place of the same image with its
grey levels untouched, and structure erased. The last two matter most on periodic images: a missing
contact is locally normal, only the lattice says that something should be there. A label is set only where
the change can be seen against the noise.
"""

from __future__ import annotations

import cv2
import numpy as np

from semscan.synth.painting.shapes import blob, cloud, streak


def noise_level(patch):
    """Standard deviation of pixel noise in `patch`, from its finest detail (median of a second difference).

    J. Immerkaer, "Fast Noise Variance Estimation", CVIU 64(2), 1996, doi:10.1006/cviu.1996.0060.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    return float(np.median(np.abs(cv2.filter2D(patch, cv2.CV_32F, kernel)))) / 0.6745 / 6


def paint(patch, pool, rng, *, kinds=None, count=None):
    """Paint random defects into one good patch.

    Parameters
    ----------
    patch : ndarray of float32, shape (rows, cols)
        Grey levels, about 0 to 1. Not changed.
    pool : callable
        ``pool(rng)`` gives another good patch of the same shape, for foreign texture.
    rng : numpy.random.Generator
    kinds : sequence of str, optional
        Names from `KINDS` to draw from; all, by their shares, if None.
    count : int, optional
        How many defects; by default none in a quarter of the patches, else 1 to 5.

    Returns
    -------
    painted, label : ndarrays of float32, shape (rows, cols)
        The patch with defects, and 1 where one can be seen, else 0.
    """
    painted, label = patch.copy(), np.zeros(patch.shape, np.float32)
    if count is None:
        count = 0 if rng.random() < 0.25 else int(rng.integers(1, 6))
    names, noise = list(kinds or KINDS), noise_level(patch)
    shares = np.array([KINDS[name][1] for name in names])
    for name in rng.choice(names, count, p=shares / shares.sum()):
        _paint_one(painted, label, KINDS[name][0], pool, noise, rng)
    return painted, label


def _paint_one(painted, label, kind, pool, noise, rng):
    mask = _shape_for(kind, rng)
    rows, cols = painted.shape
    n = min(mask.shape[0], rows, cols)
    lead = (mask.shape[0] - n) // 2
    mask = mask[lead : lead + n, lead : lead + n]
    r, c = int(rng.integers(-n // 3, rows - n + n // 3 + 1)), int(rng.integers(-n // 3, cols - n + n // 3 + 1))
    top, left, bottom, right = max(r, 0), max(c, 0), min(r + n, rows), min(c + n, cols)
    mask = mask[top - r : bottom - r, left - c : right - c]
    if min(mask.shape) < 3:
        return
    here = (slice(top, bottom), slice(left, right))
    before = painted[here].copy()
    filling, mask, whole = kind(painted, here, mask, pool, noise, rng)
    after = before + mask * (filling - before)
    painted[here] = after
    label[here] = np.maximum(label[here], visible(before, after, mask, noise, whole))


def visible(before, after, mask, noise, whole):
    """1 where the change shows: above the noise that is left after a 3 px blur."""
    change = np.abs(cv2.GaussianBlur(after - before, (0, 0), 1.0))
    seen = (change > max(0.03, 0.7 * noise)) & (mask > 0.15)
    if whole and seen.sum() > 0.25 * (mask > 0.5).sum():
        return ((mask > 0.5) | seen).astype(np.float32)
    seen = cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    seen = cv2.morphologyEx(seen, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return seen.astype(np.float32) if seen.sum() >= 6 else np.zeros_like(after)


def _log_uniform(low, high, rng):
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _shape_for(kind, rng):
    if kind is _scratch:
        return streak(_log_uniform(12, 120, rng), _log_uniform(1, 4, rng), rng)
    low, high = {_speck: (1.2, 4), _moved: (3.5, 20), _erased: (4, 22)}.get(kind, (3, 34))
    return blob(_log_uniform(low, high, rng), rng)


def _level(painted, rng):
    """A grey level a defect may have: mostly bright, as charging and edges make them."""
    low, high = np.percentile(painted[::4, ::4], (2, 98))
    return low + (high - low) * (rng.uniform(0.45, 1.25) if rng.random() < 0.75 else rng.uniform(-0.15, 0.45))


def _body(painted, here, mask, pool, noise, rng):
    """A solid lump: shaded by a slope, rough or smooth, with a bright rim."""
    shape = mask.shape
    span = float(np.subtract(*np.percentile(painted[::4, ::4], (98, 2))))
    inside = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    height = inside / (inside.max() + 1e-6)
    height += rng.uniform(0, 0.5) * cloud(shape, rng.uniform(2.5, 12), rng) * (height > 0)
    slope_r, slope_c = np.gradient(cv2.GaussianBlur(height, (0, 0), 1.0))
    light = rng.uniform(0, 2 * np.pi)
    shade = (np.cos(light) * slope_r + np.sin(light) * slope_c) * inside.max()
    body = _level(painted, rng) + span * rng.uniform(0, 0.35) * shade / (np.abs(shade).max() + 1e-6)
    body += span * rng.uniform(0, 0.2) * cloud(shape, rng.uniform(1.5, 8), rng)
    rim = np.exp(-inside / rng.uniform(0.8, 2.5)) * (inside > 0)
    body += span * rng.uniform(-0.1, 0.5) * rim + rng.normal(0, noise, shape)
    return np.clip(body, -0.05, 1.05), mask * rng.uniform(0.55, 1.0), True


def _speck(painted, here, mask, pool, noise, rng):
    """A particle of a few pixels."""
    mask = mask / (mask.max() + 1e-6)
    return _level(painted, rng) + rng.normal(0, noise, mask.shape), mask * rng.uniform(0.6, 1.0), True


def _scratch(painted, here, mask, pool, noise, rng):
    """A thin line, bright or dark."""
    return _level(painted, rng) + rng.normal(0, noise, mask.shape), mask * rng.uniform(0.4, 1.0), False


def _texture(painted, here, mask, pool, noise, rng):
    """Texture of another good patch, rescaled and turned, so that it does not fit its place."""
    other, (rows, cols) = pool(rng), mask.shape
    scale = _log_uniform(0.35, 2.2, rng)
    turn = cv2.getRotationMatrix2D((other.shape[1] / 2, other.shape[0] / 2), rng.uniform(0, 360), scale)
    turn[:, 2] += rng.uniform(-20, 20, 2)
    turn[:, 2] += np.array([cols - other.shape[1], rows - other.shape[0]]) / 2
    filling = cv2.warpAffine(other, turn, (cols, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    filling = (filling - filling.mean()) * rng.uniform(0.3, 1.3) + filling.mean() + rng.uniform(-0.1, 0.25)
    return np.clip(filling, 0, 1.05), mask, True


def _moved(painted, here, mask, pool, noise, rng):
    """Structure from another lattice phase of the same patch, grey levels untouched."""
    rows, cols = painted.shape
    angle, reach = rng.uniform(0, 2 * np.pi), _log_uniform(3, 40, rng)
    dr, dc = round(reach * np.sin(angle)), round(reach * np.cos(angle))
    r = np.clip(np.arange(here[0].start, here[0].stop) + dr, 0, rows - 1)
    c = np.clip(np.arange(here[1].start, here[1].stop) + dc, 0, cols - 1)
    return painted[np.ix_(r, c)], mask, False


def _erased(painted, here, mask, pool, noise, rng):
    """Nothing where structure was: the local background, bright or dark side, with matched noise."""
    level = np.percentile(painted[here], rng.choice([15, 30, 50, 70, 85]))
    slow = cv2.GaussianBlur(painted[here], (0, 0), max(3.0, min(mask.shape) / 4))
    slow = level + rng.uniform(0, 0.5) * (slow - slow.mean())
    return slow + rng.normal(0, noise, mask.shape), mask * rng.uniform(0.6, 1.0), False


def _changed(painted, here, mask, pool, noise, rng):
    """The same structure blurred, warped, or of another contrast."""
    own = painted[here]
    way = rng.integers(3)
    if way == 0:
        own = cv2.GaussianBlur(own, (0, 0), _log_uniform(1.5, 6, rng)) + rng.normal(0, noise * 0.7, own.shape)
    elif way == 1:
        own = own.mean() + (own - own.mean()) * _log_uniform(0.3, 2.0, rng) + rng.uniform(-0.25, 0.25)
    else:
        rows, cols = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
        grain, push = rng.uniform(6, 20), rng.uniform(2, 7)
        own = cv2.remap(
            np.ascontiguousarray(own),
            cols + push * cloud(mask.shape, grain, rng),
            rows + push * cloud(mask.shape, grain, rng),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
    return np.clip(own, -0.05, 1.05), mask, False


# name: (painter, share of the defects painted)
KINDS = {
    "body": (_body, 0.26),
    "speck": (_speck, 0.10),
    "scratch": (_scratch, 0.06),
    "texture": (_texture, 0.14),
    "moved": (_moved, 0.22),
    "erased": (_erased, 0.12),
    "changed": (_changed, 0.10),
}
