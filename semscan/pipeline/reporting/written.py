"""One file of a report, once it is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Written:
    """One file of a report; `image` is the one image it tells of, None if it tells of all."""

    to: str
    path: Path
    image: str | None = None

    def entry(self) -> dict[str, Any]:
        """What standard output gets."""
        return {"to": self.to, "file": str(self.path), "image": self.image}
