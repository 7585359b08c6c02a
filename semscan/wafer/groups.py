"""Groups of what is linked."""

from __future__ import annotations

from collections.abc import Sequence

from semscan.values.fab.defect import WaferDefect


def joined(defects: Sequence[WaferDefect], links: Sequence[tuple[WaferDefect, WaferDefect]]) -> list[list[WaferDefect]]:
    """Return the groups that links make of defects, each sorted by id; defects without a link are alone."""
    leader = {defect.id: defect.id for defect in defects}

    def find(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    for one, other in links:
        leader[find(one.id)] = find(other.id)
    groups: dict[int, list[WaferDefect]] = {}
    for defect in sorted(defects, key=lambda each: each.id):
        groups.setdefault(find(defect.id), []).append(defect)
    return list(groups.values())
