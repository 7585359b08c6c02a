"""Check recipes, and raise an error of one line for each that cannot be made."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import asdict

from semscan.errors import UsageFault
from semscan.settings import DEFECTS, MAX_IMAGE_PIXELS, PATTERNS, SynthSettings
from semscan.synth.simulator.lines import line_width

SMALLEST = 48
RANGES = {
    "pitch": (6, 4096),
    "roughness": (0, 100),
    "correlation": (0.5, 10000),
    "hurst": (0.05, 1),
    "edge_link": (0, 1),
    "tilt": (0, 80),
    "bloom": (0.2, 50),
    "blur": (0.1, 20),
    "astigmatism": (0, 1),
    "angle": (-360, 360),
    "rotation": (0, 90),
    "drift": (0, 100),
    "magnification": (0, 0.5),
    "charging": (0, 0.5),
    "charging_reach": (1, 10000),
    "gradient": (0, 0.5),
    "brightness": (0, 0.5),
    "contrast": (0, 0.5),
    "dose": (0.5, 1e6),
    "lag": (0, 0.5),
    "row_noise": (0, 0.5),
    "read_noise": (0, 0.5),
    "visible": (0.001, 0.2),
    "seed": (0, 2**63 - 1),
}


def check_settings(settings: SynthSettings) -> None:
    """Check one recipe.

    Raises
    ------
    UsageFault
        With the option, the value found and the values that work.
    """
    values = asdict(settings)
    if settings.pattern not in PATTERNS:
        raise UsageFault(f"unknown pattern {settings.pattern!r}; take one of {', '.join(PATTERNS)}")
    if settings.lattice not in ("square", "staggered"):
        raise UsageFault(f"unknown lattice {settings.lattice!r}; take square or staggered")
    if settings.bits not in (8, 16):
        raise UsageFault(f"--bits {settings.bits} is not possible; take 8 or 16")
    for name, (low, high) in RANGES.items():
        if not (math.isfinite(values[name]) and low <= values[name] <= high):
            option = name.replace("_", "-")
            raise UsageFault(f"--{option} {values[name]:g} is out of range; take {low:g} to {high:g}")
    _check_size(settings)
    _check_width(settings)


def _check_size(settings: SynthSettings) -> None:
    if min(settings.rows, settings.cols) < SMALLEST:
        raise UsageFault(f"--size {settings.rows}x{settings.cols} is too small; take at least {SMALLEST} px a side")
    if settings.rows * settings.cols > MAX_IMAGE_PIXELS:
        raise UsageFault(f"--size {settings.rows}x{settings.cols} is too large; take at most {MAX_IMAGE_PIXELS} pixels")
    if min(settings.rows, settings.cols) < 2.5 * settings.pitch:
        raise UsageFault(
            f"--pitch {settings.pitch:g} leaves too few repeats in {settings.rows}x{settings.cols} px; "
            f"take at most {min(settings.rows, settings.cols) / 2.5:.4g} or a larger --size"
        )


def _check_width(settings: SynthSettings) -> None:
    width = line_width(settings)
    if not (math.isfinite(width) and 3 <= width <= settings.pitch - 3):
        raise UsageFault(f"--cd {width:g} does not fit --pitch {settings.pitch:g}; take 3 to {settings.pitch - 3:g} px")
    room = min(width, settings.pitch - width) / 2
    if 3 * settings.roughness > room:
        raise UsageFault(
            f"--roughness {settings.roughness:g} would make edges {2 * room:g} px apart touch; "
            f"take at most {room / 3:.3g}"
        )


def check_kinds(pattern: str, kinds: Iterable[str]) -> None:
    """Check that every defect kind belongs to the pattern.

    Raises
    ------
    UsageFault
        With the nearest name.
    """
    for kind in kinds:
        if kind not in DEFECTS[pattern]:
            near = difflib.get_close_matches(kind, DEFECTS[pattern], 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageFault(f"no defect {kind!r} for {pattern}: take of {', '.join(DEFECTS[pattern])}{hint}")
