"""Make one synthetic SEM image, with its defects and their mask."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from scipy import ndimage

from semscan.errors import UsageFault
from semscan.settings import SynthSettings
from semscan.synth.simulator import foreign, plant
from semscan.synth.simulator.check import check_kinds, check_settings
from semscan.synth.simulator.contacts import make_holes
from semscan.synth.simulator.detector import blur, detect, probe_kernel, quantise
from semscan.synth.simulator.lines import make_lines
from semscan.synth.simulator.scan import Scan, make_scan
from semscan.synth.simulator.scene import Point, Scene, render
from semscan.values import Box

Planter = Callable[[Any, Point, SynthSettings, np.random.Generator], Scene[Any]]  # a scene to one with a defect
PLANTERS: dict[str, Planter] = {
    "bridge": plant.bridge,
    "micro-bridge": plant.micro_bridge,
    "break": plant.line_break,
    "pinch": plant.pinch,
    "missing": plant.missing,
    "merged": plant.merged,
    "oversized": plant.oversized,
    "particle": foreign.particle,
    "residue": foreign.residue,
    "scratch": foreign.scratch,
}
TRIES = 60
SMALLEST_MASK = 4


@dataclass(frozen=True)
class SynthDefect:
    """The visible part of a defect: its kind, box and number of pixels."""

    kind: str
    box: Box
    area: int


@dataclass(frozen=True)
class SynthImage:
    """One image: `pixels` (uint8 or uint16), `mask` (uint8, 0 or 255) and the signals they were made from.

    `clean` and `defective` are the signals without noise (float32, 0 to about 1) before and after
    planting; equal in a good image. All have shape (rows, cols).
    """

    pixels: np.ndarray
    mask: np.ndarray
    clean: np.ndarray
    defective: np.ndarray
    defects: tuple[SynthDefect, ...]


def make_image(settings: SynthSettings, kinds: Sequence[str] = (), *, key: str = "", index: int = 0) -> SynthImage:
    """Make one image of a recipe.

    Parameters
    ----------
    settings : SynthSettings
    kinds : sequence of str
        Defects to plant, at a distance from each other; none for a good image.
    key, index : str, int
        Name the image within the recipe: every pair has its own random numbers, whatever else is made.

    Returns
    -------
    SynthImage

    Raises
    ------
    UsageFault
        If a setting is out of range, a kind does not belong to the pattern, or a defect finds no room.

    Examples
    --------
    >>> from semscan.settings import SynthSettings
    >>> image = make_image(SynthSettings(rows=96, cols=96), ["break"])
    >>> image.pixels.shape, image.pixels.dtype.name, len(image.defects)
    ((96, 96), 'uint8', 1)
    """
    check_settings(settings)
    check_kinds(settings.pattern, kinds)
    seeds = np.random.SeedSequence([settings.seed, zlib.crc32(key.encode()), index]).spawn(4)
    layout, optics, defect, noise = (np.random.default_rng(seed) for seed in seeds)
    pad = math.ceil(4 * settings.blur) + 2
    scan = make_scan(settings, pad, optics)
    kernel = probe_kernel(settings.blur, settings.astigmatism, optics.uniform(0, np.pi))
    lines = settings.pattern == "lines"
    scene: Scene[Any] = Scene(make_lines(settings, scan, layout) if lines else make_holes(settings, scan, layout))
    texture = _grain(scan.shape, settings.grain, layout)

    def scanned(scene: Scene[Any]) -> np.ndarray:
        return blur(render(scene, scan, settings) * texture, kernel)[pad:-pad, pad:-pad]

    clean = defective = scanned(scene)
    mask = np.zeros(clean.shape, bool)
    planted: list[SynthDefect] = []
    for kind in kinds:
        scene, defective, part = _plant(kind, scene, defective, mask, scan, pad, scanned, settings, defect)
        mask |= part
        planted.append(SynthDefect(kind, _box(part), int(part.sum())))
    pixels = quantise(detect(defective, settings, noise), settings.bits)
    return SynthImage(pixels, mask.astype(np.uint8) * 255, clean, defective, tuple(planted))


def visible_mask(before: np.ndarray, after: np.ndarray, visible: float) -> np.ndarray:
    """Mark the pixels where two noise-free signals differ by more than `visible`.

    Gaps up to 4 px wide are closed and enclosed holes filled: inside a body the difference
    crosses zero wherever its grey level happens to be that of the pattern. Specks under 4 px or
    a twentieth of the largest part are dropped: nobody would call these separate defects.
    """
    part = np.abs(after - before) > visible
    if not part.any():
        return part
    joined = ndimage.binary_closing(np.pad(part, 4), iterations=2)[4:-4, 4:-4]
    filled = ndimage.binary_fill_holes(joined)
    labels, _ = ndimage.label(filled, np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return (sizes >= max(SMALLEST_MASK, sizes.max() / 20))[labels]


def _plant(
    kind: str,
    scene: Scene[Any],
    before: np.ndarray,
    taken: np.ndarray,
    scan: Scan,
    pad: int,
    scanned: Callable[[Scene[Any]], np.ndarray],
    settings: SynthSettings,
    rng: np.random.Generator,
) -> tuple[Scene[Any], np.ndarray, np.ndarray]:
    """Plant one defect where it is wholly inside, visible, and clear of the pixels already `taken`."""
    occupied = ndimage.binary_dilation(taken, iterations=8) if taken.any() else taken
    for _ in range(TRIES):
        at = _random_point(scan, pad, settings, rng)
        planted = PLANTERS[kind](scene, at, settings, rng)
        after = scanned(planted)
        part = visible_mask(before, after, settings.visible)
        inside = not (part[:2].any() or part[-2:].any() or part[:, :2].any() or part[:, -2:].any())
        clear = inside and part.sum() >= SMALLEST_MASK and not (part & occupied).any()
        if clear and np.abs(after - before).max() > 2 * settings.visible:
            return planted, after, part
    raise UsageFault(
        f"no room for a visible {kind} in {settings.rows}x{settings.cols} px at pitch {settings.pitch:g}; "
        "take a larger --size or another --pitch"
    )


def _random_point(scan: Scan, pad: int, settings: SynthSettings, rng: np.random.Generator) -> Point:
    """Draw a specimen point that lies well inside the image."""
    edge = pad + min(settings.pitch, settings.rows / 4, settings.cols / 4)
    rows, cols = scan.shape
    row = int(rng.uniform(edge, rows - edge))
    col = int(rng.uniform(edge, cols - edge))
    return float(scan.u[row, col]), float(scan.v[row, col])


def _grain(shape: tuple[int, int], size: float, rng: np.random.Generator) -> np.ndarray:
    """Draw the faint unevenness of the surface: a factor about 1."""
    field = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), 2.0)
    return 1 + np.float32(size) * field / max(float(field.std()), 1e-6)


def _box(mask: np.ndarray) -> Box:
    rows = np.flatnonzero(mask.any(axis=1))
    cols = np.flatnonzero(mask.any(axis=0))
    return Box(int(rows[0]), int(cols[0]), int(rows[-1]) + 1, int(cols[-1]) + 1)
