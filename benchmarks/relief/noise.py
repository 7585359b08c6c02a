"""Random edges and surfaces."""

import cv2
import numpy as np


def rough(count, length, sigma, reach, hurst, rng):
    """Draw `count` edges of `length` samples with the spectrum of Palasantzas (Phys. Rev. B 48, 14472, 1993).

    White noise is filtered: `sigma` is the standard deviation, `reach` the correlation length in samples. Each edge
    ends where it begins.
    """
    wave_number = 2 * np.pi * np.fft.fftfreq(length)
    gain = (1 + (wave_number * reach) ** 2) ** (-(hurst + 0.5) / 2)
    waves = np.fft.ifft(np.fft.fft(rng.standard_normal((count, length))) * gain).real
    return sigma * waves / np.sqrt(np.mean(gain**2))


def smooth_noise(shape, reach, rng):
    """Make noise of standard deviation 1, smooth over `reach` samples."""
    field = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), reach)
    return field / field.std()
