"""Compare what was found with what is expected, and name each difference by its file and key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from skimage.metrics import structural_similarity

# How far numbers may differ: (pattern of the key, relative, absolute); the first that fits counts.
# Whole numbers that no pattern fits are exact; other numbers take the last line.
TOLERANCES = (
    (r"bbox|[xy]_px|neighbour_distance_px|images|marks", 0, 1),
    (r"centroid(_[xy]_px)?|place", 0, 0.5),
    (r"area(_px)?", 0.02, 2),
    (r"(equivalent_diameter|feret_max|feret_min|perimeter)_px", 0.02, 1),
    (r".*_nm2?", 0.02, 4),  # at 2 nm per pixel: 2 px
    (r"(X|Y|D)(REL|SIZE)", 0, 0.004),  # KLARF, µm
    (r"DEFECTAREA", 0.02, 1e-5),
    (r"pitch_px", 0, 0.03),
    (r"angle_deg", 0, 0.1),
    (r"class_probability|class_probabilities|confidence|grid|contrast", 0, 0.01),
    (r"grid_grey", 0, 1.5),
    (r"(.*\.)?(precision|recall|f1|pixel_ap|aupro30|raw_score)", 0.005, 0.005),
)
OTHERWISE = (1e-3, 1e-3)
WHOLE_IN_PIXELS = re.compile(r"bbox|(x|y)_px|width_px|height_px|area(_px)?|images|marks|grid")
SIMILARITY = 0.97
BLOCK = 6  # px of a shrunk picture
BLOCK_LEVELS = 10.0


def differences(expected: Any, found: Any, where: str = "", key: str = "", *, in_words: str = "exact") -> list[str]:
    """List the differences between two values; empty where they agree within the tolerances.

    `in_words` says how near numbers inside of texts have to be: "exact", "near" or "any".
    """
    return list(_compare(expected, found, where, key, in_words))


def compare_case(expected: dict[str, Any], found: dict[str, Any], *, in_words: str = "exact") -> list[str]:
    """List the differences of a case, each with its file."""
    listed = []
    for name in sorted(set(expected) | set(found)):
        if name not in found:
            listed.append(f"{name}: missing, was expected")
        elif name not in expected:
            listed.append(f"{name}: new, was not expected")
        else:
            listed += differences(expected[name], found[name], name, in_words=in_words)
    return listed


def _compare(expected: Any, found: Any, where: str, key: str, in_words: str) -> Iterator[str]:
    if isinstance(expected, np.ndarray) and isinstance(found, np.ndarray):
        yield from compare_pictures(expected, found, where)
    elif isinstance(expected, dict) and isinstance(found, dict):
        for name in [*expected, *(name for name in found if name not in expected)]:
            if name not in found:
                yield f"{where}.{name}: missing, {_short(expected[name])} expected"
            elif name not in expected:
                yield f"{where}.{name}: new key, {_short(found[name])}"
            else:
                yield from _compare(expected[name], found[name], f"{where}.{name}", name, in_words)
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{where}: {len(expected)} items expected, {len(found)} found: {_short(expected)} / {_short(found)}"
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from _compare(one, other, f"{where}[{index}]", key, in_words)
    elif _is_number(expected) and _is_number(found):
        if not _near(expected, found, key):
            yield f"{where}: {expected} expected, {found} found"
    elif isinstance(expected, str) and isinstance(found, str):
        if not _same_words(expected, found, in_words):
            yield f"{where}: {expected!r} expected, {found!r} found"
    elif type(expected) is not type(found) or expected != found:
        yield f"{where}: {_short(expected)} expected, {_short(found)} found"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _near(expected: float, found: float, key: str) -> bool:
    if key == "orientation_deg":
        turned = abs(expected - found) % 180
        return min(turned, 180 - turned) <= 5
    if isinstance(expected, int) and isinstance(found, int) and not WHOLE_IN_PIXELS.fullmatch(key):
        return expected == found
    fits = ((rel, absolute) for pattern, rel, absolute in TOLERANCES if re.fullmatch(pattern, key))
    relative, absolute = next(fits, OTHERWISE)
    return abs(expected - found) <= max(relative * abs(expected), absolute)


def _same_words(expected: str, found: str, in_words: str) -> bool:
    """Compare texts; where numbers only have to be near: within 2 % or one unit of their last place."""
    if expected == found or in_words == "exact":
        return expected == found
    number = re.compile(r"(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)")
    ones = number.split(expected)
    others = number.split(found)
    if ones[::2] != others[::2]:
        return False
    return in_words == "any" or all(
        _near_in_words(one, other) for one, other in zip(ones[1::2], others[1::2], strict=True)
    )


def _near_in_words(expected: str, found: str) -> bool:
    places = len(expected.partition(".")[2])
    return abs(float(expected) - float(found)) <= max(0.02 * float(expected), 1.01 * 10.0**-places)


def compare_pictures(expected: np.ndarray, found: np.ndarray, where: str) -> Iterator[str]:
    """Compare two shrunk pictures: structural similarity of the grey, and the mean colour of each small block."""
    if expected.shape != found.shape:
        yield f"{where}: shape {expected.shape} expected, {found.shape} found"
        return
    apart = cv2.blur(np.abs(expected.astype(np.float32) - found), (BLOCK, BLOCK))
    worst = float(apart.max())
    if worst > BLOCK_LEVELS:
        row, col = np.unravel_index(int(apart.argmax()), apart.shape)[:2]
        yield f"{where}: differs by {worst:.0f} grey levels around row {row}, column {col} of the shrunk picture"
    greys = [image if image.ndim == 2 else image[..., :3].mean(2) for image in (expected, found)]
    if min(greys[0].shape) >= 7:
        alike = structural_similarity(*(grey.astype(np.float32) for grey in greys), data_range=255)
        if alike < SIMILARITY:
            yield f"{where}: structural similarity {alike:.3f}, at least {SIMILARITY} expected"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
