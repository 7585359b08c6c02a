"""How image files are read."""

from __future__ import annotations

from dataclasses import dataclass

from semscan.errors import UsageFault

IMAGE_SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp")
GOOD_NAMES = ("good", "ok", "normal", "pass", "reference")  # of class folders, in any case
MIN_IMAGE_SIDE = 16  # px
MAX_IMAGE_PIXELS = 1 << 30  # by default: 32,768 x 32,768
MIN_NM_PER_PX = 1e-4
MAX_NM_PER_PX = 1e9


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """How a file becomes one image.

    Parameters
    ----------
    page : int
        Page of a TIFF file, from 0.
    databar : str or int
        Rows of the data bar at the bottom, px; "auto": what the file states, else what its pixels show; "none".
    nm_per_px : float or None
        Size of a pixel, 1e-4 to 1e9 nm; None: what the file states.
    ignore, care : tuple of str
        Areas to leave out, and areas to judge alone. Each is ``x,y,w,h`` in px, a mask image (above 0 counts), or a
        folder of masks with the names of the images.
    max_pixels : int
        Largest number of pixels of an image, by its header: a small file may claim any size.
    """

    page: int = 0
    databar: str | int = "auto"
    nm_per_px: float | None = None
    ignore: tuple[str, ...] = ()
    care: tuple[str, ...] = ()
    max_pixels: int = MAX_IMAGE_PIXELS

    def __post_init__(self) -> None:
        if self.nm_per_px is not None and not MIN_NM_PER_PX <= self.nm_per_px <= MAX_NM_PER_PX:
            raise UsageFault(
                f"--nm-per-px is {self.nm_per_px}, wanted a number of {MIN_NM_PER_PX:g} to {MAX_NM_PER_PX:g}; "
                "give the size of a pixel in nm"
            )
