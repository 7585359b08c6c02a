"""Plant defects that lie on the pattern or damage it: particle, residue, scratch. Each returns a new scene."""

from __future__ import annotations

import math

import numpy as np

from semscan.settings import SynthSettings
from semscan.synth.simulator.scene import Body, Point, S, Scene

Waves = tuple[np.ndarray, np.ndarray, np.ndarray]  # cycles round an outline, heights, phases


def particle(scene: Scene[S], at: Point, settings: SynthSettings, rng: np.random.Generator) -> Scene[S]:
    """Plant a smooth body, 0.35 to 1.3 pitches across: bright rim (its slope), a slight shadow, a faint halo."""
    radius = max(2.5, settings.pitch * math.exp(rng.uniform(math.log(0.18), math.log(0.65))))
    waves = _waves(rng, 0.07, 1.6)
    body = rng.uniform(0.58, 0.85)
    steepness = rng.uniform(1.1, 1.8)
    detector = rng.uniform(0, 2 * np.pi)  # direction in which the detector lies
    halo = rng.uniform(0.0, 0.10)
    squeeze = rng.uniform(0.75, 1.0)
    turn = rng.uniform(0, np.pi)

    def paint(signal: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        distance, direction = _polar(u - at[0], v - at[1], squeeze, turn)
        rim = radius * (1 + _outline(waves, direction))
        rho = np.minimum(distance / rim, 1)
        slope = steepness * rho**2 / np.sqrt(np.maximum(1 - rho**2, 0.12))
        # the steeper the surface, the more electrons leave it, most on the side of the detector
        facing = 1 + 0.08 * rho * np.cos(direction - detector)
        bright = body * (0.85 + 0.15 * np.sqrt(1 + slope**2) ** 1.5) * facing
        outside = np.maximum(distance - rim, 0)
        shadow = 0.45 * np.exp(-outside / 2.5) * (0.6 + 0.4 * np.cos(direction - detector - np.pi))
        background = signal * (1 - shadow) + halo * np.exp(-outside / (0.5 * radius + 2))
        share = np.clip(rim - distance + 0.5, 0, 1)
        return (background + (np.minimum(bright, 1.15) - background) * share).astype(np.float32)

    return scene.with_body(Body(at, radius * 1.4 + 16, paint))


def residue(scene: Scene[S], at: Point, settings: SynthSettings, rng: np.random.Generator) -> Scene[S]:
    """Plant a thin film with an irregular, torn outline, 0.7 to 1.8 pitches across; the pattern shows through."""
    radius = settings.pitch * rng.uniform(0.35, 0.9)
    waves = _waves(rng, 0.20, 0.8)
    bright = rng.random() < 0.65
    level = rng.uniform(0.52, 0.70) if bright else rng.uniform(0.05, 0.13)
    cover = rng.uniform(0.5, 0.8)
    edge = rng.uniform(0.06, 0.18)
    squeeze = rng.uniform(0.45, 0.9)
    turn = rng.uniform(0, np.pi)
    patches = rng.uniform(0.5, 2 * np.pi, (4, 3))

    def paint(signal: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        du = u - at[0]
        dv = v - at[1]
        distance, direction = _polar(du, dv, squeeze, turn)
        tears = sum(np.sin(a * du / radius * 1.6 + b * dv / radius * 1.6 + 3 * c) for a, b, c in patches)
        depth = radius * (1 + _outline(waves, direction) + 0.10 * tears) - distance
        share = cover * np.clip(depth / 2.5 + 0.5, 0, 1) * (0.85 + 0.10 * np.clip(tears, -1.5, 1.5))
        film = signal + (level - signal) * share
        return (film + edge * np.exp(-np.abs(depth) / 1.3)).astype(np.float32)

    return scene.with_body(Body(at, radius * 2.2 + 8, paint))


def scratch(scene: Scene[S], at: Point, settings: SynthSettings, rng: np.random.Generator) -> Scene[S]:
    """Plant a thin groove across the lines, 2 to 5 pitches long: dark, with bright, uneven walls at its sides."""
    room = 0.4 * min(settings.rows, settings.cols)
    half = min(settings.pitch * rng.uniform(1.1, 2.5), room)
    width = rng.uniform(1.2, 1.9)
    bend = rng.uniform(-0.25, 0.25) / half
    turn = rng.uniform(-1.1, 1.1)
    dark = rng.uniform(0.55, 0.85)
    bright = rng.uniform(0.15, 0.38)
    uneven = rng.uniform(0, 2 * np.pi, 3)
    wiggle = rng.uniform(0.2, 0.6)

    def paint(signal: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        along, across = _turned(u - at[0], v - at[1], turn)
        position = along / half
        middle = bend * (along**2 - half**2 / 3) + wiggle * np.sin(5 * position + uneven[0])
        distance = (across - middle) / np.sqrt(1 + (2 * bend * along) ** 2)
        depth = 0.8 + 0.2 * np.sin(9 * position + uneven[1])
        depth = depth * np.clip((1 - np.abs(position)) * half / 4, 0, 1)
        groove = np.exp(-0.5 * (distance / width) ** 2)
        side = 0.65 + 0.35 * np.sin(7 * position + uneven[2])
        walls = side * np.exp(-0.5 * ((distance - 1.9 * width) / (0.7 * width)) ** 2)
        walls += (1.3 - side) * np.exp(-0.5 * ((distance + 1.9 * width) / (0.7 * width)) ** 2)
        return (signal * (1 - dark * depth * groove) + bright * depth * walls).astype(np.float32)

    return scene.with_body(Body(at, half * 1.2 + 6, paint))


def _turned(du: np.ndarray, dv: np.ndarray, turn: float) -> tuple[np.ndarray, np.ndarray]:
    cos = math.cos(turn)
    sin = math.sin(turn)
    return du * cos + dv * sin, dv * cos - du * sin


def _polar(du: np.ndarray, dv: np.ndarray, squeeze: float, turn: float) -> tuple[np.ndarray, np.ndarray]:
    """Return distance and direction from the middle of an ellipse; equal distances lie on its outline."""
    along, across = _turned(du, dv, turn)
    across = across / squeeze
    return np.hypot(along, across), np.arctan2(across, along)


def _waves(rng: np.random.Generator, size: float, smoothness: float) -> Waves:
    """Draw the outline of a body: waves of 2 to 6 cycles round it, `size` high or less."""
    cycles = np.arange(2, 7)
    heights = rng.normal(0, size, cycles.size) * (2 / cycles) ** smoothness
    return cycles, heights, rng.uniform(0, 2 * np.pi, cycles.size)


def _outline(waves: Waves, direction: np.ndarray) -> np.ndarray:
    """Return how far an outline lies from its mean radius in each direction, as a share of it."""
    cycles, heights, phases = waves
    total = np.zeros_like(direction)
    for order, height, phase in zip(cycles, heights, phases, strict=True):
        total = total + height * np.cos(order * direction + phase)
    return total
