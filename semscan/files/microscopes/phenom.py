"""Phenom: XML in TIFF tag 34683. The file may come from anywhere, so document types and entities are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from semscan.files.microscopes.base import MetadataBuilder, MetadataSource
from semscan.files.microscopes.metadata import MicroscopeMetadata
from semscan.files.microscopes.quantities import Quantity, kilovolts

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

VENDOR = "Phenom"
TAG = 34683
TAGS = (TAG,)
SIDECARS = ()
LONGEST_TEXT = 500
US_PER_UNIT = {"s": 1e6, "ms": 1e3, "us": 1.0, "µs": 1.0, "μs": 1.0, "ns": 1e-3}


def read(source: MetadataSource) -> MicroscopeMetadata | None:
    """Return what Phenom's tag states; None without it. It does not have the size the image was stored at."""
    tag = source.tags.get(TAG)
    if not isinstance(tag, (str, bytes)):
        return None
    from semscan.files.microscopes.plain_xml import parse_xml  # most images are of other vendors and need no XML

    builder = MetadataBuilder(VENDOR)
    try:
        stated = _Elements(parse_xml(tag), builder)
    except ValueError as error:
        builder.warn(f"its {VENDOR} tag {error}: not used")
        return builder.build()
    nm = builder.pixel_nm(stated.length_nm("pixelWidth"), stated.length_nm("pixelHeight"), "<pixelWidth>")
    bar = builder.count(stated.text("databarHeight"), "<databarHeight>")
    scan = "acquisition/scan/"
    voltage = stated.quantity(scan + "highVoltage")
    working = stated.length_nm("workingDistance") or stated.length_nm(scan + "workingDistance")
    date, _, time = stated.text("time").split(".")[0].replace("T", " ").partition(" ")
    return builder.build(
        nm_per_pixel=nm,
        nm_from="<pixelWidth>",
        bar_rows=bar,
        bar_from="<databarHeight>",
        # without a unit: a desktop microscope has 5 to 20 kV, so a large number is in volts
        kv=kilovolts(voltage, 1e-3 if voltage and abs(voltage.value) > 100 else 1.0),
        magnification=builder.number(stated.text("magnification"), "<magnification>"),
        working_distance_mm=working / 1e6 if working else None,
        detector=stated.text(scan + "detector"),
        dwell_us=stated.dwell_us(scan + "dwellTime"),
        date=date,
        time=time,
    )


class _Elements:
    """Texts and units of the elements below the root; malformed ones become warnings of the builder."""

    def __init__(self, root: Element, builder: MetadataBuilder) -> None:
        self.root = root
        self.builder = builder

    def text(self, path: str) -> str:
        return self._text_and_unit(path)[0]

    def quantity(self, path: str) -> Quantity | None:
        return self.builder.quantity(" ".join(self._text_and_unit(path)), _key(path))

    def length_nm(self, path: str) -> float | None:
        text, unit = self._text_and_unit(path)
        value = self.builder.number(text, _key(path))
        return None if value is None else self.builder.length_nm(Quantity(value, unit), _key(path), "um")

    def dwell_us(self, path: str) -> float | None:
        text, unit = self._text_and_unit(path)
        value = self.builder.number(text, _key(path))
        factor = US_PER_UNIT.get(unit.strip().casefold())
        return None if value is None or factor is None else value * factor

    def _text_and_unit(self, path: str) -> tuple[str, str]:
        element = self.root.find("/".join(f"{{*}}{name}" for name in path.split("/")))  # in any namespace
        if element is None:
            return "", ""
        return (element.text or "")[:LONGEST_TEXT].strip(), element.get("unit", "")[:20]


def _key(path: str) -> str:
    return f"<{path.rpartition('/')[2]}>"
