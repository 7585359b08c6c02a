"""What a painter of defects gets, and what it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

Window = tuple[slice, slice]
Pool = Callable[[Generator], np.ndarray]


@dataclass(frozen=True, slots=True)
class Canvas:
    """A patch that is being painted: what a painter may use.

    `patch` is float32 (rows, cols), `window` where the next defect goes, `noise` the standard deviation of its
    pixels. `pool` gives other good patches.
    """

    patch: np.ndarray
    window: Window
    noise: float
    pool: Pool
    rng: Generator

    @property
    def before(self) -> np.ndarray:
        """The pixels of the window, before the defect is painted."""
        return self.patch[self.window]

    def white_noise(self, shape: tuple[int, ...], share: float = 1.0) -> np.ndarray:
        """Draw noise like that of the patch."""
        return self.rng.normal(0, self.noise * share, shape)

    def grey_level(self) -> float:
        """Draw a grey level that a defect may have: mostly bright, as charging and edges make them."""
        low, high = np.percentile(self.patch[::4, ::4], (2, 98))
        bright = self.rng.random() < 0.75
        return low + (high - low) * (self.rng.uniform(0.45, 1.25) if bright else self.rng.uniform(-0.15, 0.45))


@dataclass(frozen=True, slots=True)
class Painted:
    """What a painter returns.

    `filling` holds the grey levels of the defect, `mask` how much of them covers the patch, 0 to 1. With `whole`, the
    label fills the whole shape where a good part of it is visible.
    """

    filling: np.ndarray
    mask: np.ndarray
    whole: bool


Painter = Callable[[Canvas, np.ndarray], Painted]
