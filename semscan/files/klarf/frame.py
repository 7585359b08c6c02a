"""The wafer that a KLARF header describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from semscan.errors import BadKlarfError
from semscan.files.klarf.file import number, whole_number
from semscan.values.fab.place import WaferFrame

Header = Mapping[str, Sequence[str]]  # keyword in small letters -> its values without quotes
# where 1.8 has another keyword than 1.2
OTHER_NAMES = {"setupid": "recipeid", "slot": "slotnumber"}
ORIENTATIONS = {"0": "DOWN", "90": "LEFT", "180": "UP", "270": "RIGHT"}


def frame_of(header: Header, um: float = 1.0) -> WaferFrame:
    """Return the wafer of a header whose lengths are in units of `um` µm; raise BadKlarfError without lot or wafer."""
    lot, wafer = _first(header, "lotid"), _first(header, "waferid")
    if lot is None or wafer is None:
        raise BadKlarfError(f"it has no {'LotID' if lot is None else 'WaferID'}, which is needed")
    slot = _first(header, "slot")
    return WaferFrame(
        lot=as_text(lot),
        wafer=as_text(wafer),
        step=_text(header, "stepid"),
        device=_text(header, "deviceid"),
        setup=_text(header, "setupid"),
        slot=None if slot is None else whole_number(slot, "Slot"),
        pitch_um=_pair(header, "DiePitch", um),
        centre_um=_pair(header, "SampleCenterLocation", um),
        size_mm=_size(header, um),
        mark=_text(header, "sampleorientationmarktype"),
        mark_at=orientation(_text(header, "orientationmarklocation")),
    )


def orientation(word: str | None) -> str | None:
    """Return where the notch or flat is as a word: 1.8 states degrees."""
    return ORIENTATIONS.get(word or "", word)


def as_text(latin: str) -> str:
    """Return text that was read byte for byte: as UTF-8 where it is that."""
    raw = latin.encode("latin-1")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _first(header: Header, keyword: str) -> str | None:
    values = header.get(keyword) or header.get(OTHER_NAMES.get(keyword, "")) or ()
    return values[0] if values and values[0] else None


def _text(header: Header, keyword: str) -> str | None:
    value = _first(header, keyword)
    return None if value is None else as_text(value)


def _pair(header: Header, keyword: str, um: float) -> tuple[float, float] | None:
    values = header.get(keyword.lower())
    if not values:
        return None
    if len(values) < 2:
        raise BadKlarfError(f"{keyword} has one value, wanted x and y")
    x, y = (number(value, keyword) * um for value in values[:2])
    if keyword == "DiePitch" and min(x, y) <= 0:
        raise BadKlarfError(f"DiePitch is {' '.join(values[:2])}, wanted two lengths above 0")
    return x, y


def _size(header: Header, um: float) -> float | None:
    """Return the diameter in mm. Before it stands 1 for a round sample, except in files of 1.8 that give it first."""
    values = header.get("samplesize") or ()
    sizes = [number(value, "SampleSize") for value in values[:2]]
    if len(sizes) < 2:
        return None
    size = sizes[0] if sizes[0] > 2 else sizes[1]
    return size if um == 1.0 else size * um / 1000
