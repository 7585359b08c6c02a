"""Draw random layouts of periodic patterns, as signed distances from the outlines of their features.

A layout is drawn twice from one state: without and with changes of its geometry, which are its defects. Every layout
names its `family`, so that one can be left out of teaching. Lengths are in px, angles in radians.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

FAMILIES = ("lines", "rough lines", "double lines", "mesh", "contacts", "dashes", "cells")
FAR = 1e3


def smooth_field(shape, grain, rng):
    """Draw a smooth random field, mean 0 and standard deviation 1; `grain` px coarse, one number or (rows, cols)."""
    grains = np.broadcast_to(grain, 2)
    small = [int(np.ceil(n / g)) + 3 for n, g in zip(shape, grains, strict=True)]
    nodes = rng.standard_normal(small).astype(np.float32)
    at = [(np.arange(n) / g + 1).astype(np.float32) for n, g in zip(shape, grains, strict=True)]
    return cv2.remap(nodes, *np.meshgrid(at[1], at[0]), cv2.INTER_CUBIC) * 1.35


def rough_edge(count, length, grain, rng):
    """Draw `count` rough edges of `length` px each: two grains together, standard deviation 1."""
    fine = np.stack([smooth_field((1, length), (1, max(1.5, grain / 3)), rng)[0] for _ in range(count)])
    coarse = np.stack([smooth_field((1, length), (1, grain), rng)[0] for _ in range(count)])
    return 0.85 * coarse + 0.5 * fine


@dataclass
class Frame:
    """The coordinates of a layout: `u` across and `v` along the lines, px, for each pixel of a square canvas."""

    side: int
    angle: float
    u: np.ndarray = field(init=False)
    v: np.ndarray = field(init=False)

    def __post_init__(self):
        rows, cols = np.mgrid[: self.side, : self.side].astype(np.float32) - self.side / 2
        self.u = np.cos(self.angle) * cols + np.sin(self.angle) * rows
        self.v = -np.sin(self.angle) * cols + np.cos(self.angle) * rows

    def place(self, u, v):
        """Return (row, col) of a position in these coordinates."""
        return (
            np.sin(self.angle) * u + np.cos(self.angle) * v + self.side / 2,
            np.cos(self.angle) * u - np.sin(self.angle) * v + self.side / 2,
        )


class Lines:
    """Lines and spaces, straight or wavy, with rough edges; every second line may have another width.

    `edits` are defects: each changes the signed distance, and knows where it is.
    """

    kinds = ("bridge", "bridge", "bridge", "break", "break", "pinch", "micro-bridge", "distortion")

    def __init__(self, frame, pitch, rng, *, rough=0.0, double=False):
        self.frame = frame
        self.pitch = pitch
        self.rng = rng
        self.reach = int(frame.side / pitch) + 3
        self.length = int(frame.side * 1.5)
        count = 2 * self.reach + 1
        width = pitch * rng.uniform(0.3, 0.7)
        widths = np.full(count, width)
        self.shift = np.zeros(count)
        if double:  # as double patterning leaves them: two widths, or two spaces, in turn
            amount = pitch * rng.uniform(0.03, 0.16)
            if rng.random() < 0.5:
                widths[::2] += amount
            else:
                self.shift[::2] += amount
        self.widths = np.clip(widths, 0.22 * pitch, 0.78 * pitch)
        self.phase = rng.uniform(0, pitch)
        grain = pitch * np.exp(rng.uniform(np.log(0.25), np.log(3)))
        sigma = pitch * rough
        together = rng.random()  # how far the two edges of a line move together
        own = rough_edge(2 * count, self.length, grain, rng).reshape(count, 2, -1) * sigma
        common = rough_edge(count, self.length, grain * rng.uniform(1, 3), rng) * sigma
        self.edges = (1 - 0.7 * together) * own + together * common[:, None]
        self.sway = np.zeros(self.length, np.float32)
        if rng.random() < 0.35:  # all lines wave alike
            self.sway = rough_edge(1, self.length, pitch * rng.uniform(1.5, 6), rng)[0] * pitch * rng.uniform(0, 0.2)
        self.local = []  # local moves of the whole pattern

    def coordinates(self, moved):
        """Return u (with the sway and local moves), the number of the line, and the index along it, for each pixel."""
        v = self.frame.v
        index = np.clip(v + self.length / 2, 0, self.length - 1).astype(int)
        u = self.frame.u + self.phase - self.sway[index]
        if moved:
            for row, col, size, push in self.local:
                rows, cols = np.mgrid[: self.frame.side, : self.frame.side]
                u = u + push * np.exp(-((rows - row) ** 2 + (cols - col) ** 2) / (2 * size**2)).astype(np.float32)
        number = np.round(u / self.pitch).astype(int)
        return u, np.clip(number + self.reach, 0, 2 * self.reach), index

    def distance(self, edits=()):
        """Return the signed distance to the outline, px, positive inside lines, with the edits applied."""
        u, number, index = self.coordinates(bool(edits))
        middle = (number - self.reach) * self.pitch + self.shift[number]
        half = self.widths[number] / 2
        left = middle - half + self.edges[number, 0, index]
        right = middle + half + self.edges[number, 1, index]
        # the nearest edges may be those of the neighbours
        inside = np.minimum(u - left, right - u)
        s = np.asarray(inside, np.float32)
        for edit in edits:
            s = edit(s, u, self.frame.v)
        return s

    def defect(self, kind):
        """Draw a defect of a kind: (a function that changes the distance, or None; its size in px)."""
        rng = self.rng
        p = self.pitch
        half = self.frame.side / 2
        v0 = rng.uniform(-0.8, 0.8) * half
        k = int(rng.integers(-int(half / p), int(half / p) + 1))
        line = k + self.reach
        width = float(self.widths[np.clip(line, 0, 2 * self.reach)])
        space = p - width
        centre = k * p + float(self.shift[np.clip(line, 0, 2 * self.reach)])
        if kind == "bridge":
            count = 1 + int(rng.random() < 0.15) + int(rng.random() < 0.05)
            length = min(p * np.exp(rng.uniform(np.log(0.3), np.log(3.0))), self.frame.side * 0.4)
            return self._bridge(centre + width / 2 + space / 2, v0, length, space, count)
        if kind == "break":
            gap = max(2.0, p * np.exp(rng.uniform(np.log(0.2), np.log(2.5))))
            return self._break(centre, v0, gap, width, 1 + int(rng.random() < 0.12))
        if kind == "pinch":
            depth = width * rng.uniform(0.45, 0.8)
            return self._bulge(centre, v0, -depth, p, side=int(rng.integers(-1, 2)))
        if kind == "micro-bridge":
            depth = space * rng.uniform(0.5, 0.95)
            return self._bulge(centre, v0, depth, p, side=int(rng.choice([-1, 1])))
        row, col = self.frame.place(centre - self.phase, v0)
        size = p * rng.uniform(0.8, 3)
        self.local.append((row, col, size, p * rng.uniform(0.35, 0.9) * rng.choice([-1, 1])))
        return lambda s, u, v: s  # the move is applied in `coordinates`

    def _bridge(self, middle, v0, length, space, count):
        rng = self.rng
        concave = rng.uniform(0, 0.45) * min(space, length)
        lean = rng.uniform(-0.5, 0.5) if rng.random() < 0.4 else 0.0
        last = middle + (count - 1) * self.pitch
        ragged = rng.uniform(0, 0.25) * length if rng.random() < 0.4 else 0.0
        phase = rng.uniform(0, 6.3)

        def edit(s, u, v):
            inner = np.clip((u - middle) / (0.5 * space), -1, 1) if count == 1 else 0.0
            reach = length / 2 + concave * inner**2 + ragged * np.sin(u / space * 4 + phase)
            along = reach - np.abs(v - v0 - lean * (u - middle))
            across = np.minimum(u - (middle - 0.62 * space), (last + 0.62 * space) - u)
            return np.maximum(s, np.minimum(along, across))

        return edit

    def _break(self, centre, v0, gap, width, count):
        rng = self.rng
        rounded = rng.uniform(-0.1, 0.5) * width
        lean = rng.uniform(-0.5, 0.5) if rng.random() < 0.4 else 0.0
        last = centre + (count - 1) * self.pitch
        space = self.pitch - width

        def edit(s, u, v):
            off = np.clip((u - centre) / (0.5 * width), -1, 1) if count == 1 else 0.0
            along = gap / 2 + rounded * off**2 - np.abs(v - v0 - lean * (u - centre))
            across = np.minimum(u - (centre - width / 2 - 0.4 * space), (last + width / 2 + 0.4 * space) - u)
            return np.minimum(s, -np.minimum(along, across))

        return edit

    def _bulge(self, centre, v0, depth, pitch, side):
        extent = max(1.5, pitch * self.rng.uniform(0.12, 0.5))

        def edit(s, u, v):
            here = np.abs(u - centre) < pitch / 2
            if side:
                here &= (u - centre) * side > 0
            share = 1.0 if side else 0.5
            bump = depth * share * np.exp(-((v - v0) ** 2) / (2 * extent**2))
            return np.where(here, s + bump, s).astype(np.float32)

        return edit


class Mesh(Lines):
    """Two crossing sets of lines; the defects are those of the first."""

    def __init__(self, frame, pitch, rng, *, rough=0.0):
        super().__init__(frame, pitch, rng, rough=rough)
        turned = Frame(frame.side, frame.angle + np.pi / 2 + rng.uniform(-0.03, 0.03))
        self.other = Lines(turned, pitch * rng.uniform(0.8, 1.8), rng, rough=rough)
        self.level = rng.uniform(0.0, 0.3) * pitch  # the second set lies lower or is thinner

    def distance(self, edits=()):
        """Return the signed distance to the union of both sets."""
        return np.maximum(super().distance(edits), self.other.distance() - self.level)


@dataclass
class Feature:
    """A superellipse: centre and half axes in px, turned, with its corners as sharp as `power` says."""

    u: float
    v: float
    a: float
    b: float
    turn: float
    power: float


class Array:
    """A lattice of cells with one or more features each: contacts, dashes, or cells of several rectangles."""

    def __init__(self, frame, pitch, rng, motif="contacts"):
        self.frame = frame
        self.pitch = pitch
        self.rng = rng
        self.kinds = ("missing", "missing", "merged", "oversized", "shifted", "undersized")
        aspect = rng.choice([1.0, 1.0, rng.uniform(0.75, 1.5)])
        offset = rng.choice([0.0, 0.5, rng.uniform(0, 0.5)], p=[0.45, 0.45, 0.1])
        cell = self._cell(motif, pitch)
        if motif == "dashes":
            aspect = rng.uniform(1.6, 3.5)
            cell = [Feature(0, 0, pitch * rng.uniform(0.2, 0.36), pitch * aspect * rng.uniform(0.3, 0.44), 0, 5.0)]
        if motif == "cells":
            aspect = rng.uniform(0.8, 1.6)
        self.steps = (pitch, pitch * aspect)
        size_spread = np.exp(rng.uniform(np.log(0.004), np.log(0.07)))
        jitter = pitch * np.exp(rng.uniform(np.log(0.003), np.log(0.04)))
        self.features = []
        reach = [int(frame.side * 0.75 / step) + 2 for step in self.steps]
        for i in range(-reach[0], reach[0] + 1):
            for j in range(-reach[1], reach[1] + 1):
                for one in cell:
                    scale = 1 + size_spread * rng.standard_normal()
                    u = (i + offset * (j % 2)) * self.steps[0] + one.u + jitter * rng.standard_normal()
                    v = j * self.steps[1] + one.v + jitter * rng.standard_normal()
                    self.features.append(Feature(u, v, one.a * scale, one.b * scale, one.turn, one.power))
        rng.uniform()  # not used, but the network was taught with the images that this sequence of numbers gives

    def _cell(self, motif, pitch):
        rng = self.rng
        if motif != "cells":
            a = pitch * rng.uniform(0.2, 0.42)
            power = rng.choice([2.0, 2.0, rng.uniform(2, 6)])  # round, or with corners
            return [Feature(0, 0, a, a * rng.choice([1.0, rng.uniform(0.7, 1.0)]), rng.uniform(0, 3.1), power)]
        cell = []
        for _ in range(int(rng.integers(2, 5))):
            a, b = pitch * rng.uniform(0.06, 0.2), pitch * rng.uniform(0.12, 0.4)
            if rng.random() < 0.5:
                a, b = b, a
            u, v = pitch * rng.uniform(-0.4, 0.4, 2)
            cell.append(Feature(u, v, a, b, 0.0, rng.uniform(3, 8)))
        return cell

    def distance(self, edits=()):
        """Return the signed distance to the union of all features, px, positive inside."""
        features = list(self.features)
        extra = []
        for edit in edits:
            edit(features, extra)
        side = self.frame.side
        s = np.full((side, side), -0.6 * self.pitch, np.float32)
        for one in features:
            if one is not None:
                self._draw(s, one)
        for one in extra:
            self._draw(s, one)
        return s

    def _draw(self, s, one):
        row, col = self.frame.place(one.u, one.v)
        reach = max(one.a, one.b) * 1.2 + 0.5 * self.pitch
        top, bottom = max(0, int(row - reach)), min(s.shape[0], int(row + reach) + 2)
        left, right = max(0, int(col - reach)), min(s.shape[1], int(col + reach) + 2)
        if top >= bottom or left >= right:
            return
        u = self.frame.u[top:bottom, left:right] - one.u
        v = self.frame.v[top:bottom, left:right] - one.v
        x = np.abs(np.cos(one.turn) * u + np.sin(one.turn) * v) / one.a
        y = np.abs(-np.sin(one.turn) * u + np.cos(one.turn) * v) / one.b
        radius = (x**one.power + y**one.power) ** (1 / one.power)
        part = s[top:bottom, left:right]
        np.maximum(part, (1 - radius) * min(one.a, one.b), out=part)

    def defect(self, kind):
        """Draw a defect of a kind: a function that changes the list of features."""
        rng = self.rng
        half = self.frame.side / 2
        inside = [
            n
            for n, one in enumerate(self.features)
            if max(abs(at - half) for at in self.frame.place(one.u, one.v)) < 0.85 * half
        ]
        if not inside:
            return None
        n = int(rng.choice(inside))
        chosen = self.features[n]

        def missing(features, extra):
            features[n] = None

        def resized(features, extra):
            features[n] = Feature(chosen.u, chosen.v, chosen.a * factor, chosen.b * factor, chosen.turn, chosen.power)

        def shifted(features, extra):
            features[n] = Feature(chosen.u + push[0], chosen.v + push[1], chosen.a, chosen.b, chosen.turn, chosen.power)

        def merged(features, extra):
            apart = np.array([other.u - chosen.u, other.v - chosen.v])
            distance = float(np.hypot(*apart))
            extra.append(
                Feature(
                    *(np.array([chosen.u, chosen.v]) + apart / 2),
                    distance * 0.55,
                    min(chosen.a, chosen.b) * waist,
                    float(np.arctan2(apart[1], apart[0])),
                    3.0,
                )
            )

        if kind == "missing":
            return missing
        if kind == "merged":
            apart = [
                (np.hypot(one.u - chosen.u, one.v - chosen.v), m)
                for m, one in enumerate(self.features)
                if m != n and abs(one.u - chosen.u) < 2 * self.steps[0] and abs(one.v - chosen.v) < 2 * self.steps[1]
            ]
            if not apart:
                return None
            other = self.features[min(apart)[1]]
            waist = rng.uniform(0.45, 1.0)
            return merged
        if kind == "shifted":
            angle = rng.uniform(0, 2 * np.pi)
            push = self.pitch * rng.uniform(0.14, 0.35) * np.array([np.cos(angle), np.sin(angle)])
            return shifted
        room = 0.48 * self.pitch / max(chosen.a, chosen.b)
        larger = (1.2, max(1.3, min(1.8, 1.25 * room)))
        factor = rng.uniform(*(larger if kind == "oversized" else (0.3, 0.75)))
        return resized


def draw_layout(family, side, pitch, rng):
    """Draw a layout of a family."""
    turned = rng.random()
    angle = float(rng.choice([0, np.pi / 2]))
    if turned < 0.5:
        angle += rng.normal(0, 0.03)
    elif turned < 0.6:
        angle = rng.uniform(0, np.pi)
    frame = Frame(side, angle)
    if family == "lines":
        return Lines(frame, pitch, rng, rough=np.exp(rng.uniform(np.log(0.003), np.log(0.04))))
    if family == "rough lines":
        return Lines(frame, pitch, rng, rough=rng.uniform(0.03, 0.09))
    if family == "double lines":
        return Lines(frame, pitch, rng, rough=np.exp(rng.uniform(np.log(0.003), np.log(0.05))), double=True)
    if family == "mesh":
        return Mesh(frame, pitch, rng, rough=np.exp(rng.uniform(np.log(0.003), np.log(0.03))))
    return Array(frame, pitch, rng, motif=family)
