"""Find, decode and parse the text file that a microscope writes next to its image."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

Sections: TypeAlias = dict[str, dict[str, str]]
MAX_BYTES = 1 << 18
BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
NAMED_BY_KIND = ".hdr"  # TESCAN writes x-tif.hdr next to x.tif


def find_sidecars(image: Path, suffixes: Sequence[str]) -> list[Path]:
    """Return the sidecars of an image that are there: x.txt and x.tif.txt for x.tif; of ``.hdr`` also x-tif.hdr.

    Parameters
    ----------
    image : Path
        The image file.
    suffixes : sequence of str
        Suffixes of sidecars in lower case, with the dot; upper and title case are found as well.
    """
    spelled = [(suffix, end) for suffix in suffixes for end in (suffix, suffix.upper(), suffix.title())]
    kinds = dict.fromkeys((image.suffix[1:], image.suffix[1:].lower()))
    names = [f"{image.stem}-{kind}{end}" for kind in kinds for suffix, end in spelled if suffix == NAMED_BY_KIND]
    names += [f"{stem}{end}" for stem in (image.stem, image.name) for _, end in spelled]
    found: dict[tuple[int, int], Path] = {}
    for name in names:
        try:
            status = os.stat(image.with_name(name))
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(status.st_mode):  # one file under two spellings counts once
            found.setdefault((status.st_dev, status.st_ino or len(found)), image.with_name(name))
    return list(found.values())


def read_text(path: Path) -> str:
    """Return the text of a sidecar.

    Raises
    ------
    ValueError
        If it cannot be read or is too large; the message completes a sentence that starts with its name.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from error
    if len(data) > MAX_BYTES:
        raise ValueError(f"is larger than {MAX_BYTES} bytes, too large for a sidecar")
    return decode(data)


def decode(data: bytes) -> str:
    """Return text in UTF-8, UTF-16 (with or without a mark) or cp1252; never fail.

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
    """Return ``[SECTION]`` and ``key=value`` lines; names in lower case, the first of equal keys counts.

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
