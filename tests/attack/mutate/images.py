"""Image files changed in the fields of their format, so that a decoder comes past the first check."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image

from tests.attack.mutate.bits import Random, damage, edge, pick

PNG_HEAD = 8
TIFF_TAGS = (
    254,
    256,
    257,
    258,
    259,
    262,
    266,
    273,
    277,
    278,
    279,
    282,
    284,
    317,
    320,
    322,
    323,
    324,
    325,
    330,
    338,
    339,
)
TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}


def image_seeds() -> dict[str, bytes]:
    """Return small whole files of each format and kind, by name; a pattern of lines with one defect."""
    rows, cols = np.mgrid[:48, :64]
    grey = (128 + 60 * np.sin(cols / 1.6) + 9 * np.sin(7.1 * rows * cols)).astype(np.uint8)
    grey[20:24, 30:36] = 250
    deep = grey.astype(np.uint16) * 257
    colour = np.dstack([grey, grey, np.roll(grey, 1)])
    seeds: dict[str, bytes] = {}
    for name, array, options in (
        ("plain", grey, {}),
        ("deep", deep, {"compression": "zlib", "predictor": True}),
        ("tiled", grey, {"tile": (16, 16), "compression": "zlib"}),
        ("strips", colour, {"rowsperstrip": 5, "photometric": "rgb"}),
        ("planar", np.moveaxis(colour, 2, 0), {"photometric": "rgb", "planarconfig": "separate"}),
        ("float", grey.astype(np.float32), {"bigtiff": True}),
        ("white", grey, {"photometric": "miniswhite"}),
        ("bits", grey > 128, {"photometric": "minisblack"}),
        ("pages", np.stack([grey, grey]), {"photometric": "minisblack"}),
        ("big", deep, {"byteorder": ">"}),
    ):
        file = io.BytesIO()
        tifffile.imwrite(file, array, **options)
        seeds[f"{name}.tif"] = file.getvalue()
    for name, array, kind, options in (
        ("lzw", grey, "TIFF", {"compression": "tiff_lzw"}),
        ("packbits", colour, "TIFF", {"compression": "packbits"}),
        ("jpegtiff", grey, "TIFF", {"compression": "jpeg"}),
        ("fax", grey > 128, "TIFF", {"compression": "group4"}),
        ("grey", grey, "PNG", {}),
        ("deep", deep, "PNG", {}),
        ("colour", colour, "PNG", {}),
        ("alpha", np.dstack([colour, grey]), "PNG", {}),
        ("bits", grey > 128, "PNG", {}),
        ("grey", grey, "JPEG", {}),
        ("colour", colour, "JPEG", {"progressive": True}),
        ("grey", grey, "BMP", {}),
        ("colour", colour, "BMP", {}),
    ):
        file = io.BytesIO()
        Image.fromarray(array).save(file, kind, **options)
        suffix = {"TIFF": "tif", "PNG": "png", "JPEG": "jpg", "BMP": "bmp"}[kind]
        seeds[f"{name}.{suffix}"] = file.getvalue()
    return seeds


def mutate_image(rng: Random, name: str, data: bytes) -> bytes:
    """Change fields of the format that the name's suffix says, or any bytes."""
    if rng.random() < 0.2:
        return damage(rng, data)
    change = {"tif": _tiff, "png": _png, "jpg": _jpeg, "bmp": _bmp}[name.rpartition(".")[2]]
    for _ in range(int(rng.integers(1, 4))):
        try:
            data = change(rng, data)
        except (struct.error, IndexError, KeyError):  # an earlier change has left no field
            break
    return data


