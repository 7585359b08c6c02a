"""JSON documents, lines of records, sidecars and configuration files, changed in their values or anywhere."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.attack.mutate.bits import Random, damage, pick

NASTY: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 0.5, 1e308, -1e308, 1e-320, 10**30, 10**400, 2**31, 2**63, 4096),
    *("", "\0", "..", "../../etc/passwd", "/etc/passwd", "a\nEndOfFile;\n", "\x1b[2J", "=1+1", "<script>", "é" * 3000),
    *("\ud800", "NaN", [], {}, [[]], [0] * 2000, {"a": {"b": [1]}}, [None], ["../x"], "+".join(["cbam"] * 50)),
)
ROWS = (
    "../../etc/passwd",
    "/dev/zero",
    "d 0.png",
    '"',
    ";",
    "EndOfFile;",
    "DefectList",
    "-1",
    "1e308",
    "99999999999",
    "0 0",
)


def mutate_json(rng: Random, text: bytes, times: int = 4) -> bytes:
    """Replace, remove, rename or double values somewhere in a JSON document; or change any bytes of it."""
    if rng.random() < 0.25:
        return damage(rng, text)
    try:
        document = json.loads(text)
    except ValueError:  # an earlier change has left no JSON
        return damage(rng, text)
    for _ in range(int(rng.integers(1, times + 1))):
        document = _changed(rng, document)
    return json.dumps(document).encode()


def mutate_lines(rng: Random, text: bytes) -> bytes:
    """Change some of the lines of a JSON Lines file, or their order."""
    lines = text.splitlines()
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(lines)))
        change = int(rng.integers(5))
        if change < 3:
            lines[at] = mutate_json(rng, lines[at]) if lines[at].startswith(b"{") else damage(rng, lines[at])
        elif change == 3:
            lines.insert(at, lines[int(rng.integers(len(lines)))])
        else:
            lines[at] = pick(rng, (b"", b"null", b"[" * 5000, b'{"source": 1}', b"\xff\xfe", b"9" * 6000, b"{}"))
    return pick(rng, (b"\n", b"\n", b"\r\n", b"\r")).join(lines)


def mutate_words(rng: Random, text: str) -> bytes:
    """Change the keys, numbers and lines of a sidecar or a configuration file."""
    lines = text.splitlines()
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(lines)))
        key, equals, _ = lines[at].partition("=")
        value = str(pick(rng, NASTY))[:5000]
        lines[at] = pick(rng, (f"{key}{equals}{value}", f"{value}={key}", f"[{value}]", f'{key}= "{value}"', ""))
    joined = "\n".join(lines).encode("utf-8", "surrogatepass")
    return damage(rng, joined) if rng.random() < 0.3 and joined else joined


def mutate_rows(rng: Random, text: str) -> bytes:
    """Change, remove, double or cut words and lines of a KLARF file or a table; or change any bytes of it."""
    lines = text.splitlines()
    if rng.random() < 0.4:  # one number becomes another: such a file is often whole
        numbers = [match.span() for match in re.finditer(r"(?<=[ ,{])-?[0-9.]+", text)]
        start, end = pick(rng, numbers)
        return f"{text[:start]}{pick(rng, ('0', '1', '2', '-3', '7.5', '50', '99'))}{text[end:]}".encode()
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(lines)))
        words = re.split(r"([ ,;]+)", lines[at])
        place = int(rng.integers(len(words)))
        change = int(rng.integers(6))
        if change < 3:
            words[place] = str(pick(rng, (*NASTY, *ROWS)))[:5000]
            lines[at] = "".join(words)
        elif change == 3:
            lines[at] = "".join(words[:place])
        elif change == 4:
            lines.insert(at, lines[int(rng.integers(len(lines)))])
        elif len(lines) > 1:
            del lines[at]
    joined = pick(rng, ("\n", "\n", "\r\n", "\r")).join(lines).encode("utf-8", "surrogatepass")
    return damage(rng, joined) if rng.random() < 0.3 and joined else joined


def _changed(rng: Random, value: Any) -> Any:
    """Return a value with one of its parts changed, at any depth."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = pick(rng, sorted(value))
        change = int(rng.integers(6))
        if change == 0:
            return {other: part for other, part in value.items() if other != key}
        if change == 1:
            return {**value, pick(rng, ("", "x", "__class__", key + " ")): value[key]}
        return {**value, key: _changed(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = int(rng.integers(len(value)))
        change = int(rng.integers(4))
        if change == 0:
            return value[:at] + value[at + 1 :]
        if change == 1:
            return value + [value[at]] * int(rng.integers(1, 50))
        return [*value[:at], _changed(rng, value[at]), *value[at + 1 :]]
    if isinstance(value, (int, float)) and abs(value) < 1e300 and rng.random() < 0.3:
        return pick(rng, (-value, value * 1e6, value / 1e6, value + 1, str(value), [value]))
    return pick(rng, NASTY)
