"""Explain a comparison with a golden reference: the reference, the residuals, and what is made of them."""

from __future__ import annotations

import numpy as np

from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.report.plots.explain_panels import GREY, MAP, Panel
from semscan.values import CleanImage

SPREADS = "standard deviations"
MULTIPLES = "multiples of the threshold"
MOST_SPREADS = 8.0
MOST_MULTIPLES = 2.0
THRESHOLD = 0.5
_STEPS = {
    "fine": ("residual, fine", SPREADS, MOST_SPREADS),
    "middle": ("residual, middle", SPREADS, MOST_SPREADS),
    "coarse": ("residual, coarse", SPREADS, MOST_SPREADS),
    "chance": ("residuals together", MULTIPLES, MOST_MULTIPLES),
    "judge": ("comparison network", MULTIPLES, MOST_MULTIPLES),
}


def comparison_panels(
    image: CleanImage, reference: np.ndarray | None, anomaly_map: np.ndarray, *, periodic: bool
) -> list[Panel]:
    """Make the panels of a comparison, in the order in which the method works.

    Parameters
    ----------
    image : CleanImage
    reference : ndarray of float32, shape (rows, cols), optional
        The golden reference, on the grey scale of the image.
    anomaly_map : ndarray of float32, same shape
        The final map, 0 to 1.
    periodic : bool
        Whether the image was compared with its own repeats: then there are also residuals at three scales and the
        comparison network.
    """
    grey = image.values
    panels = [Panel("input", "image", grey, GREY, 0.0, 1.0)]
    if reference is not None:
        difference = np.where(image.judged, np.abs(grey - reference), 0).astype(np.float32)
        most = max(float(difference.max(initial=0)), 1e-3)
        panels.append(Panel("reference", "golden reference", reference, GREY, 0.0, 1.0))
        panels.append(Panel("residual", "difference", difference, MAP, 0.0, most, "share of the grey scale"))
    if periodic:
        for name, values in PeriodicMethod().compare(image, keep_steps=True).steps.items():
            title, unit, most = _STEPS[name]
            panels.append(Panel(name, title, np.abs(values), MAP, 0.0, most, unit))
    panels.append(Panel("map", f"final map ({THRESHOLD:g}: threshold)", anomaly_map, MAP, 0.0, 1.0))
    return panels
