"""The picture of the probability of detection."""

import cv2
import numpy as np
import pytest

from semscan.report.plots.detection_curves import draw_detection
from semscan.scores.detection.curve import detection_curve
from semscan.values.detection import TriedDefect


def curve(contrast, count=80):
    sizes = np.geomspace(2, 30, count)
    return detection_curve([TriedDefect("a", size, contrast, size / 9) for size in sizes])


@pytest.mark.parametrize(
    ("painted", "real", "panels"), [(0.2, None, 2), (0.2, "real", 2), (None, "real", 1), ("few", None, 2)]
)
def test_it_is_drawn_with_what_there_is(painted, real, panels):
    first = curve(0.2, 3 if painted == "few" else 80) if painted else None
    second = curve(None) if real else None

    picture = cv2.imdecode(np.frombuffer(draw_detection(first, second, "a $title$ ⊕"), np.uint8), cv2.IMREAD_COLOR)

    assert picture.shape[1] == (960 if panels == 2 else 520)
    assert (picture < 255).any()
