"""Phenom: XML in TIFF tag 34683. The file may come from anywhere, so document types and entities are refused."""

from __future__ import annotations

from xml.etree import ElementTree

from semscan.files.microscopes.base import MetadataBuilder, MetadataSource
from semscan.files.microscopes.metadata import MicroscopeMetadata
from semscan.files.microscopes.quantities import Quantity, kilovolts
from semscan.phrases import one_line

VENDOR = "Phenom"
TAG = 34683
TAGS = (TAG,)
SIDECARS = ()
MAX_XML_BYTES = 1 << 20
MAX_DEPTH = 32
LONGEST_TEXT = 500
US_PER_UNIT = {"s": 1e6, "ms": 1e3, "us": 1.0, "µs": 1.0, "μs": 1.0, "ns": 1e-3}


def read(source: MetadataSource) -> MicroscopeMetadata | None:
    """Return what Phenom's tag states; None without it. It does not have the size the image was stored at."""
    tag = source.tags.get(TAG)
    if not isinstance(tag, (str, bytes)):
        return None
    builder = MetadataBuilder(VENDOR)
    try:
        stated = _Elements(_parse(tag), builder)
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

    def __init__(self, root: ElementTree.Element, builder: MetadataBuilder) -> None:
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


class _PlainTree(ElementTree.TreeBuilder):
    """Builds a tree of bounded depth. Without a document type there are no entities to expand or to fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = 0

    def doctype(self, *_: str | None) -> None:
        raise ValueError("it declares a document type")

    def start(self, tag: str, attributes: dict[str, str], /) -> ElementTree.Element:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError("its elements lie too deep")
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> ElementTree.Element:
        self.depth -= 1
        return super().end(tag)


def _parse(tag: str | bytes) -> ElementTree.Element:
    """Return the root of the tag's XML; raise ValueError, with the reason, if it cannot be read."""
    data = (tag if isinstance(tag, bytes) else tag.encode("utf-8", "replace")).strip(b"\0 \r\n\t")
    if len(data) > MAX_XML_BYTES:
        raise ValueError(f"holds {len(data)} bytes of XML, at most {MAX_XML_BYTES} are read")
    try:
        return ElementTree.fromstring(data, ElementTree.XMLParser(target=_PlainTree()))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ValueError(f"cannot be read as XML ({one_line(error, 80)})") from error
