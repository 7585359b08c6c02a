"""The files of a measured image: table, spectrum and picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from semscan.files.disk.atomic import write_bytes, write_text
from semscan.files.results.folder import output_path
from semscan.files.results.record_folder import PICTURE, SPECTRUM, TABLE
from semscan.report.measured.figure import draw_dimensions
from semscan.report.measured.tables import part_lines, spectrum_lines
from semscan.values import CleanImage
from semscan.values.measured.measurement import Measurement
from semscan.values.measured.record import MeasureOutputs


def write_measurement(
    measurement: Measurement, image: CleanImage, given: str, base: Path, *, picture: bool
) -> MeasureOutputs:
    """Write what was measured in an image; return the paths. Raises OutputError.

    Parameters
    ----------
    measurement : Measurement
    image : CleanImage
    given : str
        Name of the image, for the title.
    base : Path
        Claimed name, without suffix.
    picture : bool
        Whether to draw the picture.
    """
    table = output_path(base, TABLE)
    write_text(table, _text(part_lines(measurement, image.nm_per_pixel)))
    outputs = MeasureOutputs(table=str(table))
    if measurement.spectra:
        path = output_path(base, SPECTRUM)
        write_text(path, _text(spectrum_lines(measurement.spectra)))
        outputs = replace(outputs, spectrum=str(path))
    if picture:
        path = output_path(base, PICTURE)
        write_bytes(path, draw_dimensions(image.values, measurement, image.nm_per_pixel, given))
        outputs = replace(outputs, picture=str(path))
    return outputs


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
