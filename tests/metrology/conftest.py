"""Drawn lines and holes of known edges."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr

BLUR = 1.2  # px
FINE = 4  # samples of each px


def draw_lines(rows, cols, edges, slope=0.0):
    """Bright lines on a dark ground: `edges` are pairs of left and right columns, numbers or one for each row."""
    x = np.arange(cols)[None, :] - slope * np.arange(rows)[:, None]
    image = np.full((rows, cols), 0.2)
    for left, right in edges:
        left, right = (np.reshape(edge, (-1, 1)) for edge in (left, right))
        image += 0.5 * (ndtr((x - left) / BLUR) - ndtr((x - right) / BLUR))
    return image.astype(np.float32)


def draw_holes(rows, cols, holes):
    """Dark ellipses on a bright ground: each is (row, col, half axis in x, half axis in y)."""
    y, x = (np.mgrid[: FINE * rows, : FINE * cols] + 0.5) / FINE - 0.5
    image = np.full(x.shape, 0.7)
    for row, col, across, down in holes:
        image[((x - col) / across) ** 2 + ((y - row) / down) ** 2 < 1] = 0.2
    fine = gaussian_filter(image, FINE * BLUR)
    return fine.reshape(rows, FINE, cols, FINE).mean(axis=(1, 3)).astype(np.float32)


@pytest.fixture
def lines():
    """`draw_lines`."""
    return draw_lines


@pytest.fixture
def holes():
    """`draw_holes`."""
    return draw_holes


@pytest.fixture
def find_edges():
    """`find_line_edges` of an image of vertical lines of a known pitch and first edge, turned by a known slope."""
    from semscan.metrology.lines import find_line_edges

    def find(image, pitch, slope=0.0, **choices):
        across = 1 / np.hypot(1, slope)
        rows, cols = np.mgrid[: image.shape[0], : image.shape[1]]
        positions = (cols - slope * rows) / pitch
        step = pitch * across**2 * np.array([-slope, 1.0])
        return find_line_edges(image, np.ones(image.shape, bool), positions, step, **choices)

    return find
