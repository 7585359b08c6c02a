"""Real defects, from images with masks: taken out of their image, and put into good patches. Plain arrays."""

from __future__ import annotations

import cv2
import numpy as np

from semscan.synth.painting.paint import noise_level, visible

MARGIN = 8  # px around a defect that are compared and blended
REACH = 96  # px: how far from a defect its replacement is looked for
LARGEST = 384  # px: larger defects are replaced by the grey level around them


def components(mask, *, least=2):
    """The connected parts (8 neighbours) of a mask of at least `least` px: boxes (top, left, bottom, right)."""
    stats = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)[2][1:]
    return [(int(y), int(x), int(y + h), int(x + w)) for x, y, w, h, area in stats if area >= least]


def inpainted(values, mask):
    """Replace what `mask` marks by the place nearby that fits best into its surroundings.

    In a periodic image that place is the same cell elsewhere, so that a missing hole comes back. What is
    copied holds nothing marked itself; where there is no such place, the grey level around is taken.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
    mask : ndarray of bool, shape (rows, cols)

    Returns
    -------
    ndarray of float32, shape (rows, cols)
    """
    whole = values.copy()
    marked = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8))
    for top, left, bottom, right in components(marked):
        here = _grown((top, left, bottom, right), MARGIN, values.shape)
        own = marked[here].astype(np.float32)
        filling = _like(values, marked, here, own)
        alpha = np.clip(cv2.GaussianBlur(own, (0, 0), 1.0) + own, 0, 1)
        whole[here] += alpha * (filling - whole[here])
    return whole


def paste(patch, label, cut, mask, rng, *, fit):
    """Put a real defect into a patch, in place, with a soft edge.

    Parameters
    ----------
    patch, label : ndarrays of float32, shape (rows, cols)
        Both are changed: `label` becomes 1 where the defect can be seen.
    cut, mask : ndarrays of float32, shape (r, c)
        The defect with its margin, and 1 where it is; larger ones than the patch are cropped.
    rng : numpy.random.Generator
    fit : bool
        Put it where its surroundings fit best, else anywhere.
    """
    rows, cols = (min(a, b) for a, b in zip(cut.shape, patch.shape, strict=True))
    cut, mask = np.ascontiguousarray(cut[:rows, :cols]), np.ascontiguousarray(mask[:rows, :cols])
    if min(rows, cols) < 3 or not mask.any():
        return
    wide = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    room = patch.shape[0] - rows + 1, patch.shape[1] - cols + 1
    row, col = best_place(patch, cut, 1 - wide) if fit and wide.min() < 0.5 else (int(rng.integers(n)) for n in room)
    here = (slice(row, row + rows), slice(col, col + cols))
    before, noise = patch[here].copy(), noise_level(patch)
    around = wide < 0.5
    lift = float(np.median(before[around]) - np.median(cut[around])) if around.any() else 0.0
    alpha = cv2.GaussianBlur(wide, (0, 0), 1.0)
    after = before + alpha * (cut + lift - before)
    patch[here] = after
    label[here] = np.maximum(label[here], visible(before, after, mask, noise, True))


def best_place(scene, piece, weight, banned=None):
    """Where in `scene` a piece fits best: (row, col) of its top left corner.

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


def _like(values, marked, here, own):
    """What may stand at `here` instead: the best place around it, else the grey level of its surroundings."""
    rows, cols = own.shape
    if max(rows, cols) <= LARGEST and not own.all():
        window = _grown((here[0].start, here[1].start, here[0].stop, here[1].stop), REACH, values.shape)
        scene, bad = np.ascontiguousarray(values[window]), np.ascontiguousarray(marked[window]).astype(np.float32)
        banned = cv2.matchTemplate(bad, own, cv2.TM_CCORR) > 0.5
        place = best_place(scene, np.ascontiguousarray(values[here]), 1 - own, banned)
        if place is not None:
            found = scene[place[0] : place[0] + rows, place[1] : place[1] + cols]
            return found + float(np.median((values[here] - found)[own == 0]))
    level = np.median(values[here][own == 0]) if not own.all() else np.median(values)
    return np.full(own.shape, level, np.float32)


def _grown(box, margin, shape):
    top, left, bottom, right = box
    return (
        slice(max(0, top - margin), min(shape[0], bottom + margin)),
        slice(max(0, left - margin), min(shape[1], right + margin)),
    )