def _tiff(rng: Random, data: bytes) -> bytes:
    """Change an entry of the first directory: its tag, type, count or value, or what the value points to."""
    out = bytearray(data)
    order = "<" if out[:2] == b"II" else ">"
    big = out[2:4] in (b"+\0", b"\0+")
    place, count, entry, size = ("Q", "Q", "HHQ", 20) if big else ("I", "H", "HHI", 12)
    (start,) = struct.unpack_from(order + place, out, 8 if big else 4)
    (tags,) = struct.unpack_from(order + count, out, start)
    at = start + struct.calcsize(order + count) + size * int(rng.integers(max(1, min(tags, 64))))
    _, kind, number = struct.unpack_from(order + entry, out, at)
    value_at, bits = at + struct.calcsize(order + entry), 64 if big else 32
    change = int(rng.integers(7))
    if change == 0:
        struct.pack_into(order + "H", out, at, pick(rng, TIFF_TAGS))
    elif change == 1:
        struct.pack_into(order + "H", out, at + 2, pick(rng, (*TYPE_SIZES, 0, 14, 255)))
    elif change == 2:
        struct.pack_into(order + place, out, at + 4, edge(rng, bits))
    elif change in (3, 4):
        wide = {3: "H", 1: "B"}.get(kind, place)
        struct.pack_into(order + wide, out, value_at, edge(rng, 8 * struct.calcsize(order + wide)))
    elif change == 5 and number * TYPE_SIZES.get(kind, 1) > size - 8:  # the values lie elsewhere
        (where,) = struct.unpack_from(order + place, out, value_at)
        form = {3: "H", 4: "I", 16: "Q"}.get(kind, "B")
        index = int(rng.integers(max(1, min(number, 512))))
        struct.pack_into(order + form, out, where + index * struct.calcsize(form), edge(rng, 8 * struct.calcsize(form)))
    else:
        struct.pack_into(order + place, out, start + struct.calcsize(order + count) + size * tags, edge(rng, 16))
    return bytes(out)


def _png(rng: Random, data: bytes) -> bytes:
    """Change a chunk and give it a right checksum; leave out, double or add chunks."""
    chunks, at = [], PNG_HEAD
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    index = int(rng.integers(len(chunks)))
    kind, body = chunks[index]
    change = int(rng.integers(6))
    if change == 0 or (change < 3 and kind != b"IHDR"):
        chunks[index] = (kind, damage(rng, body))
    elif change < 3:
        header = list(struct.unpack(">IIBBBBB", body))
        field = int(rng.integers(7))
        header[field] = edge(rng, 32) if field < 2 else int(pick(rng, (0, 1, 2, 3, 4, 6, 8, 16, 32, 255)))
        chunks[index] = (kind, struct.pack(">IIBBBBB", *header))
    elif change == 3:
        del chunks[index]
    elif change == 4:
        chunks.insert(index, chunks[index])
    else:
        extra = pick(rng, (b"PLTE", b"tRNS", b"gAMA", b"iCCP", b"acTL", b"tEXt", b"zTXt", b"eXIf", b"fdAT"))
        chunks.insert(min(1, len(chunks)), (extra, bytes(rng.integers(0, 256, int(rng.integers(0, 40)), np.uint8))))
    joined = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return data[:PNG_HEAD] + b"".join(joined)


def _jpeg(rng: Random, data: bytes) -> bytes:
    """Change the length, the kind or the body of a segment, or the size in the frame header."""
    out = bytearray(data)
    places, at = [], 2
    while at + 4 <= len(out) and out[at] == 0xFF:
        places.append(at)
        if out[at + 1] == 0xDA:
            break
        at += 2 + struct.unpack_from(">H", out, at + 2)[0]
    at = pick(rng, places)
    (length,) = struct.unpack_from(">H", out, at + 2)
    change = int(rng.integers(5))
    if out[at + 1] in (0xC0, 0xC1, 0xC2) and change < 3:
        struct.pack_into(">H", out, at + 5 + 2 * int(rng.integers(2)), edge(rng, 16))
    elif change == 0:
        struct.pack_into(">H", out, at + 2, edge(rng, 16))
    elif change == 1:
        out[at + 1] = int(
            pick(rng, (0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC9, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xEE))
        )
    elif change == 2:
        out[at:at] = out[at : at + 2 + length]
    else:
        out[at + 4 : at + 2 + length] = damage(rng, bytes(out[at + 4 : at + 2 + length]))
    return bytes(out)


def _bmp(rng: Random, data: bytes) -> bytes:
    """Change a field of the headers."""
    out = bytearray(data)
    at, form = pick(
        rng, ((2, "I"), (10, "I"), (14, "I"), (18, "I"), (22, "I"), (26, "H"), (28, "H"), (30, "I"), (46, "I"))
    )
    value = edge(rng, 8 * struct.calcsize(form))
    if at == 28:
        value = int(pick(rng, (0, 1, 2, 4, 8, 16, 24, 32, 64)))
    if at == 30:
        value = int(pick(rng, (0, 1, 2, 3, 4, 5, 6)))
    struct.pack_into("<" + form, out, at, value)
    return bytes(out)
