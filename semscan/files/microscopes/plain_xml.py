"""Parse XML from anywhere: document types, entities and deep trees are refused."""

from __future__ import annotations

from xml.etree import ElementTree

from semscan.phrases import one_line

MAX_XML_BYTES = 1 << 20
MAX_DEPTH = 32


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


def parse_xml(tag: str | bytes) -> ElementTree.Element:
    """Return the root of the tag's XML; raise ValueError, with the reason, if it cannot be read."""
    data = (tag if isinstance(tag, bytes) else tag.encode("utf-8", "replace")).strip(b"\0 \r\n\t")
    if len(data) > MAX_XML_BYTES:
        raise ValueError(f"holds {len(data)} bytes of XML, at most {MAX_XML_BYTES} are read")
    try:
        return ElementTree.fromstring(data, ElementTree.XMLParser(target=_PlainTree()))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ValueError(f"cannot be read as XML ({one_line(error, 80)})") from error
