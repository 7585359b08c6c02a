"""Defects of the drawn pattern (each returns a new layout) and of the height map (each returns a new relief)."""

from dataclasses import replace

import cv2
import numpy as np

from relief.layout import FINE
from relief.noise import smooth_noise


def _strip(start, end, width, neck, lean, rng):
    """Outline a strip from `start` to `end`, narrowed by the share `neck` half way, its axis moved by up to `lean`."""
    along = np.linspace(-1, 1, 25)[:, None]
    step = (end - start) / 2
    normal = np.array([-step[1], step[0]]) / np.hypot(*step)
    axis = (start + end) / 2 + along * step + normal * lean * (along + 0.4 * np.sin(3 * along))
    sides = [width / 2 * (1 - neck * (1 - along**2) + 0.06 * rng.standard_normal()) for _ in range(2)]
    return np.concatenate([axis + normal * sides[0], (axis - normal * sides[1])[::-1]])


def _space(layout, at):
    """Return a point on each of two neighbouring lines, at the height of `at`."""
    left = min(layout.nearest(at)[0], len(layout.middles) - 2)
    return tuple(np.array([u, at[1]]) for u in layout.middles[left : left + 2, 0])


def bridge(layout, at, rng):
    """Join two lines, over 0.25 to 0.7 pitches of their length."""
    start, end = _space(layout, at)
    width = layout.pitch * rng.uniform(0.25, 0.7)
    strip = _strip(start, end, width, rng.uniform(0, 0.4), layout.pitch * rng.normal(0, 0.06), rng)
    return replace(layout, added=(strip,))


def line_break(layout, at, rng):
    """Part a line, by 0.3 to 0.9 pitches."""
    middle = np.array([layout.middles[layout.nearest(at)[0], 0], at[1]])
    reach = np.array([layout.pitch / 2, 0])
    gap = layout.pitch * rng.uniform(0.3, 0.9)
    strip = _strip(middle - reach, middle + reach, gap, rng.uniform(-0.2, 0.3), layout.pitch * rng.normal(0, 0.05), rng)
    return replace(layout, cut=(strip,))


def pinch(layout, at, rng):
    """Narrow a line by 40 to 70 % of its width, from both sides or from one."""
    index = layout.nearest(at)[0]
    outline = layout.outlines[index].copy()
    share, length = rng.uniform(0.4, 0.7), layout.pitch * rng.uniform(0.25, 0.5)
    less = share * np.exp(-(np.abs((outline[:, 1] - at[1]) / length) ** 3))
    held = layout.middles[index, 0] + layout.width / 2 * rng.choice([-0.9, 0, 0, 0.9])
    outline[:, 0] = held + (outline[:, 0] - held) * (1 - less)
    return layout.changed(index, outline)


def missing(layout, at, rng):
    """Leave out a hole or pillar."""
    return layout.changed(layout.nearest(at)[0], None)


def oversized(layout, at, rng):
    """Widen a hole or pillar to 1.35 to 1.6 times the usual diameter, as far as its neighbours leave room."""
    index = layout.nearest(at)[0]
    sizes = np.sqrt([np.ptp(outline, axis=0).prod() for outline in layout.outlines])
    room = (2 * layout.pitch - layout.width) / layout.width - 0.25
    grow = min(rng.uniform(1.35, 1.6), room) * np.median(sizes) / sizes[index]
    return layout.changed(index, layout.middles[index] + (layout.outlines[index] - layout.middles[index]) * grow)


def shifted(layout, at, rng):
    """Move a hole or pillar by 0.18 to 0.3 pitches, as far as its neighbours leave room."""
    turn = rng.uniform(0, 2 * np.pi)
    step = min(layout.pitch * rng.uniform(0.18, 0.3), 0.8 * (layout.pitch - layout.width))
    index = layout.nearest(at)[0]
    return layout.changed(index, layout.outlines[index] + step * np.array([np.cos(turn), np.sin(turn)]))


def merged(layout, at, rng):
    """Join two neighbours by a neck of 0.45 to 0.85 diameters."""
    first = layout.nearest(at)[0]
    second = layout.nearest(layout.middles[first])[1]
    width = layout.width * rng.uniform(0.45, 0.85)
    strip = _strip(layout.middles[first], layout.middles[second], width, rng.uniform(0, 0.3), 0, rng)
    return replace(layout, added=(strip,))


