"""The templates of the report page, and how values become text in them.

Whatever stems from a file is escaped by the templates themselves (autoescape); only the page's own style and script
are not.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from semscan.report.html.parts import many, plain
from semscan.report.pictures.scale_bar import length_text

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_HERE = "semscan.report.html"


@cache
def environment() -> Environment:
    """Return the environment in which the templates are filled."""
    found = Environment(
        loader=FunctionLoader(lambda name: own_text(f"templates/{name}")),
        autoescape=True,
        finalize=visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "plain": plain,
        "many": many,
        "thousands": lambda value: f"{value:,}",
        "px": lambda value: f"{value:.1f}",
        "key": lambda value: "" if value is None else f"{value:.9g}",
        "length_text": length_text,
    }
    return found


def own_text(name: str) -> str:
    """Return a file of this package: a template, the style or the script."""
    return files(_HERE).joinpath(name).read_text("utf-8")


def visible(value: Any) -> Any:
    """Return any value as text that HTML allows; what it does not allow becomes visible.

    Examples
    --------
    >>> visible("caf\\udce9\\x01.png")
    'caf\\\\udce9\ufffd.png'
    """
    if isinstance(value, Markup):
        return value
    return _CONTROLS.sub("\ufffd", str(value).encode("utf-8", "backslashreplace").decode("utf-8"))
