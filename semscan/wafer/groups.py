"""Groups of what is linked."""

from __future__ import annotations

from collections.abc import Iterable


def joined(count: int, links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the groups that links make of the numbers 0 to `count` - 1; a number without a link is alone.

    Examples
    --------
    >>> joined(4, [(0, 2), (2, 3)])
    [[0, 2, 3], [1]]
    """
    leader = list(range(count))

    def find(number: int) -> int:
        while leader[number] != number:
            leader[number] = leader[leader[number]]
            number = leader[number]
        return number

    for one, other in links:
        leader[find(one)] = find(other)
    groups: dict[int, list[int]] = {}
    for number in range(count):
        groups.setdefault(find(number), []).append(number)
    return list(groups.values())
