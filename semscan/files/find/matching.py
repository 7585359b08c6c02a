"""How alike two places in two folders are."""

from __future__ import annotations

from pathlib import PurePath


def shared_end(image: PurePath, wanted: PurePath) -> int:
    """How many folders, from the inside out, two paths have in common."""
    count = 0
    for ours, theirs in zip(reversed(image.parts[:-1]), reversed(wanted.parts[:-1]), strict=False):
        if ours != theirs:
            break
        count += 1
    return count
