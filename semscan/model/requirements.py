"""The libraries that training needs, which a light installation does not have. Imports none of them."""

from __future__ import annotations

from importlib.util import find_spec

from semscan.errors import MissingLibraryError
from semscan.phrases import listed

TRAINING_LIBRARIES = ("tensorflow", "keras", "tf2onnx")
INSTALL = 'pip install "semscan[train]"'


def require_training_libraries(task: str = "this") -> None:
    """Check that the training libraries are installed, before any work is done.

    Parameters
    ----------
    task : str
        What needs them, for the message; a command as it is typed.

    Raises
    ------
    MissingLibraryError
        If one of them is not installed.
    """
    missing = [name for name in TRAINING_LIBRARIES if find_spec(name) is None]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        raise MissingLibraryError(f"{task} needs {listed(missing)}, which {are} not installed; type: {INSTALL}")
