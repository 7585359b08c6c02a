"""Inspect a large image in windows: the steps of `semscan.pipeline.inspect`, none of which holds the whole image.

1. One pass over the image shows its grey scale, and the image made smaller (`semscan.image.large.clean`).
2. The method scores it window by window (`semscan.pipeline.methods.windowed.windows`). The windows become bands of
   rows, and these the map on disk (`semscan.files.results.tiled.tiled_tiff`) and regions (`semscan.regions.in_bands`).
3. What a region needs of the image around it, such as its contrast, is read as a window again.
4. A second pass over image and map draws the pictures (`semscan.pipeline.large.pictures`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from semscan.files.disk.atomic import make_folder, replacing
from semscan.files.disk.band_spool import BandSpool
from semscan.files.results.folder import MAP, REFERENCE, output_path
from semscan.files.results.tiled.tiled_tiff import DEEP_GREY_TILES, GREY_TILES, MAP_TILES, TiledTiff
from semscan.image.large.clean import clean_windows
from semscan.maps.normalise import normalise_map
from semscan.pipeline.classes.nuisance import mark_nuisance, mark_reviewed
from semscan.pipeline.classes.pattern import classify_by_pattern
from semscan.pipeline.large.pictures import write_large_pictures
from semscan.pipeline.methods.base import Method, MethodResult
from semscan.pipeline.methods.windowed.windows import ScoredWindow, WindowedMethod
from semscan.reference.cell.lattice import search_shrink
from semscan.regions.find import LabelledRegions, score_of, shortest
from semscan.regions.in_bands import BandedRegions
from semscan.regions.measure import measure
from semscan.regions.run_labels import RunLabels
from semscan.settings import InspectSettings, OutputSettings
from semscan.values import CleanImage, Region, SemImage
from semscan.values.record import Outputs, Record


@dataclass(slots=True)
class LargeInspection:
    """A large image and all that was found in it, as long as its files are open.

    `image` has planes for values and judged pixels. `runs` are the pixels of each region, see `BandedRegions.finish`.
    `score` is None for a method without a threshold, `raw_max` the largest raw score.
    """

    image: CleanImage
    result: MethodResult
    regions: tuple[Region, ...]
    runs: list[np.ndarray]
    score: float | None
    raw_max: float
    anomaly_map: TiledTiff | None
    base: Path | None
    output: OutputSettings
    written: dict[str, str] = field(default_factory=dict)

    def write(self, record: Record, description: Mapping[str, Any]) -> Outputs:
        """Write what the settings ask for; return the paths. The files take their places when the block ends."""
        if self.base is None or self.anomaly_map is None:
            return Outputs()
        self.anomaly_map.describe(json.dumps(dict(description)))
        self.anomaly_map.finish()
        labels = RunLabels(self.anomaly_map.shape, self.runs)
        outputs = write_large_pictures(self.image, self.anomaly_map, labels, self.runs, record, self.base, self.output)
        return replace(outputs, map=self.written.get(MAP), reference=self.written.get(REFERENCE))


@contextmanager
def inspected_in_windows(
    image: SemImage, settings: InspectSettings, method: WindowedMethod, base: Path | None
) -> Iterator[LargeInspection]:
    """Score an image in windows, and find and measure its regions.

    Parameters
    ----------
    image : SemImage
        Its `pixels` are a plane.
    settings : InspectSettings
        Without closing.
    method : WindowedMethod
        One that can stream the image.
    base : Path, optional
        Claimed name of the outputs, without suffix; without it nothing is written.
    """
    cleaned, survey = clean_windows(image, settings.read, search_shrink)
    rows, cols = image.pixels.shape
    output = settings.output
    folder = None if base is None else base.parent
    with ExitStack() as stack:
        written: dict[str, str] = {}
        anomaly_map = reference = None
        if base is not None:
            anomaly_map = TiledTiff(_file(stack, base, MAP if output.map else None, written), (rows, cols), MAP_TILES)
        found = BandedRegions(cols, settings.regions)
        raw_max = np.float32(0)

        def give_map(band: np.ndarray) -> None:
            found.push(band)
            if anomaly_map is not None:
                anomaly_map.push(band)

        def give_reference(band: np.ndarray) -> None:
            nonlocal reference
            if reference is None and base is not None:
                form = GREY_TILES if band.dtype == np.uint8 else DEEP_GREY_TILES
                reference = TiledTiff(_file(stack, base, REFERENCE, written), (rows, cols), form)
            if reference is not None:
                reference.push(band)

        levels = np.dtype(np.uint8 if image.pixels.dtype == np.uint8 else np.uint16)
        maps = stack.enter_context(BandSpool(cols, np.float32, give_map, folder))
        references = stack.enter_context(BandSpool(cols, levels, give_reference, folder))

        def take(window: ScoredWindow) -> None:
            nonlocal raw_max
            raw_max = max(raw_max, window.raw.max(initial=0))
            maps.put(window.rows, window.cols, normalise_map(window.raw, method.raw_threshold))
            if window.reference is not None and base is not None and output.reference:
                references.put(window.rows, window.cols, _as_grey(window.reference, levels))

        result = method.score_windows(cleaned, survey, take)
        for top in range(rows - cleaned.data_bar_px, rows):  # the data bar, row by row: it is not judged
            give_map(np.zeros((1, cols), np.float32))
            if reference is not None:
                give_reference(_as_grey(cleaned.values[top : top + 1, 0:cols], levels))
        if reference is not None:
            reference.finish()
        regions, runs = found.finish() if method.raw_threshold is not None else ([], [])
        labelled = LabelledRegions(regions, cast(np.ndarray, RunLabels((rows, cols), runs)))
        dark_lines = settings.regions.dark_lines
        named = _named(labelled, cleaned, result, method, dark_lines=dark_lines)
        nuisance = method.provenance.nuisance if settings.nuisance_filter else None
        named = mark_reviewed(named, nuisance, dark_lines=dark_lines)
        score = None
        if method.raw_threshold is not None:
            score = score_of(found.largest, named, settings.regions.threshold)
        yield LargeInspection(
            cleaned, result, named, runs, score, shortest(raw_max), anomaly_map, base, output, written
        )


def can_stream(method: Method, settings: InspectSettings) -> bool:
    """Return whether a method can score large images in windows at all, with these settings."""
    return isinstance(method, WindowedMethod) and not settings.regions.closing


def _file(stack: ExitStack, base: Path, kind: str | None, written: dict[str, str]) -> Any:
    """Open an output of one kind; for None a file that is gone afterwards, next to the others."""
    if kind is None:
        import tempfile

        make_folder(base.parent)
        return stack.enter_context(tempfile.TemporaryFile(dir=base.parent))
    path = output_path(base, kind)
    written[kind] = str(path)
    return stack.enter_context(replacing(path))


def _as_grey(values: np.ndarray, levels: np.dtype) -> np.ndarray:
    """Return values 0 to 1 as whole grey levels, as the whole image's golden reference has them."""
    return np.rint(np.clip(values, 0, 1) * np.iinfo(levels).max).astype(levels)


def _named(
    found: LabelledRegions, image: CleanImage, result: MethodResult, method: Method, *, dark_lines: bool
) -> tuple[Region, ...]:
    """Name classes and methods of the regions, mark nuisance, and measure them; only windows of labels are read."""
    found = mark_nuisance(found, image)
    found = classify_by_pattern(found, image, None, result.periodic, dark_lines=dark_lines)
    with_methods = tuple(replace(region, methods=(method.name,)) for region in found.regions)
    return measure(replace(found, regions=with_methods), image.values, image.judged)
