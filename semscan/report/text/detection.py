"""The probability of detection in words and as a table."""

from __future__ import annotations

from semscan.values.detection import DetectedShare, DetectionCurve, DetectionFigures

# what the table shows; with the images that were painted into
PAINTED = (
    "Defects of known size were painted into {} and inspected. Real defects may be harder or easier. "
    "The size is the diameter of a circle of the same area; the contrast is the mean change of grey level, as a share "
    "of the grey scale."
)
INTO_THESE = "defects painted into these images"
_OPEN = 1e4  # a bin that ends here has no upper end


def detection_lines(curve: DetectionCurve, of_what: str = "defects painted into held-out good images") -> list[str]:
    """State how many defects are found, and the size found nine times in ten; a line each.

    Parameters
    ----------
    curve : DetectionCurve
    of_what : str
        What the defects are.
    """
    low, high = curve.share_95
    lines = [f"Finds {curve.share:.0%} of {curve.defects} {of_what} (95 % interval {low:.0%} to {high:.0%})."]
    if not curve.any_contrast:
        return lines
    at = "" if curve.at_contrast is None else f" at a contrast of {curve.at_contrast:g}"
    if curve.a90_px is None:
        return [*lines, f"It does not find 9 of 10{at} at any size up to {curve.largest_px:.0f} px."]
    sure = f"no size up to {curve.largest_px:.0f} px"
    if curve.a90_95_px is not None:
        sure = _size(curve.a90_95_px, curve.a90_95_nm)
    begin = "the smallest ones, of " if curve.a90_is_smallest else ""
    words = f"It finds 9 of 10 from {begin}{_size(curve.a90_px, curve.a90_nm)}{at}; with 95 % confidence from {sure}."
    return [*lines, words]


def _size(px: float, nm: float | None) -> str:
    return f"{px:.1f} px" + ("" if nm is None else f" ({nm:.3g} nm)")


def comparison_lines(figures: DetectionFigures) -> list[str]:
    """State what is found of painted and of real defects, and how far the painted ones predict the real ones."""
    lines = ["probability of detection"]
    painted, real = figures.painted, figures.real
    if painted is not None:
        lines += [f"  {line}" for line in detection_lines(painted, f"defects painted into {figures.painted_on}")]
    if real is not None:
        lines += [f"  {line}" for line in detection_lines(real, "real defects")]
    if real is not None and figures.share_of_real_expected is not None:
        lines.append(
            f"  Of painted defects as large as the real ones {figures.share_of_real_expected:.0%} would be found, of "
            f"the real ones {real.share:.0%} are."
        )
    if figures.a90_ratio is not None and painted is not None and real is not None:
        sizes = [f"{curve.a90_any_px:.1f} px" for curve in (real, painted)]
        lines.append(
            f"  All contrasts together, 9 of 10 real defects are found from {sizes[0]}, and of painted ones from "
            f"{sizes[1]}: {figures.a90_ratio:.2f} times that."
        )
    return lines


def detection_table(curve: DetectionCurve) -> list[str]:
    """Return the shares found by size, contrast and kind as a Markdown table; a line each."""
    rows = [
        *((f"size {_span(each, ' px')}", each) for each in curve.by_size),
        *((f"contrast {_span(each)}", each) for each in curve.by_contrast),
        *((f"kind {name}", each) for name, each in (curve.kinds or {}).items()),
    ]
    lines = ["| painted defects | found | of |", "|---|---|---|"]
    return [*lines, *(f"| {name} | {each.found} | {each.defects} |" for name, each in rows)]


def _span(share: DetectedShare, unit: str = "") -> str:
    if share.above == 0:
        return f"below {share.below:g}{unit}"
    if share.below >= _OPEN:
        return f"from {share.above:g}{unit}"
    return f"{share.above:g} to {share.below:g}{unit}"
