"""Patterns on wafers that semscan knows, and the defects that occur on them."""

from __future__ import annotations

PATTERNS = ("lines", "contacts")
DEFECTS = {
    "lines": ("bridge", "micro-bridge", "break", "pinch", "particle", "residue", "scratch"),
    "contacts": ("missing", "merged", "oversized", "particle", "residue", "scratch"),
}
RELATED = (("bridge", "micro-bridge"), ("break", "pinch"))  # a defect and what nearly is one
ONE_LINE = {"bridge", "micro-bridge", "break", "pinch"}  # defects of one or two lines
# what a defect is if the part taken for the line is the space
EXCHANGED = {"bridge": "break", "break": "bridge", "micro-bridge": "pinch", "pinch": "micro-bridge"}
