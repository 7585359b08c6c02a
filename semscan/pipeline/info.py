"""Info: what is understood of each file, page by page, and nothing judged."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from semscan.files.find.images import InputError, InputImage, find_images
from semscan.files.images.read import read_image
from semscan.image.clean import clean
from semscan.image.quality import quality
from semscan.pipeline.run.error_records import as_record
from semscan.report.text.info import about_lines, about_record
from semscan.settings import ReadSettings

ALL = "all"


def describe_images(
    arguments: Sequence[str],
    settings: ReadSettings,
    pages: Sequence[int | str] = (0,),
    *,
    stdin: BinaryIO | None = None,
    nul: bool = False,
) -> Generator[dict[str, Any], None, None]:
    """Yield one record for each page asked for of each image; a page that cannot be read gives its error.

    Parameters
    ----------
    arguments : sequence of str
        Files, folders (searched below), globs; ``-`` for names on `stdin`.
    settings : ReadSettings
        How to read; its `page` is not used.
    pages : sequence of int or "all"
        Pages, from 0.
    """
    for found in find_images(arguments, stdin=stdin, nul=nul):
        for page in _pages(found, pages):
            record = as_record(found, lambda found, page=page: _describe(found, replace(settings, page=page)))  # type: ignore[misc]
            if record["status"] == "error":
                record = {**{key: record[key] for key in ("image", "source", "status", "error")}, "page": page}
            yield record


def record_lines(record: dict[str, Any]) -> list[str]:
    """A record as lines to read."""
    return about_lines(record)


def _pages(found: InputImage | InputError, pages: Sequence[int | str]) -> Iterator[int]:
    if ALL not in pages or isinstance(found, InputError):
        yield from dict.fromkeys(page for page in pages if isinstance(page, int)) or (0,)
        return
    first = as_record(found, lambda found: read_image(found.path, ReadSettings(), flat=True).metadata)  # type: ignore[arg-type, return-value]
    yield from range(first.get("pages", 1))


def _describe(found: InputImage, settings: ReadSettings) -> dict[str, Any]:
    image = read_image(found.path, settings, given=found.given, flat=True)
    cleaned = clean(image, settings)
    return about_record(found.given, os.path.abspath(found.path), image, cleaned, quality(image, cleaned))
