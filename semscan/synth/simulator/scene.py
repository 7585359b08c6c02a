"""A specimen: its structure, the shapes that defects add to or cut from it, and foreign bodies on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from semscan.synth.simulator.emission import emission, smooth_max
from semscan.synth.simulator.scan import Scan


class Structure(Protocol):
    """Anything that knows the distance of each pixel to its nearest edge."""

    def distance(self, scan: Scan) -> np.ndarray:
        """Distance in px, positive on the top and negative on the bottom."""


@dataclass(frozen=True)
class Shape:
    """Material added (`add`) or taken away within `reach` px of `centre` (u, v).

    `field(u, v)` is the distance to the shape's rim in px, positive inside. `fillet` rounds the joints,
    px. With `strength` below 1 only that share of the change in signal is seen (a thin or low bridge).
    """

    centre: tuple[float, float]
    reach: float
    field: Callable[[np.ndarray, np.ndarray], np.ndarray]
    add: bool = True
    fillet: float = 2.0
    strength: float = 1.0


@dataclass(frozen=True)
class Body:
    """Foreign matter or damage: `paint(signal, u, v)` gives the new signal within `reach` px of `centre`."""

    centre: tuple[float, float]
    reach: float
    paint: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Scene:
    """All that the beam meets."""

    structure: Structure
    shapes: tuple[Shape, ...] = ()
    bodies: tuple[Body, ...] = ()

    def with_structure(self, structure):
        """The same scene on another structure."""
        return replace(self, structure=structure)

    def with_shape(self, shape):
        """The same scene and one more shape."""
        return replace(self, shapes=(*self.shapes, shape))

    def with_body(self, body):
        """The same scene and one more body."""
        return replace(self, bodies=(*self.bodies, body))


def render(scene, scan, settings):
    """Signal of a scene under a scan, before the probe blurs it.

    Returns
    -------
    ndarray of float32, shape of the scan
        0 to about 1, free of noise.
    """
    distance = scene.structure.distance(scan)
    for shape in scene.shapes:
        if shape.strength == 1:
            window = scan.window(*shape.centre, shape.reach)
            distance[window] = _shaped(distance[window], shape, scan, window)
    signal = emission(distance, settings)
    for shape in scene.shapes:
        if shape.strength < 1:
            window = scan.window(*shape.centre, shape.reach)
            full = emission(_shaped(distance[window], shape, scan, window), settings)
            signal[window] += np.float32(shape.strength) * (full - signal[window])
    for body in scene.bodies:
        window = scan.window(*body.centre, body.reach)
        signal[window] = body.paint(signal[window], scan.u[window], scan.v[window])
    return signal


def _shaped(distance, shape, scan, window):
    field = shape.field(scan.u[window], scan.v[window])
    if shape.add:
        return smooth_max(distance, field, shape.fillet)
    return -smooth_max(-distance, field, shape.fillet)
