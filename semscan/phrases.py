"""Parts of messages that every package words in the same way."""

from __future__ import annotations

from collections.abc import Sequence


def one_line(text: object, most: int | None = None) -> str:
    """Return the text of anything on one line, cut to at most `most` characters.

    Examples
    --------
    >>> one_line("cannot read\\n  the header", 14)
    'cannot read th'
    """
    line = " ".join(str(text).split())
    return line if most is None else line[:most]


def printable(text: str) -> str:
    r"""Write out what would move the cursor or colour a terminal: a file name may hold it.

    Examples
    --------
    >>> printable("\x1b[2J.png")
    '\\x1b[2J.png'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )


def plural(count: int, noun: str, nouns: str | None = None, *, separator: str = "") -> str:
    """Return a count with its noun; `nouns` is the plural where it does not end in a plain s.

    `separator` stands between thousands.

    Examples
    --------
    >>> plural(1, "region"), plural(2, "region"), plural(0, "mask of a good image", "masks of good images")
    ('1 region', '2 regions', '0 masks of good images')
    >>> plural(1200, "region"), plural(1200, "region", separator=",")
    ('1200 regions', '1,200 regions')
    """
    if count == 1:
        return f"1 {noun}"
    return f"{f'{count:,}'.replace(',', separator)} {nouns or noun + 's'}"


def listed(words: Sequence[str], joint: str = "and") -> str:
    """Return words as an enumeration.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a", "b"], "or"), listed(["a"])
    ('a, b and c', 'a or b', 'a')
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"
