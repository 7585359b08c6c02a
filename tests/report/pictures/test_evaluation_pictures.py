"""Pictures of an evaluation, whatever there is to show."""

import cv2
import numpy as np

from semscan.report.pictures.failures import COLUMNS, cut_failure, draw_failures
from semscan.report.plots.evaluation_curves import draw_measured
from semscan.values import Box, CleanImage
from semscan.values.evaluation import Evaluation


def failure():
    rows, cols, box = 40, 90, Box(0, 80, 6, 90)
    values = np.random.default_rng(1).random((rows, cols)).astype(np.float32)
    truth = np.zeros((rows, cols), bool)
    truth[box.top : box.bottom, box.left : box.right] = True
    return cut_failure("gap/a.png", CleanImage(values, ~truth | truth), values, truth, 0.5, box)


def test_a_failure_at_the_border_is_cut_out_whole():
    cut = failure()

    assert cut.truth.sum() == 60
    assert cut.grey.shape == cut.anomaly_map.shape == cut.truth.shape == cut.hot.shape == (40, 58)


def test_any_number_of_failures_makes_one_picture():
    widths = {
        draw_failures([failure()] * misses, [failure()] * alarms).shape[1]
        for misses, alarms in ((0, 0), (1, 0), (COLUMNS + 1, 2))
    }

    assert len(widths) == 1


def test_an_outline_is_green_for_truth():
    from semscan.report.pictures.failures import TRUE

    picture = draw_failures([failure()], [])

    assert (picture == TRUE).all(axis=2).any()


def test_curves_that_are_not_there_are_left_empty():
    figures = Evaluation.parse({"image_auroc": 0.75, "pixel_auroc": None, "at_threshold": None})
    line = np.array([0, 0.5, 1]), np.array([0, 1, 1])
    data = draw_measured({"image ROC": line}, figures, "a $b$ \udcff 日本, 3 images")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)

    assert picture.shape[1] > picture.shape[0] > 200
