"""Read a KLARF file of another tool.

Own code, since `klarf-reader` gives neither the fields that it does not know nor image lists, and does not write.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from semscan.errors import BadKlarfError
from semscan.files.disk.plain_file import read_plain
from semscan.files.klarf.file import LARGEST_FILE, KlarfFile, ListedImage
from semscan.files.klarf.frame import as_text
from semscan.files.klarf.record_form import read_record_form
from semscan.files.klarf.text_form import read_text_form
from semscan.phrases import one_line, printable

BYTE_ORDER_MARK = b"\xef\xbb\xbf".decode("latin-1")
RECORD = re.compile(r"\s*Record\s")  # how a file of 1.8 begins
PATTERN = re.compile(r"[*?\[]")  # such a name would stand for all files that it fits
STRANGE = frozenset(range(32)) - {9, 10, 13, 12, 26}  # bytes that no text has


def read_klarf(path: Path) -> KlarfFile:
    """Read a KLARF file.

    Parameters
    ----------
    path : Path
        A plain file of at most `LARGEST_FILE` bytes.

    Raises
    ------
    BadKlarfError
        One line: what was found, what was wanted.
    """
    try:
        data = read_plain(path, LARGEST_FILE)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadKlarfError(f"{_shown(path)}: cannot be read ({reason}); give a KLARF file") from error
    try:
        return parse_klarf(data)
    except BadKlarfError as error:
        raise BadKlarfError(f"{_shown(path)}: {printable(one_line(error, 400))}") from error


def parse_klarf(data: bytes) -> KlarfFile:
    """Read the bytes of a KLARF file; raise BadKlarfError in words that follow the file's name."""
    if not data.strip():
        raise BadKlarfError("it is empty; wanted a KLARF file")
    if STRANGE & set(data):
        raise BadKlarfError("it holds bytes that are no text; wanted a KLARF file")
    text = data.decode("latin-1")
    # Windows editors begin a file with a byte order mark; it stays in the text that is written back
    plain = text.removeprefix(BYTE_ORDER_MARK).rjust(len(text))
    file = read_record_form(plain) if RECORD.match(plain) else read_text_form(plain)
    return replace(file, text=text)


def image_path(folder: Path, image: ListedImage) -> Path:
    """Return where a listed image lies: next to the KLARF file or below it.

    The name is tried as it is written, then with escapes as in a URL resolved.

    Raises
    ------
    BadKlarfError
        If the name leads out of the folder, or to a folder, or is a pattern.
    """
    name = as_text(image.name.strip().strip('"'))
    for word in dict.fromkeys((name, unquote(name, errors="surrogateescape"))):
        parts = word.replace("\\", "/").split("/")
        if "\0" in word or ".." in parts or os.path.isabs(word) or ":" in parts[0] or parts[0] == "":
            raise BadKlarfError(
                f"its image {printable(one_line(word, 120))!r} leads out of the folder of the KLARF file; "
                "wanted a name next to it or below"
            )
        path = folder.joinpath(*parts)
        if os.path.isfile(path):
            return path
        if os.path.isdir(path) or PATTERN.search(word):
            raise BadKlarfError(f"its image {printable(one_line(word, 120))!r} is no file next to it or below it")
    return folder.joinpath(*name.replace("\\", "/").split("/"))


def _shown(path: Path) -> str:
    return printable(one_line(path, 300))
