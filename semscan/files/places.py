"""A table of places: which image was taken on which die of which wafer, as CSV."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from semscan.errors import BadKlarfError
from semscan.files.disk.plain_file import read_plain
from semscan.files.klarf.frame import orientation
from semscan.phrases import listed, one_line, printable
from semscan.values.fab.place import Place, WaferFrame

PLACES = "places.csv"  # in an output folder, from `inspect --klarf-in`
LARGEST_TABLE = 1 << 26  # bytes
COLUMNS = (
    *("image", "lot", "wafer", "slot", "step", "device", "setup", "die_column", "die_row", "x_um", "y_um"),
    *("wafer_x_um", "wafer_y_um", "die_pitch_x_um", "die_pitch_y_um", "centre_x_um", "centre_y_um"),
    *("sample_size_mm", "mark", "orientation"),
)
LARGEST = 1e9
TEXTS = ("lot", "wafer", "step", "device", "setup")


def read_places(path: Path, given: Mapping[str, str | int] | None = None) -> dict[str, Place]:
    """Read a table of places.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with a header of names of `COLUMNS`; separated by commas, semicolons or tabs.
    given : mapping, optional
        Values of lot, wafer, step, device, setup and slot for rows that have none.

    Returns
    -------
    dict
        Absolute path of an image -> its place. Names are relative to the table's folder.

    Raises
    ------
    BadKlarfError
        One line that names the table, the line and the field.
    """
    shown = printable(one_line(path, 300))
    try:
        text = read_plain(path, LARGEST_TABLE).decode("utf-8-sig", errors="surrogateescape")
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
        header = [name.strip().lower() for name in reader.fieldnames or ()]
        _check_header(header)
        reader.fieldnames = header
        places: dict[str, Place] = {}
        for row in reader:
            place = _place(row, given or {}, f"line {reader.line_num}")
            source = os.path.abspath(path.parent / place.image)
            if source in places:
                raise BadKlarfError(f"line {reader.line_num}: {place.image} stands in an earlier line too")
            places[source] = place
        if not places:
            raise BadKlarfError("it has no line below its header")
        _check_frames(places.values())
        return places
    except (OSError, csv.Error, ValueError) as error:  # also BadKlarfError
        reason = getattr(error, "strerror", None) or str(error)
        raise BadKlarfError(f"{shown}: {printable(one_line(reason, 400))}") from error


def write_places(places: Mapping[str, Place]) -> bytes:
    """Return a table of places that `read_places` reads, with absolute paths of the images."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for source, place in places.items():
        frame = place.frame
        pitch, centre = frame.pitch_um or ("", ""), frame.centre_um or ("", "")
        writer.writerow(
            {
                **{name: getattr(frame, name) or "" for name in TEXTS},
                "image": source,
                "slot": "" if frame.slot is None else frame.slot,
                "die_column": place.column,
                "die_row": place.row,
                "x_um": repr(place.x_um),
                "y_um": repr(place.y_um),
                "die_pitch_x_um": pitch[0],
                "die_pitch_y_um": pitch[1],
                "centre_x_um": centre[0],
                "centre_y_um": centre[1],
                "sample_size_mm": "" if frame.size_mm is None else frame.size_mm,
                "mark": _written(frame.mark),
                "orientation": _written(frame.mark_at),
            }
        )
    return file.getvalue().encode("utf-8", errors="surrogateescape")


def _written(word: str | None) -> str:
    """Return a word as `read_places` takes it; nothing for any other text."""
    return word if word and word.isascii() and word.isalnum() and len(word) <= 20 else ""


