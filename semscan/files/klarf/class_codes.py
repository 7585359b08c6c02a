"""A fab's own class numbers, from a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path

from semscan.errors import BadKlarfError
from semscan.files.disk.plain_file import read_plain
from semscan.phrases import one_line, printable
from semscan.values.fab.class_codes import BUILT_IN_CODES, LARGEST_CODE, ClassCodes

LARGEST_TABLE = 1 << 18  # bytes
LONGEST_NAME = 100


def read_class_codes(path: str | None) -> ClassCodes:
    """Read ``[codes]`` with ``name = number`` for each class; the built-in table without a file.

    The file is the whole table: a class that it does not name has no number.

    Raises
    ------
    BadKlarfError
        One line that names the file and what is wrong in it.
    """
    if path is None:
        return BUILT_IN_CODES
    shown = printable(one_line(path, 300))
    try:
        document = tomllib.loads(read_plain(Path(path), LARGEST_TABLE).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or one_line(error, 120)
        raise BadKlarfError(f"{shown}: cannot be read as TOML ({printable(reason)}); wanted [codes]") from error
    codes = document.get("codes")
    if not isinstance(codes, dict) or not codes or len(document) > 1:
        raise BadKlarfError(f"{shown}: wanted one table [codes] with lines such as bridge = 21")
    for name, number in codes.items():
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise BadKlarfError(f"{shown}: {printable(name[:40])!r} is no name of a class; wanted 1 to 100 letters")
        if type(number) is not int or not 0 <= number <= LARGEST_CODE:
            raise BadKlarfError(
                f"{shown}: {name} is {printable(one_line(number, 40))}, wanted a whole number of 0 to {LARGEST_CODE}"
            )
    return ClassCodes(codes, path)
