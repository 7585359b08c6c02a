"""The order of lots, wafers and steps by their names."""

from __future__ import annotations

import re

NUMBER = re.compile("([0-9]+)")
SortKey = tuple[tuple[str | tuple[int, str], ...], str]


def by_numbers(name: str) -> SortKey:
    """Return what sorts names by their letters, and by the values of the numbers in them.

    Examples
    --------
    >>> sorted(["W10", "W2", "W02", "W1b", "W1"], key=by_numbers)
    ['W1', 'W1b', 'W02', 'W2', 'W10']
    """
    parts = NUMBER.split(name)  # text and digits in turn
    digits = (part.lstrip("0") for part in parts[1::2])  # as text: a number of thousands of digits has no int
    values = iter([(len(part), part) for part in digits])
    return tuple(next(values) if place % 2 else part for place, part in enumerate(parts)), name