def micro_bridge(relief, at, rng):
    """Nearly join two lines: by a thin, low bridge, or by two teeth with a gap between them."""
    start, end = _space(relief.layout, at)
    space = relief.layout.pitch - relief.layout.width
    width = max(2.0, relief.layout.pitch * rng.uniform(0.12, 0.25))
    if rng.random() < 0.5:
        high = rng.uniform(0.45, 0.7)
        parts = [_strip(start, end, width, 0.2, relief.layout.pitch * rng.normal(0, 0.05), rng)]
    else:
        high = 1.0
        tip = np.array([max(1.5, space * rng.uniform(0.15, 0.3)) / 2, 0])
        middle = (start + end) / 2 + np.array([rng.uniform(-0.2, 0.2) * space, 0])
        parts = [_strip(*ends, 1.6 * width, 0, 0, rng) for ends in ((start, middle - tip), (middle + tip, end))]
    drawn = cv2.GaussianBlur(relief.canvas.draw(parts), (0, 0), relief.process.rounding * FINE)
    return relief.filled(drawn, high)


def residue(relief, at, rng):
    """Leave a film in the spaces, 0.8 to 2 pitches long, a fifth to half as high as the pattern."""
    u, v = relief.canvas.grid(at + np.array([relief.layout.pitch / 2, 0]))
    long, short = relief.layout.pitch * rng.uniform(0.4, 1.0), relief.layout.pitch * rng.uniform(0.35, 0.7)
    torn = 0.35 * smooth_noise(relief.canvas.shape, FINE * relief.layout.pitch / 6, rng)
    film = np.clip((1 - np.hypot(u / short, v / long) + torn) * 6, 0, 1)
    return relief.filled(cv2.GaussianBlur(film, (0, 0), 0.8 * FINE), rng.uniform(0.2, 0.5))


def particle(relief, at, rng):
    """Put one to three lumps on the pattern, together 0.5 to 1.2 pitches wide, of a material of their own."""
    size = max(3.0, relief.layout.pitch * rng.uniform(0.22, 0.45))
    body = np.zeros(relief.canvas.shape, np.float32)
    for _ in range(rng.integers(1, 4)):
        u, v = relief.canvas.grid(at + 0.5 * size * rng.uniform(-1, 1, 2))
        turn, squeeze = rng.uniform(0, np.pi), rng.uniform(0.6, 1)
        along, across = u * np.cos(turn) + v * np.sin(turn), (v * np.cos(turn) - u * np.sin(turn)) / squeeze
        body = np.maximum(body, np.sqrt(np.maximum(1 - (along**2 + across**2) / size**2, 0)))
    bumpy = 1 + 0.18 * smooth_noise(relief.canvas.shape, FINE * max(1.0, size / 4), rng)
    share = cv2.GaussianBlur((body > 0).astype(np.float32), (0, 0), 0.6 * FINE)
    top = relief.depth + body * bumpy * size * rng.uniform(0.5, 1.2)
    height = relief.height + share * (top - relief.height)
    own = relief.brighter * rng.uniform(0.75, 1.3)
    return replace(relief, height=height, material=relief.material + share * (own - relief.material))


def scratch(relief, at, rng):
    """Plough a groove, 1.5 to 4 pitches long, with what was pushed aside beside it."""
    pitch = relief.layout.pitch
    half, width = pitch * rng.uniform(0.8, 2.0), max(1.2, pitch * rng.uniform(0.05, 0.12))
    turn, bend = rng.uniform(-1.1, 1.1), rng.uniform(-0.2, 0.2) / half
    u, v = relief.canvas.grid(at)
    along, across = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
    across = across - bend * along**2 - 0.3 * np.sin(4 * along / half)
    ends = np.clip((1 - np.abs(along / half)) * half / 3, 0, 1)
    groove = ends * np.exp(-0.5 * (across / width) ** 2)
    spoil = ends * np.exp(-0.5 * ((np.abs(across) - 2.2 * width) / (0.7 * width)) ** 2)
    deep, high = relief.depth * rng.uniform(0.4, 0.9), relief.depth * rng.uniform(0.08, 0.25)
    return replace(relief, height=relief.height - deep * groove + high * spoil)


OF_LAYOUT = {
    "bridge": bridge,
    "break": line_break,
    "pinch": pinch,
    "missing": missing,
    "merged": merged,
    "oversized": oversized,
    "shifted": shifted,
}
OF_RELIEF = {"micro-bridge": micro_bridge, "particle": particle, "residue": residue, "scratch": scratch}
