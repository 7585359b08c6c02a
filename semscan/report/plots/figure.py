"""What all diagrams share: their colours, their titles and how they become PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE = "#0072b2"
RED = "#d55e00"


def png_of(figure: Figure, **choices: Any) -> bytes:
    """Return a figure as PNG bytes; `choices` go to ``Figure.savefig``."""
    with io.BytesIO() as buffer:
        figure.savefig(buffer, format="png", **choices)
        return buffer.getvalue()


def plain(title: str) -> str:
    """Return the title in letters that the font has, with dollar signs that do not begin a formula."""
    letters = (letter if letter.isprintable() and letter < "\u0250" else "?" for letter in title)
    return "".join(letters).replace("$", r"\$")
