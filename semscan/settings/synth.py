"""Synthetic SEM images."""

from __future__ import annotations

from dataclasses import dataclass

PATTERNS = ("lines", "contacts")
DEFECTS = {
    "lines": ("bridge", "micro-bridge", "break", "pinch", "particle", "residue", "scratch"),
    "contacts": ("missing", "merged", "oversized", "particle", "residue", "scratch"),
}


@dataclass(frozen=True, slots=True)
class SynthSettings:
    """One recipe of synthetic SEM images. Lengths in pixels, signal 0 (black) to about 1 (white).

    `cd` is the line width or hole diameter, half the pitch if None. `roughness` is one standard
    deviation of one edge, `correlation` its length, `hurst` its exponent, `edge_link` how alike the two
    edges of a line are. `dose` is electrons per pixel at signal 1. `tilt` is the sidewall's angle in
    degrees: yield rises as ``1/cos(tilt)``. What varies image by image does so within `rotation`
    (degrees), `drift`, `magnification`, `gradient`, `brightness` and `contrast` (shares). A pixel belongs
    to a defect's mask where the noise-free signal differs by more than `visible`.
    """

    pattern: str = "lines"
    rows: int = 256
    cols: int = 256
    pitch: float = 28.0
    cd: float | None = None
    lattice: str = "square"
    angle: float = 0.0
    roughness: float = 0.5
    correlation: float = 10.0
    hurst: float = 0.75
    edge_link: float = 0.1
    top: float = 0.42
    bottom: float = 0.18
    tilt: float = 70.0
    bloom: float = 1.8
    shadow: float = 0.06
    shadow_reach: float = 4.0
    grain: float = 0.012
    blur: float = 0.8
    astigmatism: float = 0.15
    rotation: float = 1.0
    drift: float = 1.0
    magnification: float = 0.003
    charging: float = 0.03
    charging_reach: float = 60.0
    gradient: float = 0.06
    brightness: float = 0.02
    contrast: float = 0.06
    dose: float = 40.0
    lag: float = 0.12
    row_noise: float = 0.01
    read_noise: float = 0.01
    bits: int = 8
    visible: float = 0.04
    seed: int = 0


@dataclass(frozen=True, slots=True)
class SynthSetSettings:
    """How many images of which kinds are written, and where. `defects` None: all of the pattern."""

    train: int = 16
    test_good: int = 8
    per_defect: int = 4
    mixed: int = 0
    defects: tuple[str, ...] | None = None
    layout: str = "mvtec"
    format: str = "png"
    overwrite: bool = False
