"""The methods (`--method`): each turns a clean image into a raw map.

A trained network is one method. An image's own repeats and other images of the same place are others. A further
method is a class with a name, a raw threshold, a provenance and the same call, and a line in `METHODS`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from semscan.errors import BadModelError, UsageFault
from semscan.files.models.method_folder import named_method, read_method_folder
from semscan.pipeline.classes.names import RegionClassifier
from semscan.settings import AUTO, DEFAULT_MODEL, METHODS, MODEL_VARIABLE, InspectSettings
from semscan.settings.resolve import resolve
from semscan.values import CleanImage, Periodic
from semscan.values.method import MethodProvenance

FALSE_ALARMS = 0.1  # false regions per good image that an untrained method's own threshold promises at most
CALIBRATED = "semscan.pipeline.methods.calibrated:calibrated"
COMBINED = "semscan.pipeline.methods.combined:CombinedMethod"


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What a method found in an image.

    `raw` is float32 (rows, cols), raw scores, 0 where not judged. `judged` is bool (rows, cols) if the method
    could not judge all judged pixels of the clean image. `reference` is float32 (rows, cols): the same image without
    defects, on its grey scale. `parts` holds, of several methods, each one's raw map in multiples of its threshold.
    `classify_regions` classifies regions, where the method knows classes. `unlike` says why the image is far outside
    what the method was trained on; empty for an image that it can judge. `detects_from_px` is the diameter, in pixels
    of the image, from which defects of a contrast of 0.2 are found nine times in ten; None where that is not known.
    `is_own_reference` is True if the image was compared with a copy of itself, in which no defect can be found.
    """

    raw: np.ndarray
    class_probabilities: Mapping[str, float] | None = None
    judged: np.ndarray | None = None
    reference: np.ndarray | None = None
    periodic: Periodic | None = None
    parts: Mapping[str, np.ndarray] = field(default_factory=dict)
    classify_regions: RegionClassifier | None = None
    warnings: tuple[str, ...] = ()
    detects_from_px: float | None = None
    unlike: tuple[str, ...] = ()
    is_own_reference: bool = False


class Method(Protocol):
    """A named way to score a clean image.

    `raw_threshold` is the raw score that becomes 0.5 in the map; None without a threshold. `provenance` states what the
    scores come from.
    """

    name: str
    raw_threshold: float | None
    provenance: MethodProvenance

    def __call__(self, image: CleanImage) -> MethodResult: ...


@runtime_checkable
class LotMethod(Method, Protocol):
    """A method that compares the images of a run with each other."""

    def gather(self, paths: Sequence[Path]) -> None:
        """Take all images of the run, before the first is scored; raises UsageFault if they are too few."""


def lot_methods(method: Method) -> tuple[LotMethod, ...]:
    """Return the method, or those that it combines, if it compares the images of a run with each other."""
    parts = getattr(method, "methods", (method,))
    return tuple(part for part in parts if isinstance(part, LotMethod))


def choose_method(settings: InspectSettings) -> Method:
    """Make the method that the settings ask for; several become one.

    Raises
    ------
    BadModelError
        If there is no model, or it cannot be used.
    UsageFault
        If methods do not go together, or lack an input.
    BadImageError
        If the one reference image cannot be read.
    """
    names = chosen_methods(settings)
    calibrated = calibrated_method(settings)
    methods = []
    for name in names:
        method = resolve(METHODS[name])(settings)
        methods.append(resolve(CALIBRATED)(method, settings) if name == calibrated else method)
    return methods[0] if len(methods) == 1 else resolve(COMBINED)(methods)


def chosen_methods(settings: InspectSettings) -> tuple[str, ...]:
    """Return the names of the methods that the settings ask for, "auto" resolved; see `choose_method`."""
    names = tuple(dict.fromkeys(settings.method))
    if names == (AUTO,):
        names = _automatic(settings)
        _check_looks(names, settings)
    else:
        _check(names, settings)
    return names


