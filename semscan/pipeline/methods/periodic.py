"""The method that compares an image with its own repeats."""

from __future__ import annotations

from semscan.errors import NotPeriodicError
from semscan.image.large.clean import Survey
from semscan.pipeline.methods.base import FALSE_ALARMS, MethodResult
from semscan.pipeline.methods.windowed.windows import NOTHING, ScoredWindow, TakeWindow, judged_plane
from semscan.reference.cell.compare import (
    CellComparison,
    ComparedWindow,
    compare_cells,
    compare_windows,
    find_image_lattice,
)
from semscan.reference.cell.lattice import PERIODIC, Lattice, find_large_lattice, find_lattice
from semscan.settings import InspectSettings
from semscan.values import CleanImage, Periodic, SemImage
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
        found = self.compare(image)
        return MethodResult(
            found.raw,
            judged=found.judged,
            reference=found.reference,
            periodic=_periodic(found.lattice),
            detects_from_px=found.smallest_px,
        )

    def compare(self, image: CleanImage, *, keep_steps: bool = False) -> CellComparison:
        """Compare `image` with its repeats, and keep the steps of it if wanted; raises NotPeriodicError."""
        lattice = _checked(find_image_lattice(image), image)
        # lazy: it loads onnxruntime, which an image that does not repeat does not need
        from semscan.runtime.comparison_network import comparison_network

        network = comparison_network()
        return compare_cells(image, lattice, network, keep_steps=keep_steps, measure_size=not keep_steps)

    def can_stream(self, image: SemImage) -> bool:
        """Return True: any image is compared in windows; see `WindowedMethod`."""
        return True

    def score_windows(self, image: CleanImage, survey: Survey, take: TakeWindow) -> MethodResult:
        """Compare an image with its repeats in windows; see `WindowedMethod`. Raises NotPeriodicError."""
        values = judged_plane(image)
        shape = values.shape
        if survey.shrink == 1:
            lattice = find_lattice(values[0 : shape[0], 0 : shape[1]])
        else:
            lattice = find_large_lattice(shape, lambda *window: values[window], survey.small, survey.shrink)
        lattice = _checked(lattice, image)
        from semscan.runtime.comparison_network import comparison_network

        def give(found: ComparedWindow) -> None:
            take(ScoredWindow(*found.window, found.raw, found.reference))

        lattice, smallest_px = compare_windows(values, lattice, comparison_network(), give)
        return MethodResult(NOTHING, periodic=_periodic(lattice), detects_from_px=smallest_px)


def _checked(lattice: Lattice, image: CleanImage) -> Lattice:
    if lattice.found:
        return lattice
    raise NotPeriodicError(
        f"{image.source}: not periodic enough to be its own reference (confidence {lattice.confidence:.2f}, "
        f"wanted {PERIODIC}); train a model with `semscan train`, or give an image of the same place with "
        "--reference",
        lattice.confidence,
    )


def _periodic(lattice: Lattice) -> Periodic:
    return Periodic(lattice.found, lattice.confidence, tuple(lattice.pitch_px), tuple(lattice.angle_deg))
