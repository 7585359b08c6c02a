"""Render a layout as an SEM image, with and without its defects, and degrade it as published images are."""

from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.comparison.layouts import smooth_field
from semscan.synth.painting.shapes import blob, streak


@dataclass
class Look:
    """How a signed distance becomes grey levels: drawn once for an image, so that both renderings have the same."""

    pitch: float
    rng: np.random.Generator

    def __post_init__(self):
        rng = self.rng
        p = self.pitch
        self.invert = rng.random() < 0.25
        self.floor = rng.uniform(0.05, 0.4)
        self.top = self.floor + rng.choice([rng.uniform(0.05, 0.5), rng.uniform(-0.15, 0.1)], p=[0.85, 0.15])
        self.soft = np.exp(rng.uniform(np.log(0.5), np.log(max(0.8, 0.08 * p))))
        self.rim = rng.choice([0.0, rng.uniform(0.05, 0.6)], p=[0.25, 0.75])
        self.rim_width = max(0.7, p * rng.uniform(0.02, 0.12))
        self.rim_place = p * rng.uniform(-0.05, 0.05)
        self.inner = rng.choice([0.0, rng.uniform(0, 0.3)])
        self.inner_reach = p * rng.uniform(0.05, 0.3)
        self.shadow = rng.choice([0.0, rng.uniform(0, 0.15)])
        self.shadow_reach = p * rng.uniform(0.05, 0.35)
        self.light = rng.uniform(0, 2 * np.pi)
        self.tilt = rng.choice([0.0, rng.uniform(0, 0.9)])
        # a profile of its own, as no physics explains: any smooth function of the distance
        self.free = rng.random() < 0.2
        self.nodes = np.cumsum(rng.normal(0, 0.25, 9))
        if np.ptp(self.nodes) < 0.2:
            self.nodes = np.linspace(0, 0.6, 9)

    def grey(self, s):
        """Return grey levels, about 0 to 1, of a signed distance in px."""
        s = np.asarray(s, np.float32)
        if self.free:
            at = np.linspace(-0.5, 0.5, len(self.nodes)) * 0.7 * self.pitch
            levels = (self.nodes - self.nodes.min()) / np.ptp(self.nodes) * 0.8 + 0.1
            return np.interp(s, at, levels).astype(np.float32)
        inside = 1 / (1 + np.exp(-np.clip(s / self.soft, -30, 30)))
        grey = self.floor + (self.top - self.floor) * inside
        rim = self.rim * np.exp(-(((s - self.rim_place) / self.rim_width) ** 2))
        rim += self.inner * np.exp(-np.maximum(s, 0) / self.inner_reach) * inside
        if self.tilt:
            down = cv2.Sobel(s, cv2.CV_32F, 0, 1, ksize=3)
            right = cv2.Sobel(s, cv2.CV_32F, 1, 0, ksize=3)
            length = np.hypot(down, right) + 1e-3
            rim *= 1 + self.tilt * (np.sin(self.light) * down + np.cos(self.light) * right) / length
        grey = grey + rim - self.shadow * np.exp(-np.maximum(-s, 0) / self.shadow_reach) * (1 - inside)
        return (1 - grey if self.invert else grey).astype(np.float32)


def texture(shape, pitch, rng):
    """Draw the grain of surfaces: a field of small deviation."""
    amount = rng.choice([0.0, np.exp(rng.uniform(np.log(0.004), np.log(0.05)))], p=[0.4, 0.6])
    return amount * smooth_field(shape, rng.uniform(1.2, max(2.0, 0.4 * pitch)), rng)


