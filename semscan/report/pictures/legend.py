"""What stands next to and below the picture: the colour bar, the name, the scale, the verdict."""

from __future__ import annotations

from pathlib import PurePath

import cv2
import numpy as np

from semscan.report.pictures import colours, lettering
from semscan.report.pictures.scale_bar import bar_nm, length_text
from semscan.values.detection import DetectsFrom
from semscan.values.record import Record

_MIDDLE_GREY = 128


def margin_width(size: int) -> int:
    """Return the columns that the colour bar needs next to the picture, for type of `size` pixels."""
    return 4 * size


def caption_height(size: int) -> int:
    """Return the rows that the name and the verdict need below the picture."""
    return round(3.4 * size)


def draw_colour_bar(margin: np.ndarray, threshold: float | None, size: int) -> None:
    """Fill `margin` (rows, cols, 3) with the scale: 1 at the top, 0 at the bottom, the threshold (if any) marked."""
    rows = margin.shape[0]
    top = round(1.2 * size)
    bottom = rows - top
    left = round(0.9 * size)
    right = round(1.7 * size)
    anomaly_map = np.linspace(1, 0, bottom - top, dtype=np.float32)[:, np.newaxis].repeat(right - left, axis=1)
    margin[top:bottom, left:right] = colours.paint(np.full(anomaly_map.shape, _MIDDLE_GREY, np.uint8), anomaly_map)
    thin = max(1, size // 16)

    def row_of(value: float) -> int:
        return round(bottom - 1 - value * (bottom - 1 - top))

    here = None if threshold is None else row_of(threshold)
    for value in (0.0, 0.5, 1.0):
        row = row_of(value)
        if here is None or abs(row - here) > 1.1 * size:  # the threshold's own label comes first
            cv2.line(margin, (right, row), (right + size // 4, row), colours.INK, thin)
            _label(margin, f"{value:g}", right + size // 2, row, size, colours.INK)
    if here is None:
        return
    cv2.line(margin, (left, here), (right + size // 4, here), colours.DARK, 3 * thin)
    cv2.line(margin, (left, here), (right + size // 4, here), colours.OUTLINE, thin)
    half = max(2, size // 4)
    arrow = np.array([[left - 1, here], [left - 2 * half, here - half], [left - 2 * half, here + half]])
    cv2.fillPoly(margin, [arrow.astype(np.int32)], colours.OUTLINE, cv2.LINE_AA)
    _label(margin, f"{threshold:.3g}", right + size // 2, here, size, colours.OUTLINE)


def draw_caption(strip: np.ndarray, record: Record, size: int, zoom: int = 1, title: str | None = None) -> None:
    """Fill `strip` (rows, cols, 3) with title or file name, a scale bar when calibrated and, below, the verdict.

    `zoom` is how many pixels of the picture one of the image is.
    """
    left = round(0.6 * size)
    room = strip.shape[1] - round(1.2 * size)
    if record.nm_per_pixel:
        room = draw_scale(strip, record.nm_per_pixel / zoom, size) - left - size
    name = title or PurePath(record.source or record.image).name
    lettering.put(strip, lettering.shorten(name, size, room), left, round(1.3 * size), size, colours.INK)
    verdict, words, colour = _verdict(record)
    baseline = round(2.7 * size)
    lettering.put(strip, verdict, left, baseline, size, colour, bold=True)
    left += lettering.width(verdict, size, bold=True) + size
    for detail in words:  # as many as there is room for, the most important first
        if left + lettering.width(detail, size) > strip.shape[1] - size // 2:
            break
        lettering.put(strip, detail, left, baseline, size, colours.INK)
        left += lettering.width(detail, size) + size


def draw_refusal(strip: np.ndarray, name: str, reason: str, size: int) -> None:
    """Fill `strip` (rows, cols, 3) with a title or file name and, below, why the image was not judged."""
    left = round(0.6 * size)
    room = strip.shape[1] - 2 * left
    for words, baseline in ((PurePath(name).name, 1.3), (reason, 2.7)):
        shown = lettering.shorten(words, size, room)
        lettering.put(strip, shown, left, round(baseline * size), size, colours.INK)


def draw_scale(strip: np.ndarray, nm_per_pixel: float, size: int) -> int:
    """Draw a scale bar and its length into the right of a strip's first line; return the column where it begins.

    It stands below the image and never on it, so it is legible on any image and covers nothing.
    """
    nm = bar_nm(strip.shape[1] * nm_per_pixel)
    words = length_text(nm)
    baseline = round(1.3 * size)
    right = strip.shape[1] - round(0.6 * size)
    left = right - max(1, round(nm / nm_per_pixel))
    thick = max(2, size // 7)
    tick = round(0.35 * size)
    cv2.rectangle(strip, (left, baseline - thick), (right - 1, baseline - 1), colours.INK, cv2.FILLED)
    for col in (left, right - thick // 2 - 1):
        cv2.rectangle(strip, (col, baseline - 1 - tick), (col + thick // 2, baseline - 1), colours.INK, cv2.FILLED)
    begin = left - lettering.width(words, size) - size // 2
    lettering.put(strip, words, begin, baseline, size, colours.INK)
    return begin


def _verdict(record: Record) -> tuple[str, list[str], lettering.Colour]:
    count = len(record.defects)
    details = []
    if record.score is not None:
        details.append(f"score {record.score:.3f}")
    if record.class_name is not None and record.class_probabilities:
        share = record.class_probabilities[record.class_name]
        details.append(f"class {record.class_name} {100 * share:.0f} %")
    if record.defect:
        details.append("1 region" if count == 1 else f"{count} regions")
    nuisance = sum(region.nuisance for region in record.regions)
    if nuisance:
        details.append(f"{nuisance} nuisance")
    if record.score is not None:
        details.append(f"threshold {record.threshold:.3g}")
    if record.unlike_training:
        return "NO VERDICT", ["unlike the training images", *details], colours.UNLIKE
    if record.defect:
        return "DEFECT", details, colours.DEFECT
    if record.score is not None and record.detects_from is not None:
        details.insert(0, _least_size(record.detects_from))
    return ("no defect" if record.score is not None else "no verdict"), details, colours.FINE


def _least_size(found: DetectsFrom) -> str:
    """Say from which size on there is no defect."""
    return f"from {found.px:.0f} px" if found.nm is None else f"from {length_text(float(f'{found.nm:.2g}'))}"


def _label(margin: np.ndarray, words: str, left: int, middle: int, size: int, colour: lettering.Colour) -> None:
    lettering.put(margin, words, left, middle + round(0.35 * size), size, colour)
