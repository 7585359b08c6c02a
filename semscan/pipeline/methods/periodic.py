"""The method that compares an image with its own repeats."""

from __future__ import annotations

from semscan.errors import NotPeriodicError
from semscan.pipeline.methods.base import FALSE_ALARMS, MethodResult
from semscan.reference.cell.compare import compare_cells, find_image_lattice
from semscan.reference.cell.lattice import PERIODIC, Lattice
from semscan.settings import InspectSettings
from semscan.values import CleanImage, Periodic
from semscan.values.method import ChanceCalibration, MethodProvenance


class PeriodicMethod:
    """Compares an image with its own repeats. Raw scores are multiples of what chance reaches in that very image."""

    name = "periodic"
    raw_threshold: float | None = 1.0
    provenance = MethodProvenance(ChanceCalibration(1.0, FALSE_ALARMS, "the image's own repeats"))

    def __init__(self, settings: InspectSettings | None = None) -> None:
        """Prepare nothing; `settings` are there because the other methods take them."""

    def __call__(self, image: CleanImage) -> MethodResult:
        """Compare `image` with its repeats; raises NotPeriodicError if it has none."""
        lattice = find_image_lattice(image)
        if not lattice.found:
            raise NotPeriodicError(
                f"{image.source}: not periodic enough to be its own reference (confidence {lattice.confidence:.2f}, "
                f"wanted {PERIODIC}); train a model with `semscan train`, or give an image of the same place with "
                "--reference",
                lattice.confidence,
            )
        # lazy: it loads onnxruntime, which an image that does not repeat does not need
        from semscan.runtime.comparison_network import comparison_network

        found = compare_cells(image, lattice, comparison_network())
        return MethodResult(
            found.raw,
            judged=found.judged,
            reference=found.reference,
            periodic=_periodic(found.lattice),
            detects_from_px=found.smallest_px,
        )


def _periodic(lattice: Lattice) -> Periodic:
    return Periodic(lattice.found, lattice.confidence, tuple(lattice.pitch_px), tuple(lattice.angle_deg))
