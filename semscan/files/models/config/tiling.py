"""How an image is cut into tiles, as keys of config.json."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from semscan.files.models.config.fields import Fields, Rule, above_zero, is_number, null_or, or_none, whole
from semscan.values.model.config import Surround, Tiling

LARGEST_TILE = 1024  # px; train makes tiles of 256 and 384 px, which grow to 563 and 844
LARGEST_SIDE = 1 << 24


def read_tiling(fields: Fields) -> Tiling:
    """Return the tiling; raise ValueError if a key of it is missing or out of range."""
    tile = fields.take("tile", whole(16, LARGEST_TILE))
    surround = None
    if fields.take_or(None, "surround", SURROUND) is not None:
        inner = fields.inner("surround")
        surround = Surround(inner.take("share", ANYTHING), inner.take("reach_px", ANYTHING))
    return Tiling(
        tile=tile,
        overlap=fields.take("overlap", Rule(whole(0, LARGEST_TILE).accepts, "a whole number less than the tile")),
        scale_to=fields.take("scale_to", null_or(whole(16, 1 << 16))),
        largest_tile=fields.take_or(
            None, "largest_tile", Rule(whole(tile, LARGEST_TILE).accepts, f"{tile} to {LARGEST_TILE}")
        ),
        largest_image=fields.take_or(None, "largest_image", null_or(whole(1, LARGEST_SIDE))),
        surround=surround,
    )


def tiling_json(tiling: Tiling) -> dict[str, Any]:
    """Return the keys of config.json, in the order of the file."""
    document: dict[str, Any] = {"tile": tiling.tile}
    if tiling.largest_tile is not None:
        document["largest_tile"] = tiling.largest_tile
    document |= {"overlap": tiling.overlap, "scale_to": tiling.scale_to}
    if tiling.surround is not None:
        document["surround"] = asdict(tiling.surround)
    if tiling.largest_image is not None:
        document["largest_image"] = tiling.largest_image
    return document


def _is_surround(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return is_number(0, 1)(value.get("share")) and above_zero(1000).accepts(value.get("reach_px"))


ANYTHING = Rule(lambda value: True, "a value")
SURROUND = Rule(or_none(_is_surround), "a share of 0 to 1 and reach_px of more than 0 to 1000")
