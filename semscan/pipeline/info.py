"""Info: describe each image file, page by page, without inspecting it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from semscan.files.find.images import InputError, InputImage, find_images
from semscan.files.images.read import read_header, read_image
from semscan.image.clean import clean
from semscan.image.quality import quality
from semscan.pipeline.run.error_records import or_error
from semscan.report.text.info import ImageDescription, PageError, describe_header, describe_page
from semscan.settings import ReadSettings
from semscan.values.record import ErrorRecord

ALL = "all"
MOST_MEASURED = 1 << 27  # pixels: of a larger image only the header is read


def describe_images(
    arguments: Sequence[str],
    settings: ReadSettings,
    pages: Sequence[int | str] = (0,),
    *,
    stdin: BinaryIO | None = None,
    nul: bool = False,
) -> Generator[ImageDescription | PageError, None, None]:
    """Yield a description of each wanted page of each image; a page that cannot be read gives its error.

    Parameters
    ----------
    arguments : sequence of str
        Files, folders (searched below), globs; ``-`` for names on `stdin`.
    settings : ReadSettings
        How to read; its `page` is not used.
    pages : sequence of int or "all"
        Pages, from 0.
    stdin : binary stream, optional
        Names, one a line, or NUL-separated with `nul`.
    """
    for named in find_images(arguments, stdin=stdin, nul=nul):
        for page in _pages(named, pages):
            yield _describe(named, replace(settings, page=page))


def _pages(named: InputImage | InputError, pages: Sequence[int | str]) -> Iterator[int]:
    if ALL not in pages or isinstance(named, InputError):
        yield from dict.fromkeys(page for page in pages if isinstance(page, int)) or (0,)
        return
    first = or_error(named, lambda found: read_header(found.path, ReadSettings()))
    yield from range(1 if isinstance(first, ErrorRecord) else first.metadata.get("pages", 1))


def _describe(named: InputImage | InputError, settings: ReadSettings) -> ImageDescription | PageError:
    def describe(found: InputImage) -> ImageDescription:
        header = read_header(found.path, settings, given=found.given)
        if header.pixels.size > MOST_MEASURED:
            return describe_header(found.given, os.path.abspath(found.path), header)
        image = read_image(found.path, settings, given=found.given, flat=True)
        cleaned = clean(image, settings)
        return describe_page(found.given, os.path.abspath(found.path), image, cleaned, quality(image, cleaned))

    described = or_error(named, describe)
    if isinstance(described, ErrorRecord):
        return PageError(image=described.image, source=described.source, error=described.error, page=settings.page)
    return described
