"""One bad file never stops the others."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TypeVar

from semscan.errors import NotPeriodicError, SemscanError
from semscan.files.find.images import InputError, InputImage
from semscan.phrases import one_line
from semscan.report.record import error_record
from semscan.values import Periodic
from semscan.values.record import ErrorRecord

log = logging.getLogger(__name__)
Result = TypeVar("Result")


def or_error(named: InputImage | InputError, act: Callable[[InputImage], Result]) -> Result | ErrorRecord:
    """Return what `act` makes of a file or, whatever goes wrong in it, the record of the error."""
    if isinstance(named, InputError):
        return name_error(named)
    try:
        return act(named)
    except SemscanError as error:
        return refused(named, error)
    except ModuleNotFoundError:  # of the installation, not of the image
        raise
    except MemoryError:
        message = f"{named.given}: not enough memory for this image; use fewer --jobs or cut it into parts"
    except Exception as error:
        message = f"{named.given}: internal fault ({type(error).__name__}: {error}); please report it"
        log.debug("%s", named.given, exc_info=True)
    return error_record(named.given, os.path.abspath(named.path), message)


def refused(named: InputImage, error: SemscanError) -> ErrorRecord:
    """Return the record of an image that cannot be inspected for this reason."""
    periodic = Periodic(False, error.confidence) if isinstance(error, NotPeriodicError) else None
    return error_record(named.given, os.path.abspath(named.path), _with_name(named.given, error), periodic)


def name_error(named: InputError) -> ErrorRecord:
    """Return the record of a name that leads to no image."""
    return error_record(named.given, os.path.abspath(named.given), f"{named.given}: {named.reason}")


def file_error(named: InputImage, reason: str) -> ErrorRecord:
    """Return the record of an image that could not be inspected for a reason outside this process."""
    return error_record(named.given, os.path.abspath(named.path), f"{one_line(named.given)}: {reason}")


def _with_name(given: str, error: SemscanError) -> str:
    """Return the message of an error, with the image's name in front unless the message has it."""
    message = one_line(error)
    name = one_line(given)
    return message if name in message else f"{name}: {message}"