def foreign(kind, grey, pitch, rng):
    """Lay a particle, residue or scratch over an image: (its grey levels with it, where it covers, 0 to 1)."""
    side = grey.shape[0]
    low, high = np.percentile(grey[::3, ::3], (2, 98))
    span = max(high - low, 0.1)
    if kind == "scratch":
        mask = streak(np.exp(rng.uniform(np.log(2 * pitch), np.log(side))), rng.uniform(1, max(1.5, 0.2 * pitch)), rng)
    else:
        smallest, largest = (0.25, 2.2) if kind == "particle" else (0.3, 1.6)
        radius = float(np.clip(pitch * np.exp(rng.uniform(np.log(smallest), np.log(largest))), 1.8, side * 0.22))
        mask = blob(radius, rng)
        if rng.random() < 0.3:  # several together
            more = blob(max(1.8, radius * rng.uniform(0.4, 0.9)), rng)
            size = max(len(mask), len(more)) + int(radius)
            both = np.zeros((size, size), np.float32)
            both[: len(mask), : len(mask)] = mask
            part = both[size - len(more) :, size - len(more) :]
            np.maximum(part, more, out=part)
            mask = both
    mask, place = _cropped(mask, side, rng)
    if mask is None:
        return grey, np.zeros_like(grey)
    under = grey[place]
    depth = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    if kind == "scratch":
        level = rng.choice([low - 0.1 * span, high + rng.uniform(0, 0.4) * span, rng.uniform(low, high)])
        filling = np.full(mask.shape, level, np.float32)
        cover = mask * rng.uniform(0.45, 1.0)
    elif kind == "residue":  # a thin film: what lies below shows through
        filling = under + span * rng.choice([-1, 1]) * rng.uniform(0.2, 0.7)
        filling = filling + span * 0.15 * rng.random() * smooth_field(mask.shape, rng.uniform(1.5, 8), rng)
        cover = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.6, max(0.8, 0.15 * pitch)))
    else:
        level = rng.choice(
            [high + rng.uniform(-0.2, 0.6) * span, rng.uniform(low, high), low - 0.1 * span], p=[0.6, 0.25, 0.15]
        )
        rounded = np.sqrt(np.clip(depth / (depth.max() + 1e-6), 0, 1))
        shade = smooth_field(mask.shape, max(2.0, depth.max()), rng) * 0.5 + rounded - 0.6
        filling = level + span * rng.uniform(0, 0.5) * shade
        filling = filling + span * rng.uniform(0, 0.3) * smooth_field(
            mask.shape, rng.uniform(1.2, max(1.5, 0.3 * pitch)), rng
        )
        rim = np.exp(-depth / rng.uniform(0.8, max(1.0, 0.15 * pitch))) * (depth > 0)
        filling = filling + span * rng.uniform(-0.3, 0.7) * rim
        cover = mask * rng.choice([1.0, rng.uniform(0.6, 1.0)])
    out = grey.copy()
    out[place] = under + cover * (filling - under)
    whole = np.zeros_like(grey)
    whole[place] = cover
    if kind == "particle" and rng.random() < 0.3:  # it throws a shadow
        push = [int(x) for x in rng.integers(-3, 4, 2)]
        shadow = cv2.GaussianBlur(np.roll(whole, push, (0, 1)), (0, 0), max(1.0, 0.1 * pitch)) * (1 - whole)
        out = out - span * rng.uniform(0.1, 0.4) * shadow
    return out.astype(np.float32), whole


