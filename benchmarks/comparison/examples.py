"""Draw one example for the comparison network: an image, what its own repeats say of it, and where its defects are."""

from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.comparison.layouts import FAMILIES, draw_layout
from benchmarks.comparison.render import CLEAR, NOISY, Look, annotated, camera, foreign, optics, published, texture
from semscan.reference.cell.compare import compare_cells, find_image_lattice
from semscan.robust import noise_level
from semscan.runtime.comparison_network import network_channels
from semscan.values import CleanImage

FOREIGN = ("particle", "particle", "residue", "scratch")
CLASSES = (
    "bridge", "break", "pinch", "micro-bridge", "distortion", "missing", "merged", "oversized", "shifted", "undersized",
    "particle", "residue", "scratch",
)  # fmt: skip
NONE, UNSURE = 0, 255  # label values beside 1 + the place in CLASSES
VISIBLE = 0.10  # of the grey range: a change from which a pixel belongs to the defect
FAINT = 0.035
SHARE = 0.9
STANDS_OUT = 1.2  # times the deviations of the rest of the image, both at their quantile SHARE
SEEN = 12.0  # signal of a whole defect in multiples of the noise of a pixel: less cannot be seen by anyone


@dataclass
class Drawn:
    """A generated image: `pixels` uint8 (side, side), `label` uint8 of that shape, its family and defects."""

    pixels: np.ndarray
    label: np.ndarray
    family: str
    kinds: tuple[str, ...]


def draw(rng, exposure=NOISY, family=None):
    """Draw an image of a random family with no, one or a few defects."""
    family = family or str(rng.choice(FAMILIES, p=[0.25, 0.2, 0.08, 0.07, 0.24, 0.08, 0.08]))
    side = int(rng.integers(96, 300))
    few = 22 if family in ("lines", "rough lines", "double lines") else 30
    pitch = side / np.exp(rng.uniform(np.log(3.6), np.log(few)))
    pitch = float(np.clip(pitch, 7.0, 70.0))
    layout = draw_layout(family, side, pitch, rng)
    look = Look(pitch, rng)
    grain = texture((side, side), pitch, rng)
    clean = look.grey(layout.distance()) + grain
    count = int(rng.choice([0, 1, 2, 3], p=[0.3, 0.45, 0.17, 0.08]))
    current, painted = clean, []
    edits = []
    for _ in range(count):
        kind = str(rng.choice(FOREIGN) if rng.random() < 0.35 else rng.choice(layout.kinds))
        before = current
        if kind in FOREIGN:
            current, _ = foreign(kind, current, pitch, rng)
        else:
            if any(name in FOREIGN for name, _, _ in painted):
                continue  # geometry comes first: what lies on it covers it
            edit = layout.defect(kind)
            if edit is None:
                continue
            edits.append(edit)
            changed = look.grey(layout.distance(edits))
            if kind in ("bridge", "break", "micro-bridge") and rng.random() < 0.45:
                # of other material: lower, thinner or flat, as scum and collapsed resist are
                away = np.abs(changed + grain - before) > 0.02
                flat = float(rng.choice([np.median(clean), rng.uniform(*np.percentile(clean[::3, ::3], (5, 95)))]))
                share = rng.uniform(0.2, 1.0)
                soft = cv2.GaussianBlur(away.astype(np.float32), (0, 0), max(0.6, 0.04 * pitch))
                changed = changed + soft * share * (flat - changed)
            current = changed + grain
        painted.append((kind, before, current))
    images = [clean, current, *(image for _, before, after in painted for image in (before, after))]
    shown = optics(images, pitch, rng)
    label = _label(painted, shown, pitch)
    pixels = shown[1]
    scale = 1.0
    if rng.random() < 0.35:  # as from a figure of few pixels, enlarged
        scale = rng.uniform(0.35, 0.9)
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    pixels = published(camera(pixels, rng, exposure), rng)
    _hide_in_noise(label, shown, pixels, scale)
    if scale < 1:
        how = int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4]))
        pixels = cv2.resize(pixels, (side, side), interpolation=how)
    if rng.random() < 0.12:
        marked = annotated(pixels, rng)
        label[(marked != pixels) & (label > 0)] = UNSURE
        pixels = marked
    return Drawn(pixels, label, family, tuple(kind for kind, _, _ in painted))


