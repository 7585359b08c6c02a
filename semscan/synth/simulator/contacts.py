"""Contact holes: a lattice of rough circles, and the distance of each pixel to the nearest rim."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from semscan.settings import SynthSettings
from semscan.synth.simulator.lines import line_width
from semscan.synth.simulator.roughness import rough_contours
from semscan.synth.simulator.scan import Scan

FAR = 9.0  # px beyond a rim at which it no longer changes the signal


@dataclass(frozen=True)
class Holes:
    """Rough circles: `centres` float64 (n, 2) as (u, v), `radius` float64 (n,), `contour` complex64 (n, k)."""

    centres: np.ndarray
    radius: np.ndarray
    contour: np.ndarray

    def distance(self, scan: Scan) -> np.ndarray:
        """Measure the distance to the nearest rim, px: positive on the surface (at most 9), negative in a hole.

        Returns
        -------
        ndarray of float32, shape of the scan
        """
        result = np.full(scan.shape, FAR, np.float32)
        for (u, v), radius, contour in zip(self.centres, self.radius, self.contour, strict=True):
            window = scan.window(u, v, radius + FAR)
            part = result[window]
            if part.size:
                np.minimum(part, self._rim(scan.u[window] - u, scan.v[window] - v, radius, contour), out=part)
        return result

    @staticmethod
    def _rim(du: np.ndarray, dv: np.ndarray, radius: float, contour: np.ndarray) -> np.ndarray:
        """Measure the distance of points, relative to a centre, to the rough rim around it."""
        step = (du + 1j * dv).astype(np.complex64)
        distance = np.abs(step)
        turn = step / np.maximum(distance, 0.5)
        wave = np.full(step.shape, contour[-1], np.complex64)
        for mode in contour[-2::-1]:  # Horner: the sum of contour[k] * turn**k
            wave *= turn
            wave += mode
        return distance - np.float32(radius) - wave.real

    def nearest(self, u: float, v: float, skip: int | None = None) -> int:
        """Return the index of the hole nearest to (u, v), other than `skip`."""
        distance = np.hypot(self.centres[:, 0] - u, self.centres[:, 1] - v)
        if skip is not None:
            distance[skip] = np.inf
        return int(np.argmin(distance))

    def without(self, index: int) -> Holes:
        """Return the same holes without the one at `index`."""
        return Holes(*(np.delete(part, index, axis=0) for part in (self.centres, self.radius, self.contour)))

    def changed(self, index: int, *, radius: float, centre: np.ndarray | None = None) -> Holes:
        """Return the same holes, the one at `index` with another radius and, if given, another centre."""
        radii = self.radius.copy()
        centres = self.centres.copy()
        radii[index] = radius
        if centre is not None:
            centres[index] = centre
        return replace(self, radius=radii, centres=centres)


def make_holes(settings: SynthSettings, scan: Scan, rng: np.random.Generator) -> Holes:
    """Draw the holes under a scan, on a square or staggered (hexagonal) lattice.

    Returns
    -------
    Holes
    """
    staggered = settings.lattice == "staggered"
    rise = settings.pitch * (math.sqrt(3) / 2 if staggered else 1.0)
    reach = scan.extent + settings.pitch
    i, j = np.meshgrid(np.arange(int(2 * reach / settings.pitch) + 2), np.arange(int(2 * reach / rise) + 2))
    u = -reach + settings.pitch * (i + 0.5 * (j % 2) * staggered + rng.random())
    v = -reach + rise * (j + rng.random())
    centres = np.stack([u.ravel(), v.ravel()], 1)
    centres += rng.normal(0, 0.25 * settings.roughness, centres.shape)
    radius = np.full(len(centres), line_width(settings) / 2)
    contour = rough_contours(radius, settings.roughness, settings.correlation, settings.hurst, rng)
    return Holes(centres, radius, contour)
