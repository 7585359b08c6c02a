"""Lines and spaces: the edges of every line, and the distance of each pixel to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from semscan.settings import SynthSettings
from semscan.synth.simulator.roughness import rough_profiles
from semscan.synth.simulator.scan import Scan


@dataclass(frozen=True)
class Lines:
    """Edges of parallel lines.

    `edges` is float32, shape (lines, 2, length): u of the left and right edge at v = `start`,
    `start` + 1, ... Line i is centred on `first` + i * `pitch`.
    """

    edges: np.ndarray
    first: float
    pitch: float
    start: float

    def edge(self, line: np.ndarray, side: np.ndarray | int, v: np.ndarray) -> np.ndarray:
        """Return the edge position u of line numbers `line`, side 0 (left) or 1, at `v`; linear between samples."""
        length = self.edges.shape[2]
        sample = np.clip(v - self.start, 0, length - 1.001)
        below = sample.astype(np.int32)
        index = (line * 2 + side) * length + below
        flat = self.edges.reshape(-1)
        low = flat[index]
        return low + (flat[index + 1] - low) * (sample - below)

    def distance(self, scan: Scan) -> np.ndarray:
        """Measure the distance to the nearest edge, px: positive on a line, negative in a space.

        Returns
        -------
        ndarray of float32, shape of the scan
        """
        position = (scan.u - self.first) / self.pitch
        line = np.clip(np.rint(position), 1, len(self.edges) - 2).astype(np.int32)
        right = (position > line).astype(np.int32)
        inside = np.minimum(scan.u - self.edge(line, 0, scan.v), self.edge(line, 1, scan.v) - scan.u)
        # in a space, the facing edge of the neighbouring line may be nearer
        facing = self.edge(line + 2 * right - 1, 1 - right, scan.v)
        return np.maximum(inside, np.where(right == 1, scan.u - facing, facing - scan.u)).astype(np.float32)

    def nearest(self, u: float) -> int:
        """Return the number of the line whose centre is nearest to `u`."""
        return int(np.clip(round((u - self.first) / self.pitch), 1, len(self.edges) - 2))

    def space(self, line: int, v: float) -> tuple[float, float]:
        """Return the left and the right end (u) of the space right of `line` at `v`."""
        at = np.array([v])
        return float(self.edge(np.array([line]), 1, at)[0]), float(self.edge(np.array([line + 1]), 0, at)[0])

    def width(self, line: int, v: float) -> tuple[float, float]:
        """Return the left and the right edge (u) of `line` at `v`."""
        at = np.array([v])
        return float(self.edge(np.array([line]), 0, at)[0]), float(self.edge(np.array([line]), 1, at)[0])

    def pinched(self, line: int, v: float, left: float, right: float, length: float) -> Lines:
        """Return the same lines, `line` narrowed around `v`: its edges move in by `left` and `right` px."""
        along = self.start + np.arange(self.edges.shape[2]) - v
        bump = np.exp(-0.5 * (along / (length / 2.35)) ** 2).astype(np.float32)
        edges = self.edges.copy()
        edges[line, 0] += left * bump
        edges[line, 1] -= right * bump
        return replace(self, edges=edges)


def make_lines(settings: SynthSettings, scan: Scan, rng: np.random.Generator) -> Lines:
    """Draw the lines under a scan.

    Returns
    -------
    Lines
    """
    reach = scan.extent + 2 * settings.pitch
    count = int(2 * reach / settings.pitch) + 2
    first = -reach + settings.pitch * rng.random()
    length = int(2 * scan.extent) + 8
    profiles = rough_profiles(3 * count, length, settings.roughness, settings.correlation, settings.hurst, rng).reshape(
        count, 3, length
    )
    # a common profile, shared by both edges of a line, correlates them
    link = np.float32(settings.edge_link)
    edges = profiles[:, :2] * np.sqrt(1 - link) + profiles[:, 2:] * np.sqrt(link)
    centres = first + settings.pitch * np.arange(count)
    half = line_width(settings) / 2
    edges += np.stack([centres - half, centres + half], 1)[:, :, None].astype(np.float32)
    return Lines(edges.astype(np.float32), first, settings.pitch, -scan.extent - 4)


def line_width(settings: SynthSettings) -> float:
    """Return the line width or hole diameter of a recipe, px."""
    return settings.pitch / 2 if settings.cd is None else settings.cd
