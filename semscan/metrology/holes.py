"""Where the rims of holes lie, along rays from the middle of each, at sub-pixel level."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import map_coordinates
from skimage.filters import threshold_otsu
from skimage.measure import label, regionprops

from semscan.errors import BadImageError
from semscan.metrology.displacement import centred, displacements, own_deviation
from semscan.metrology.ellipse import Ellipse, fit_ellipse, residual_inflation
from semscan.metrology.profile import fit_samples

CELL = 48  # bins of the mean cell along each lattice step
SAMPLE = 0.5  # px along a ray
FEWEST_RAYS = 24
SMALLEST_RADIUS = 2.0  # px
FITTED = 0.85  # of the distance to the middle, and to the middle between two holes
CURVATURE_ERROR = 0.25  # of the displacement by curvature, which is known to first order: its standard error
INDEPENDENT = 2  # rays apart, px: nearer ones share pixels
REACH = 0.45  # of the same: largest displacement
MOST_MISSING = 0.3  # share of a rim that may be left out
ROUNDS = 2  # rays are drawn again from the middle that was found


@dataclass(frozen=True, slots=True)
class Holes:
    """The rims of all holes of an image.

    `ellipses` are fitted to the rims, `sites` int64 (holes, 2) their places in the lattice. `is_dark` is True for holes
    darker than what is around them, False for pillars. `blur` is the standard deviation of the beam, and
    `diameter_error` the standard error of the diameter that all holes share, px: that of the fitted profile. `searched`
    is the number of places in the lattice, among the pixels that count, where a whole hole should lie.
    """

    ellipses: tuple[Ellipse, ...]
    sites: np.ndarray
    is_dark: bool
    blur: float
    diameter_error: float
    searched: int = 0

    def moved(self, row: int, col: int) -> Holes:
        """Return the holes in an image of which the searched one is a part that begins at (row, col)."""
        moved = tuple(replace(each, row=each.row + row, col=each.col + col) for each in self.ellipses)
        return replace(self, ellipses=moved)


def find_holes(
    values: np.ndarray, used: np.ndarray, positions: np.ndarray, steps: np.ndarray, *, level: float | None = None
) -> Holes:
    """Find the rims of holes.

    A hole is what lies apart in the mean cell of the lattice; its rim is the steepest place around its middle. Rims
    that the border of the image cuts are left out.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, cols)
        Grey levels, any scale, without shading.
    used : ndarray of bool
        Pixels that count.
    positions : ndarray of float32, shape (rows, cols, 2)
        Lattice position of each pixel.
    steps : ndarray of float64, shape (2, 2)
        (row, col) steps of the lattice, px.
    level : float or None
        See `EdgeModel.edge`.

    Raises
    ------
    BadImageError
        If nothing lies apart in the cells, it is too small, or no hole is whole.
    """
    cell = _mean_cell(values, used, positions)
    phase = _middle_of_hole(cell, steps)
    sites, centres = _centres(positions, steps, phase)
    gap = float(min(np.hypot(*steps.T).min(), np.hypot(*(steps[0] + steps[1])), np.hypot(*(steps[0] - steps[1]))))
    radius, sign = _rim(values, used, centres, gap)
    if radius < SMALLEST_RADIUS:
        raise BadImageError(
            f"holes of {2 * radius:.1f} px are too small to measure, wanted {2 * SMALLEST_RADIUS:g} px; "
            "take an image of higher magnification"
        )
    room = radius + 2
    whole = ((centres >= room) & (centres <= np.array(values.shape) - 1 - room)).all(axis=1)
    sites, centres = sites[whole], centres[whole]
    if not len(sites):
        raise BadImageError("no hole lies whole in the image; take an image of a larger field")
    circles = [Ellipse.circle(row, col, radius) for row, col in centres]
    rays = _Rays(values, used, sign, (radius, max((gap - 2 * radius) / 2, SMALLEST_RADIUS)), level)
    found: list[Ellipse | None] = list(circles)
    for _ in range(ROUNDS):
        found, blur, error = rays.fit(circles)
        circles = [new or old for new, old in zip(found, circles, strict=True)]
    kept = [number for number, each in enumerate(found) if each is not None]
    if not kept:
        raise BadImageError(
            "no rim of a hole could be found; check contrast and focus, and whether the holes are nearly round"
        )
    ellipses = tuple(circles[number] for number in kept)
    rows, cols = np.rint(centres).astype(np.int64).T
    return Holes(ellipses, sites[kept], sign > 0, blur, 2 * error, int(used[rows, cols].sum()))


@dataclass(frozen=True, slots=True)
class _Rays:
    """How rims are searched along rays: `sign` +1 for holes darker than around, `room` inside and outside, px."""

    values: np.ndarray
    used: np.ndarray
    sign: float
    room: tuple[float, float]
    level: float | None

    def fit(self, ellipses: list[Ellipse]) -> tuple[list[Ellipse | None], float, float]:
        """Find the rims around expected ones, None for a hole of which too much is missing; also blur and error."""
        radius = float(np.mean([each.radius for each in ellipses]))
        turns = np.arange(max(FEWEST_RAYS, round(2 * math.pi * radius))) / max(FEWEST_RAYS, round(2 * math.pi * radius))
        angles = 2 * math.pi * turns
        inside, outside = self.room
        away = np.arange(-inside, outside + SAMPLE / 2, SAMPLE)
        expected = np.stack([each.radius_at(angles) for each in ellipses])  # holes, rays
        distance = expected[..., None] + away
        rows = np.array([each.row for each in ellipses])[:, None, None] + distance * np.sin(angles)[:, None]
        cols = np.array([each.col for each in ellipses])[:, None, None] + distance * np.cos(angles)[:, None]
        grey = _sampled(self.values, rows, cols)
        known = _known(self.used, rows, cols) & (distance >= 0)
        x = np.broadcast_to(self.sign * away, grey.shape)
        near = known & (away >= -FITTED * inside) & (away <= FITTED * outside)
        model = fit_samples(x[near], grey[near])
        shape = (-1, len(away))
        reach = REACH * min(self.room)
        shift = displacements(x.reshape(shape), grey.reshape(shape), known.reshape(shape), model, reach)
        shift = shift.reshape(expected.shape)
        sides = (inside, outside) if self.sign > 0 else (outside, inside)
        straight = model.sharpened(own_deviation(shift, INDEPENDENT))
        edge = centred(shift) + straight.edge(self.level, sides)
        # blurred, a rim of curvature c lies blur^2 c / 2 further in: there is more of the outer side around each point
        bend = np.stack([each.curvature_at(angles) for each in ellipses])
        rims = expected + self.sign * edge + straight.blur**2 * bend / 2
        enough = np.isfinite(rims).mean(axis=1) >= 1 - MOST_MISSING
        found = [
            fit_ellipse(each, angles, rim) if is_enough else None
            for each, rim, is_enough in zip(ellipses, rims, enough, strict=True)
        ]
        widened = residual_inflation(found, angles, rims, ellipses)
        bent = CURVATURE_ERROR * straight.blur**2 / (2 * radius)
        return widened, straight.blur, math.hypot(straight.edge_error(self.level, sides), bent)


def _sampled(values: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Return values between pixels; 0 outside of the image.

    Linear interpolation would blur the rim, which moves it at a level; a cubic spline does not.
    """
    return np.asarray(map_coordinates(values.astype(np.float64), [rows, cols], order=3, mode="constant"))


