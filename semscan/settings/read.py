"""How image files are read."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.errors import UsageFault

IMAGE_SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp")
GOOD_NAMES = ("good", "ok", "normal", "pass", "reference")
SMALLEST_SIDE = 16
MOST_NM = 1e9
LARGEST_PIXELS = 1 << 30


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How a file becomes one image.

    `databar`: "auto" (what the file says, else what its pixels show), "none", or rows. `nm_per_px` overrides what
    the file says. `ignore` and `care`: areas not to judge, or alone to judge; each ``x,y,w,h`` in pixels, a mask
    image (other than 0 counts), or a folder of masks called as the images are.
    """

    page: int = 0
    databar: str | int = "auto"
    nm_per_px: float | None = None
    ignore: tuple[str, ...] = ()
    care: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.nm_per_px is not None and not 0 < self.nm_per_px <= MOST_NM:
            raise UsageFault(f"--nm-per-px is {self.nm_per_px}, wanted a number above 0, at most {MOST_NM:g}")
