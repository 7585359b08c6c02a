"""Synthetic SEM images."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SynthSettings:
    """One recipe of synthetic SEM images.

    Signal is 0 (black) to about 1 (white). `semscan.synth.simulator.check` holds the ranges.

    Parameters
    ----------
    pattern, lattice : str
        One of `PATTERNS`; for contacts, "square" or "staggered".
    rows, cols : int
        Size of the image, px.
    pitch, cd : float
        Pitch, and line width or hole diameter, px; `cd` None: half the pitch.
    angle : float
        Of the pattern, degrees.
    roughness, correlation, hurst, edge_link : float
        Edge roughness: standard deviation of one edge, px; its correlation length, px; its Hurst exponent, 0 to 1;
        the correlation between the two edges of a line, 0 to 1.
    top, bottom : float
        Signal of the two materials.
    tilt, bloom : float
        Angle of the sidewall, degrees (yield rises as ``1/cos(tilt)``), and width of the bright edge, px.
    shadow, shadow_reach : float
        Loss of signal at the foot of an edge, and the distance over which it fades, px.
    grain : float
        Standard deviation of the material's texture, share of the signal.
    blur, astigmatism : float
        Standard deviation of the beam, px, and the relative difference of its two widths, 0 to 1.
    rotation, drift, magnification : float
        Largest deviation of the angle, degrees; size of the drift during a scan, px; largest relative deviation of
        the magnification.
    charging, charging_reach : float
        Strength of charging tails and their length, px.
    gradient, brightness, contrast : float
        Largest shading across the image, and largest deviations of brightness and contrast, shares.
    dose : float
        Electrons per pixel at signal 1.
    lag, row_noise, read_noise : float
        Share of the previous pixel's signal; standard deviations of noise by row and by pixel, signal.
    bits : int
        Bits per pixel, 8 or 16.
    visible : float
        Smallest difference of the noise-free signal for a pixel of a defect's mask.
    seed : int
        Of all that is random.
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
    """How many images of which defects are written, and how.

    Parameters
    ----------
    train, test_good : int
        Number of good training and test images.
    per_defect, mixed : int
        Number of test images of each defect, and of images with several.
    defects : tuple of str or None
        Of `DEFECTS` of the pattern; None: all of them.
    layout, format : str
        "mvtec" or "classes"; file format of the images.
    nm_per_px : float or None
        Width of a pixel, nm: the images, TIFF files, have a data bar and the metadata of a microscope.
    overwrite : bool
        Replace an earlier data set.
    """

    train: int = 16
    test_good: int = 8
    per_defect: int = 4
    mixed: int = 0
    defects: tuple[str, ...] | None = None
    layout: str = "mvtec"
    format: str = "png"
    nm_per_px: float | None = None
    overwrite: bool = False
