"""semscan finds defects in scanning electron microscope images.

The steps, in order: `files` reads an image, `image` cleans and tiles it, `runtime` runs the
trained network over the tiles, `maps` stitches and calibrates one map, `regions` cuts out
the regions, `report` writes them; `scores` measures it where the truth is known.
`model` trains the network; `synth` makes images and defects to train and test on.
`pipeline` joins them; `cli` is the terminal.

From Python: `load_model`, `inspect_periodic`, `inspect_pair`, `inspect_dies`, `train`, and the `Inspection` that they
return; see `semscan.api`. Importing this package loads nothing heavy.
"""

from typing import TYPE_CHECKING, Any

from semscan.version import __version__

if TYPE_CHECKING:
    from semscan.api import Inspection, Model, inspect_dies, inspect_pair, inspect_periodic, load_model, train

_PUBLIC = ("Inspection", "Model", "inspect_dies", "inspect_pair", "inspect_periodic", "load_model", "train")
__all__ = [
    "Inspection",
    "Model",
    "__version__",
    "inspect_dies",
    "inspect_pair",
    "inspect_periodic",
    "load_model",
    "train",
]


def __getattr__(name: str) -> Any:
    """Load the public names on first use (PEP 562)."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'semscan' has no attribute {name!r}")
    from semscan import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
