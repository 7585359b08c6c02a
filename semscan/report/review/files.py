"""The files that the page of a review is made of: no build step, nothing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from semscan.report.html.environment import own_text

PAGE = "page.html"
THEME = "theme.css"  # the colours of the report
_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
SCRIPTS = (
    *("main.js", "session.js", "store.js", "saving.js", "tour.js", "loader.js", "keys.js"),
    *("list.js", "panel.js", "viewer.js", "marks.js", "drawing.js", "pointing.js"),
)
NAMES = (PAGE, THEME, "review.css", *SCRIPTS)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the page: its text and what it is, as HTTP names it."""

    text: str
    media_type: str


def asset(name: str) -> Asset | None:
    """Return a file of the page; None for any other name.

    Examples
    --------
    >>> asset("page.html").media_type, asset("../entries.py")
    ('text/html', None)
    """
    if name not in NAMES:
        return None
    folder = ("page", "scripts") if name in SCRIPTS else ("page",)
    text = own_text(THEME) if name == THEME else files(__package__).joinpath(*folder, name).read_text("utf-8")
    return Asset(text, _TYPES[name.rpartition(".")[2]])