def _automatic(settings: InspectSettings) -> tuple[str, ...]:
    calibrated = calibrated_method(settings)
    if calibrated == "reference" and not settings.reference:
        raise UsageFault(
            f"{_named_model(settings)} holds a threshold of --method reference, which needs the image to compare with: "
            "--reference FILE, or a folder of them"
        )
    if settings.reference and settings.model and calibrated != "reference":
        raise UsageFault(
            f"both --model and --reference are given; choose with --method {calibrated or 'model'}, --method reference "
            "or both"
        )
    if settings.reference:
        return ("reference",)
    if calibrated:
        return (calibrated,)
    return ("model",) if _is_model_named(settings) or Path(DEFAULT_MODEL).exists() else ("periodic",)


def calibrated_method(settings: InspectSettings) -> str | None:
    """Return the name of the method whose calibrated threshold the settings use; None without one.

    A model folder that is not named, but found, is for `--method auto` alone. Raises BadModelError if it is damaged.
    """
    if settings.model is None and tuple(settings.method) != (AUTO,):
        return None
    path = _named_model(settings)
    return None if named_method(path) is None else read_method_folder(path).config.method


def announcement(settings: InspectSettings) -> str | None:
    """Return a message for before the first image when the method was not the user's own choice."""
    if tuple(settings.method) != (AUTO,):
        return None
    calibrated = calibrated_method(settings)
    if calibrated in chosen_methods(settings):
        return f"{_named_model(settings)} holds a threshold of --method {calibrated}, which is used"
    if chosen_methods(settings) == ("periodic",):
        return (
            f"no model (./{DEFAULT_MODEL} does not exist, none named with --model or ${MODEL_VARIABLE}): "
            "each image is compared with its own repeats (--method periodic)"
        )
    return None


def _is_model_named(settings: InspectSettings) -> bool:
    return bool(settings.model or os.environ.get(MODEL_VARIABLE))


def _named_model(settings: InspectSettings) -> Path:
    return Path(settings.model or os.environ.get(MODEL_VARIABLE) or DEFAULT_MODEL)


def model_path(settings: InspectSettings) -> Path:
    """Return the path of the model: as given, else from the environment, else the default folder here."""
    path = _named_model(settings)
    if not os.path.exists(path):  # Path.exists raises where a folder may not be entered
        found = (
            f"no model at {path}" if _is_model_named(settings) else f"no model found: ./{DEFAULT_MODEL} does not exist"
        )
        raise BadModelError(
            f"{found}; train one with `semscan train DATA`, or name one with --model or ${MODEL_VARIABLE}"
        )
    return path


def settled(settings: InspectSettings) -> dict[str, Any]:
    """Return method, model and reference as decided, to repeat the run where the environment differs."""
    names = chosen_methods(settings)
    with_model = {"model", calibrated_method(settings)} & set(names)
    return {
        "method": names,
        "model": str(model_path(settings)) if with_model else None,
        "reference": settings.reference if "reference" in names else None,
    }


def _check_looks(names: tuple[str, ...], settings: InspectSettings) -> None:
    if settings.looks is not None and "model" not in names:
        raise UsageFault(f"--looks is given but not used by --method {names[0]}; leave it away, or add --method model")


def _check(names: tuple[str, ...], settings: InspectSettings) -> None:
    for name in names:
        if name not in METHODS:
            also = f"--method {AUTO} stands alone; " if name == AUTO else ""
            raise UsageFault(f"no method {name!r} to combine: {also}take of {', '.join(METHODS)}")
    _check_looks(names, settings)
    if "reference" in names and not settings.reference:
        raise UsageFault("--method reference needs the image to compare with: --reference FILE, or a folder of them")
    if settings.reference and "reference" not in names:
        raise UsageFault(f"--reference is given but not used by --method {names[0]}; add --method reference")
    calibrated = calibrated_method(settings)
    if calibrated and calibrated not in names:
        raise UsageFault(
            f"{settings.model} holds a threshold of --method {calibrated}, not used by --method {names[0]}; add "
            f"--method {calibrated}, or leave --model away"
        )
    if settings.model and not calibrated and "model" not in names:
        raise UsageFault(f"--model is given but not used by --method {names[0]}; add --method model")
