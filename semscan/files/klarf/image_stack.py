"""Images of a defect list as the pages of one TIFF file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tifffile

from semscan.files.disk.atomic import replacing
from semscan.files.results.report_files import check_ours

MARK = b"semscan klarf stack"


def write_image_stack(path: Path, images: Iterable[np.ndarray]) -> None:
    """Write grey images, each (rows, cols) of its own size and type, as pages; one at a time is in memory.

    Raises OutputError if it cannot be written, or if a file of somebody else is there.
    """
    check_ours(path, MARK)
    with replacing(path) as file, tifffile.TiffWriter(file) as writer:
        for image in images:
            writer.write(
                np.ascontiguousarray(image),
                photometric="minisblack",
                metadata=None,
                software=MARK.decode(),
                contiguous=False,
            )
