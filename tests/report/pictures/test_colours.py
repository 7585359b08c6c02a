"""The colours of maps."""

import cv2
import numpy as np

from semscan.report.pictures import colours


def test_a_layer_over_the_image_looks_as_the_overlay_does():
    anomaly_map = np.linspace(0, 0.99, 256, dtype=np.float32).reshape(16, 16)
    grey = np.full((16, 16), 140, np.uint8)
    layer = colours.layer(anomaly_map).astype(float)
    opacity = layer[:, :, 3:] / 255
    laid = layer[:, :, :3] * opacity + 140 * (1 - opacity)

    assert np.abs(laid - colours.paint(grey, anomaly_map)).max() <= 2


def test_a_map_in_full_colours_rises_in_lightness():
    shown = colours.in_full(np.linspace(0, 1, 64, dtype=np.float32)[np.newaxis])
    lightness = cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY)[0].astype(int)

    assert np.diff(lightness).min() >= -1
    assert lightness[-1] - lightness[0] > 150