def _known(used: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Return whether all four pixels around places count, bool."""
    weight = map_coordinates(used.astype(np.float32), [rows, cols], order=1, mode="constant")
    return np.asarray(weight > 0.99)


def _mean_cell(values: np.ndarray, used: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Average the cells of the lattice, shape (`CELL`, `CELL`)."""
    first, second = (np.floor((positions[..., axis][used] % 1.0) * CELL).astype(np.int64) % CELL for axis in (0, 1))
    number = first * CELL + second
    count = np.bincount(number, minlength=CELL**2)
    total = np.bincount(number, values[used].astype(np.float64), minlength=CELL**2)
    mean = np.where(count > 0, total / np.maximum(count, 1), float(values[used].mean())).reshape(CELL, CELL)
    tiled = cv2.GaussianBlur(np.tile(mean, (3, 3)), (0, 0), 1.0)
    return tiled[CELL : 2 * CELL, CELL : 2 * CELL]


def _middle_of_hole(cell: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the lattice position, 0 to 1 each way, of the middle of what lies apart in the mean cell."""
    side = math.ceil(2.2 * float(np.hypot(*steps.T).max()))
    grid = np.moveaxis(np.mgrid[-side : side + 1, -side : side + 1], 0, -1)
    place = grid @ np.linalg.inv(steps)  # (row, col) = place @ steps
    bins = np.floor((place % 1.0) * CELL).astype(np.int64) % CELL
    patch = cell[bins[..., 0], bins[..., 1]]
    bright = patch > threshold_otsu(patch)
    for apart in (~bright, bright):
        numbers = label(apart, connectivity=1)
        at_rim = np.unique(np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]]))
        parts = [part for part in regionprops(numbers) if part.label not in at_rim]
        if parts:
            largest = max(part.area for part in parts)
            whole = [part for part in parts if part.area > largest / 2]
            middle = min(whole, key=lambda part: math.hypot(*(np.array(part.centroid) - side)))
            phase: np.ndarray = ((np.array(middle.centroid) - side) @ np.linalg.inv(steps)) % 1.0
            return phase
    raise BadImageError(
        "neither lines nor holes: the image repeats in two directions, but nothing lies apart in its cells; "
        "measure takes lines and spaces, and arrays of holes or pillars"
    )


def _centres(positions: np.ndarray, steps: np.ndarray, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the lattice sites whose holes may lie in the image, int64 (holes, 2), and their (row, col)."""
    shape = positions.shape[:2]
    low, high = (np.floor(limit(positions.reshape(-1, 2), axis=0)).astype(int) for limit in (np.min, np.max))
    sites = np.moveaxis(np.mgrid[low[0] - 1 : high[0] + 2, low[1] - 1 : high[1] + 2], 0, -1).reshape(-1, 2)
    wanted = sites + phase
    middle = (np.array(shape) - 1) / 2
    origin = positions[int(middle[0]), int(middle[1])]
    pixels = np.floor(middle) + (wanted - origin) @ steps
    for _ in range(3):  # the lattice may be distorted: correct by what the pixel there says
        at = np.clip(np.rint(pixels), 0, np.array(shape) - 1).astype(np.int64)
        pixels = at + (wanted - positions[at[:, 0], at[:, 1]]) @ steps
    inside = ((pixels >= 0) & (pixels <= np.array(shape) - 1)).all(axis=1)
    return sites[inside].astype(np.int64), pixels[inside]


def _rim(values: np.ndarray, used: np.ndarray, centres: np.ndarray, gap: float) -> tuple[float, float]:
    """Return the radius at which the mean level around the middles changes most, px, and the sign of the change."""
    turns = np.linspace(0, 2 * math.pi, 32, endpoint=False)
    distance = np.arange(0, 0.62 * gap, SAMPLE)
    rows = centres[:, 0, None, None] + distance * np.sin(turns)[:, None]
    cols = centres[:, 1, None, None] + distance * np.cos(turns)[:, None]
    known = _known(used, rows, cols)
    mean = (_sampled(values, rows, cols) * known).sum(axis=(0, 1)) / np.maximum(known.sum(axis=(0, 1)), 1)
    slope = np.gradient(np.convolve(np.pad(mean, 1, mode="edge"), [0.25, 0.5, 0.25], "valid"))
    # beyond half of the gap the next hole begins
    slope[distance > gap / 2] = 0
    steepest = int(np.abs(slope).argmax())
    return float(distance[steepest]), 1.0 if slope[steepest] > 0 else -1.0
