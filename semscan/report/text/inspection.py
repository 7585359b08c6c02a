"""What an inspection found in an image, in one line for a person."""

from __future__ import annotations

from semscan.phrases import plural, printable
from semscan.values.record import AnyRecord, ErrorRecord, Record, RegionRecord

DEFECT = "DEFECT"
GOOD = "good"
NO_VERDICT = "?"
FAILED = "ERROR"
WIDTH = len(DEFECT)
MOST_REGIONS = 3  # in a line; the others are counted
UNNAMED = (None, "unknown")


def image_line(record: AnyRecord, *, with_regions: bool = True) -> str:
    r"""Return the line of an image: verdict, score, name, the strongest regions, and where the overlay is.

    Parameters
    ----------
    record : Record or ErrorRecord
        What was found.
    with_regions : bool
        Whether regions and overlay are part of it.

    Examples
    --------
    >>> region = RegionRecord(id=1, bbox=(4, 5, 6, 7), centroid=(7.0, 8.5), area_px=30, peak=0.8, class_name="bridge",
    ...                       feret_max_px=9.2)
    >>> record = Record(image="a.png", source="/a.png", width=64, height=64, score=0.8, defect=True, regions=(region,))
    >>> image_line(record)
    'DEFECT 0.80  a.png  bridge 9 px at x 7, y 8'
    >>> image_line(ErrorRecord(image="b.png", source="/b.png", error="b.png: the file is empty"))
    'ERROR  -     b.png  the file is empty'
    >>> image_line(ErrorRecord(image="\x1b[2J", source="/b.png", error="torn"))
    'ERROR  -     \\x1b[2J  torn'
    """
    score = "-   " if isinstance(record, ErrorRecord) or record.score is None else f"{record.score:.2f}"
    parts = [f"{verdict(record):<{WIDTH}} {score}", record.image]
    if isinstance(record, ErrorRecord):
        parts.append(record.error.removeprefix(f"{record.image}: "))
    elif with_regions:
        parts += _regions(record)
    return printable("  ".join(parts))


def verdict(record: AnyRecord) -> str:
    """Return the first word of a line: `DEFECT`, `GOOD`, `NO_VERDICT` or `FAILED`."""
    if isinstance(record, ErrorRecord):
        return FAILED
    if record.defect is None or record.score is None:
        return NO_VERDICT
    return DEFECT if record.defect else GOOD


def _regions(record: Record) -> list[str]:
    strongest = sorted(record.defects, key=lambda region: -region.peak)
    shown = [_region(region) for region in strongest[:MOST_REGIONS]]
    if len(strongest) > MOST_REGIONS:
        shown.append(f"{plural(len(strongest) - MOST_REGIONS, 'more region')}")
    parts = ["; ".join(shown)] if shown else []
    if record.unlike_training:
        parts = ["unlike the training images"]
    return parts if record.outputs.overlay is None else [*parts, record.outputs.overlay]


def _region(region: RegionRecord) -> str:
    """Return name, length and place of a region."""
    name = "region" if region.class_name in UNNAMED else str(region.class_name)
    x, y = region.centroid
    return f"{name} {_length(region)} at x {x:.0f}, y {y:.0f}"


def _length(region: RegionRecord) -> str:
    if region.feret_max_nm is not None:
        return f"{region.feret_max_nm:.3g} nm" if region.feret_max_nm < 1000 else f"{region.feret_max_nm / 1000:.3g} µm"
    return f"{region.feret_max_px or max(region.bbox[2:]):.0f} px"
