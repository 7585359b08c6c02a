"""TESCAN: key=value text in blocks of TIFF tag 50431, or in a sidecar x.hdr or x-tif.hdr."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

from semscan.files.microscopes.metadata import MicroscopeMetadata, pixel_size
from semscan.files.microscopes.quantities import kilovolts, label, number, parse_date, positive
from semscan.files.microscopes.sidecar import Sections, decode, sections

TAG = 50431
VENDOR = "TESCAN"
BLOCKS = {2: "main", 3: "sem", 4: "gama", 5: "fib"}
MOST = 64  # blocks


def tescan(tags: Mapping[int, Any], rows: int, cols: int) -> MicroscopeMetadata | None:
    """What TESCAN's tag says; None without it."""
    told = tags.get(TAG)
    if not isinstance(told, bytes):
        return None
    said: list[str] = []
    return tescan_facts(_blocks(told, said), said)


def tescan_facts(told: Sections, said: list[str]) -> MicroscopeMetadata:
    """What the sections of tag or sidecar say. They do not state the size the image was stored at."""
    nm_said: list[str] = []

    def of(section: str, key: str) -> float | None:
        return number(told.get(section, {}).get(key.casefold()), f"its {VENDOR} [{section.upper()}] {key}", said)

    width, height = of("main", "PixelSizeX"), of("main", "PixelSizeY")
    what = f"{VENDOR} [MAIN] PixelSizeX"
    nm = pixel_size(width * 1e9 if width else None, height * 1e9 if height else None, what, nm_said)
    bar = of("main", "ImageStripSize")
    voltage, working, dwell = of("sem", "HV"), of("sem", "WD"), of("sem", "DwellTime")
    main = told.get("main", {})
    return MicroscopeMetadata(
        VENDOR,
        nm,
        what if nm else None,
        bar_rows=int(bar) if bar is not None and abs(bar) < 1e6 else None,
        bar_from=f"{VENDOR} [MAIN] ImageStripSize",
        kv=kilovolts((voltage, "V")) if voltage else None,
        magnification=positive(of("main", "Magnification")),
        working_distance_mm=positive(working * 1e3) if working else None,
        detector=label(told.get("sem", {}).get("detector") or told.get("sem", {}).get("detector0")),
        dwell_us=positive(dwell * 1e6) if dwell else None,
        date=parse_date(main.get("date"), main.get("time")),
        about_nm=tuple(nm_said),
        warnings=tuple(said),
    )


def _blocks(data: bytes, said: list[str]) -> Sections:
    """The text blocks of the tag: each is u32 size, u16 type, then size - 2 bytes; type 0 is the last."""
    found: Sections = {}
    place = 0
    for _ in range(MOST):
        if place + 6 > len(data):
            break
        size, kind = struct.unpack_from("<IH", data, place)
        if kind == 0:
            return found
        if size < 2 or place + 4 + size > len(data):
            break
        if kind in BLOCKS:
            text = decode(data[place + 6 : place + 4 + size])
            found[BLOCKS[kind]] = sections(f"[{BLOCKS[kind]}]\n{text}").get(BLOCKS[kind], {})
        place += 4 + size
    if place != len(data) or not found:
        said.append(f"its {VENDOR} tag is cut short or damaged: what follows byte {place} is not used")
    return found
