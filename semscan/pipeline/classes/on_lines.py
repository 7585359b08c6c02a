"""Names of defects on lines that follow from how far the defect reaches, whatever its pixels look like."""

from __future__ import annotations

import math

from semscan.settings import ONE_LINE, UNKNOWN
from semscan.values import Extent

SCRATCH = "scratch"
MOST_OF_ONE_LINE = 8.0  # squares of the pitch that a bridge or break covers; of real ones the largest covered 5.8
NARROW = 2.0  # pitches: a narrower defect may be a long bridge
LEAST_LENGTH = 2.0  # pitches, of a scratch
MOST_WIDTH = 1.25  # pitches, of a scratch
LEAST_ASPECT = 2.5  # length of a scratch by its width
OBLIQUE = (12.0, 78.0)  # degrees between a scratch and the lines: what runs along or across them may be one of theirs


def name_by_extent(name: str, share: float, extent: Extent | None, step: tuple[float, float]) -> tuple[str, float]:
    """Return the name of a defect on lines after a look at its extent; the probability stays that of its pixels' name.

    A narrow defect that is oblique to the lines is a scratch. What covers several lines is no bridge and no break.

    Parameters
    ----------
    name : str
        By the look of its pixels.
    share : float
        Probability of that name, 0 to 1; returned as it is.
    extent : Extent or None
        Of the whole defect, where it is known.
    step : tuple of float
        From one line to the next, (row, col), px.

    Examples
    --------
    >>> from semscan.values import Box
    >>> oblique = Extent(Box(0, 0, 60, 80), 900, (30.0, 40.0), 100.0, 12.0, 37.0)
    >>> name_by_extent("residue", 0.7, oblique, (0.0, 24.0))
    ('scratch', 0.7)
    """
    if extent is None:
        return name, share
    pitch = math.hypot(*step)
    if _is_oblique_scratch(extent, pitch, math.degrees(math.atan2(*step)) + 90):
        return SCRATCH, share
    if name in ONE_LINE and extent.area > MOST_OF_ONE_LINE * pitch**2 and extent.feret_min_px > NARROW * pitch:
        return UNKNOWN, share
    return name, share


def _is_oblique_scratch(extent: Extent, pitch: float, lines: float) -> bool:
    """Return whether a defect is long, narrow, and oblique to lines at an angle of `lines` degrees."""
    length, width = extent.feret_max_px, extent.feret_min_px
    if extent.orientation_deg is None or length < max(LEAST_LENGTH * pitch, LEAST_ASPECT * width):
        return False
    between = abs((extent.orientation_deg - lines + 90) % 180 - 90)
    return width <= MOST_WIDTH * pitch and OBLIQUE[0] <= between <= OBLIQUE[1]
