"""What an image was judged from, as one number: equal numbers mean equal judgements."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from semscan.errors import BadImageError
from semscan.files.find.references import reference_of
from semscan.files.images.ignored_areas import RECTANGLE, mask_files
from semscan.files.microscopes.readers import sidecars
from semscan.pipeline.methods.base import Method, chosen_methods
from semscan.settings import InspectSettings, ReadSettings
from semscan.version import __version__

DIGITS = 32


class Fingerprints:
    """Names what images are judged from: their content, that of the files that belong to them, settings and model.

    Parameters
    ----------
    settings : InspectSettings
        Reading, regions and the kinds of outputs count; where they go and how fast does not.
    method : Method
        Its name and provenance count, and with them the content of a model.
    """

    def __init__(self, settings: InspectSettings, method: Method) -> None:
        outputs = _without(dataclasses.asdict(settings.output), "out")
        read = _without(dataclasses.asdict(settings.read), "max_pixels")
        for kind in ("ignore", "care"):  # of masks, the content counts
            read[kind] = [area for area in read[kind] if RECTANGLE.fullmatch(area)]
        stated: dict[str, Any] = {
            "semscan": __version__,
            "method": [chosen_methods(settings), _without(method.provenance.to_json(), "model", "reference")],
            "read": read,
            "regions": dataclasses.asdict(settings.regions),
            "outputs": outputs,
        }
        if settings.measure is not None:
            stated["measure"] = dataclasses.asdict(settings.measure)
        if not settings.nuisance_filter:
            stated["nuisance_filter"] = False
        self._stated = json.dumps(stated, sort_keys=True).encode("ascii")
        self._read = settings.read
        self._reference = Path(settings.reference) if settings.reference else None

    def of(self, image: Path) -> str | None:
        """Return the number of an image file, 32 hexadecimal digits; None if a file cannot be read."""
        content = hashlib.sha256(self._stated)
        try:
            for use, path in self._files(image):
                with path.open("rb") as file:
                    content.update(use.encode("ascii") + hashlib.file_digest(file, "sha256").digest())
        except (OSError, BadImageError):
            return None
        return content.hexdigest()[:DIGITS]

    def _files(self, image: Path) -> Iterator[tuple[str, Path]]:
        """Yield the files that an image is judged from, each with what it is used for."""
        yield from _read_with(image, self._read)
        if self._reference is not None:
            is_folder = self._reference.is_dir()
            reference = reference_of(str(image.absolute()), self._reference) if is_folder else self._reference
            for use, path in _read_with(reference, dataclasses.replace(self._read, care=())):
                yield f"reference {use}", path


def _read_with(image: Path, read: ReadSettings) -> Iterator[tuple[str, Path]]:
    yield "image", image
    for path in sidecars(image):
        yield "sidecar", path
    yield from mask_files(image, read)


def _without(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
