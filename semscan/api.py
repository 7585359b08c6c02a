"""semscan from Python: arrays or files in, an `Inspection` out.

    >>> import semscan
    >>> from skimage import io
    >>> picture = semscan.inspect_periodic(io.imread("sample_images/wafer.png")).overlay()

Inspecting needs no TensorFlow; `train` does. All that is public is also a name of `semscan` itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from semscan.errors import UsageFault
from semscan.files.disk.encode import png_bytes
from semscan.files.images.from_array import FORMAT, image_from_array
from semscan.files.images.read import read_image
from semscan.files.models.folder import ModelFolder, read_model_folder
from semscan.files.models.method_folder import MethodFolder, named_method, read_method_folder
from semscan.image.clean import clean
from semscan.pipeline.inspect import InspectedImage, inspect_image
from semscan.pipeline.methods.base import Method
from semscan.pipeline.methods.calibrated import CalibratedMethod
from semscan.pipeline.methods.dies import DiesMethod
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.pipeline.methods.reference import ReferenceMethod, read_reference
from semscan.report.pictures.overlay import draw_overlay
from semscan.settings import (
    AUTO,
    DEFAULT_MODEL,
    AugmentSettings,
    InspectSettings,
    ReadSettings,
    RegionSettings,
    TrainSettings,
)
from semscan.values import Region, SemImage
from semscan.values.detection import DetectsFrom
from semscan.values.record import PeriodicRecord

__all__ = ["Inspection", "Model", "inspect_dies", "inspect_pair", "inspect_periodic", "load_model", "train"]

Image: TypeAlias = "np.ndarray | str | Path"


class Inspection:
    """What was found in one image.

    Examples
    --------
    >>> inspection = inspect_periodic("sample_images/wafer.png")
    >>> inspection.defect, len(inspection.regions), inspection.anomaly_map.shape
    (True, 3, (512, 512))
    """

    def __init__(self, found: InspectedImage, seconds: float) -> None:
        self._found = found
        self._seconds = seconds

    def __repr__(self) -> str:
        score = "no threshold" if self.score is None else f"score {self.score:.3f}"
        return f"<Inspection of {self.name}: {score}, {len(self.regions)} regions>"

    @property
    def name(self) -> str:
        """How the image is called: its path as given, or "array"."""
        return self._found.record.image

    @property
    def image(self) -> np.ndarray:
        """Grey levels that were judged: float32, shape (rows, cols), black 0 to white 1."""
        return self._found.image.values

    @property
    def judged(self) -> np.ndarray:
        """Where the image was judged: bool, shape (rows, cols); False in the data bar and ignored areas."""
        return self._found.image.judged

    @property
    def anomaly_map(self) -> np.ndarray:
        """The calibrated map: float32, shape (rows, cols), 0 normal to 1 defect; the calibrated threshold is 0.5."""
        return self._found.anomaly_map.values

    @property
    def mask(self) -> np.ndarray:
        """The pixels of all regions: bool, shape (rows, cols)."""
        return self._found.mask > 0

    @property
    def reference(self) -> np.ndarray | None:
        """What the image was compared with: float32, shape (rows, cols), on the scale of `image`; None for a model."""
        return self._found.reference

    @property
    def regions(self) -> tuple[Region, ...]:
        """The regions, largest peak first; boxes in rows and columns, areas in pixels, see `semscan.values.Region`."""
        return self._found.regions

    @property
    def score(self) -> float | None:
        """Peak of the strongest region that counts, 0 to 1; None for a model without a threshold."""
        return self._found.record.score

    @property
    def threshold(self) -> float:
        """Map value above which a pixel belongs to a region."""
        return self._found.record.threshold

    @property
    def defect(self) -> bool | None:
        """Whether a region that counts was found; None for an image unlike those that the model was trained on."""
        return self._found.record.defect

    @property
    def nm_per_pixel(self) -> float | None:
        """Width of a pixel in nm; None when it is not known."""
        return self._found.record.nm_per_pixel

    @property
    def periodic(self) -> PeriodicRecord | None:
        """Pitch and angle of the pattern; None where no method looked for them."""
        return self._found.record.periodic

    @property
    def class_probabilities(self) -> dict[str, float] | None:
        """Probability of each class of the image; None unless the model is a classifier."""
        classes = self._found.record.class_probabilities
        return None if classes is None else dict(classes)

    @property
    def detects_from(self) -> DetectsFrom | None:
        """The size from which defects are found nine times in ten in this image; None where that is not known."""
        return self._found.record.detects_from

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know before the result is trusted, one sentence each."""
        return self._found.record.warnings

    def to_record(self) -> dict[str, Any]:
        """Return the record that `semscan inspect` prints, as plain values."""
        return replace(self._found.record, seconds=self._seconds).to_json()

    def overlay(self) -> np.ndarray:
        """Draw the image with its map, regions and verdict: uint8, shape (rows, cols, 3), RGB.

        The image lies in the top left corner, enlarged by a whole number if it is small; the colour bar and the
        caption are next to it and below it.
        """
        return np.ascontiguousarray(self._overlay_bgr()[:, :, ::-1])

    def _repr_png_(self) -> bytes:
        """Show the overlay in a notebook."""
        return png_bytes(self._overlay_bgr())

    def _overlay_bgr(self) -> np.ndarray:
        found = self._found
        return draw_overlay(found.image, found.anomaly_map.values, found.labels, found.record)


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model or a calibrated method, ready to inspect images. Make one with `load_model`.

    `path` is its folder, `kind` "autoencoder", "attention-cnn", "periodic" or "reference", `fingerprint` 16 hex digits
    that name its content, `classes` the names of its classes, None without.
    """

    path: Path
    kind: str
    fingerprint: str
    classes: tuple[str, ...] | None
    _method_for: Callable[[ReadSettings], Method]

    def inspect(
        self,
        image: Image,
        nm_per_pixel: float | None = None,
        threshold: float = 0.5,
        *,
        min_area: int = 4,
        low: float | None = None,
        dark_lines: bool = False,
        page: int = 0,
        databar: str | int = "auto",
        ignore: np.ndarray | None = None,
        nuisance_filter: bool = True,
    ) -> Inspection:
        """Find defects in one image.

        Parameters
        ----------
        image : ndarray of shape (rows, cols) or (rows, cols, 3), or path
            Grey or RGB levels of any type, or a TIFF, PNG, JPEG or BMP file.
        nm_per_pixel : float, optional
            Width of a pixel in nm. By default what the file states; an array states nothing.
        threshold : float
            Map value above which a pixel belongs to a region, 0 to below 1; 0.5 is the calibrated threshold.
        min_area : int
            Smallest region, pixels.
        low : float, optional
            Regions grow down to this map value (hysteresis).
        dark_lines : bool
            The darker part of a line pattern is the line: a bridge joins two dark lines.
        page : int
            Page of a file with several, from 0.
        databar : "auto", "none" or int
            Rows at the bottom that are not judged.
        ignore : ndarray of bool, shape (rows, cols), optional
            True where nothing is to be judged; for arrays.
        nuisance_filter : bool
            Mark what the nuisance filter of a reviewed model calls harmless, if it has one.

        Returns
        -------
        Inspection

        Raises
        ------
        BadImageError
            If the image cannot be read or judged.
        UsageFault
            If a setting is out of its range.
        """
        settings = _settings(
            nm_per_pixel, page, databar, RegionSettings(threshold, low, min_area, dark_lines=dark_lines)
        )
        return _inspect(
            image, replace(settings, nuisance_filter=nuisance_filter), self._method_for(settings.read), ignore
        )


def load_model(
    path: str | Path = DEFAULT_MODEL,
    *,
    reference: Image | None = None,
    threads: int | None = None,
    looks: int | None = None,
    device: str = AUTO,
) -> Model:
    """Load a folder that `semscan train`, `semscan calibrate` or `train` wrote.

    Runs no code from it, and needs no TensorFlow.

    Parameters
    ----------
    path : path
        The folder.
    reference : ndarray or path of an image, optional
        What images are compared with; a calibrated reference method needs it, and nothing else takes it.
    threads : int, optional
        Threads that one inspection by a network may use; by default all processors.
    looks : int, optional
        How often a network looks at each tile, 1, 2 or 4, with the threshold that belongs to it; by default as often as
        the model states.
    device : str
        What runs a network: "auto", "cpu" or "cuda".

    Raises
    ------
    BadModelError
        If it is missing, damaged, newer than this version, or hostile; or if its threshold was set on other scores
        than this version gives.
    BadImageError
        If the reference cannot be read.
    UsageFault
        If a reference is missing, or given and not used; if the model has no threshold for so many looks; or if the
        device cannot be used.
    """
    path = Path(path)
    if named_method(path) is not None:
        if looks is not None:
            raise UsageFault(f"{path}: is a method without training, which takes no looks; leave them away")
        return _load_calibrated(path, reference)
    folder: ModelFolder = read_model_folder(path)
    if reference is not None:
        raise UsageFault(f"{path}: is a trained model, which takes no reference; leave it away, or use inspect_pair")
    classes = folder.config.network.classes
    method = ModelMethod(folder, threads, looks=looks, device=device)
    return Model(
        path=path,
        kind=folder.config.network.kind,
        fingerprint=folder.fingerprint,
        classes=None if classes is None else tuple(classes),
        _method_for=partial(_always, method),
    )


def inspect_periodic(
    image: Image,
    nm_per_pixel: float | None = None,
    threshold: float = 0.5,
    *,
    min_area: int = 4,
    low: float | None = None,
    dark_lines: bool = False,
    page: int = 0,
    databar: str | int = "auto",
    ignore: np.ndarray | None = None,
) -> Inspection:
    """Find defects in a periodic image by comparing it with its own repeats (cell to cell).

    Parameters and errors are those of `Model.inspect`, without `nuisance_filter`; NotPeriodicError if the image does
    not repeat.

    Examples
    --------
    >>> inspection = inspect_periodic("sample_images/wafer.png", threshold=0.6)
    >>> [region.class_name for region in inspection.regions]
    ['particle', 'bridge', 'break']
    """
    regions = RegionSettings(threshold, low, min_area, dark_lines=dark_lines)
    settings = _settings(nm_per_pixel, page, databar, regions)
    return _inspect(image, settings, PeriodicMethod(), ignore)


def inspect_pair(
    image: Image,
    reference: Image,
    nm_per_pixel: float | None = None,
    threshold: float = 0.5,
    *,
    min_area: int = 4,
    low: float | None = None,
    dark_lines: bool = False,
    page: int = 0,
    databar: str | int = "auto",
    ignore: np.ndarray | None = None,
) -> Inspection:
    """Find where an image differs from a second image of the same place (die to die).

    The reference is registered to the image and given its grey levels. What the two do not share is not judged.

    Parameters
    ----------
    image, reference : ndarray or path
        As for `Model.inspect`.

    Raises
    ------
    BadImageError
        If one of them cannot be read, or they show different places.
    """
    regions = RegionSettings(threshold, low, min_area, dark_lines=dark_lines)
    settings = _settings(nm_per_pixel, page, databar, regions)
    return _inspect(image, settings, _pair_method(reference, settings.read), ignore)


def inspect_dies(
    images: Sequence[Image],
    nm_per_pixel: float | None = None,
    threshold: float = 0.5,
    *,
    min_area: int = 4,
    low: float | None = None,
    dark_lines: bool = False,
    page: int = 0,
    databar: str | int = "auto",
) -> list[Inspection]:
    """Find where images of the same place on at least 4 dies differ from each other.

    Each image is compared with the robust middle of the others, registered to it and given its grey levels.

    Parameters
    ----------
    images : sequence of ndarray or path
        As for `Model.inspect`.

    Returns
    -------
    list of Inspection
        One for each image, in their order.

    Raises
    ------
    UsageFault
        If there are fewer than 4 images.
    BadImageError
        If one of them cannot be read, or shows another place than most: leave it out.
    """
    regions = RegionSettings(threshold, low, min_area, dark_lines=dark_lines)
    settings = _settings(nm_per_pixel, page, databar, regions)
    names = [str(image) if isinstance(image, (str, Path)) else f"{FORMAT} {n}" for n, image in enumerate(images)]
    dies = [_read(image, settings.read, None, name) for image, name in zip(images, names, strict=True)]
    method = DiesMethod.of_images(dies, settings)
    return [_inspected(die, name, settings, method) for die, name in zip(dies, names, strict=True)]


def train(folder: str | Path, *, log: Callable[[str], None] | None = None, **settings: Any) -> Model:
    """Train a model on a folder of images, as `semscan train` does, and load it.

    Parameters
    ----------
    folder : path
        Good images, or a folder of images for each class.
    log : callable, optional
        Called with each line a person should read; by default they go to standard error.
    **settings
        The options of `semscan train` with ``_`` for ``-``: ``out``, ``steps``, ``time_limit`` (seconds), ``seed``,
        ``overwrite`` and so on; `start_from` for ``--from``.

    Raises
    ------
    BadDataError, BadModelError, OutputError, UsageFault
        As the command does: one sentence each.
    """
    from semscan.pipeline.train import train as run

    chosen = _train_settings(settings)
    run(Path(folder), chosen, log or _to_stderr)
    return load_model(chosen.out)


def _load_calibrated(path: Path, reference: Image | None) -> Model:
    folder = read_method_folder(path)
    name = folder.config.method
    if name == "reference" and reference is None:
        raise UsageFault(f"{path}: is a threshold for pairs; name the image to compare with: reference=IMAGE")
    if name != "reference" and reference is not None:
        raise UsageFault(f"{path}: is a threshold of the method {name}, which takes no reference; leave it away")
    if reference is None:
        return Model(path, name, folder.fingerprint, None, partial(_always, CalibratedMethod(PeriodicMethod(), folder)))
    pairs = _CalibratedPairs(folder, reference)
    pairs(ReadSettings())  # a reference that cannot be read is said at once
    return Model(path, name, folder.fingerprint, None, pairs)


def _always(method: Method, read: ReadSettings) -> Method:
    """Return a method that does not depend on how images are read."""
    return method


class _CalibratedPairs:
    """Makes the calibrated method of pairs: the reference is read as the image is, its page and its data bar."""

    def __init__(self, folder: MethodFolder, reference: Image) -> None:
        self._folder = folder
        self._reference = reference
        self._made: dict[ReadSettings, Method] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_made": {}}

    def __call__(self, read: ReadSettings) -> Method:
        if read not in self._made:
            self._made = {read: CalibratedMethod(_pair_method(self._reference, read), self._folder)}
        return self._made[read]


def _pair_method(reference: Image, read: ReadSettings) -> ReferenceMethod:
    if isinstance(reference, (str, Path)):
        return ReferenceMethod.of_image(read_reference(Path(reference), read))
    return ReferenceMethod.of_image(clean(_read(reference, read, None, "reference"), read))


def _settings(nm_per_pixel: float | None, page: int, databar: str | int, regions: RegionSettings) -> InspectSettings:
    return InspectSettings(read=ReadSettings(page=page, databar=databar, nm_per_px=nm_per_pixel), regions=regions)


def _inspect(image: Image, settings: InspectSettings, method: Method, ignore: np.ndarray | None) -> Inspection:
    name = str(image) if isinstance(image, (str, Path)) else FORMAT
    return _inspected(_read(image, settings.read, ignore, name), name, settings, method)


def _inspected(image: SemImage, name: str, settings: InspectSettings, method: Method) -> Inspection:
    began = time.monotonic()
    found = inspect_image(image, name, settings, method)
    return Inspection(found, time.monotonic() - began)


def _read(image: Image, settings: ReadSettings, ignore: np.ndarray | None, name: str) -> SemImage:
    if not isinstance(image, (str, Path)):
        return image_from_array(image, nm_per_pixel=settings.nm_per_px, ignored=ignore, name=name)
    if ignore is not None:
        raise UsageFault("ignore is for arrays; read the file into an array, or use `semscan inspect --ignore`")
    return read_image(Path(image), settings)


def _train_settings(given: dict[str, Any]) -> TrainSettings:
    """Sort keyword arguments into the settings that hold them."""
    parts: dict[str, dict[str, Any]] = {"train": {}, "augment": {}, "read": {}}
    homes = {
        **{field.name: "read" for field in fields(ReadSettings)},
        **{field.name: "augment" for field in fields(AugmentSettings)},
        **{field.name: "train" for field in fields(TrainSettings) if field.name not in ("augment", "read")},
    }
    for name, value in given.items():
        if name not in homes:
            raise UsageFault(f"train has no setting {name!r}; take one of {', '.join(sorted(homes))}")
        parts[homes[name]][name] = tuple(value) if isinstance(value, list) else value
    if "out" in parts["train"]:
        parts["train"]["out"] = str(parts["train"]["out"])
    return TrainSettings(
        augment=AugmentSettings(**parts["augment"]), read=ReadSettings(**parts["read"]), **parts["train"]
    )


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)
