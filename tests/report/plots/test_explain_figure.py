"""The figure of an explanation."""

import cv2
import numpy as np
import pytest

from semscan.report.plots.explain_figure import draw_explanation
from semscan.report.plots.explain_panels import MAP, Panel


@pytest.mark.parametrize("shape", [(2000, 2), (3, 4000), (1, 50)])
def test_a_strip_is_drawn_with_its_threshold(shape):
    values = np.zeros(shape, np.float32)
    values.flat[: values.size // 2] = 1

    figure = draw_explanation([Panel("map", "final map", values, MAP, 0.0, 1.0)], slice(0, shape[0]), {}, "strip", 0.5)

    assert cv2.imdecode(np.frombuffer(figure, np.uint8), cv2.IMREAD_COLOR).shape[1] == 1440
