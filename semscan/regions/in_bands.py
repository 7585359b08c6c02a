"""Group the pixels above a threshold into regions while a map comes in bands of rows.

The regions are those of the whole map: what touches across the border of two bands is one region.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np

from semscan.errors import BadImageError, BadMapError
from semscan.regions.find import shortest
from semscan.settings import RegionSettings
from semscan.values import Box, Region

MOST_RUNS = 5_000_000  # along rows: more of them are no regions, and would fill the memory


@dataclass(slots=True)
class _Growing:
    """What is known so far of a region that may go on in the next band."""

    box: Box
    area: int = 0
    row_sum: int = 0
    col_sum: int = 0
    value_sum: float = 0.0
    peak: float = 0.0
    runs: list[np.ndarray] = field(default_factory=list)

    def add(self, other: _Growing) -> None:
        a, b = self.box, other.box
        self.box = Box(min(a.top, b.top), min(a.left, b.left), max(a.bottom, b.bottom), max(a.right, b.right))
        self.area += other.area
        self.row_sum += other.row_sum
        self.col_sum += other.col_sum
        self.value_sum += other.value_sum
        self.peak = max(self.peak, other.peak)
        self.runs += other.runs


@dataclass(slots=True)
class _Joined:
    """A region that goes on in a band: its number, and its components there."""

    number: int
    region: _Growing
    components: set[int]


class BandedRegions:
    """Finds the regions of a map that comes in bands, as `semscan.regions.find.segment` does; without closing.

    Parameters
    ----------
    cols : int
        Columns of the map.
    settings : RegionSettings
    """

    def __init__(self, cols: int, settings: RegionSettings) -> None:
        self._settings = settings
        self._low = settings.threshold if settings.low is None else settings.low
        self._top = 0
        self._last_row = np.zeros(cols, np.int64)  # numbers of the regions that reach the last row so far, 0 for none
        self._growing: dict[int, _Growing] = {}
        self._kept: list[_Growing] = []
        self._next = 1
        self.largest = np.float32(0)

    def push(self, band: np.ndarray) -> None:
        """Take the next rows of the map, float32.

        Raises
        ------
        BadMapError
            If they hold NaN.
        BadImageError
            If far too much lies above the threshold.
        """
        largest = band.max(initial=0)
        if np.isnan(largest):
            raise BadMapError("the map holds NaN; write 0 where nothing was judged")
        self.largest = max(self.largest, largest)
        if largest <= self._low and not self._growing:
            self._top += len(band)
            return
        # with the last row of the band before, what touches it is one component with it
        mask = np.vstack([self._last_row > 0, band > self._low]).astype(np.uint8)
        count, components = cv2.connectedComponents(mask, connectivity=8)
        found = _measured(band, components[1:], count, self._top)
        joined = self._joined(components[0], found)
        self._close(joined, components[-1], count)
        self._top += len(band)

    def finish(self) -> tuple[list[Region], list[np.ndarray]]:
        """Return the regions by falling peak (then from the top), and the runs of each, int32 (n, 3).

        The last band has come. A run is a row, its first column, and the column after its last one.
        """
        for region in self._growing.values():
            self._keep(region)
        self._growing = {}
        runs = [np.concatenate(region.runs) for region in self._kept]
        firsts = [tuple(of_region[np.lexsort((of_region[:, 1], of_region[:, 0]))[0]]) for of_region in runs]
        order = sorted(range(len(runs)), key=lambda n: (-self._kept[n].peak, firsts[n]))
        return [_region(self._kept[n]) for n in order], [runs[n] for n in order]

    def _joined(self, first_row: np.ndarray, found: dict[int, _Growing]) -> list[_Joined]:
        """Join the components of a band with the regions above that they touch, and with each other through these."""
        of_component: dict[int, _Joined] = {}
        of_number: dict[int, _Joined] = {}
        above = np.flatnonzero(self._last_row)
        pairs = np.unique(np.stack([first_row[above], self._last_row[above]]), axis=1)
        for component, number in zip(*pairs.tolist(), strict=True):
            here = of_component.get(component)
            there = of_number.get(number) or _Joined(number, self._growing.pop(number), set())
            if here is None:
                here = there
            elif here is not there:  # one component may join two regions, one region two components
                here.region.add(there.region)
                here.components |= there.components
                of_number |= {n: here for n, joined in of_number.items() if joined is there}
            here.components.add(component)
            of_number[number] = here
            of_component |= dict.fromkeys(here.components, here)
        for component, region in found.items():
            if component in of_component:
                of_component[component].region.add(region)
            else:
                of_component[component] = _Joined(self._next, region, {component})
                self._next += 1
        return list({id(joined): joined for joined in of_component.values()}.values())

    def _close(self, joined: list[_Joined], last_row: np.ndarray, count: int) -> None:
        """Keep the regions that end here, if they are reported; those that reach the last row go on."""
        open_ones = set(np.unique(last_row).tolist()) - {0}
        numbers = np.zeros(count, np.int64)
        for one in joined:
            if one.components & open_ones:
                numbers[list(one.components)] = one.number
                self._growing[one.number] = one.region
            else:
                self._keep(one.region)
        runs = sum(len(part) for region in (*self._growing.values(), *self._kept) for part in region.runs)
        if runs > MOST_RUNS:
            raise BadImageError(
                f"more than {MOST_RUNS} pieces of rows lie above the threshold of {self._low:g}: the method does not "
                "suit this image; give a higher --threshold, or another method"
            )
        self._last_row = numbers[last_row]

    def _keep(self, region: _Growing) -> None:
        if region.area >= self._settings.min_area and region.peak > np.float32(self._settings.threshold):
            self._kept.append(region)


def _measured(band: np.ndarray, components: np.ndarray, count: int, top: int) -> dict[int, _Growing]:
    """Measure the components of a band whose first row is row `top` of the map."""
    inside = np.flatnonzero(components)
    if not len(inside):
        return {}
    owners = components.ravel()[inside]
    rows, cols = np.divmod(inside, components.shape[1])
    values = band.ravel()[inside]
    # pixels in the order of their components: the parts of each are one slice
    order = np.argsort(owners, kind="stable")
    owners, rows, cols, values = owners[order], rows[order] + top, cols[order], values[order]
    edges = np.searchsorted(owners, np.arange(1, count + 1))
    found = {}
    for component, (start, stop) in enumerate(pairwise(edges), start=1):
        if start == stop:  # of the row above only
            continue
        part = slice(start, stop)
        found[component] = _Growing(
            Box(int(rows[start]), int(cols[part].min()), int(rows[stop - 1]) + 1, int(cols[part].max()) + 1),
            int(stop - start),
            int(rows[part].sum()),
            int(cols[part].sum()),
            float(values[part].sum(dtype=np.float64)),
            float(values[part].max()),
            [_runs(rows[part], cols[part])],
        )
    return found


def _runs(rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Return pixels, sorted by row and column, as runs (n, 3): row, first column, column after the last."""
    starts = np.flatnonzero(np.r_[True, (np.diff(rows) != 0) | (np.diff(cols) != 1)])
    stops = np.r_[starts[1:], len(rows)] - 1
    return np.column_stack([rows[starts], cols[starts], cols[stops] + 1]).astype(np.int32)


def _region(region: _Growing) -> Region:
    return Region(
        box=region.box,
        area=region.area,
        peak=shortest(np.float32(region.peak)),
        mean=shortest(np.float32(region.value_sum / region.area)),
        centroid=(region.row_sum / region.area, region.col_sum / region.area),
    )
