"""One file of a report, once it is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Written:
    """One file of a report; `image` is the one image that it is about, None if it is about all."""

    to: str
    path: Path
    image: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what standard output gets."""
        return {"to": self.to, "file": str(self.path), "image": self.image}
