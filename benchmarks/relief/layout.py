"""The drawn pattern: outlines of lines, holes and pillars, rough and uneven, and how they are drawn on a fine grid."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from relief.noise import rough

FINE = 2  # samples of the height map for each pixel, in each direction
MARGIN = 24  # px drawn around the image
LATTICES = ("square", "staggered", "rectangular")
PATTERNS = ("lines", "contacts")


@dataclass(frozen=True)
class Canvas:
    """The fine grid around an image of `rows` x `cols` px, with the pattern turned by `angle` (radians).

    A place on the specimen is (u, v) in px, 0 at the middle of the image; u runs across the lines, v along them.
    """

    rows: int
    cols: int
    angle: float

    @property
    def shape(self):
        """Rows and columns of the fine grid."""
        return FINE * (self.rows + 2 * MARGIN), FINE * (self.cols + 2 * MARGIN)

    def grid(self, at=(0.0, 0.0)):
        """Return u and v of each sample, measured from `at`; float32."""
        y, x = (np.arange(n, dtype=np.float32) / FINE - n / FINE / 2 for n in self.shape)
        y = y[:, None]
        cos, sin = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        return x * cos + y * sin - np.float32(at[0]), y * cos - x * sin - np.float32(at[1])

    def points(self, outline):
        """Turn an outline (n, 2) of u, v into x, y of the fine grid, in sixteenths as OpenCV draws them."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        turned = outline @ np.array([[cos, sin], [-sin, cos]])
        return np.rint((turned * FINE + np.array(self.shape[::-1]) / 2) * 16).astype(np.int32)

    def draw(self, outlines):
        """Return the share of each sample that the outlines cover: float32, 0 to 1."""
        drawn = np.zeros(self.shape, np.uint8)
        for outline in outlines:
            cv2.fillPoly(drawn, [self.points(outline)], 255, cv2.LINE_AA, shift=4)
        return drawn.astype(np.float32) / 255

    def random_place(self, margin, rng):
        """Draw a place (u, v) at least `margin` px inside the image."""
        y, x = (rng.uniform(-1, 1) * max(n / 2 - margin, 4) for n in (self.rows, self.cols))
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.array([x * cos + y * sin, y * cos - x * sin])


@dataclass(frozen=True)
class Layout:
    """Outlines of all lines, holes or pillars, `middles` (n, 2), and what a defect adds to them or cuts out.

    `width` is that of a line, or the diameter of a hole, px. `holes` is true where the outlines are empty.
    """

    pattern: str
    pitch: float
    width: float
    holes: bool
    outlines: tuple
    middles: np.ndarray
    added: tuple = ()
    cut: tuple = ()

    def cover(self, canvas):
        """Return the share of each sample that the drawn material covers."""
        drawn = np.minimum(canvas.draw(self.outlines), 1 - canvas.draw(self.cut))
        drawn = np.maximum(drawn, canvas.draw(self.added))
        return 1 - drawn if self.holes else drawn

    def nearest(self, at):
        """Return the indices of all outlines, nearest to `at` first; lines by u alone."""
        axes = slice(0, 1) if self.pattern == "lines" else slice(0, 2)
        return np.argsort(np.linalg.norm((self.middles - at)[:, axes], axis=1))

    def changed(self, index, outline):
        """Return the same layout with another outline at `index`; None takes it away."""
        new = () if outline is None else (outline,)
        return replace(self, outlines=(*self.outlines[:index], *new, *self.outlines[index + 1 :]))


def lines(canvas, pitch, rng):
    """Draw lines of one pitch: duty 0.35 to 0.65, edges that wander together, apart or on their own."""
    half = np.hypot(*canvas.shape) / FINE / 2
    u = np.arange(-half, half, pitch) + rng.uniform(0, pitch)
    v = np.arange(-half, half, 1.0)
    width = pitch * rng.uniform(0.35, 0.65)
    sigma = min(width, pitch - width) * rng.uniform(0.02, 0.07)
    reach, hurst = pitch * rng.uniform(0.3, 1.5), rng.uniform(0.4, 0.9)
    left, right = (rough(u.size, v.size, sigma, reach, hurst, rng) for _ in range(2))
    link = rng.choice([0.0, 0.0, 0.8, -0.6])
    right = link * left + np.sqrt(1 - link**2) * right
    outlines = []
    for middle, a, b in zip(u, left, right, strict=True):
        edges = np.stack([middle - width / 2 + a, v], 1), np.stack([middle + width / 2 + b, v], 1)
        outlines.append(np.concatenate([edges[0], edges[1][::-1]]))
    return Layout("lines", pitch, width, False, tuple(outlines), np.stack([u, np.zeros_like(u)], 1))


def contacts(canvas, pitch, holes, rng):
    """Draw an array of holes or pillars: uneven in diameter (2 to 8 %) and place, round or elliptic, a little rough."""
    lattice = rng.choice(LATTICES)
    rise = pitch * {"square": 1, "staggered": np.sqrt(3) / 2, "rectangular": rng.uniform(1.2, 1.7)}[lattice]
    half = np.hypot(*canvas.shape) / FINE / 2
    row, col = (m.ravel() for m in np.mgrid[-half:half:rise, -half:half:pitch])
    odd = np.rint((row + half) / rise) % 2
    middles = np.stack([col + (pitch / 2 * odd if lattice == "staggered" else 0), row], 1)
    middles += pitch * (rng.uniform(0, 1, 2) + rng.uniform(0.005, 0.025) * rng.standard_normal(middles.shape))
    width = pitch * rng.uniform(0.42, 0.6)
    squeeze = np.array([1.0, rng.choice([1.0, rng.uniform(0.75, 0.95)])])
    size = 1 + rng.uniform(0.02, 0.08) * rng.standard_normal(len(middles))
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1) * squeeze
    wander = rough(len(middles), turn.size, rng.uniform(0.01, 0.05), rng.uniform(2, 8), 0.7, rng)
    outlines = (width / 2 * size)[:, None, None] * circle * (1 + wander)[:, :, None] + middles[:, None]
    return Layout("contacts", pitch, width, holes, tuple(outlines), middles)
