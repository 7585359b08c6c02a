"""Where the reference lies under the inspected image: a coarse search, then an affine refinement."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import fft

from semscan.errors import BadImageError
from semscan.reference.die.warp import Warp, centred_grid

COARSE_SIDE = 256
FINE_SIDE = 512
ANGLES = (0.0, -1.0, 1.0, -2.0, 2.0, -3.0, 3.0)  # degrees
CANDIDATES = 4
LEAST_OVERLAP = 0.15
LEAST_LIKENESS = 0.5  # unrelated patterns reach 0.37, the same place at 3 electrons per pixel 0.67
LEAST_CONTRAST = 1e-4
ROUNDS = 12


@dataclass(frozen=True)
class Band:
    """One image at one working size: `values` float32 about 0, `weight` float32 0 or 1, `scale` <= 1."""

    values: np.ndarray
    weight: np.ndarray
    scale: float


def register(inspected, reference):
    """Find the affine warp that brings the reference onto the inspected image.

    Small rotations are tried in turn; at each, the normalised cross-correlation of the band-passed images
    is computed for all shifts at once, over the overlap only, so that the two may differ in size. The best
    few places are refined by robust Gauss-Newton steps on the affine parameters, coarse to fine; the most
    alike wins.

    Parameters
    ----------
    inspected, reference : CleanImage

    Returns
    -------
    Warp
        Inspected pixel to reference pixel.

    Raises
    ------
    BadImageError
        If no place is found where the two are alike.

    References
    ----------
    D. Padfield, "Masked Object Registration in the Fourier Domain", IEEE TIP 21(5), 2012,
    doi:10.1109/TIP.2011.2181402. S. Baker, I. Matthews, "Lucas-Kanade 20 Years On", IJCV 56(3), 2004,
    doi:10.1023/B:VISI.0000011205.11775.fd.
    """
    side = max(*inspected.values.shape, *reference.values.shape)
    for image, name in ((inspected, "inspected image"), (reference, "reference")):
        if not image.judged.any() or image.values[image.judged].std() < LEAST_CONTRAST:
            raise BadImageError(f"the {name} has one grey level only, wanted a pattern to align; take another image")
    ours, theirs = (band(image, min(1.0, COARSE_SIDE / side)) for image in (inspected, reference))
    found = [refine(ours, theirs, start) for start in _candidates(ours, theirs)]
    best = max(found, key=lambda warp: _worth(ours, theirs, warp))
    ours, theirs = (band(image, min(1.0, FINE_SIDE / side)) for image in (inspected, reference))
    warp = refine(ours, theirs, best)
    alike = likeness(ours, theirs, warp)
    if alike < LEAST_LIKENESS:
        raise BadImageError(
            f"the image and its reference are alike by {max(alike, 0.0):.2f} at best, wanted at least "
            f"{LEAST_LIKENESS} (1 is the same); give an image of the same place as reference"
        )
    return warp


def band(image, scale):
    """Shrink an image and keep what lies between noise and shading; extremes are clipped at 3 spreads."""
    size = [max(1, round(scale * n)) for n in image.values.shape[::-1]]
    values = cv2.resize(image.values, size, interpolation=cv2.INTER_AREA)
    weight = cv2.resize(image.judged.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    weight = (cv2.erode(weight, np.ones((5, 5))) > 0.99).astype(np.float32)
    mean = float((values * weight).sum() / max(weight.sum(), 1))
    values = np.where(weight > 0, values, np.float32(mean))
    values = cv2.GaussianBlur(values, (0, 0), 1.2) - cv2.GaussianBlur(values, (0, 0), 10)
    spread = 3 * float(np.sqrt((values**2 * weight).sum() / max(weight.sum(), 1)))
    return Band(np.clip(values, -spread, spread) * weight / max(spread, 1e-12), weight, size[0] / image.values.shape[1])


def _candidates(inspected, reference):
    """The most alike places of all angles and shifts."""
    shape = [fft.next_fast_len(a + b) for a, b in zip(inspected.values.shape, reference.values.shape, strict=True)]
    spectra = _spectra(inspected.values, inspected.weight, shape)
    least = LEAST_OVERLAP * min(inspected.weight.sum(), reference.weight.sum())
    most = min(inspected.weight.sum(), reference.weight.sum())
    places = []
    for angle in ANGLES:
        turn = _turn(reference.values.shape, angle)
        size = reference.values.shape[::-1]
        values = cv2.warpAffine(reference.values, turn, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        weight = cv2.warpAffine(reference.weight, turn, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        score = _correlate(spectra, _spectra(values, weight, shape), shape, least, most)
        places += [(value, angle, *shift) for value, *shift in _peaks(score)]
    places.sort(key=lambda place: -place[0])
    for _, angle, row, col in places[:CANDIDATES]:
        move = np.array([[1.0, 0.0, -col], [0.0, 1.0, -row], [0.0, 0.0, 1.0]])
        turn = np.vstack([_turn(reference.values.shape, angle), [0, 0, 1]])
        yield Warp((turn @ move)[:2]).zoomed(inspected.scale)


def _turn(shape, angle):
    """Rotation about the image centre, output pixel (x, y) to input pixel."""
    return cv2.getRotationMatrix2D(((shape[1] - 1) / 2, (shape[0] - 1) / 2), angle, 1.0)


def _spectra(values, weight, shape):
    return [fft.rfft2(part.astype(np.float32), shape) for part in (values, values**2, weight)]


def _correlate(one, other, shape, least, most):
    """Normalised correlation at each shift (row, col of the reference's corner, modulo shape)."""
    value, square, weight = one
    value2, square2, weight2 = (np.conj(part) for part in other)
    both, ours, theirs, area = (
        fft.irfft2(product, shape) for product in (value * value2, square * weight2, weight * square2, weight * weight2)
    )
    score = both / np.sqrt(np.maximum(ours * theirs, 1e-6 * max(float((ours * theirs).max()), 1e-12)))
    return np.where(area >= least, score * _favour(np.minimum(area / most, 1)), -1.0)


def _favour(overlap):
    """A periodic pattern fits at many shifts: of equals, the one with the most overlap is wanted."""
    return 0.85 + 0.15 * overlap


def _worth(inspected, reference, warp):
    """How good a place is: likeness, and some overlap."""
    area = overlap(inspected, reference, warp)[1].sum()
    return likeness(inspected, reference, warp) * _favour(area / min(inspected.weight.sum(), reference.weight.sum()))


def _peaks(score):
    """The highest few local maxima: (value, row shift, col shift)."""
    score = score.astype(np.float32)
    top = np.where(score >= cv2.dilate(score, np.ones((7, 7))), score, -1)
    best = np.argpartition(-top, CANDIDATES, axis=None)[:CANDIDATES]
    for index in best:
        row, col = np.unravel_index(index, score.shape)
        shift = [n - size if n > size / 2 else n for n, size in zip((row, col), score.shape, strict=True)]
        yield float(score[row, col]), float(shift[0]), float(shift[1])


def refine(inspected, reference, warp):
    """Improve an affine warp by robust Gauss-Newton steps; a step that no pattern supports stays small."""
    x, y = centred_grid(inspected.values.shape)
    for _ in range(ROUNDS):
        seen, weight = overlap(inspected, reference, warp)
        if weight.sum() < 64:
            return warp
        error, weight = robust_error(inspected.values, seen, weight)
        gx, gy = (cv2.Sobel(seen, cv2.CV_32F, *axis, ksize=3, scale=1 / 8) for axis in ((1, 0), (0, 1)))
        columns = np.stack([gx, gx * x, gx * y, gy, gy * x, gy * y]).reshape(6, -1)
        weighted = columns * weight.ravel()
        hessian = (weighted @ columns.T).astype(np.float64)
        hessian[np.diag_indices(6)] += 1e-3 * np.trace(hessian) / 6 + 1e-12
        shift = np.linalg.solve(hessian, (weighted @ error.ravel()).astype(np.float64))
        warp = warp.after(np.clip(shift, -3, 3), inspected.values.shape, inspected.scale)
        if np.abs(shift).max() < 0.01:
            break
    return warp


def robust_error(inspected, seen, weight):
    """The grey-level error after gain matching, and weights that ignore what is far off (Tukey's)."""
    gain = float((weight * inspected * seen).sum() / max(float((weight * seen * seen).sum()), 1e-12))
    error = inspected - np.float32(gain) * seen
    inside = np.abs(error[weight > 0][::7])
    limit = 6 * max(float(np.median(inside)) if inside.size else 0.0, 1e-9)
    return error / np.float32(gain or 1.0), weight * np.maximum(1 - (error / limit) ** 2, 0) ** 2


def likeness(inspected, reference, warp):
    """Correlation of the band-passed pair over its common field, -1 to 1."""
    seen, weight = overlap(inspected, reference, warp)
    if weight.sum() < LEAST_OVERLAP * min(inspected.weight.sum(), reference.weight.sum()):
        return -1.0
    ours, theirs = inspected.values[weight > 0], seen[weight > 0]
    ours, theirs = ours - ours.mean(), theirs - theirs.mean()
    return float((ours * theirs).sum() / max(math.sqrt(float((ours**2).sum() * (theirs**2).sum())), 1e-12))


def overlap(inspected, reference, warp):
    shape = inspected.values.shape
    seen = warp.apply(reference.values, shape, inspected.scale)
    weight = (warp.apply(reference.weight, shape, inspected.scale) > 0.99) & (inspected.weight > 0)
    return seen, weight.astype(np.float32)