def _separator(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _check_header(header: Sequence[str]) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown:
        raise BadKlarfError(f"it has a column {unknown[0][:60]!r}; wanted names among {', '.join(COLUMNS)}")
    if "image" not in header or len(set(header)) < len(header):
        raise BadKlarfError("its header lacks the column image, or names a column twice")


def _place(row: Mapping[str | None, object], given: Mapping[str, str | int], line: str) -> Place:
    if None in row or None in row.values():
        raise BadKlarfError(f"{line} has not as many values as the header has names")
    words = {str(name): str(value).strip() for name, value in row.items()}
    words = {name: value for name, value in words.items() if value}
    texts = {name: words.get(name) or str(given.get(name) or "") or None for name in TEXTS}
    missing = [name for name in ("lot", "wafer") if not texts[name]]
    if "image" not in words or missing:
        name = missing[0] if "image" in words else "image"
        hint = f", or give --{name}" if missing and "image" in words else ""
        raise BadKlarfError(f"{line} has no {name}; fill in the column {name}{hint}")
    slot = words.get("slot", given.get("slot"))
    frame = WaferFrame(
        lot=str(texts["lot"]),
        wafer=str(texts["wafer"]),
        step=texts["step"],
        device=texts["device"],
        setup=texts["setup"],
        slot=None if slot is None else _whole(str(slot), "slot", line),
        pitch_um=_pair(words, "die_pitch_x_um", "die_pitch_y_um", line),
        centre_um=_pair(words, "centre_x_um", "centre_y_um", line),
        size_mm=_number(words["sample_size_mm"], "sample_size_mm", line) if "sample_size_mm" in words else None,
        mark=_word(words, "mark", "NOTCH or FLAT", line),
        mark_at=orientation(_word(words, "orientation", "DOWN, UP, LEFT or RIGHT", line)),
    )
    if frame.pitch_um is not None and min(frame.pitch_um) <= 0:
        raise BadKlarfError(f"{line}: the pitch of the dies is {frame.pitch_um}, wanted lengths above 0")
    column, die_row, x_um, y_um = _where(words, frame, line)
    return Place(image=words["image"], frame=frame, column=column, row=die_row, x_um=x_um, y_um=y_um)


def _where(words: Mapping[str, str], frame: WaferFrame, line: str) -> tuple[int, int, float, float]:
    """Return die and place in it: as stated, or from the place on the wafer."""
    on_wafer = _pair(words, "wafer_x_um", "wafer_y_um", line)
    in_die = _pair(words, "x_um", "y_um", line)
    if on_wafer is not None and in_die is None:
        if frame.pitch_um is None or frame.centre_um is None:
            raise BadKlarfError(
                f"{line}: a place on the wafer needs die_pitch_x_um, die_pitch_y_um, centre_x_um and centre_y_um"
            )
        x, y = (place + centre for place, centre in zip(on_wafer, frame.centre_um, strict=True))
        column, row = int(x // frame.pitch_um[0]), int(y // frame.pitch_um[1])
        return column, row, x - column * frame.pitch_um[0], y - row * frame.pitch_um[1]
    missing = [name for name in ("die_column", "die_row", "x_um", "y_um") if name not in words]
    if in_die is None or missing:
        raise BadKlarfError(f"{line} has no {missing[0]}; fill in {listed(('die_column', 'die_row', 'x_um', 'y_um'))}")
    column, row = _whole(words["die_column"], "die_column", line), _whole(words["die_row"], "die_row", line)
    return column, row, *in_die


def _check_frames(places: Iterable[Place]) -> None:
    """Raise BadKlarfError if one wafer is described in two ways."""
    frames: dict[tuple[str, str, str | None], WaferFrame] = {}
    for place in places:
        frame = place.frame
        first = frames.setdefault((frame.lot, frame.wafer, frame.step), frame)
        if first != frame:
            raise BadKlarfError(f"lot {frame.lot}, wafer {frame.wafer} is described in two ways; wanted one")


def _pair(words: Mapping[str, str], x: str, y: str, line: str) -> tuple[float, float] | None:
    if x not in words and y not in words:
        return None
    if x not in words or y not in words:
        raise BadKlarfError(f"{line} has {x if x in words else y} and no {y if x in words else x}")
    return _number(words[x], x, line), _number(words[y], y, line)


def _number(text: str, name: str, line: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) <= LARGEST:
        raise BadKlarfError(f"{line}: {name} is {text[:40]!r}, wanted a number")
    return value


def _whole(text: str, name: str, line: str) -> int:
    value = _number(text, name, line)
    if value != int(value) or abs(value) > 1_000_000:
        raise BadKlarfError(f"{line}: {name} is {text[:40]!r}, wanted a whole number")
    return int(value)


def _word(words: Mapping[str, str], name: str, wanted: str, line: str) -> str | None:
    value = words.get(name)
    if value is not None and not (value.isascii() and value.isalnum() and len(value) <= 20):
        raise BadKlarfError(f"{line}: {name} is {value[:40]!r}, wanted one word such as {wanted}")
    return None if value is None else value.upper()
