"""Phenom: XML in TIFF tag 34683, read without entities, document types or depth: the file may come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from semscan.files.microscopes.metadata import MicroscopeMetadata, pixel_size
from semscan.files.microscopes.quantities import kilovolts, label, length_nm, number, parse_date, positive, quantity
from semscan.phrases import one_line

TAG = 34683
VENDOR = "Phenom"
LARGEST = 1 << 20
DEEPEST = 32
LONGEST = 500
SECONDS_US = {"s": 1e6, "ms": 1e3, "us": 1.0, "µs": 1.0, "μs": 1.0, "ns": 1e-3}


def phenom(tags: Mapping[int, Any], rows: int, cols: int) -> MicroscopeMetadata | None:
    """What Phenom's tag says; None without it. It does not state the size it was stored at."""
    told = tags.get(TAG)
    if not isinstance(told, (str, bytes)):
        return None
    said: list[str] = []
    nm_said: list[str] = []
    found = _elements(told, said)
    if found is None:
        return MicroscopeMetadata(VENDOR, warnings=tuple(said))

    def length(name: str) -> float | None:
        text, unit = found.get(name, ("", ""))
        value = number(text, f"its {VENDOR} <{name}>", said)
        return None if value is None else length_nm((value, unit or "um"), f"its {VENDOR} <{name}>", said)

    nm = pixel_size(length("pixelWidth"), length("pixelHeight"), f"{VENDOR} <pixelWidth>", nm_said)
    bar = number(found.get("databarHeight", ("", ""))[0], f"its {VENDOR} <databarHeight>", said)
    text, unit = found.get("acquisition/scan/highVoltage", ("", ""))
    voltage = quantity(f"{text} {unit}", f"its {VENDOR} <highVoltage>", said)
    working = length("workingDistance") or length("acquisition/scan/workingDistance")
    return MicroscopeMetadata(
        VENDOR,
        nm,
        f"{VENDOR} <pixelWidth>" if nm else None,
        bar_rows=int(bar) if bar is not None and abs(bar) < 1e6 else None,
        bar_from=f"{VENDOR} <databarHeight>",
        # without a unit: a desktop microscope has 5 to 20 kV, so a large number is in volts
        kv=kilovolts(voltage, 1e-3 if voltage and abs(voltage[0]) > 100 else 1.0),
        magnification=positive(number(found.get("magnification", ("", ""))[0], f"its {VENDOR} <magnification>", said)),
        working_distance_mm=positive(working / 1e6) if working else None,
        detector=label(found.get("acquisition/scan/detector", ("", ""))[0]),
        dwell_us=_dwell(found.get("acquisition/scan/dwellTime", ("", "")), said),
        date=parse_date(*found.get("time", ("", ""))[0].split(".")[0].replace("T", " ").split(" ", 1)),
        about_nm=tuple(nm_said),
        warnings=tuple(said),
    )


def _dwell(entry: tuple[str, str], said: list[str]) -> float | None:
    value = number(entry[0], f"its {VENDOR} <dwellTime>", said)
    factor = SECONDS_US.get(entry[1].strip().casefold())
    return None if value is None or factor is None else positive(value * factor)


def _elements(told: str | bytes, said: list[str]) -> dict[str, tuple[str, str]] | None:
    """Text and unit of each element by its path below the root; None, and why, if it cannot be read."""
    data = (told if isinstance(told, bytes) else told.encode("utf-8", "replace")).strip(b"\0 \r\n\t")
    if len(data) > LARGEST:
        said.append(f"its {VENDOR} tag holds {len(data)} bytes of XML, at most {LARGEST} are read: not used")
        return None
    path: list[str] = []
    found: dict[str, tuple[str, str]] = {}

    def refuse(*_: Any) -> None:
        raise ValueError("it declares a document type or entities")

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(path) >= DEEPEST:
            raise ValueError("its elements lie too deep")
        path.append(name)
        found.setdefault("/".join(path[1:]), ("", attributes.get("unit", "")[:20]))

    def text(words: str) -> None:
        before, unit = found["/".join(path[1:])]
        found["/".join(path[1:])] = ((before + words)[:LONGEST], unit)

    reader = expat.ParserCreate()
    reader.StartElementHandler, reader.EndElementHandler = start, lambda name: path.pop()
    reader.CharacterDataHandler = text
    reader.StartDoctypeDeclHandler = reader.EntityDeclHandler = refuse
    try:
        reader.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        said.append(f"its {VENDOR} tag cannot be read as XML ({one_line(error, 80)}): not used")
        return None
    return {name: (words.strip(), unit) for name, (words, unit) in found.items()}
