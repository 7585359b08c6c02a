"""The activations of a network as pictures of the image's own size: one panel for each step to the map."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from semscan.report.pictures.colours import PAPER, to_grey

GREY = "grey"
MAP = "map"
_DIM = 0.15  # share of the brightness that unattended pixels keep in the enhanced image
_FLAT = 0.05  # share of the strongest attention: a smaller span is no contrast


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture. `values` are float32 (rows, cols), the image's own size; `low` and `high` the ends of its scale.

    `kind` is "grey" or "map" (plasma, as in overlays). `unit` is that of the values, in words.
    """

    key: str
    title: str
    values: np.ndarray
    kind: str
    low: float
    high: float
    unit: str = ""


def make_panels(
    grey: np.ndarray,
    rows: slice,
    maps: Mapping[str, np.ndarray],
    *,
    attention: np.ndarray | None,
    competing: frozenset[str] = frozenset(),
    reconstruction: np.ndarray | None = None,
    anomaly_map: np.ndarray,
    threshold: float | None = 0.5,
) -> list[Panel]:
    """Make the panels in the order of the network's layers.

    Parameters
    ----------
    grey : ndarray of float32, shape (rows, cols)
        The image, black 0 to white 1.
    rows : slice
        Rows that the network gets.
    maps : mapping of str to ndarray
        By name: ``NAME/before``, ``NAME/weights.HEAD``, ``NAME/scores``, ``NAME/after``, ``features``.
    attention : ndarray or None
        The attention over all layers; None for a network without attention.
    competing : frozenset of str
        Attentions whose weights are multiples of an even share.
    reconstruction : ndarray or None
        On the grey scale of the image.
    anomaly_map : ndarray
        The final map, 0 to 1.
    threshold : float or None
        Its threshold; None if the model has none.
    """
    panels = [Panel("input", "input", grey, GREY, 0.0, 1.0)]
    if "features" in maps:
        panels.append(_map_panel("features", "features (no attention)", maps["features"], rows, "mean magnitude"))
    names = list(dict.fromkeys(name.partition("/")[0] for name in maps if "/" in name))
    for name in names:
        panels += _of_attention(name, maps, rows, alone=len(names) == 1, competing=name in competing)
    if attention is not None:
        enhanced = (grey * (_DIM + (1 - _DIM) * _strength(attention, rows))).astype(np.float32)
        panels.append(Panel("enhanced", "image, enhanced by attention", enhanced, GREY, 0.0, 1.0))
    if reconstruction is not None:
        residual = np.abs(grey - reconstruction, dtype=np.float32)
        panels.append(Panel("reconstruction", "reconstruction", reconstruction, GREY, 0.0, 1.0))
        panels.append(_map_panel("residual", "residual, without sign", residual, rows, "share of the grey scale"))
    limit = "no threshold" if threshold is None else f"{threshold:g}: threshold"
    panels.append(Panel("map", f"final map ({limit})", anomaly_map, MAP, 0.0, 1.0))
    return panels


def _strength(attention: np.ndarray, rows: slice) -> np.ndarray:
    """Return the share of each pixel that is left, 0 to 1, from the least to the most attended.

    A flat attention leaves the same share of all pixels.
    """
    shown = attention[rows]
    low = float(shown.min(initial=np.inf))
    high = float(shown.max(initial=0))
    if not high > 0:
        return np.zeros_like(attention)
    low = low if high - low > _FLAT * high else 0.0
    return np.clip((attention - low) / (high - low), 0, 1)


def _of_attention(
    name: str, maps: Mapping[str, np.ndarray], rows: slice, *, alone: bool, competing: bool
) -> list[Panel]:
    prefix = "" if alone else f"{name}: "
    before = _map_panel(f"{name}-before", f"{prefix}features before", maps[f"{name}/before"], rows, "mean magnitude")
    heads = [key for key in maps if key.startswith(f"{name}/weights.")]
    unit = "1: an even share" if competing else "weight"
    panels = [before]
    for number, key in enumerate(heads, start=1):
        which = f", head {number} of {len(heads)}" if len(heads) > 1 else ""
        panels.append(
            _map_panel(
                f"{name}-weights" + (f"-{number}" if which else ""), f"{prefix}attention{which}", maps[key], rows, unit
            )
        )
    if f"{name}/scores" in maps:
        panels.append(
            _map_panel(
                f"{name}-scores", f"{prefix}attention scores", maps[f"{name}/scores"], rows, "unbounded", floor=False
            )
        )
    if f"{name}/after" in maps:
        after = _map_panel(f"{name}-after", f"{prefix}features after", maps[f"{name}/after"], rows, "mean magnitude")
        if not competing and after.high > 0.1 * before.high:  # on one scale, so that a decrease shows
            after = Panel(
                after.key, after.title, after.values, MAP, before.low, max(before.high, after.high), after.unit
            )
        panels.append(after)
    return panels


def _map_panel(key: str, title: str, values: np.ndarray, rows: slice, unit: str, *, floor: bool = True) -> Panel:
    shown = values[rows]
    low = 0.0 if floor else float(shown.min(initial=0))
    high = float(shown.max(initial=low)) if shown.size else 1.0
    return Panel(_plain(key), title, values, MAP, low, high if high > low else low + 1.0, unit)


def _plain(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", key)


def panel_picture(panel: Panel, rows: slice, judged: np.ndarray) -> np.ndarray:
    """Draw one panel as uint8, BGR (maps) or grey, pixel for pixel; maps are dark grey where nothing was judged."""
    steps = to_grey((panel.values - np.float32(panel.low)) / np.float32(panel.high - panel.low))
    if panel.kind == GREY:
        return steps
    painted = cv2.applyColorMap(steps, cv2.COLORMAP_PLASMA)
    shown = np.zeros(judged.shape, bool)
    shown[rows] = True
    painted[~(shown & judged)] = PAPER
    return painted
