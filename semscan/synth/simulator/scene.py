"""A specimen: its structure, the shapes that defects add to or cut from it, and foreign bodies on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Protocol, TypeVar

import numpy as np

from semscan.settings import SynthSettings
from semscan.synth.simulator.emission import emission, smooth_max
from semscan.synth.simulator.scan import Scan

Point = tuple[float, float]  # (u, v) on the specimen


class Structure(Protocol):
    """A structure with edges, such as lines or contact holes."""

    def distance(self, scan: Scan) -> np.ndarray:
        """Measure the distance of each pixel to the nearest edge, px, positive on the top, negative on the bottom."""


S = TypeVar("S", bound=Structure)
T = TypeVar("T", bound=Structure)


@dataclass(frozen=True)
class Shape:
    """Material added (`add`) or taken away within `reach` px of `centre` (u, v).

    `field(u, v)` is the distance to the shape's rim in px, positive inside. `fillet` rounds the joints,
    px. With `strength` below 1 only that share of the change in signal shows (a thin or low bridge).
    """

    centre: Point
    reach: float
    field: Callable[[np.ndarray, np.ndarray], np.ndarray]
    add: bool = True
    fillet: float = 2.0
    strength: float = 1.0


@dataclass(frozen=True)
class Body:
    """Foreign matter or damage: `paint(signal, u, v)` returns the new signal within `reach` px of `centre`."""

    centre: Point
    reach: float
    paint: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Scene(Generic[S]):
    """The specimen under the beam."""

    structure: S
    shapes: tuple[Shape, ...] = ()
    bodies: tuple[Body, ...] = ()

    def with_structure(self, structure: T) -> Scene[T]:
        """Return the same scene on another structure."""
        return Scene(structure, self.shapes, self.bodies)

    def with_shape(self, shape: Shape) -> Scene[S]:
        """Return the same scene and one more shape."""
        return replace(self, shapes=(*self.shapes, shape))

    def with_body(self, body: Body) -> Scene[S]:
        """Return the same scene and one more body."""
        return replace(self, bodies=(*self.bodies, body))


def render(scene: Scene[S], scan: Scan, settings: SynthSettings) -> np.ndarray:
    """Compute the signal of a scene under a scan, before the probe blurs it.

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


def _shaped(distance: np.ndarray, shape: Shape, scan: Scan, window: tuple[slice, slice]) -> np.ndarray:
    """Add a shape to a structure, or cut it out, by their distance fields."""
    field = shape.field(scan.u[window], scan.v[window])
    if shape.add:
        return smooth_max(distance, field, shape.fillet)
    return -smooth_max(-distance, field, shape.fillet)
