"""Follow edges that lie up to a pixel apart on two good dies: each place may move a little before it is compared."""

from __future__ import annotations

import cv2
import numpy as np

WINDOW = 2.0  # px: standard deviation of the window whose error is summed
PRIOR = 0.7  # px: usual edge jitter
SMOOTHING = 3.0  # px


def follow_edges(inspected: np.ndarray, aligned: np.ndarray, noise: float, reach: float) -> np.ndarray:
    """Move each place of the reference to where it explains the inspected image best, within a pixel or so.

    The best of all half-pixel shifts up to `reach` is chosen place by place. It minimises the summed
    squared error of a small window, in units of noise, plus the squared shift in units of the usual edge
    jitter (maximum a posteriori). A missing edge is not explained by any shift of the whole
    window, and stays. The shifts are smoothed: else each side of a spot on the reference would be moved
    towards its middle, and the spot would vanish.

    Parameters
    ----------
    inspected, aligned : ndarray of float32, shape (rows, cols)
        The image, and the reference brought onto it.
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
    halves = _half_shifts(cv2.copyMakeBorder(aligned, pad, pad, pad, pad, cv2.BORDER_REPLICATE))
    rows, cols = aligned.shape
    # the window's mean squared error becomes a sum over its effective area, in units of the noise variance
    per_noise = 4 * np.pi * WINDOW**2 / max(noise, 1e-6) ** 2
    least = np.full(aligned.shape, np.inf, np.float32)
    down = np.zeros_like(aligned)
    right = np.zeros_like(aligned)
    for dy, dx in _shifts(reach):
        # a shift by half pixels: one of four resampled images, moved by whole pixels
        top = pad + dy // 2
        left = pad + dx // 2
        error = inspected - halves[dy % 2, dx % 2][top : top + rows, left : left + cols]
        cost = cv2.GaussianBlur(error * error, (0, 0), WINDOW)
        cost *= np.float32(per_noise)
        cost += np.float32((dx * dx + dy * dy) / 4 / PRIOR**2)
        better = cost < least
        for best, value in ((least, cost), (down, np.float32(dy / 2)), (right, np.float32(dx / 2))):
            np.copyto(best, value, where=better)
    return _moved(aligned, cv2.GaussianBlur(down, (0, 0), SMOOTHING), cv2.GaussianBlur(right, (0, 0), SMOOTHING))


def _moved(image: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    rows, cols = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    return cv2.remap(image, cols + right, rows + down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _shifts(reach: float) -> list[tuple[int, int]]:
    """List all shifts (rows, cols) in half pixels within a circle, the shortest first, so that 0 wins a tie."""
    most = int(2 * reach)
    square = [(dy, dx) for dy in range(-most, most + 1) for dx in range(-most, most + 1)]
    inside = [(dy, dx) for dy, dx in square if dy**2 + dx**2 <= (2 * reach) ** 2]
    return sorted(inside, key=lambda shift: shift[0] ** 2 + shift[1] ** 2)


def _half_shifts(image: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """Resample an image half a pixel further down, right, or both: {(down, right): image}."""
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
