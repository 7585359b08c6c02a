"""Measure critical dimensions on generated images of known truth, and on real images of lines.

    python benchmarks/dimensions.py known [--images 67] [--first 0] [--size 384] [--only NAME ...]
    python benchmarks/dimensions.py real [--data FOLDER]

`known` makes images at 20, 40 and 80 electrons per pixel with two generators. "synth" is that of `semscan synth` with
its defaults, but with the edges of a line independent, one magnification, and no charging. "plain" is written here and
shares nothing with it: edges are first-order autoregressive (exponential correlation), rims of holes a sum of few
waves; the bright rim is half a Gaussian, in a grid four times as fine, blurred by a Gaussian and averaged to pixels;
noise is Poisson.

Prints a Markdown row for each generator, pattern and dose: the bias of the mean width or diameter, that of LWR with the
noise taken off and without, and how often 95 % intervals hold the truth. At a level of 0.5 the true width is that of
the noise-free profile of straight edges at this level; at the step it is the width that the generator was given. LWR is
three times the standard deviation that it was given. A row with all doses also says by how much the width at 0.5
differs from the one given.

`real` takes a folder that holds sem_lines/test ($SEMSCAN_REAL_DATA by default): halves of each image of lines are
compared, and the pitch with the first peak of the autocorrelation of the mean profile.
"""

import argparse
import math
import os
import time
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.signal import find_peaks

from semscan.errors import SemscanError
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.pipeline.measuring.pattern import measure_pattern
from semscan.settings import EdgeSettings, ReadSettings, SynthSettings
from semscan.synth.simulator.emission import emission
from semscan.synth.simulator.image import make_image
from semscan.values import CleanImage

DOSES = (20, 40, 80)
FINE = 4  # samples of each px
PITCH, WIDTH = 28.0, 14.0  # px, of lines
HOLE_PITCH, DIAMETER = 32.0, 16.0
SIGMA, CORRELATION = 0.5, 10.0  # px, of one edge
BLUR, RIM_REACH = 1.0, 2.5  # px
TOP, BOTTOM, RIM = 0.45, 0.15, 0.5  # share of the full signal
SPREAD = 0.4  # px, of the diameters in an image
LWR = 3 * math.sqrt(2) * SIGMA


def signal_of(distance):
    """Return the signal at distances from an edge, positive on the top: a step with half a Gaussian on it."""
    inside = distance >= 0
    return np.where(inside, TOP + RIM * np.exp(-((distance / RIM_REACH) ** 2)), BOTTOM)


def plain_lines(size, dose, rng):
    """Make lines whose edges are autoregressive, tilted by up to 2 degrees."""
    side = size * FINE
    pad = 16 * FINE
    rows, cols = np.mgrid[-pad : side + pad, -pad : side + pad].astype(np.float32) / FINE
    turn = math.radians(rng.uniform(-2, 2))
    across = cols * math.cos(turn) + rows * math.sin(turn)
    along = rows * math.cos(turn) - cols * math.sin(turn)
    count = math.ceil(1.6 * size / PITCH) + 4
    keep = math.exp(-1 / (FINE * CORRELATION))
    length = math.ceil(2.6 * size * FINE)
    draws = rng.standard_normal((count, 2, length)) * math.sqrt(1 - keep**2)
    draws[..., 0] /= math.sqrt(1 - keep**2)
    edges = np.empty_like(draws)
    edges[..., 0] = draws[..., 0]
    for step in range(1, length):
        edges[..., step] = keep * edges[..., step - 1] + draws[..., step]
    edges *= SIGMA
    first = -0.3 * size + rng.uniform(0, PITCH)
    line = np.clip(np.rint((across - first) / PITCH), 0, count - 1).astype(np.int64)
    place = np.clip(((along + 0.4 * size) * FINE).astype(np.int64), 0, length - 1)
    middle = first + PITCH * line
    left = middle - WIDTH / 2 + edges[line, 0, place]
    right = middle + WIDTH / 2 + edges[line, 1, place]
    signal = signal_of(np.minimum(across - left, right - across))
    whole = slice(pad, pad + side)
    blurred = cv2.GaussianBlur(signal.astype(np.float32), (0, 0), BLUR * FINE)
    return counted(blurred[whole, whole], dose, rng)


