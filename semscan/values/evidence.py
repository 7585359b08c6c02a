"""What a comparison with a golden reference says of each pixel, for a network to judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Evidence:
    """An image beside its golden reference; all arrays have its shape (rows, cols).

    `image` and `reference` are float32 on one grey scale. `deviations` are the standardised residuals at a fine, a
    middle and a coarse scale, float32, about normal deviates where nothing is wrong, the sign kept. `chance` is the
    largest of them in multiples of the value that chance reaches, float32, 0 or more. `judged` is bool. `pitch_px` is
    the shortest repeat; None where nothing repeats.
    """

    image: np.ndarray
    reference: np.ndarray
    deviations: tuple[np.ndarray, np.ndarray, np.ndarray]
    chance: np.ndarray
    judged: np.ndarray
    pitch_px: float | None = None


# evidence -> raw scores, float32 (rows, cols), above 0, rising with the odds of a pixel to belong to a defect; 1 at the
# threshold
Judge = Callable[[Evidence], "np.ndarray"]
