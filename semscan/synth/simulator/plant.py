"""Defects of the pattern itself, planted in a scene. Each function gives a new scene.

`at` is a specimen point (u, v); the defect snaps to the line, space or hole nearest to it.
Sizes follow the usual shares of the pitch.
"""

from __future__ import annotations

import numpy as np

from semscan.synth.simulator.scene import Shape


def bridge(scene, at, settings, rng):
    """Material across a space, 0.2 to 0.6 pitches wide, flared where it joins the lines."""
    return _bridge(scene, at, rng, settings.pitch * rng.uniform(0.22, 0.6), 1.0)


def micro_bridge(scene, at, settings, rng):
    """A thin, low bridge: 0.1 to 0.3 pitches wide, 35 to 60 % of the contrast."""
    width = max(2.0, settings.pitch * rng.uniform(0.1, 0.28))
    return _bridge(scene, at, rng, width, rng.uniform(0.35, 0.6))


def _bridge(scene, at, rng, width, strength):
    line = scene.structure.nearest(at[0] - scene.structure.pitch / 2)
    left, right = scene.structure.space(line, at[1])
    middle, space = (left + right) / 2, right - left
    lean, bend, neck = rng.normal(0, 0.12), rng.normal(0, 0.05), rng.uniform(0.0, 0.35)

    def field(u, v):
        across = (u - middle) / (space / 2)
        axis = at[1] + (lean * across + bend * across**2) * space
        half = width / 2 * (1 - neck * (1 - np.minimum(across**2, 1)))
        return np.minimum(half - np.abs(v - axis), space / 2 + 3 - np.abs(u - middle)).astype(np.float32)

    reach = space / 2 + width + 8
    return scene.with_shape(Shape((middle, at[1]), reach, field, True, min(3.0, space / 3), strength))


def line_break(scene, at, settings, rng):
    """A gap in a line, 0.25 to 1 pitch long, with rounded line ends."""
    line = scene.structure.nearest(at[0])
    left, right = scene.structure.width(line, at[1])
    middle, width = (left + right) / 2, right - left
    gap = max(3.0, settings.pitch * rng.uniform(0.25, 0.9))
    tilt, ends = rng.normal(0, 0.12), rng.uniform(0.25, 0.5, 2)

    def field(u, v):
        across = (u - middle) / (width / 2)
        along = v - at[1] - tilt * across * width / 2
        end = np.where(along > 0, ends[0], ends[1]) * width / 2 * np.minimum(across**2, 1.5)
        return np.minimum(gap / 2 + end - np.abs(along), width / 2 + 4 - np.abs(u - middle)).astype(np.float32)

    return scene.with_shape(Shape((middle, at[1]), gap / 2 + width + 8, field, add=False, fillet=2.0))


def pinch(scene, at, settings, rng):
    """A line narrowed by 35 to 65 % of its width over 0.3 to 1 pitch, more from one side than the other."""
    line = scene.structure.nearest(at[0])
    left, right = scene.structure.width(line, at[1])
    loss = (right - left) * rng.uniform(0.35, 0.65)
    side = rng.uniform(0.3, 0.7)
    length = settings.pitch * rng.uniform(0.3, 0.9)
    return scene.with_structure(scene.structure.pinched(line, at[1], loss * side, loss * (1 - side), length))


def missing(scene, at, settings, rng):
    """A hole that was not etched: the surface goes on as if it had never been meant."""
    return scene.with_structure(scene.structure.without(scene.structure.nearest(*at)))


def oversized(scene, at, settings, rng):
    """A hole 1.3 to 1.65 times as wide, short of touching its neighbours."""
    holes = scene.structure
    index = holes.nearest(*at)
    other = holes.nearest(*holes.centres[index], skip=index)
    room = float(np.hypot(*(holes.centres[other] - holes.centres[index]))) - holes.radius[other] - 2.5
    radius = min(holes.radius[index] * rng.uniform(1.3, 1.65), room)
    return scene.with_structure(holes.changed(index, radius=radius))


def merged(scene, at, settings, rng):
    """Two neighbours that kiss: slightly grown towards each other, with a neck between them."""
    holes = scene.structure
    index = holes.nearest(*at)
    other = holes.nearest(*holes.centres[index], skip=index)
    (au, av), (bu, bv) = holes.centres[index], holes.centres[other]
    away = float(np.hypot(bu - au, bv - av))
    pull = rng.uniform(0.0, 0.08) * np.array([bu - au, bv - av])
    for one, step in ((index, pull), (other, -pull)):
        radius = holes.radius[one] * rng.uniform(1.09, 1.2)
        holes = holes.changed(one, radius=radius, centre=holes.centres[one] + step)
    middle, half = ((au + bu) / 2, (av + bv) / 2), settings.pitch * rng.uniform(0.06, 0.17)
    du, dv = (bu - au) / away, (bv - av) / away

    def field(u, v):
        along = (u - middle[0]) * du + (v - middle[1]) * dv
        across = (v - middle[1]) * du - (u - middle[0]) * dv
        return (half - np.hypot(across, np.maximum(np.abs(along) - away / 2, 0))).astype(np.float32)

    shape = Shape(middle, away / 2 + half + 9, field, add=False, fillet=3.0)
    return scene.with_structure(holes).with_shape(shape)
