"""Critical dimensions."""

from __future__ import annotations

from dataclasses import dataclass, field

from semscan.settings.inspect import EdgeSettings, InspectSettings

DEFAULT_MEASURES = "semscan-measures"


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """All that measure needs to know.

    Parameters
    ----------
    edges : EdgeSettings
        Where edges lie.
    inspect : InspectSettings
        How images are read, how many at a time, and their limits; the rest does not count.
    out : str
        Folder to write to.
    without : str or None
        Results of an inspection: its regions are left out.
    picture : bool
        Whether to draw the picture of each image.
    """

    edges: EdgeSettings
    inspect: InspectSettings = field(default_factory=InspectSettings)
    out: str = DEFAULT_MEASURES
    without: str | None = None
    picture: bool = True