def _cropped(mask, side, rng):
    """Put a mask at a random place, partly outside at times: (what lies inside, its window)."""
    n = mask.shape[0]
    row, col = (int(x) for x in rng.integers(-n // 4, max(1 - n // 4, side - n + n // 4) + 1, 2))
    top, left, bottom, right = max(row, 0), max(col, 0), min(row + n, side), min(col + n, side)
    if bottom - top < 3 or right - left < 3:
        return None, None
    return mask[top - row : bottom - row, left - col : right - col], (slice(top, bottom), slice(left, right))


def optics(images, pitch, rng):
    """Blur all images alike, with an astigmatic beam, drift and scan jitter; returns them in the same order."""
    side = images[0].shape[0]
    blur = np.exp(rng.uniform(np.log(0.3), np.log(max(0.9, 0.1 * pitch))))
    sigma = (blur * rng.uniform(0.8, 1.25), blur)
    rows, cols = np.mgrid[:side, :side].astype(np.float32)
    drift = rng.uniform(0, 2.5) * smooth_field((1, side), (1, side / 2.5), rng)[0]
    jitter = rng.choice([0.0, rng.uniform(0, 0.35)]) * rng.standard_normal(side)
    maps = (cols + (drift + jitter).astype(np.float32)[:, None], rows + 0.3 * drift.astype(np.float32)[::-1][:, None])
    out = []
    for image in images:
        image = np.asarray(image, np.float32)
        image = cv2.GaussianBlur(image, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1])
        out.append(cv2.remap(image, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))
    return out


@dataclass(frozen=True)
class Exposure:
    """How well images are exposed: lowest and highest dose (electrons per pixel of full grey) and least contrast."""

    dose: tuple[float, float]
    contrast: float


NOISY = Exposure((15, 1500), 0.25)
CLEAR = Exposure((80, 4000), 0.4)


def camera(image, rng, exposure=NOISY):
    """Add shading, charging, noise and gamma; returns grey levels 0 to 1."""
    side = image.shape[0]
    image = image * (1 + rng.uniform(0, 0.12) * smooth_field(image.shape, side / 1.5, rng))
    if rng.random() < 0.2:  # rows of different brightness, as charging and the line frequency leave them
        image = image + rng.uniform(0.003, 0.03) * smooth_field((side, 1), (rng.uniform(1, 12), 1), rng)
    low, high = np.percentile(image[::3, ::3], (1, 99))
    image = (image - low) / max(high - low, 1e-3)
    contrast = rng.uniform(exposure.contrast, 0.95)
    image = np.clip(rng.uniform(0.02, 0.98 - contrast) + contrast * image, 0, 1.3) ** np.exp(rng.uniform(-0.35, 0.35))
    if rng.random() < 0.8:
        dose = np.exp(rng.uniform(*np.log(exposure.dose)))
        image = rng.poisson(np.maximum(image, 0) * dose) / dose
    image = image + rng.choice([0.0, rng.uniform(0, 0.03)]) * rng.standard_normal(image.shape)
    return np.clip(image, 0, 1).astype(np.float32)


def published(image, rng):
    """Treat an image as figures are treated: sharpened, saved as JPEG, at times made larger from few pixels."""
    if rng.random() < 0.3:
        image = image + rng.uniform(0.2, 1.2) * (image - cv2.GaussianBlur(image, (0, 0), rng.uniform(0.8, 2)))
    if rng.random() < 0.3:  # averaged frames, or denoised
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.3))
    pixels = np.clip(np.round(image * 255), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        pixels = coded(pixels, int(rng.integers(40, 96)))
    return pixels


def coded(pixels, quality):
    """Save an image as JPEG and read it again."""
    return cv2.imdecode(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


def annotated(pixels, rng):
    """Write a scale bar, a label or an arrow into an image, as figures have them: these are no defects."""
    side = pixels.shape[0]
    pixels = pixels.copy()
    for _ in range(int(rng.integers(1, 4))):
        grey = int(rng.choice([0, 255, int(rng.integers(256))]))
        row, col = int(rng.uniform(0.75, 0.97) * side), int(rng.uniform(0.02, 0.7) * side)
        if rng.random() < 0.4:
            row = int(rng.uniform(0.04, 0.25) * side)
        what = rng.random()
        if what < 0.45:
            text = "".join(rng.choice(list("0123456789 nmumabcdkVHVx."), int(rng.integers(1, 8))))
            cv2.putText(
                pixels,
                text,
                (col, row),
                int(rng.choice([0, 2, 4])),
                rng.uniform(0.3, 0.9),
                grey,
                int(rng.integers(1, 3)),
                cv2.LINE_AA,
            )
        elif what < 0.85:
            thick = int(rng.integers(1, 5))
            cv2.rectangle(pixels, (col, row), (col + int(side * rng.uniform(0.08, 0.3)), row + thick), grey, -1)
        else:
            cv2.rectangle(pixels, (0, int(side * rng.uniform(0.9, 0.98))), (side, side), grey, -1)
    return pixels
