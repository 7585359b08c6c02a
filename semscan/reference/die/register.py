"""Register the reference to the inspected image: a coarse search, then an affine refinement."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from scipy import fft

from semscan.errors import BadImageError, OtherPlaceError
from semscan.reference.die.band_passed import (
    COARSE_SIDE,
    FINE_SIDE,
    LEAST_OVERLAP,
    BandPassed,
    band_pass,
    overlap,
    robust_error,
    similarity,
    slopes,
)
from semscan.reference.die.drift import follow_rows
from semscan.reference.die.flow import add_flow
from semscan.reference.die.warp import Warp, centred_grid
from semscan.values import CleanImage

ANGLES = (0.0, -1.0, 1.0, -2.0, 2.0, -3.0, 3.0)  # degrees
CANDIDATES = 6
APART = 6.0  # px of the coarse size: shifts that are closer become one by refinement
IN_QUESTION = 0.1  # of the match score: candidates that are this close to the best are tried at the fine size
NO_WORSE = 1.2  # times the smallest error: repeats that are all alike differ by up to 1.14 by chance
# Wanted where at least half of the smaller image is in common. Unrelated patterns reach 0.37 there, and the same place
# at 3 electrons per pixel 0.67. On less, unrelated patterns fit better by chance.
LEAST_SIMILARITY = 0.5
MUCH_OVERLAP = 0.5
MOST_STRETCH = 0.08  # repeats of another pitch fit when they are stretched
MORE_SIMILARITY = 0.4  # wanted in addition where hardly anything is in common
NARROWEST = 7  # px of a working size: in a narrower area no pixel is away from its edge
LEAST_DEVIATION = 1e-4  # standard deviation of the grey levels
ROUNDS = 12


def register(inspected: CleanImage, reference: CleanImage) -> Warp:
    """Find the affine warp that brings the reference onto the inspected image.

    Small rotations are tried in turn; at each, the normalised cross-correlation of the band-passed images
    is computed for all shifts at once, over the overlap only, so that the two may differ in size. The best
    few candidates are refined by robust Gauss-Newton steps on the affine parameters, coarse to fine; the most
    similar wins. Of several that are nearly as similar, as where the pattern repeats, `_nearest_repeat` chooses.

    Parameters
    ----------
    inspected, reference : CleanImage

    Returns
    -------
    Warp
        Inspected pixel to reference pixel.

    Raises
    ------
    OtherPlaceError
        If the two are similar at no shift.
    BadImageError
        If one of them shows no pattern.

    References
    ----------
    D. Padfield, "Masked Object Registration in the Fourier Domain", IEEE TIP 21(5), 2012,
    doi:10.1109/TIP.2011.2181402. S. Baker, I. Matthews, "Lucas-Kanade 20 Years On", IJCV 56(3), 2004,
    doi:10.1023/B:VISI.0000011205.11775.fd.
    """
    side = max(*inspected.values.shape, *reference.values.shape)
    for image, name in ((inspected, "inspected image"), (reference, "reference")):
        if not image.judged.any() or image.values[image.judged].std() < LEAST_DEVIATION:
            raise BadImageError(f"the {name} has one grey level only, wanted a pattern to align; take another image")
    small_inspected = band_pass(inspected, min(1.0, COARSE_SIDE / side))
    small_reference = band_pass(reference, min(1.0, COARSE_SIDE / side))
    for small, name in ((small_inspected, "inspected image"), (small_reference, "reference")):
        if not small.weight.any():
            raise BadImageError(
                f"the judged area of the {name} is too narrow to align, wanted {math.ceil(NARROWEST / small.scale)} px "
                "or more; ignore less of it"
            )
    candidates = _candidates(small_inspected, small_reference)
    refined = [refine(small_inspected, small_reference, candidate) for candidate in candidates]
    scores = [_match_score(small_inspected, small_reference, warp) for warp in refined]
    close = [warp for warp, score in zip(refined, scores, strict=True) if score > max(scores) - IN_QUESTION]
    fine_inspected = band_pass(inspected, min(1.0, FINE_SIDE / side))
    fine_reference = band_pass(reference, min(1.0, FINE_SIDE / side))
    if len(close) > 1:
        flowing = [follow_rows(small_inspected, small_reference, warp) for warp in close]
        best = close[_nearest_repeat(fine_inspected, fine_reference, flowing)]
    else:
        best = close[0]
    warp = refine(fine_inspected, fine_reference, best)
    reached = max(float(similarity(fine_inspected, fine_reference, warp)), 0.0)
    share = _overlap_share(fine_inspected, fine_reference, warp)
    wanted = LEAST_SIMILARITY + MORE_SIMILARITY * max(0.0, 1 - share / MUCH_OVERLAP)
    if reached < wanted:
        raise OtherPlaceError(
            f"the image and its reference have a similarity of {reached:.2f} at best, wanted at least {wanted:.2f} "
            f"(1 is the same) where {share:.0%} of them match; give an image of the same place as reference",
            reached,
            wanted,
        )
    stretch = float(np.abs(np.linalg.svd(warp.matrix[:, :2], compute_uv=False) - 1).max())
    if stretch > MOST_STRETCH:
        raise BadImageError(
            f"the image and its reference match only if one is stretched by {stretch:.0%}, wanted at most "
            f"{MOST_STRETCH:.0%}; give an image of the same place and magnification as reference"
        )
    return warp


def _candidates(inspected: BandPassed, reference: BandPassed) -> Iterator[Warp]:
    """Yield the warps of the best-matching rotations and shifts."""
    shape = [fft.next_fast_len(a + b) for a, b in zip(inspected.values.shape, reference.values.shape, strict=True)]
    spectra = _spectra(inspected.values, inspected.weight, shape)
    most = min(inspected.weight.sum(), reference.weight.sum())
    least = LEAST_OVERLAP * most
    found = []
    for angle in ANGLES:
        turn = _turn(reference.values.shape, angle)
        size = reference.values.shape[::-1]
        values = cv2.warpAffine(reference.values, turn, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        weight = cv2.warpAffine(reference.weight, turn, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        score = _correlate(spectra, _spectra(values, weight, shape), shape, least, most)
        found += [(peak, angle, row, col) for peak, row, col in _peaks(score, inspected.values.shape)]
    found.sort(key=lambda candidate: -candidate[0])
    chosen: list[tuple[float, float]] = []
    for _, angle, row, col in found:
        if len(chosen) == CANDIDATES:
            return
        if any(math.hypot(row - r, col - c) < APART for r, c in chosen):
            continue
        chosen.append((row, col))
        move = np.array([[1.0, 0.0, -col], [0.0, 1.0, -row], [0.0, 0.0, 1.0]])
        turn = np.vstack([_turn(reference.values.shape, angle), [0, 0, 1]])
        yield Warp((turn @ move)[:2]).zoomed(inspected.scale)


def _nearest_repeat(inspected: BandPassed, reference: BandPassed, warps: Sequence[Warp]) -> int:
    """Choose among warps that match nearly as well: the pattern repeats, and only its details differ.

    Drift makes larger differences, so that it is followed first. The mean square counts: details may cover a few
    percent of the pixels, which a median does not see. It is taken where all warps overlap, if that is enough: else a
    warp that leaves a defect outside would win. Of warps with equally small errors the one with the largest overlap is
    wanted; returns its place.
    """
    fields = []
    squares = []
    for warp in warps:
        warped, weight = overlap(inspected, reference, add_flow(inspected, reference, warp))
        squares.append(robust_error(inspected.values, warped, weight)[0] ** 2)
        fields.append(weight > 0)
    common = np.logical_and.reduce(fields)
    if common.sum() < LEAST_OVERLAP * inspected.weight.sum():
        common = np.ones_like(common)
    errors = [
        float(np.sqrt(square[field & common].mean())) if (field & common).any() else np.inf
        for square, field in zip(squares, fields, strict=True)
    ]
    shares = [float(field.sum()) for field in fields]
    equal = [place for place, error in enumerate(errors) if error <= NO_WORSE * min(errors)]
    return max(equal, key=shares.__getitem__)


def _turn(shape: tuple[int, ...], angle: float) -> np.ndarray:
    """Return the rotation about the image centre, output pixel (x, y) to input pixel."""
    return cv2.getRotationMatrix2D(((shape[1] - 1) / 2, (shape[0] - 1) / 2), angle, 1.0)


def _spectra(values: np.ndarray, weight: np.ndarray, shape: Sequence[int]) -> list[np.ndarray]:
    return [fft.rfft2(part.astype(np.float32), shape) for part in (values, values**2, weight)]


def _correlate(
    inspected: list[np.ndarray], reference: list[np.ndarray], shape: Sequence[int], least: float, most: float
) -> np.ndarray:
    """Correlate two images at each shift (row, col of the reference's corner, modulo shape), normalised.

    The spectra of the squares and of the weights give the energy of each image within the overlap alone (Padfield
    2012): without this, shifts with a small overlap would always look poor.
    """
    values, squares, weights = inspected
    other_values, other_squares, other_weights = (np.conj(part) for part in reference)
    products = fft.irfft2(values * other_values, shape)
    inspected_energy = fft.irfft2(squares * other_weights, shape)
    reference_energy = fft.irfft2(weights * other_squares, shape)
    area = fft.irfft2(weights * other_weights, shape)
    energy = inspected_energy * reference_energy
    # the Fourier transform leaves rounding errors where the overlap is empty
    score = products / np.sqrt(np.maximum(energy, 1e-6 * max(float(energy.max()), 1e-12)))
    return np.where(area >= least, score * _overlap_factor(np.minimum(area / most, 1)), -1.0)


def _overlap_factor(share: np.ndarray | float) -> np.ndarray | float:
    """Return a factor that rises slowly with the overlap.

    A periodic pattern matches at many shifts: of equals, the one with the most overlap is wanted.
    """
    return 0.85 + 0.15 * share


def _match_score(inspected: BandPassed, reference: BandPassed, warp: Warp) -> float:
    """Return the similarity under a warp, times the factor for its overlap."""
    share = _overlap_share(inspected, reference, warp)
    return float(similarity(inspected, reference, warp) * _overlap_factor(share))


def _overlap_share(inspected: BandPassed, reference: BandPassed, warp: Warp) -> float:
    """Return the share of the smaller image that is in common."""
    area = overlap(inspected, reference, warp)[1].sum()
    return float(area / min(inspected.weight.sum(), reference.weight.sum()))


def _peaks(score: np.ndarray, inspected: tuple[int, ...]) -> Iterator[tuple[float, float, float]]:
    """Yield the highest few local maxima: (value, row shift, col shift); `inspected` is the image's (rows, cols)."""
    score = score.astype(np.float32)
    top = np.where(score >= cv2.dilate(score, np.ones((7, 7))), score, -1)
    best = np.argpartition(-top, CANDIDATES, axis=None)[:CANDIDATES]
    for index in best:
        row, col = np.unravel_index(index, score.shape)
        # in a circular correlation, shifts beyond the image's own side are negative ones
        sides = zip((row, col), score.shape, inspected, strict=True)
        down, right = (n - size if n >= side else n for n, size, side in sides)
        yield float(score[row, col]), float(down), float(right)


def refine(inspected: BandPassed, reference: BandPassed, warp: Warp) -> Warp:
    """Improve an affine warp by robust Gauss-Newton steps."""
    x, y = centred_grid(inspected.values.shape)
    for _ in range(ROUNDS):
        warped, weight = overlap(inspected, reference, warp)
        if weight.sum() < 64:
            return warp
        error, weight = robust_error(inspected.values, warped, weight)
        gx, gy = slopes(warped)
        columns = np.stack([gx, gx * x, gx * y, gy, gy * x, gy * y]).reshape(6, -1)
        weighted = columns * weight.ravel()
        hessian = (weighted @ columns.T).astype(np.float64)
        # damping: a parameter that no edge determines, such as a shift along lines, stays as it is
        hessian[np.diag_indices(6)] += 1e-3 * np.trace(hessian) / 6 + 1e-12
        step = np.linalg.solve(hessian, (weighted @ error.ravel()).astype(np.float64))
        warp = warp.after(np.clip(step, -3, 3), inspected.values.shape, inspected.scale)
        if np.abs(step).max() < 0.01:
            break
    return warp
