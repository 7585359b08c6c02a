"""Import what the registries name: networks, methods and report formats stand there as "module:function"."""

from __future__ import annotations

import importlib
from typing import Any


def resolve(target: str) -> Any:
    """Import what a "module:function" string names.

    Examples
    --------
    >>> resolve("math:sqrt")(9.0)
    3.0
    """
    module, _, function = target.partition(":")
    return getattr(importlib.import_module(module), function)
