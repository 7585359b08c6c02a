from dataclasses import replace

import pytest

from semscan.settings import SynthSettings

QUIET = replace(
    SynthSettings(),
    rotation=0,
    drift=0,
    magnification=0,
    charging=0,
    gradient=0,
    brightness=0,
    contrast=0,
    lag=0,
    row_noise=0,
    read_noise=0,
    grain=0,
    bits=16,
)


@pytest.fixture
def quiet():
    """A recipe in which nothing but the pattern, the probe and shot noise is left."""
    return QUIET
