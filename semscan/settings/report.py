"""Reports of finished inspections, and models for other runtimes."""

from __future__ import annotations

from dataclasses import dataclass

EXPORTS = ("html", "klarf", "coco", "roi", "labelme", "csv")
DEPLOY_FORMATS = ("onnx", "savedmodel", "tflite")


@dataclass(frozen=True, slots=True)
class KlarfSettings:
    """What a KLARF file says of the wafer, which no image knows."""

    lot: str = "UNKNOWN"
    wafer: str = "UNKNOWN"
    device: str = "UNKNOWN"
    step: str = "UNKNOWN"
    setup: str = "semscan"
    slot: int = 1


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """In which forms a finished inspection is told, and where: `out` None is its own folder."""

    to: tuple[str, ...] = ("html",)
    out: str | None = None
    klarf: KlarfSettings = KlarfSettings()


@dataclass(frozen=True, slots=True)
class DeploySettings:
    """A model for another runtime. An answer may differ from semscan's own by at most `tolerance`: absolutely in
    the map (0 to 1), relative to the largest one in the logits."""

    to: str
    out: str
    overwrite: bool = False
    tolerance: float = 1e-3
