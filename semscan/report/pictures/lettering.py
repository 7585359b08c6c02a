"""Words on a picture, of a height in pixels. BGR; x, y as OpenCV wants them."""

from __future__ import annotations

import cv2
import numpy as np

Colour = tuple[int, int, int]
_HERSHEY_HEIGHT = 30.0  # pixels between the lines of OpenCV 4's stroke font at scale 1


def put(
    canvas: np.ndarray, words: str, left: int, baseline: int, height: int, colour: Colour, bold: bool = False
) -> None:
    """Write `words` on `canvas` (uint8, changed in place); `height` is the size of the type in pixels."""
    words = _printable(words)
    if hasattr(cv2, "FontFace"):  # OpenCV 5 has a true font, with most scripts
        cv2.putText(canvas, words, (left, baseline), colour, _face(), height, weight=_weight(bold))
    else:
        font, scale, thickness = _stroke(height, bold)
        cv2.putText(canvas, _ascii(words), (left, baseline), font, scale, colour, thickness, cv2.LINE_AA)


def width(words: str, height: int, bold: bool = False) -> int:
    """Return the pixels that `put` needs from left to right."""
    words = _printable(words)
    if hasattr(cv2, "FontFace"):
        box = cv2.getTextSize((0, 0), words, (0, 0), _face(), height, weight=_weight(bold))
        return box[0] + box[2]
    font, scale, thickness = _stroke(height, bold)
    return cv2.getTextSize(_ascii(words), font, scale, thickness)[0][0]


def put_with_halo(canvas: np.ndarray, words: str, left: int, top: int, height: int, colour: Colour) -> None:
    """Write `words` in a box of `halo_box` with its corner at `left`, `top`, dark-rimmed: legible on any grey."""
    rows, cols = halo_box(words, height)
    rim = _rim(height)
    ink = np.zeros((rows, cols, 3), np.uint8)
    put(ink, words, rim, rows - rim - 1 - _drop(words, height), height, (255, 255, 255), bold=True)
    letters = ink[..., :1].astype(np.float32) / 255
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1, 2 * rim + 1))
    shade = cv2.dilate(ink, disc)[..., :1].astype(np.float32) / 255
    patch = canvas[top : top + rows, left : left + cols]
    inside = (slice(0, patch.shape[0]), slice(0, patch.shape[1]))
    patch[:] = patch * (1 - shade[inside]) * (1 - letters[inside]) + np.array(colour) * letters[inside]


def halo_box(words: str, height: int) -> tuple[int, int]:
    """Return the rows and columns that `put_with_halo` covers."""
    rim = _rim(height)
    return round(height * 0.75) + _drop(words, height) + 2 * rim + 2, width(words, height, bold=True) + 2 * rim + 2


def shorten(words: str, height: int, room: int) -> str:
    """Leave out the middle of `words` if they are wider than `room` pixels: a name's end matters most."""
    if width(words, height) <= room:
        return words
    per_letter = max(1.0, width(words, height) / len(words))
    kept = max(4, int(room / per_letter) - 3)
    return f"{words[: kept // 3]}...{words[len(words) - (kept - kept // 3) :]}"


def _printable(words: str) -> str:
    # OpenCV's type setter ends the process on a lone surrogate, which a file name may hold
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def _face() -> cv2.FontFace:
    return cv2.FontFace("sans")


def _weight(bold: bool) -> int:
    return 600 if bold else 400


def _drop(words: str, height: int) -> int:
    """Return the pixels that letters reach below their line; digits do not."""
    return 0 if words.isdigit() else round(height * 0.25)


def _rim(height: int) -> int:
    return max(1, height // 8)


def _stroke(height: int, bold: bool) -> tuple[int, float, int]:
    return cv2.FONT_HERSHEY_SIMPLEX, height / _HERSHEY_HEIGHT, max(1, height // (10 if bold else 16))


def _ascii(words: str) -> str:
    return words.encode("ascii", "replace").decode()
