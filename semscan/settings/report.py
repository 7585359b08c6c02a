"""Reports of finished inspections, and models for other runtimes."""

from __future__ import annotations

from dataclasses import dataclass

# The formats of `semscan report`: name to "module:function" that writes it, imported on use.
REPORT_FORMATS = {
    "html": "semscan.pipeline.reporting.html_page:write_page",
    "klarf": "semscan.pipeline.reporting.klarf:write_klarf",
    "coco": "semscan.pipeline.reporting.formats:write_coco",
    "roi": "semscan.pipeline.reporting.formats:write_roi",
    "labelme": "semscan.pipeline.reporting.formats:write_labelme",
    "csv": "semscan.pipeline.reporting.formats:write_csv",
    "json": "semscan.pipeline.reporting.wafers:write_json",
}
TREND_FORMATS = ("html", "json", "csv")  # of `semscan report --trend`
DEFAULT_TREND = "semscan-trend"
BEGAN = "began"
TYPED = "typed"
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
    given : tuple of str
        Which of these somebody stated: with a table of places, nothing else is written.
    """

    lot: str = "UNKNOWN"
    wafer: str = "UNKNOWN"
    device: str = "UNKNOWN"
    step: str = "UNKNOWN"
    setup: str = "semscan"
    slot: int = 1
    given: tuple[str, ...] = ()


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
    last : bool
        Report only the images of the last run into the folder.
    klarf : KlarfSettings
        For the format klarf.
    classes : str or None
        Table of class numbers for KLARF; None: the built-in one.
    places : str or None
        Table of places; None: that of the output folder, if it has one.
    repeater_um : float or None
        Largest distance of the defects of a repeater from their common place in the die, µm; None: 0.1, or a tenth
        of the smallest side of the images if that is less.
    baseline : int or None
        The control limits of several wafers come from so many of them, the first ones; None: from all.
    """

    to: tuple[str, ...] = ("html",)
    out: str | None = None
    review: bool = True
    last: bool = False
    klarf: KlarfSettings = KlarfSettings()
    classes: str | None = None
    places: str | None = None
    repeater_um: float | None = None
    baseline: int | None = None


@dataclass(frozen=True, slots=True)
class TrendSettings:
    """How several finished inspections are compared.

    Parameters
    ----------
    to : tuple of str
        Of `TREND_FORMATS`.
    out : str or None
        Folder to write to, or the file if it is one; None: `DEFAULT_TREND`.
    review : bool
        Count the verdicts of the review that lies beside each.
    last : bool
        Count only the images of the last run into each folder.
    baseline : int or None
        Control limits come from so many folders, the first ones; None: from all.
    order : str
        `BEGAN`: by the time when the inspections began; `TYPED`: as typed.
    """

    to: tuple[str, ...] = ("html",)
    out: str | None = None
    review: bool = True
    last: bool = False
    baseline: int | None = None
    order: str = BEGAN


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
