"""One synthetic SEM image, with its planted defects and their mask."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from semscan.errors import UsageFault
from semscan.synth.simulator import foreign, plant
from semscan.synth.simulator.check import check_kinds, check_settings
from semscan.synth.simulator.contacts import make_holes
from semscan.synth.simulator.detector import blur, detect, probe_kernel, quantise
from semscan.synth.simulator.lines import make_lines
from semscan.synth.simulator.scan import make_scan
from semscan.synth.simulator.scene import Scene, render
from semscan.values import Box

PLANTERS = {
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
class Planted:
    """A defect as it can be seen: its kind, box and number of pixels."""

    kind: str
    box: Box
    area: int


@dataclass(frozen=True)
class SynthImage:
    """One image: `pixels` (uint8 or uint16), `mask` (uint8, 0 or 255) and what lies behind them.

    `clean` and `defective` are the signals without noise (float32, 0 to about 1) before and after
    planting; equal in a good image. All have shape (rows, cols).
    """

    pixels: np.ndarray
    mask: np.ndarray
    clean: np.ndarray
    defective: np.ndarray
    defects: tuple[Planted, ...]


def make_image(settings, kinds=(), *, key="", index=0):
    """Make one image of a recipe.

    Parameters
    ----------
    settings : SynthSettings
    kinds : sequence of str
        Defects to plant, apart from each other; none for a good image.
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
    make = make_lines if settings.pattern == "lines" else make_holes
    scene = Scene(make(settings, scan, layout))
    texture = _grain(scan.shape, settings.grain, layout)

    def see(scene):
        return blur(render(scene, scan, settings) * texture, kernel)[pad:-pad, pad:-pad]

    clean = defective = see(scene)
    mask = np.zeros(clean.shape, bool)
    planted: list[Planted] = []
    for kind in kinds:
        scene, defective, part = _plant(kind, scene, defective, mask, scan, pad, see, settings, defect)
        mask |= part
        planted.append(Planted(kind, _box(part), int(part.sum())))
    pixels = quantise(detect(defective, settings, noise), settings.bits)
    return SynthImage(pixels, mask.astype(np.uint8) * 255, clean, defective, tuple(planted))


def visible_mask(before, after, visible):
    """Pixels where two noise-free signals differ by more than `visible`.

    Gaps up to 4 px wide are closed and enclosed holes filled: inside a body the difference
    crosses zero wherever its grey level happens to be that of the pattern. Specks under 4 px or
    a twentieth of the largest part are dropped: nobody would call them a defect of their own.
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


def _plant(kind, scene, before, taken, scan, pad, see, settings, rng):
    """Plant one defect where it is wholly inside, visible, and clear of the pixels already `taken`."""
    apart = ndimage.binary_dilation(taken, iterations=8) if taken.any() else taken
    for _ in range(TRIES):
        at = _place(scan, pad, settings, rng)
        planted = PLANTERS[kind](scene, at, settings, rng)
        after = see(planted)
        part = visible_mask(before, after, settings.visible)
        inside = not (part[:2].any() or part[-2:].any() or part[:, :2].any() or part[:, -2:].any())
        clear = inside and part.sum() >= SMALLEST_MASK and not (part & apart).any()
        if clear and np.abs(after - before).max() > 2 * settings.visible:
            return planted, after, part
    raise UsageFault(
        f"no room for a visible {kind} in {settings.rows}x{settings.cols} px at pitch {settings.pitch:g}; "
        "take a larger --size or another --pitch"
    )


def _place(scan, pad, settings, rng):
    """Random specimen point that is seen well inside the image."""
    edge = pad + min(settings.pitch, settings.rows / 4, settings.cols / 4)
    rows, cols = scan.shape
    row, col = int(rng.uniform(edge, rows - edge)), int(rng.uniform(edge, cols - edge))
    return float(scan.u[row, col]), float(scan.v[row, col])


def _grain(shape, size, rng):
    """Faint unevenness of the surface: a factor about 1."""
    field = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), 2.0)
    return 1 + np.float32(size) * field / max(float(field.std()), 1e-6)


def _box(mask):
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(rows[0]), int(cols[0]), int(rows[-1]) + 1, int(cols[-1]) + 1)
