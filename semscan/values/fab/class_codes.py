"""The numbers that classes of defects have in a KLARF file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

UNCLASSIFIED = "unclassified"  # a region without a class, or of the class "unknown"
NOTHING_FOUND = "nothing found"  # a listed defect in whose images no region is
# The built-in table. A number is never changed and never used again; new classes get new numbers.
BUILT_IN = {
    UNCLASSIFIED: 0,
    "bridge": 1,
    "micro-bridge": 2,
    "break": 3,
    "pinch": 4,
    "particle": 5,
    "residue": 6,
    "scratch": 7,
    "missing": 8,
    "merged": 9,
    "oversized": 10,
    "charging": 90,  # a nuisance: reported, not counted
    NOTHING_FOUND: 99,
}
LARGEST_CODE = 99_999


@dataclass(frozen=True, slots=True)
class ClassCodes:
    """Names of classes and their numbers. `source` is the file that states them, None for the built-in table."""

    numbers: Mapping[str, int]
    source: str | None = None

    def number(self, name: str | None) -> int | None:
        """Return the number of a class, None for a class that has none; without a class that of `UNCLASSIFIED`."""
        if name is None or name == "unknown":
            return self.numbers.get(UNCLASSIFIED, 0)
        return self.numbers.get(name)

    @property
    def rows(self) -> list[tuple[int, str]]:
        """Each number with its first name, in the order of the numbers.

        Examples
        --------
        >>> ClassCodes({"gap": 7, "void": 3, "hole": 7}).rows
        [(0, 'unclassified'), (3, 'void'), (7, 'gap')]
        """
        names: dict[int, str] = {}
        for name, number in self.numbers.items():
            names.setdefault(number, name)
        names.setdefault(self.numbers.get(UNCLASSIFIED, 0), UNCLASSIFIED)
        return sorted(names.items())


BUILT_IN_CODES = ClassCodes(BUILT_IN)
