"""TESCAN: key=value text in blocks of TIFF tag 50431, or in a sidecar x.hdr or x-tif.hdr."""

from __future__ import annotations

import struct

from semscan.files.microscopes.base import MetadataBuilder, MetadataSource
from semscan.files.microscopes.metadata import MicroscopeMetadata
from semscan.files.microscopes.quantities import Quantity, kilovolts
from semscan.files.microscopes.sidecar import Sections, decode, sections

VENDOR = "TESCAN"
TAG = 50431
TAGS = (TAG,)
SIDECARS = (".hdr",)
BLOCKS = {2: "main", 3: "sem", 4: "gama", 5: "fib"}
MAX_BLOCKS = 64


def read(source: MetadataSource) -> MicroscopeMetadata | None:
    """Return what TESCAN's tag or sidecar states; None without them. Neither has the size the image was stored at."""
    builder = MetadataBuilder(VENDOR)
    found = _sections(source, builder)
    if found is None:
        return None

    def number(section: str, key: str) -> float | None:
        return builder.number(found.get(section, {}).get(key.casefold()), f"[{section.upper()}] {key}")

    width = number("main", "PixelSizeX")
    height = number("main", "PixelSizeY")
    nm = builder.pixel_nm(width * 1e9 if width else None, height * 1e9 if height else None, "[MAIN] PixelSizeX")
    main = found.get("main", {})
    sem = found.get("sem", {})
    bar = builder.count(main.get("imagestripsize"), "[MAIN] ImageStripSize")
    volts = number("sem", "HV")
    working = number("sem", "WD")
    dwell = number("sem", "DwellTime")
    return builder.build(
        nm_per_pixel=nm,
        nm_from="[MAIN] PixelSizeX",
        bar_rows=bar,
        bar_from="[MAIN] ImageStripSize",
        kv=kilovolts(Quantity(volts, "V")) if volts else None,
        magnification=number("main", "Magnification"),
        working_distance_mm=working * 1e3 if working else None,
        detector=sem.get("detector") or sem.get("detector0"),
        dwell_us=dwell * 1e6 if dwell else None,
        date=main.get("date"),
        time=main.get("time"),
    )


def _sections(source: MetadataSource, builder: MetadataBuilder) -> Sections | None:
    """Return the sections of the tag or the sidecar; None if neither is from TESCAN."""
    if source.sidecar is None:
        tag = source.tags.get(TAG)
        return _blocks(tag, builder) if isinstance(tag, bytes) else None
    found = sections(source.sidecar)
    return found if {"main", "sem"} & set(found) else None


def _blocks(data: bytes, builder: MetadataBuilder) -> Sections:
    """Return the text blocks of the tag: each is u32 size, u16 type, then size - 2 bytes; type 0 is the last."""
    found: Sections = {}
    place = 0
    for _ in range(MAX_BLOCKS):
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
        builder.warn(f"its {VENDOR} tag is cut short or damaged: what follows byte {place} is not used")
    return found
