"""One image with at most one defect, and its exact mask."""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from relief.defects import OF_LAYOUT, OF_RELIEF
from relief.electrons import Beam, Process, emitted, etch
from relief.layout import Canvas, contacts, lines
from relief.microscope import BRIGHT, DOSES, Charging, Scan, recorded

KINDS = {
    "lines": ("bridge", "break", "pinch", "micro-bridge", "particle", "scratch", "residue"),
    "contacts": ("missing", "merged", "oversized", "shifted", "particle", "scratch"),
}
SIDES = (256, 320, 384, 448, 512)
CHANGED = 0.1  # share of the pattern's height, or of the materials' difference, from which a sample is in the mask
VISIBLE = 0.3  # share of the image's contrast by which the strongest tenth of the defect's pixels changes
CERTAIN = 18.0  # the defect's change against the shot noise, over all its pixels, in standard deviations
EDGE = 3  # px that stay free of the defect at the borders
TRIES = 8  # defects in one specimen
ATTEMPTS = 20  # specimens


@dataclass(frozen=True)
class Image:
    """`pixels` (uint8), `mask` (uint8, 0 or 255), and the signals without noise, without and with the defect."""

    pixels: np.ndarray
    mask: np.ndarray
    clean: np.ndarray
    defective: np.ndarray


@dataclass(frozen=True)
class View:
    """What one microscope shows of a relief."""

    beam: Beam
    scan: Scan
    charging: Charging
    dose: float

    @classmethod
    def draw(cls, good, rng):
        """Draw a microscope and its settings for a specimen."""
        canvas, pitch = good.canvas, good.layout.pitch
        beam = Beam.draw(pitch, good.process.top < good.process.floor, rng)
        scan = Scan.draw(canvas.rows, canvas.cols, pitch, rng)
        charging = Charging.draw(scan.of(emitted(good, beam)), rng)
        return cls(beam, scan, charging, float(np.exp(rng.uniform(*np.log(DOSES)))))

    def signal(self, relief):
        """Return the signal without noise, float32."""
        return self.charging.applied(self.scan.of(emitted(relief, self.beam)))

    def mask(self, good, relief):
        """Mark where two reliefs differ, and gaps of up to 0.3 pitches between: a pinched line belongs to its pinch."""
        height = np.abs(relief.height - good.height) / good.depth
        material = np.abs(relief.material - good.material) / abs(good.process.top - good.process.floor)
        changed = self.scan.sharp(np.maximum(height, material).astype(np.float32)) > CHANGED
        gap = max(2, round(0.15 * good.layout.pitch))
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * gap + 1, 2 * gap + 1))
        closed = cv2.morphologyEx(np.pad(changed.astype(np.uint8), gap), cv2.MORPH_CLOSE, disc)
        return ndimage.binary_fill_holes(closed[gap:-gap, gap:-gap])

    def is_visible(self, clean, defective, mask):
        """Return whether a defect that changes `clean` to `defective` is inside the image and plain to see."""
        inside = mask[EDGE:-EDGE, EDGE:-EDGE].sum()
        if inside < 6 or inside < mask.sum():
            return False
        change = np.abs(defective - clean)[mask]
        noise = np.sqrt(np.maximum(clean[mask], 0.02) * np.percentile(clean, BRIGHT) / self.dose)
        contrast = np.ptp(np.percentile(clean, (5, 95)))
        return np.percentile(change, 90) > VISIBLE * contrast and np.linalg.norm(change / noise) > CERTAIN


def make_image(pattern, kind, pitch, seed, *, inverted=False, turned=0):
    """Make one image.

    pattern, kind: of `KINDS`; None for an image without a defect. pitch: px. seed: a sequence of numbers; all that is
    random follows from it. inverted: dark lines on a bright floor, or bright pillars on a dark one. turned: 0 for
    vertical lines, 1 for horizontal ones, 2 for either, 1 to 6 degrees off. Specimens in which no visible defect is
    found are drawn again.
    """
    for attempt in range(ATTEMPTS):
        streams = np.random.SeedSequence([*seed, attempt]).spawn(4)
        of_layout, of_view, of_defect, of_noise = map(np.random.default_rng, streams)
        good = _draw_specimen(pattern, pitch, inverted, turned, of_layout)
        view = View.draw(good, of_view)
        clean = view.signal(good)
        planted = (clean, np.zeros(clean.shape, bool)) if kind is None else _plant(kind, good, clean, view, of_defect)
        if planted is not None:
            defective, mask = planted
            pixels = recorded(defective, view.dose, of_noise)
            return Image(pixels, mask.astype(np.uint8) * 255, clean, defective)
    raise ValueError(f"no visible {kind} found at pitch {pitch:g} px, seed {seed}; take another seed")


def _draw_specimen(pattern, pitch, inverted, turned, rng):
    rows, cols = (int(side) for side in rng.choice(SIDES, 2))
    quarter = turned if turned < 2 else rng.integers(2)
    off = np.radians(rng.uniform(1, 6) * rng.choice([-1, 1])) if turned == 2 else 0.0
    canvas = Canvas(rows, cols, quarter * np.pi / 2 + off)
    dark_top = inverted and pattern == "lines"  # holes are sunk into a bright top, pillars stand on a dark floor
    process = Process.draw(canvas, pitch, dark_top, rng)
    layout = lines(canvas, pitch, rng) if pattern == "lines" else contacts(canvas, pitch, not inverted, rng)
    return etch(layout, canvas, process)


def _plant(kind, good, clean, view, rng):
    """Draw defects until one is visible; return the signal with it, and its mask. None: no visible one was found."""
    for _ in range(TRIES):
        at = good.canvas.random_place(1.5 * good.layout.pitch, rng)
        if kind in OF_LAYOUT:
            relief = etch(OF_LAYOUT[kind](good.layout, at, rng), good.canvas, good.process)
        else:
            relief = OF_RELIEF[kind](good, at, rng)
        defective, mask = view.signal(relief), view.mask(good, relief)
        if view.is_visible(clean, defective, mask):
            return defective, mask
    return None
