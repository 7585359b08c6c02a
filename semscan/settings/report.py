"""Reports of finished inspections, and models for other runtimes."""

from __future__ import annotations

from dataclasses import dataclass

# The formats of `semscan report`: name to "module:function" that writes it, imported on use.
REPORT_FORMATS = {
    "html": "semscan.pipeline.reporting.html_page:write_page",
    "klarf": "semscan.pipeline.reporting.formats:write_klarf",
    "coco": "semscan.pipeline.reporting.formats:write_coco",
    "roi": "semscan.pipeline.reporting.formats:write_roi",
    "labelme": "semscan.pipeline.reporting.formats:write_labelme",
    "csv": "semscan.pipeline.reporting.formats:write_csv",
}
EXPORT_FORMATS = ("onnx", "savedmodel", "tflite")  # of models


@dataclass(frozen=True, slots=True)
class KlarfSettings:
    """What a KLARF file states of the wafer, which no image knows.

    Parameters
    ----------
    lot, wafer, device, step, setup : str
        Identifiers of lot, wafer, device, process step and recipe.
    slot : int
        Slot of the wafer in its cassette.
    """

    lot: str = "UNKNOWN"
    wafer: str = "UNKNOWN"
    device: str = "UNKNOWN"
    step: str = "UNKNOWN"
    setup: str = "semscan"
    slot: int = 1


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """In which formats a finished inspection is reported, and where.

    Parameters
    ----------
    to : tuple of str
        Of `REPORT_FORMATS`.
    out : str or None
        Folder to write to; None: that of the inspection.
    review : bool
        Report the verdicts of the review that lies beside the results.
    klarf : KlarfSettings
        For the format klarf.
    """

    to: tuple[str, ...] = ("html",)
    out: str | None = None
    review: bool = True
    klarf: KlarfSettings = KlarfSettings()


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """How a model is exported for another runtime.

    Parameters
    ----------
    to : str
        One of `EXPORT_FORMATS`.
    out : str
        Folder to write to.
    overwrite : bool
        Replace an exported model in it.
    tolerance : float
        Largest difference from semscan's own result: absolute in the map (0 to 1), relative to the largest logit
        in the logits.
    """

    to: str
    out: str
    overwrite: bool = False
    tolerance: float = 1e-3