def _hide_in_noise(label, shown, pixels, scale):
    """Mark defects as unsure that drown in the noise of the finished image."""
    values = pixels.astype(np.float32) / 255
    noise = max(noise_level(values), 1e-3)
    grey = [np.percentile(image[::3, ::3], (1, 99)) for image in (values, shown[1])]
    gain = float(np.ptp(grey[0])) / max(float(np.ptp(grey[1])), 1e-3)
    change = (shown[1] - shown[0]) * gain / noise * scale  # an enlarged pixel counts once
    count, numbers = cv2.connectedComponents(((label > 0) & (label != UNSURE)).astype(np.uint8), connectivity=8)
    signal = np.sqrt(np.bincount(numbers.ravel(), (change**2).ravel(), count))
    label[(signal < SEEN)[numbers] & (numbers > 0)] = UNSURE


def _label(painted, shown, pitch):
    """Mark the pixels that each defect changes visibly; faint ones are unsure."""
    low, high = np.percentile(shown[0][::3, ::3], (1, 99))
    span = max(high - low, 0.05)
    label = np.zeros(shown[0].shape, np.uint8)
    close = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(1, round(0.12 * pitch)) + 1,) * 2)
    for number, (kind, _, _) in enumerate(painted):
        before, after = shown[2 + 2 * number], shown[3 + 2 * number]
        change = cv2.GaussianBlur(np.abs(after - before), (0, 0), 0.8) / span
        seen = cv2.morphologyEx((change > VISIBLE).astype(np.uint8), cv2.MORPH_CLOSE, close)
        faint = cv2.dilate((change > FAINT).astype(np.uint8), np.ones((3, 3), np.uint8))
        label[(faint > 0) & (label == NONE)] = UNSURE
        if seen.sum() >= 9:
            label[seen > 0] = 1 + CLASSES.index(kind)
    return label


class _Kept:
    """A judge that keeps the evidence and finds nothing."""

    def __call__(self, evidence):
        self.evidence = evidence
        return np.zeros(evidence.image.shape, np.float32)


def cell_example(rng, exposure=CLEAR):
    """Draw an image and compare it with its repeats: (channels, label, family); None if it is not periodic."""
    drawn = draw(rng, exposure)
    image = _whole(drawn.pixels)
    lattice = find_image_lattice(image)
    if not lattice.found:
        return None
    kept = _Kept()
    compare_cells(image, lattice, kept)
    channels = network_channels(kept.evidence)
    return channels, scaled_label(drawn.label, channels.shape[:2]), drawn.family


def _whole(pixels):
    return CleanImage(pixels.astype(np.float32) / 255, np.ones(pixels.shape, bool))


def scaled_label(label, shape):
    """Resample a label to a smaller shape; pixels that mix two values take the commoner one."""
    if label.shape == shape:
        return label
    best = np.full(shape, 0.5, np.float32)
    out = np.full(shape, UNSURE, np.uint8)
    for value in np.unique(label):
        share = cv2.resize((label == value).astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
        out[share > best] = value
        np.maximum(best, share, out=best)
    return out


def visible_only(channels, label):
    """Mark defects as unsure whose deviations are no larger than elsewhere in the image; returns a new label."""
    sizes = np.abs(channels[..., 2:5].astype(np.float32)).max(-1)
    usual = float(np.quantile(sizes[label == NONE], SHARE)) if (label == NONE).any() else 0.0
    count, numbers = cv2.connectedComponents(((label > 0) & (label != UNSURE)).astype(np.uint8), connectivity=8)
    out = label.copy()
    for number in range(1, count):
        here = numbers == number
        if np.quantile(sizes[here], SHARE) < STANDS_OUT * usual:
            out[here] = UNSURE
    return out
