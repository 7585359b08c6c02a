"""Edges that lie a pixel apart on two good dies are no defect: each place may move a little before it is compared."""

from __future__ import annotations

import cv2
import numpy as np

WINDOW = 2.0
PRIOR = 0.7
SMOOTH = 3.0


def follow_edges(inspected, seen, noise, reach):
    """Move each place of the reference to where it explains the inspected image best, within a pixel or so.

    The best of all half-pixel shifts up to `reach` is chosen place by place: the one that makes the summed
    squared error of a small window, in units of noise, plus the squared shift in units of the usual edge
    jitter, smallest (maximum a posteriori). A missing edge is not explained by any shift of the whole
    window, and stays. The shifts are smoothed: else each side of a spot on the reference would be moved
    towards its middle, and the spot be gone.

    Parameters
    ----------
    inspected, seen : ndarray of float32, shape (rows, cols)
    noise : float
        Standard deviation of their difference where there are no edges.
    reach : float
        Largest shift, px.

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        The moved reference.
    """
    pad = int(np.ceil(reach)) + 1
    halves = _half_shifts(cv2.copyMakeBorder(seen, pad, pad, pad, pad, cv2.BORDER_REPLICATE))
    rows, cols = seen.shape
    per_noise = 4 * np.pi * WINDOW**2 / max(noise, 1e-6) ** 2
    least = np.full(seen.shape, np.inf, np.float32)
    down, right = np.zeros_like(seen), np.zeros_like(seen)
    for dy, dx in _shifts(reach):
        part = halves[dy % 2, dx % 2][pad + dy // 2 : pad + dy // 2 + rows, pad + dx // 2 : pad + dx // 2 + cols]
        error = inspected - part
        cost = cv2.GaussianBlur(error * error, (0, 0), WINDOW)
        cost *= np.float32(per_noise)
        cost += np.float32((dx * dx + dy * dy) / 4 / PRIOR**2)
        better = cost < least
        np.copyto(least, cost, where=better)
        np.copyto(down, np.float32(dy / 2), where=better)
        np.copyto(right, np.float32(dx / 2), where=better)
    return _moved(seen, cv2.GaussianBlur(down, (0, 0), SMOOTH), cv2.GaussianBlur(right, (0, 0), SMOOTH))


def _moved(image, down, right):
    rows, cols = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    return cv2.remap(image, cols + right, rows + down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _shifts(reach):
    """All shifts (rows, cols) in half pixels within a circle; no shift comes first and wins a tie."""
    most = int(2 * reach)
    inside = [(dy, dx) for dy in range(-most, most + 1) for dx in range(-most, most + 1)]
    return sorted((s for s in inside if s[0] ** 2 + s[1] ** 2 <= (2 * reach) ** 2), key=lambda s: s[0] ** 2 + s[1] ** 2)


def _half_shifts(image):
    """The image seen half a pixel further down, right, or both: {(down, right): image}."""
    shifted = {}
    for down in (0, 1):
        for right in (0, 1):
            move = np.array([[1, 0, right / 2], [0, 1, down / 2]], np.float64)
            flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
            shifted[down, right] = (
                cv2.warpAffine(image, move, image.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
                if down or right
                else image
            )
    return shifted
