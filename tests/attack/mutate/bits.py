"""Changes of bytes that need no knowledge of a format, and numbers that programs get wrong."""

from __future__ import annotations

import numpy as np

Random = np.random.Generator
EDGES = (
    0,
    1,
    2,
    7,
    8,
    15,
    16,
    17,
    127,
    128,
    255,
    256,
    32767,
    32768,
    65535,
    65536,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
)


def pick(rng: Random, choices):
    """Return one of the choices as it is, whatever its type."""
    return choices[int(rng.integers(len(choices)))]


def edge(rng: Random, bits: int = 32) -> int:
    """Return a number of a field of `bits` bits: an edge of its range, near one, or any."""
    top = 1 << bits
    if rng.random() < 0.6:
        return int(pick(rng, EDGES) + rng.integers(-1, 2)) % top
    return int(rng.integers(0, top, dtype=np.uint64)) if bits < 64 else int(rng.integers(0, 1 << 63))


def damage(rng: Random, data: bytes) -> bytes:
    """Flip, set, cut out, double or move a few bytes, or cut off the end."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        if not out:
            break
        at = int(rng.integers(len(out)))
        length = int(rng.integers(1, min(64, len(out)) + 1))
        kind = int(rng.integers(6))
        if kind == 0:
            out[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            out[at] = pick(rng, (0, 1, 127, 128, 254, 255))
        elif kind == 2:
            del out[at : at + length]
        elif kind == 3:
            out[at:at] = out[at : at + length]
        elif kind == 4:
            other = int(rng.integers(len(out)))
            out[at : at + length] = out[other : other + length]
        else:
            del out[at:]
    return bytes(out)
