"""One bad file never stops the others."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

from semscan.errors import NotPeriodicError, SemscanError
from semscan.files.find.images import InputError, InputImage
from semscan.phrases import one_line
from semscan.report.record import error_record
from semscan.values import Periodic

log = logging.getLogger(__name__)


def as_record(named: InputImage | InputError, act: Callable[[InputImage], dict[str, Any]]) -> dict[str, Any]:
    """Return the record that `act` makes or, whatever goes wrong in it, the record of its error."""
    if isinstance(named, InputError):
        return error_record(named.given, os.path.abspath(named.given), f"{named.given}: {named.reason}")
    try:
        return act(named)
    except NotPeriodicError as error:
        periodic = Periodic(False, error.confidence)
        return error_record(named.given, os.path.abspath(named.path), _naming(named.given, error), periodic)
    except SemscanError as error:
        said = _naming(named.given, error)
    except MemoryError:
        said = f"{named.given}: not enough memory for this image; use fewer --jobs or cut it into parts"
    except Exception as error:
        said = f"{named.given}: internal fault ({type(error).__name__}: {error}); please report it"
        log.debug("%s", named.given, exc_info=True)
    return error_record(named.given, os.path.abspath(named.path), said)


def _naming(given: str, error: SemscanError) -> str:
    """The error with the image's name in front, where it does not say it itself."""
    said, name = one_line(error), one_line(given)
    return said if name in said else f"{name}: {said}"
