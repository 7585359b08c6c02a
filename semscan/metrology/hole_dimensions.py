"""From the rims of holes to their dimensions: pitches, diameters, ellipticity and placement."""

from __future__ import annotations

import math

import numpy as np

from semscan.metrology.ellipse import Ellipse
from semscan.metrology.holes import Holes
from semscan.metrology.uncertainty import fitted_length, mean_length, mean_number, spread_length
from semscan.values.measured.dimensions import HOLES, STEP, Dimensions
from semscan.values.measured.measurement import HoleRow, Measurement

FAR = 6.0  # usual deviations from the lattice beyond which a hole does not count in its fit
OUTLINE_POINTS = 48
LATTICE = 3  # parameters of a straight lattice for each coordinate: two steps and the origin


def measure_holes(holes: Holes, level: float | None, nm_per_pixel: float | None) -> Measurement:
    """Measure pitches, diameters, ellipticity and placement of holes from their rims.

    A placement error is the difference of the middle of a hole from a straight lattice that is fitted to all middles.

    Parameters
    ----------
    holes : Holes
    level : float or None
        By which the rims were placed; see `EdgeModel.edge`.
    nm_per_pixel : float or None
    """
    ellipses = holes.ellipses
    steps, errors, freedom, placement = _lattice(holes)
    diameters = np.array([2 * each.radius for each in ellipses])
    extents = np.array([each.extents for each in ellipses])
    shared = holes.diameter_error
    pitches = [math.hypot(*step) for step in steps]
    pitch = [fitted_length(*each, freedom, nm_per_pixel) for each in zip(pitches, errors, strict=True)]
    angles = [math.degrees(math.atan2(row, col)) for row, col in steps]
    dimensions = Dimensions(
        pattern=HOLES,
        edge=STEP if level is None else f"level {level:g}",
        parts=len(ellipses),
        pitch=tuple(pitch),
        angle_deg=tuple(90.0 - (90.0 - angle) % 180.0 for angle in angles),
        blur_px=holes.blur,
        diameter=mean_length(diameters, nm_per_pixel, shared, ellipses[0].diameter_error),
        x_diameter=mean_length(extents[:, 0], nm_per_pixel, shared),
        y_diameter=mean_length(extents[:, 1], nm_per_pixel, shared),
        ellipticity=mean_number(np.array([_ellipticity(each) for each in ellipses])),
        placement_x=spread_length(placement[:, 1], LATTICE, nm_per_pixel) if len(placement) > LATTICE else None,
        placement_y=spread_length(placement[:, 0], LATTICE, nm_per_pixel) if len(placement) > LATTICE else None,
        dark_holes=holes.is_dark,
    )
    rows = tuple(
        _row(number, each, site, apart)
        for number, (each, site, apart) in enumerate(zip(ellipses, holes.sites, placement, strict=True), start=1)
    )
    lengths = {"x": extents[:, 0], "y": extents[:, 1]}
    return Measurement(dimensions, rows, (), tuple(map(_outline, ellipses)), lengths, _missing(holes))


def _missing(holes: Holes) -> tuple[str, ...]:
    count = len(holes.ellipses)
    if count >= holes.searched:
        return ()
    return (
        f"not measured: {holes.searched - count} of {holes.searched} holes, which are missing, much larger or smaller "
        "than the others, or too long for a rim near a circle; look at the picture",
    )


def _ellipticity(ellipse: Ellipse) -> float:
    return max(ellipse.major, ellipse.minor) / min(ellipse.major, ellipse.minor)


def _lattice(holes: Holes) -> tuple[np.ndarray, list[float | None], float, np.ndarray]:
    """Fit a straight lattice to the middles.

    Returns
    -------
    steps : ndarray, shape (2, 2)
        (row, col) steps, px.
    errors : list of float or None
        Standard errors of their lengths.
    freedom : float
        Degrees of freedom of these.
    placement : ndarray, shape (holes, 2)
        (row, col) of each middle less that of its site.
    """
    middles = np.array([(each.row, each.col) for each in holes.ellipses])
    basis = np.concatenate([holes.sites, np.ones((len(middles), 1))], axis=1).astype(np.float64)
    kept = np.ones(len(middles), bool)
    for _ in range(2):
        fit = np.linalg.lstsq(basis[kept], middles[kept], rcond=None)[0]
        placement = middles - basis @ fit
        apart = np.hypot(*placement.T)
        kept = apart <= FAR * max(float(np.median(apart)), 1e-9) if len(middles) > 6 else kept
    steps = fit[:2]
    freedom = float(kept.sum() - LATTICE)
    if freedom < 1 or np.linalg.matrix_rank(basis[kept]) < 3:
        return steps, [None, None], 0.0, placement
    variance = (placement[kept] ** 2).sum(axis=0) / freedom
    inverse = np.linalg.inv(basis[kept].T @ basis[kept])
    errors: list[float | None] = []
    for number, step in enumerate(steps):
        along = step / math.hypot(*step)
        errors.append(math.sqrt(float(inverse[number, number] * (variance * along**2).sum())))
    return steps, errors, freedom, placement


def _row(number: int, ellipse: Ellipse, site: np.ndarray, placement: np.ndarray) -> HoleRow:
    x_diameter, y_diameter = ellipse.extents
    angle = math.degrees(ellipse.angle)
    return HoleRow(
        number=number,
        site=(int(site[0]), int(site[1])),
        x_px=ellipse.col,
        y_px=ellipse.row,
        diameter_px=2 * ellipse.radius,
        diameter_se_px=ellipse.diameter_error,
        x_diameter_px=x_diameter,
        y_diameter_px=y_diameter,
        ellipticity=_ellipticity(ellipse),
        orientation_deg=90.0 - (90.0 - angle) % 180.0,
        placement_x_px=float(placement[1]),
        placement_y_px=float(placement[0]),
    )


def _outline(ellipse: Ellipse) -> np.ndarray:
    angles = np.linspace(0, 2 * math.pi, OUTLINE_POINTS)
    radius = ellipse.radius_at(angles)
    return np.stack([ellipse.row + radius * np.sin(angles), ellipse.col + radius * np.cos(angles)], axis=1)
