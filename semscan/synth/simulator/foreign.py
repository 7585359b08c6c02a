"""Defects that lie on the pattern or damage it: particle, residue, scratch. Each gives a new scene."""

from __future__ import annotations

import math

import numpy as np

from semscan.synth.simulator.scene import Body


def particle(scene, at, settings, rng):
    """A smooth body, 0.35 to 1.3 pitches across: bright rim (its slope), a slight shadow, a faint halo."""
    radius = max(2.5, settings.pitch * math.exp(rng.uniform(math.log(0.18), math.log(0.65))))
    waves = _waves(rng, 0.07, 1.6)
    body = rng.uniform(0.58, 0.85)
    steep, sun, halo = rng.uniform(1.1, 1.8), rng.uniform(0, 2 * np.pi), rng.uniform(0.0, 0.10)
    squeeze, turn = rng.uniform(0.75, 1.0), rng.uniform(0, np.pi)

    def paint(signal, u, v):
        away, towards = _polar(u - at[0], v - at[1], squeeze, turn)
        rim = radius * (1 + _wave(waves, towards))
        rho = np.minimum(away / rim, 1)
        slope = steep * rho**2 / np.sqrt(np.maximum(1 - rho**2, 0.12))
        lit = body * (0.85 + 0.15 * np.sqrt(1 + slope**2) ** 1.5) * (1 + 0.08 * rho * np.cos(towards - sun))
        outside = np.maximum(away - rim, 0)
        dark = 0.45 * np.exp(-outside / 2.5) * (0.6 + 0.4 * np.cos(towards - sun - np.pi))
        ground = signal * (1 - dark) + halo * np.exp(-outside / (0.5 * radius + 2))
        share = np.clip(rim - away + 0.5, 0, 1)
        return (ground + (np.minimum(lit, 1.15) - ground) * share).astype(np.float32)

    return scene.with_body(Body(at, radius * 1.4 + 16, paint))


def residue(scene, at, settings, rng):
    """A thin film with an irregular, torn outline, 0.7 to 1.8 pitches across; the pattern shows through."""
    radius = settings.pitch * rng.uniform(0.35, 0.9)
    waves = _waves(rng, 0.20, 0.8)
    bright = rng.random() < 0.65
    level = rng.uniform(0.52, 0.70) if bright else rng.uniform(0.05, 0.13)
    cover, edge = rng.uniform(0.5, 0.8), rng.uniform(0.06, 0.18)
    squeeze, turn = rng.uniform(0.45, 0.9), rng.uniform(0, np.pi)
    patches = rng.uniform(0.5, 2 * np.pi, (4, 3))

    def paint(signal, u, v):
        du, dv = u - at[0], v - at[1]
        away, towards = _polar(du, dv, squeeze, turn)
        tears = sum(np.sin(a * du / radius * 1.6 + b * dv / radius * 1.6 + 3 * c) for a, b, c in patches)
        depth = radius * (1 + _wave(waves, towards) + 0.10 * tears) - away
        share = cover * np.clip(depth / 2.5 + 0.5, 0, 1) * (0.85 + 0.10 * np.clip(tears, -1.5, 1.5))
        film = signal + (level - signal) * share
        return (film + edge * np.exp(-np.abs(depth) / 1.3)).astype(np.float32)

    return scene.with_body(Body(at, radius * 2.2 + 8, paint))


def scratch(scene, at, settings, rng):
    """A thin groove across the lines, 2 to 5 pitches long: dark, its sides thrown up and bright, uneven."""
    room = 0.4 * min(settings.rows, settings.cols)
    half = min(settings.pitch * rng.uniform(1.1, 2.5), room)
    width = rng.uniform(1.2, 1.9)
    bend, turn = rng.uniform(-0.25, 0.25) / half, rng.uniform(-1.1, 1.1)
    dark, bright = rng.uniform(0.55, 0.85), rng.uniform(0.15, 0.38)
    uneven = rng.uniform(0, 2 * np.pi, 3)
    wiggle = rng.uniform(0.2, 0.6)

    def paint(signal, u, v):
        along, across = _turned(u - at[0], v - at[1], turn)
        place = along / half
        course = bend * (along**2 - half**2 / 3) + wiggle * np.sin(5 * place + uneven[0])
        off = (across - course) / np.sqrt(1 + (2 * bend * along) ** 2)
        depth = 0.8 + 0.2 * np.sin(9 * place + uneven[1])
        depth = depth * np.clip((1 - np.abs(place)) * half / 4, 0, 1)
        groove = np.exp(-0.5 * (off / width) ** 2)
        side = 0.65 + 0.35 * np.sin(7 * place + uneven[2])
        walls = side * np.exp(-0.5 * ((off - 1.9 * width) / (0.7 * width)) ** 2)
        walls += (1.3 - side) * np.exp(-0.5 * ((off + 1.9 * width) / (0.7 * width)) ** 2)
        return (signal * (1 - dark * depth * groove) + bright * depth * walls).astype(np.float32)

    return scene.with_body(Body(at, half * 1.2 + 6, paint))


def _turned(du, dv, turn):
    cos, sin = math.cos(turn), math.sin(turn)
    return du * cos + dv * sin, dv * cos - du * sin


def _polar(du, dv, squeeze, turn):
    """Distance and direction from the middle of an ellipse; equal distances lie on its outline."""
    along, across = _turned(du, dv, turn)
    across = across / squeeze
    return np.hypot(along, across), np.arctan2(across, along)


def _waves(rng, size, smoothness):
    """Outline of a body: waves of 2 to 6 cycles round it, the second `size` high, the others less."""
    order = np.arange(2, 7)
    return order, rng.normal(0, size, order.size) * (2 / order) ** smoothness, rng.uniform(0, 2 * np.pi, order.size)


def _wave(waves, towards):
    return sum(height * np.cos(order * towards + phase) for order, height, phase in zip(*waves, strict=True))
