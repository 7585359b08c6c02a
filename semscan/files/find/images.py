"""Find the image files that the user names, one at a time and in a stable order."""

from __future__ import annotations

import glob
import locale
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from semscan.settings import IMAGE_SUFFIXES

OWN_OUTPUT = re.compile(
    r"\.(overlay\.png|overlay\.tif|mask\.png|map\.tif|reference\.tif|crop\d+\.png|explain\.png|faithful\.png|panel\.png|"
    r"dimensions\.png)$",
    re.IGNORECASE,
)
MASK_FOLDER = "ground_truth"  # in any case
MASK_ENDING = "_mask"  # a_mask.png is the mask of a.png
OWN_RECORDS = ("evaluation.json", "compare.json")  # next to pictures of evaluate and compare
PATTERN = re.compile(r"[*?\[]")
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class InputImage:
    """An image file that an argument names. `given` is the name to show; `below` its path in the searched folder."""

    given: str
    path: Path
    below: PurePosixPath | None = None


@dataclass(frozen=True, slots=True)
class InputError:
    """A name that leads to no image file, with the reason in one line."""

    given: str
    reason: str


def find_images(
    arguments: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    nul: bool = False,
    skip: Path | None = None,
) -> Iterator[InputImage | InputError]:
    """Yield the images that the arguments name, in their order.

    A file counts whatever its name is. A folder is searched below, sorted, for names with an image's suffix (any
    case). Left out are hidden names, semscan's own outputs (``*.overlay.png``, ``*.mask.png``, ``*.map.tif``,
    ``*.crop001.png``), folders called ``ground_truth`` (any case), models, evaluations, comparisons, and the folder
    `skip`. A name with ``*``, ``?`` or ``[`` that is not a file itself is a pattern (``**`` searches below). ``-``
    stands for names on standard input, one a line. These are yielded as they come and are never patterns.

    Parameters
    ----------
    arguments : sequence of str
        As typed.
    stdin : binary file, optional
        Where ``-`` reads from; by default the process's standard input.
    nul : bool
        Names on `stdin` are separated by NUL, not by line ends.
    skip : Path, optional
        The output folder.

    Yields
    ------
    InputImage or InputError
        An unusable name is yielded as an `InputError`; it is never raised.
    """
    for argument in arguments:
        if argument == "-" and stdin is None and sys.stdin is None:
            yield InputError(argument, "standard input is closed; pipe names into it, or < /dev/null for none")
        elif argument == "-":
            for name in _names(stdin or _own_stdin(), nul):
                yield from _named(name, skip)
        elif PATTERN.search(argument) and not os.path.lexists(argument):
            matches = sorted(glob.glob(argument, recursive=True))
            if not matches:
                yield InputError(argument, "nothing matches this pattern; check the folder and the suffix")
            for match in matches:
                yield from _named(match, skip)
        else:
            yield from _named(argument, skip)


def images_below(
    folder: Path,
    *,
    skip: Path | None = None,
    problems: list[OSError] | None = None,
    entered: Callable[[str], object] = lambda name: None,
) -> Iterator[Path]:
    """Yield the images below a folder, sorted, by the rules of `find_images`.

    Folders that cannot be read are appended to `problems`; `entered` is called with each that is read.
    """
    unread = [] if problems is None else problems
    skipped = None if skip is None else os.path.realpath(skip)
    entered_folders = {os.path.realpath(folder)}
    for root, folders, files in os.walk(folder, onerror=unread.append, followlinks=True):
        entered(root)
        if root != str(folder) and _holds_own_pictures(files):
            folders.clear()
            continue
        keep = []
        for name in sorted(folders):
            real = os.path.realpath(os.path.join(root, name))
            # entered before: a link that leads back, or a second way to the same images
            if name.startswith(".") or name.casefold() == MASK_FOLDER or real == skipped or real in entered_folders:
                continue
            entered_folders.add(real)
            keep.append(name)
        folders[:] = keep
        for name in sorted(files):
            if is_image_name(name):
                yield Path(root, name)


def _holds_own_pictures(files: Sequence[str]) -> bool:
    """Return True for a folder of a model, an evaluation or a comparison: its pictures are semscan's own."""
    return ("graph.onnx" in files and "config.json" in files) or any(name in files for name in OWN_RECORDS)


def is_image_name(name: str) -> bool:
    """Return True for a name with an image's suffix that is neither hidden nor one of semscan's own outputs."""
    return name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith(".") and not OWN_OUTPUT.search(name)


def _named(name: str, skip: Path | None) -> Iterator[InputImage | InputError]:
    path = Path(name)
    try:
        is_folder = bool(name) and os.path.isdir(path)
        if not name or not is_folder:
            os.stat(name)
    except FileNotFoundError:
        yield InputError(name, "no such file or folder; check the name")
    except (OSError, ValueError) as error:  # ValueError: a NUL inside the name
        yield InputError(name, f"cannot be looked up ({_reason(error)}); check the name and its permissions")
    else:
        yield from _below(name, path, skip) if is_folder else (InputImage(name, path),)


def _below(name: str, folder: Path, skip: Path | None) -> Iterator[InputImage | InputError]:
    problems: list[OSError] = []
    found = False
    for path in images_below(folder, skip=skip, problems=problems):
        found = True
        yield InputImage(str(path), path, PurePosixPath(*path.relative_to(folder).parts))
    for problem in problems:
        reason = f"the folder cannot be read ({_reason(problem)}); check its permissions"
        yield InputError(str(problem.filename), reason)
    if not found and not problems:
        yield InputError(
            name, f"no image in this folder or below it, wanted {', '.join(IMAGE_SUFFIXES)}; check the name"
        )


def _own_stdin() -> BinaryIO:
    """Return standard input without its buffer: a thread that waits in the buffer keeps Python from ending."""
    buffer = sys.stdin.buffer
    return getattr(buffer, "raw", buffer)


def _names(stream: BinaryIO, nul: bool) -> Iterator[str]:
    for number, part in enumerate(_split(b"\0" if nul else b"\n", stream)):
        raw = part if number else part.removeprefix(b"\xef\xbb\xbf")  # PowerShell may write a byte order mark
        name = raw if nul else raw.rstrip(b"\r")
        if name:
            yield _text(name)


def _split(end: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes before each `end` as soon as they are complete, then the rest."""
    read = getattr(stream, "read1", stream.read)  # neither waits until the chunk is full
    rest = b""
    while chunk := read(CHUNK_BYTES):
        *complete, rest = (rest + chunk).split(end)
        yield from complete
    yield rest


def _text(name: bytes) -> str:
    if os.name != "nt":
        return os.fsdecode(name)
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode(locale.getpreferredencoding(False), errors="replace")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
