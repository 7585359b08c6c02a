"""The text file that a microscope writes beside its image: found, decoded, cut into sections."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TypeAlias

Sections: TypeAlias = dict[str, dict[str, str]]
LARGEST = 1 << 18
BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
TEXT = (".txt", ".TXT", ".Txt")
HEADER = (".hdr", ".HDR")


def beside(image: Path) -> list[Path]:
    """The sidecars of an image that are there: x.hdr, x-tif.hdr and x.txt for x.tif, x.tif.txt too."""
    suffix = image.suffix[1:]
    names = [f"{image.stem}-{kind}{end}" for kind in dict.fromkeys((suffix, suffix.lower())) for end in HEADER]
    names += [f"{stem}{end}" for stem in (image.stem, image.name) for end in (*HEADER, *TEXT)]
    found: dict[tuple[int, int], Path] = {}
    for name in names:
        try:
            status = os.stat(image.with_name(name))
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(status.st_mode):  # one file under two spellings counts once
            found.setdefault((status.st_dev, status.st_ino or len(found)), image.with_name(name))
    return list(found.values())


def read_text(path: Path) -> tuple[str, str | None]:
    """The text of a sidecar, or "" and why not."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        return "", f"{path.name} beside it cannot be read ({error.strerror}): not used"
    if len(data) > LARGEST:
        return "", f"{path.name} beside it is larger than {LARGEST} bytes, too large for a sidecar: not used"
    return decode(data), None


def decode(data: bytes) -> str:
    """Text in UTF-8, UTF-16 (with or without a mark) or cp1252; never fails.

    Examples
    --------
    >>> decode("µ".encode("utf-16-le")), decode(b"\\xb5"), decode("µ".encode())
    ('µ', 'µ', 'µ')
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    head = data[:2000]
    for parity, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        # ASCII in UTF-16: every second byte is 0
        if len(head) > 1 and head[parity::2].count(0) * 2 > len(head[parity::2]):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def sections(text: str) -> Sections:
    """``[SECTION]`` and ``key=value`` lines; names in lower case, the first of equal keys counts.

    Examples
    --------
    >>> sections("[MAIN]\\nDate = 1\\nno key\\n[SEM]\\nHV=5000")
    {'main': {'date': '1'}, 'sem': {'hv': '5000'}}
    """
    found: Sections = {}
    part: dict[str, str] = {}
    for line in text.splitlines():
        name = re.fullmatch(r"\s*\[([^\[\]=]{1,80})\]\s*", line)
        if name:
            part = found.setdefault(name[1].strip().casefold(), {})
            continue
        key, equals, value = line.partition("=")
        if equals and key.strip():
            part.setdefault(key.strip().casefold(), value.replace("\0", "").strip())
    return found
