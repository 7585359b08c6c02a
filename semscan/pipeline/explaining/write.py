"""Write the figure and the panels of one explained image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from semscan.files.disk.atomic import write_bytes, write_png
from semscan.files.results.folder import output_path
from semscan.files.results.record_folder import FIGURE, PANEL, PANELS
from semscan.report.plots.explain_panels import Panel, panel_picture


def write_panels(base: Path, figure: bytes, panels: Sequence[Panel], rows: slice, judged: np.ndarray) -> dict[str, Any]:
    """Write the figure and each panel alone under a name; return their paths, as in the record.

    Parameters
    ----------
    base : Path
        Without suffix.
    figure : bytes
        PNG.
    panels : sequence of Panel
    rows : slice
        Rows that are shown.
    judged : ndarray of bool, shape (rows, cols)
    """
    path, folder = output_path(base, FIGURE), output_path(base, PANELS)
    write_bytes(path, figure)
    written = {}
    for number, panel in enumerate(panels, start=1):
        place = folder / f"{number:02d}-{panel.key}{PANEL}"
        write_png(place, panel_picture(panel, rows, judged))
        written[panel.key] = str(place)
    return {"figure": str(path), "panels": written}