def counted(blurred, dose, rng):
    """Average a fine signal to pixels and count electrons; return grey levels in 8 bits."""
    rows, cols = (side // FINE for side in blurred.shape)
    pixels = blurred.reshape(rows, FINE, cols, FINE).mean(axis=(1, 3))
    grey = 0.05 + 0.7 * rng.poisson(pixels * dose) / dose
    return np.clip(np.rint(255 * grey), 0, 255).astype(np.uint8)


def plain_holes(size, dose, rng):
    """Make holes of random diameters on a square lattice, their rims with waves of 2 to 6 periods."""
    side = size * FINE
    rows, cols = np.mgrid[:side, :side].astype(np.float32) / FINE
    distance = np.full((side, side), 9.0, np.float32)
    start = rng.uniform(0, HOLE_PITCH, 2)
    reach = round(FINE * (DIAMETER / 2 + 12))
    for row in np.arange(start[0] - HOLE_PITCH, size + HOLE_PITCH, HOLE_PITCH):
        for col in np.arange(start[1] - HOLE_PITCH, size + HOLE_PITCH, HOLE_PITCH):
            row_at, col_at = row + 0.1 * rng.standard_normal(), col + 0.1 * rng.standard_normal()
            top, left = (max(0, round(FINE * at) - reach) for at in (row_at, col_at))
            part = (slice(top, max(0, round(FINE * row_at) + reach)), slice(left, max(0, round(FINE * col_at) + reach)))
            down, right = rows[part] - row_at, cols[part] - col_at
            angle = np.arctan2(down, right)
            radius = (DIAMETER + SPREAD * rng.standard_normal()) / 2
            rim = radius + sum(
                0.12 * rng.standard_normal() * np.cos(k * angle + rng.uniform(0, 7)) for k in range(2, 7)
            )
            np.minimum(distance[part], np.hypot(down, right) - rim, out=distance[part])
    blurred = cv2.GaussianBlur(signal_of(distance).astype(np.float32), (0, 0), BLUR * FINE)
    return counted(blurred, dose, rng)


def synth_image(pattern):
    """Return the function that makes an image of `semscan synth`."""

    def make(size, dose, rng):
        settings = SynthSettings(
            pattern=pattern,
            rows=size,
            cols=size,
            pitch=PITCH if pattern == "lines" else HOLE_PITCH,
            cd=WIDTH if pattern == "lines" else DIAMETER,
            roughness=SIGMA,
            correlation=CORRELATION,
            edge_link=0.0,
            magnification=0.0,
            charging=0.0,
            dose=dose,
            seed=int(rng.integers(1 << 30)),
        )
        return make_image(settings).pixels

    return make


SETS = {
    "synth lines": (synth_image("lines"), PITCH, WIDTH),
    "plain lines": (plain_lines, PITCH, WIDTH),
    "synth holes": (synth_image("contacts"), HOLE_PITCH, DIAMETER),
    "plain holes": (plain_holes, HOLE_PITCH, DIAMETER),
}


def width_by_rule(name):
    """Return the width at a level of 0.5 in the profile of straight edges without noise, px, by brute force."""
    _, pitch, width = SETS[name]
    width = width if "lines" in name else pitch - width  # of the bright part
    step = 0.01
    x = np.arange(round(pitch / step)) * step - pitch / 2
    distance = width / 2 - np.abs(x)
    if name.startswith("plain"):
        profile = gaussian_filter1d(signal_of(distance), BLUR / step, mode="wrap")
        profile = uniform_filter1d(profile, round(1 / step), mode="wrap")
    else:
        recipe = SynthSettings()
        profile = gaussian_filter1d(emission(distance, recipe), recipe.blur / step, mode="wrap")
        profile += recipe.lag * (np.roll(profile, round(1 / step)) - profile)
    middle = len(x) // 2
    ends = []
    for part in (profile[:middle], profile[middle:][::-1]):
        top = int(part.argmax())
        bottom = int(part[: top + 1].argmin())
        level = 0.5 * (part[bottom] + part[top])
        ends.append(np.interp(level, part[bottom : top + 1], np.arange(bottom, top + 1)))
    found = (len(x) - 1 - sum(ends)) * step  # both ends are counted from the outer samples
    return found if "lines" in name else pitch - found


def measured(pixels, level):
    """Return the dimensions of an image in 8 bits."""
    values = pixels.astype(np.float32) / 255
    return measure_pattern(CleanImage(values, np.ones(values.shape, bool)), EdgeSettings(level)).dimensions


def holds(length, truth):
    """Return whether an interval holds the truth."""
    return length.interval_95_px[0] <= truth <= length.interval_95_px[1]


def mean_and_error(values):
    """Return a mean with its standard error in words."""
    return f"{np.mean(values):+.3f} ± {np.std(values, ddof=1) / math.sqrt(len(values)):.3f}"


def known(args):
    """Print the table of images of known truth."""
    names = ("images", "e/px", "n", "width at 0.5, bias (px)", "held", "LWR, bias (%)", "held", "biased LWR (%)")
    names += ("width at the step, bias (px)", "held")
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for name in args.only or SETS:
        make, _, true_width = SETS[name]
        rule = width_by_rule(name)
        every = []
        for dose in DOSES:
            found = [measured_twice(make, args, dose, number) for number in range(args.first, args.first + args.images)]
            every += found
            print(row_of(name, dose, found, rule, true_width), flush=True)
        print(row_of(f"{name}, all", f"(0.5: {rule - true_width:+.2f} px)", every, rule, true_width), flush=True)


def measured_twice(make, args, dose, number):
    """Make an image and return its dimensions at a level of 0.5 and at the step."""
    pixels = make(args.size, dose, np.random.default_rng([number, dose]))
    return measured(pixels, 0.5), measured(pixels, None)


def row_of(name, dose, found, rule, true_width):
    """Return a row of the table."""
    at_level = [level.line_cd or level.diameter for level, _ in found]
    at_step = [step.line_cd or step.diameter for _, step in found]
    rough = [level.lwr for level, _ in found if level.lwr is not None]
    cells = [name, dose, len(found), mean_and_error([size.px - rule for size in at_level])]
    cells += [f"{np.mean([holds(size, rule) for size in at_level]):.1%}"]
    if rough:
        cells += [mean_and_error([100 * (each.unbiased.px / LWR - 1) for each in rough])]
        cells += [f"{np.mean([holds(each.unbiased, LWR) for each in rough]):.1%}"]
        cells += [mean_and_error([100 * (each.biased_px / LWR - 1) for each in rough])]
    cells += ["-"] * (8 - len(cells)) + [mean_and_error([size.px - true_width for size in at_step])]
    cells += [f"{np.mean([holds(size, true_width) for size in at_step]):.1%}"]
    return "| " + " | ".join(map(str, cells)) + " |"


def correlated_pitch(values, is_turned):
    """Return the lag of the first peak of the autocorrelation of the mean profile, px."""
    profile = values.mean(axis=1 if is_turned else 0)
    profile = profile - profile.mean()
    correlation = np.correlate(profile, profile, "full")[len(profile) - 1 :]
    correlation /= np.arange(len(profile), 0, -1)
    peaks = find_peaks(correlation[: len(profile) * 3 // 4], prominence=0.1 * correlation[0])[0]
    if not len(peaks):
        return math.nan
    first = int(peaks[0])
    low, middle, high = correlation[first - 1 : first + 2]
    return first + 0.5 * (low - high) / (low - 2 * middle + high)


def real(args):
    """Print a row for each real image of lines: its halves, and the pitch against the autocorrelation."""
    print(
        "| image | lines | pitch (px) | autocorrelation (px) | width: first, second half (px) | difference / its error "
    )
    print("|---|---|---|---|---|---|")
    unlike = refused = 0
    for path in sorted(Path(args.data).glob("sem_lines/test/*/*.png")):
        image = clean(read_image(path, ReadSettings()), ReadSettings())
        try:
            whole = measure_pattern(image, EdgeSettings()).dimensions
            if whole.line_cd is None:
                continue
            is_turned = abs(whole.angle_deg[0]) > 45
            half = image.values.shape[1 if is_turned else 0] // 2
            parts = [slice(0, half), slice(half, 2 * half)]
            windows = [(slice(None), part) if is_turned else (part, slice(None)) for part in parts]
            halves = [
                measure_pattern(CleanImage(image.values[at], image.judged[at]), EdgeSettings()).dimensions.line_cd
                for at in windows
            ]
        except SemscanError:
            refused += 1
            continue
        if any(each is None or each.se_px is None for each in halves):
            unlike += 1
            continue
        apart = halves[1].px - halves[0].px
        error = math.hypot(halves[0].se_px, halves[1].se_px)
        pitch = whole.pitch[0]
        words = [path.parent.name + "/" + path.stem[:24], whole.parts, f"{pitch.px:.2f} ± {pitch.se_px or 0:.2f}"]
        words += [f"{correlated_pitch(image.values, is_turned):.2f}", f"{halves[0].px:.2f}, {halves[1].px:.2f}"]
        print("| " + " | ".join(map(str, [*words, f"{apart / error:+.1f}"])) + " |", flush=True)
    print(f"{refused} images or halves of them were refused, {unlike} halves show fewer than 3 lines")


def main():
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("known", "real"))
    parser.add_argument("--images", type=int, default=67, help="of each generator, pattern and dose")
    parser.add_argument("--first", type=int, default=0, help="number of the first image")
    parser.add_argument("--size", type=int, default=384, help="px")
    parser.add_argument("--only", nargs="+", choices=tuple(SETS))
    parser.add_argument("--data", default=os.environ.get("SEMSCAN_REAL_DATA", "."))
    args = parser.parse_args()
    began = time.process_time()
    (known if args.what == "known" else real)(args)
    print(f"{time.process_time() - began:.0f} s of processor time")


if __name__ == "__main__":
    main()
