"""Plant defects of the pattern itself in a scene. Each function returns a new scene.

`at` is a specimen point (u, v); the defect snaps to the line, space or hole nearest to it.
Sizes follow the usual shares of the pitch.
"""

from __future__ import annotations

import numpy as np

from semscan.settings import SynthSettings
from semscan.synth.simulator.contacts import Holes
from semscan.synth.simulator.lines import Lines
from semscan.synth.simulator.scene import Point, Scene, Shape


def bridge(scene: Scene[Lines], at: Point, settings: SynthSettings, rng: np.random.Generator) -> Scene[Lines]:
    """Plant material across a space, 0.2 to 0.6 pitches wide, flared where it joins the lines."""
    return _bridge(scene, at, rng, settings.pitch * rng.uniform(0.22, 0.6), 1.0)


def micro_bridge(scene: Scene[Lines], at: Point, settings: SynthSettings, rng: np.random.Generator) -> Scene[Lines]:
    """Plant a thin, low bridge: 0.1 to 0.3 pitches wide, 35 to 60 % of the signal of a line."""
    width = max(2.0, settings.pitch * rng.uniform(0.1, 0.28))
    return _bridge(scene, at, rng, width, rng.uniform(0.35, 0.6))


def _bridge(scene: Scene[Lines], at: Point, rng: np.random.Generator, width: float, strength: float) -> Scene[Lines]:
    line = scene.structure.nearest(at[0] - scene.structure.pitch / 2)
    left, right = scene.structure.space(line, at[1])
    middle = (left + right) / 2
    space = right - left
    lean = rng.normal(0, 0.12)
    bend = rng.normal(0, 0.05)
    neck = rng.uniform(0.0, 0.35)

    def field(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        across = (u - middle) / (space / 2)
        axis = at[1] + (lean * across + bend * across**2) * space
        half = width / 2 * (1 - neck * (1 - np.minimum(across**2, 1)))
        return np.minimum(half - np.abs(v - axis), space / 2 + 3 - np.abs(u - middle)).astype(np.float32)

    reach = space / 2 + width + 8
    return scene.with_shape(Shape((middle, at[1]), reach, field, True, min(3.0, space / 3), strength))


def line_break(scene: Scene[Lines], at: Point, settings: SynthSettings, rng: np.random.Generator) -> Scene[Lines]:
    """Plant a gap in a line, 0.25 to 1 pitch long, with rounded line ends."""
    line = scene.structure.nearest(at[0])
    left, right = scene.structure.width(line, at[1])
    middle = (left + right) / 2
    width = right - left
    gap = max(3.0, settings.pitch * rng.uniform(0.25, 0.9))
    tilt = rng.normal(0, 0.12)
    ends = rng.uniform(0.25, 0.5, 2)

    def field(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        across = (u - middle) / (width / 2)
        along = v - at[1] - tilt * across * width / 2
        end = np.where(along > 0, ends[0], ends[1]) * width / 2 * np.minimum(across**2, 1.5)
        return np.minimum(gap / 2 + end - np.abs(along), width / 2 + 4 - np.abs(u - middle)).astype(np.float32)

    return scene.with_shape(Shape((middle, at[1]), gap / 2 + width + 8, field, add=False, fillet=2.0))


def pinch(scene: Scene[Lines], at: Point, settings: SynthSettings, rng: np.random.Generator) -> Scene[Lines]:
    """Narrow a line by 35 to 65 % of its width over 0.3 to 1 pitch, more from one side than the other."""
    line = scene.structure.nearest(at[0])
    left, right = scene.structure.width(line, at[1])
    loss = (right - left) * rng.uniform(0.35, 0.65)
    side = rng.uniform(0.3, 0.7)
    length = settings.pitch * rng.uniform(0.3, 0.9)
    return scene.with_structure(scene.structure.pinched(line, at[1], loss * side, loss * (1 - side), length))


def missing(scene: Scene[Holes], at: Point, settings: SynthSettings, rng: np.random.Generator) -> Scene[Holes]:
    """Remove a hole that was not etched: the surface continues across it."""
    return scene.with_structure(scene.structure.without(scene.structure.nearest(*at)))


def oversized(scene: Scene[Holes], at: Point, settings: SynthSettings, rng: np.random.Generator) -> Scene[Holes]:
    """Widen a hole 1.3 to 1.65 times, short of touching its neighbours."""
    holes = scene.structure
    index = holes.nearest(*at)
    u, v = holes.centres[index]
    other = holes.nearest(u, v, skip=index)
    room = float(np.hypot(*(holes.centres[other] - holes.centres[index]))) - holes.radius[other] - 2.5
    radius = min(holes.radius[index] * rng.uniform(1.3, 1.65), room)
    return scene.with_structure(holes.changed(index, radius=radius))


def merged(scene: Scene[Holes], at: Point, settings: SynthSettings, rng: np.random.Generator) -> Scene[Holes]:
    """Merge two neighbours: slightly grown towards each other, with a neck between them."""
    holes = scene.structure
    first = holes.nearest(*at)
    first_centre = holes.centres[first]
    second = holes.nearest(first_centre[0], first_centre[1], skip=first)
    second_centre = holes.centres[second]
    distance = float(np.hypot(*(second_centre - first_centre)))
    pull = rng.uniform(0.0, 0.08) * (second_centre - first_centre)
    for index, step in ((first, pull), (second, -pull)):
        radius = holes.radius[index] * rng.uniform(1.09, 1.2)
        holes = holes.changed(index, radius=radius, centre=holes.centres[index] + step)
    middle = tuple((first_centre + second_centre) / 2)
    half = settings.pitch * rng.uniform(0.06, 0.17)
    du, dv = (second_centre - first_centre) / distance

    def field(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        along = (u - middle[0]) * du + (v - middle[1]) * dv
        across = (v - middle[1]) * du - (u - middle[0]) * dv
        return (half - np.hypot(across, np.maximum(np.abs(along) - distance / 2, 0))).astype(np.float32)

    shape = Shape(middle, distance / 2 + half + 9, field, add=False, fillet=3.0)
    return scene.with_structure(holes).with_shape(shape)
