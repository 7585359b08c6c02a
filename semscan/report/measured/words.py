"""What was measured in an image, in words: one line, or one line for each dimension."""

from __future__ import annotations

from semscan.phrases import plural
from semscan.values.measured.dimensions import LINES, Dimensions, Length, RoughnessRecord
from semscan.values.measured.record import MeasureRecord
from semscan.values.record import ErrorRecord


def measure_line(record: MeasureRecord | ErrorRecord) -> str:
    """Return the line of an image.

    Examples
    --------
    >>> measure_line(ErrorRecord(image="b.png", source="/b.png", error="b.png: the file is empty"))
    'ERROR  b.png  the file is empty'
    """
    if isinstance(record, ErrorRecord):
        return _printable(f"ERROR  {record.image}  {record.error.removeprefix(f'{record.image}: ')}")
    return _printable(f"{record.image}  {in_words(record.dimensions)}")


def in_words(dimensions: Dimensions) -> str:
    """Return the dimensions in words, each with half of its 95 % interval.

    Examples
    --------
    >>> length = Length(px=28.0, interval_95_px=(27.9, 28.1))
    >>> in_words(Dimensions(pattern="lines", edge="step", parts=9, pitch=(length,), angle_deg=(0.0,), blur_px=0.9))
    '9 lines; pitch 28.00 ± 0.10 px'
    """
    parts = [plural(dimensions.parts, "line" if dimensions.pattern == LINES else "hole")]
    parts += [f"pitch {' and '.join(map(_length, dimensions.pitch))}"]
    lengths = {
        "line": dimensions.line_cd,
        "space": dimensions.space_cd,
        "pitch walk": _if_not_zero(dimensions.pitch_walk),
        "diameter": dimensions.diameter,
        "x": dimensions.x_diameter,
        "y": dimensions.y_diameter,
    }
    parts += [f"{name} {_length(length)}" for name, length in lengths.items() if length is not None]
    roughness = {"LWR": dimensions.lwr, "LER": dimensions.ler}
    parts += [f"{name} {_roughness(rough)}" for name, rough in roughness.items() if rough is not None]
    if dimensions.placement_x is not None and dimensions.placement_y is not None:
        parts.append(
            f"placement (3 sigma) {_length(dimensions.placement_x)} in x, {_length(dimensions.placement_y)} in y"
        )
    if dimensions.tilt_deg is not None:
        parts.append(f"tilt {dimensions.tilt_deg.value:.2f} deg")
    return "; ".join(parts)


def _if_not_zero(length: Length | None) -> Length | None:
    """Return a length whose interval is on one side of 0."""
    interval = None if length is None else length.interval_95_px
    return length if interval is not None and interval[0] * interval[1] > 0 else None


def _roughness(rough: RoughnessRecord) -> str:
    return f"{_length(rough.unbiased)} (3 sigma, unbiased)"


def _length(length: Length) -> str:
    """Return a length with half of its interval, in nm where the scale is known."""
    is_nm = length.nm is not None
    value, interval = (length.nm, length.interval_95_nm) if is_nm else (length.px, length.interval_95_px)
    unit = "nm" if is_nm else "px"
    if interval is None:
        return f"{value:.2f} {unit}"
    return f"{value:.2f} ± {(interval[1] - interval[0]) / 2:.2f} {unit}"


def _printable(text: str) -> str:
    """Write out what would move the cursor or colour the terminal: a file name may hold it."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )
