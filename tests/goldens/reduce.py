"""Reduce what a command printed and wrote to what is compared: behaviour apart from wording.

Wording is text for people: sentences in records, standard error, tables of text, prose of HTML. Behaviour is all
the rest. What differs from run to run or from machine to machine (times, versions, folders, fingerprints) is
replaced by a name in angle brackets, and its key stays.
"""

from __future__ import annotations

import csv
import io
import json
import platform
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile

PICTURE_SIDE = 96
GRID = 16
# Values of these keys differ from run to run or from machine to machine.
KEYS_VARY = frozenset({"other_looks"})  # which numbers of looks are others depends on the default
VARIES = frozenset(
    {
        "began",
        "cores",
        "data_fingerprint",
        "fingerprint",
        "graph_sha256",
        "libraries",
        "memory_mib",
        "minutes",
        "seconds",
        "semscan_version",
        "versions",
        "weights_sha256",
    }
)
# Values of these keys are words for people, and so is any string with two spaces or more.
WORDS = frozenset({"description", "ended", "error", "held_back", "layout", "notes", "said", "summary", "warnings"})
OUTLINES = frozenset({"segmentation", "points", "polygon"})
# Pictures full of text: that they are written is behaviour, the rest wording.
FIGURES = re.compile(r"(curves|failures|\.explain)\.png$")


class Reducer:
    """Collects `behaviour` and `wording` of one case."""

    def __init__(self, here: Path, root: Path, varies: frozenset[str], *, size_only: bool = False) -> None:
        """Take the folder in which the commands ran, the repository, and keys whose values are not compared.

        With `size_only` no picture is kept, only its size.
        """
        self.behaviour: dict[str, Any] = {}
        self.wording: dict[str, Any] = {}
        self._folders = [(f"{here}/", ""), (f"{root}/", ""), (str(here), "<here>"), (str(root), "<root>")]
        self._varies = VARIES | varies
        self._size_only = size_only
        self._sizes: dict[str, tuple[int, int]] = {}  # of the image that each overlay shows

    def stdout(self, name: str, text: str, command: str) -> Any:
        """Reduce what a command printed: records where it is JSON or a table, wording where it is text."""
        table = re.search(r"--format (tsv|csv)", command)
        if table:
            return self._value(name, _rows(text, "\t" if table[1] == "tsv" else ","))
        try:
            records = [json.loads(line) for line in text.splitlines()]
            for record in records:
                overlay = (record.get("outputs") or {}).get("overlay")
                if overlay:
                    self._sizes[overlay] = (record["height"], record["width"])
            return self._value(name, records)
        except json.JSONDecodeError:
            self.words(name, text)
            return "<text>"

    def words(self, name: str, text: str) -> None:
        """Keep text as wording, a line each."""
        self.wording[name] = [self._clean(line) for line in text.splitlines()]

    def file(self, name: str, path: Path) -> None:
        """Reduce a file that a command wrote, by how its name ends."""
        readers = {
            ".jsonl": lambda: [json.loads(line) for line in path.read_text("utf-8").splitlines()],
            ".json": lambda: json.loads(path.read_text("utf-8")),
            ".csv": lambda: _rows(path.read_text("utf-8"), ","),
            ".klarf": lambda: _klarf(path.read_text("utf-8")),
            ".zip": lambda: _rois(path),
            ".tif": lambda: _tiff(path),
            ".npy": lambda: {"shape": list(np.load(path).shape), "dtype": str(np.load(path).dtype)},
        }
        if path.suffix in readers:
            self.behaviour[name] = self._value(name, readers[path.suffix]())
        elif path.suffix == ".png":
            self._picture(name, path)
        elif path.suffix == ".html":
            page = _Page()
            page.feed(path.read_text("utf-8"))
            self.behaviour[name] = self._value(name, page.structure())
            self.words(name, "\n".join(page.lines))
        else:
            self.behaviour[name] = "<file>" if path.stat().st_size else "<empty file>"
            if path.suffix == ".md":
                self.words(name, path.read_text("utf-8"))

    def _picture(self, name: str, path: Path) -> None:
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels.dtype != np.uint8:
            pixels = (pixels / 257).round().astype(np.uint8)
        target = self.behaviour
        if FIGURES.search(name):
            self.behaviour[name] = "<figure>"
            target = self.wording
        elif name in self._sizes:  # the caption below an overlay is wording; the image part is behaviour
            self.wording[name] = {"whole_picture": list(pixels.shape)}
            rows, cols = self._sizes[name]
            zoom = min(pixels.shape[0] // rows, pixels.shape[1] // cols)
            pixels = pixels[: rows * zoom, : cols * zoom]
        target[name] = {"picture": list(pixels.shape)}
        if not self._size_only:
            target[name + ":picture"] = shrink(pixels)

    def fold_copies(self) -> None:
        """Keep a record of results.jsonl that is the same as one on standard output as a reference to it."""
        printed = {}
        for number, command in enumerate(self.behaviour["commands"], 1):
            for index, record in enumerate(command["stdout"] if isinstance(command["stdout"], list) else ()):
                printed[json.dumps(record)] = f"as printed by command {number}, record {index}"
        for name, records in self.behaviour.items():
            if name.endswith("results.jsonl"):
                self.behaviour[name] = [printed.get(json.dumps(record), record) for record in records]

    def _value(self, name: str, value: Any) -> Any:
        """Take the words and what varies out of a JSON value; the words go to `wording`."""
        words: dict[str, Any] = {}
        reduced = self._walk(value, "", "", words)
        if words:
            self.wording[name] = words
        return reduced

    def _walk(self, value: Any, key: str, where: str, words: dict[str, Any]) -> Any:
        if key in KEYS_VARY:
            return "<varies>"
        if key in self._varies and value is not None:
            return dict.fromkeys(value, "<varies>") if isinstance(value, dict) else "<varies>"
        if key in OUTLINES and value:
            return _outline(value)
        if isinstance(value, dict):
            return {name: self._walk(item, name, f"{where}.{name}", words) for name, item in value.items()}
        if isinstance(value, list):
            return [self._walk(item, key, f"{where}[{index}]", words) for index, item in enumerate(value)]
        if isinstance(value, str):
            clean = self._clean(value)
            if value and (key in WORDS or clean.count(" ") > 1):
                words[where] = clean
                return "<words>"
            return clean
        return value

    def _clean(self, text: str) -> str:
        """Replace folders, times, versions and the machine's speed in a text."""
        for folder, name in self._folders:
            text = text.replace(folder, name)
        text = re.sub(r"(\.\./)+[^\s\"']*?(sample_images|inputs)/", r"<up>/\2/", text)
        text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?( UTC|Z|[+-]\d\d:\d\d)?", "<time>", text)
        text = re.sub(r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d", "<time>", text)
        text = re.sub(r"(semscan|SemScan)([ _])\d+\.\d+\.\d+\w*", r"\1\2<version>", text)
        text = re.sub(r"\d[\d.]* (s|seconds|minutes|GiB|MiB|free cores|cores)\b", r"<some> \1", text)
        text = re.sub(r"\b[0-9a-f]{16}\b", "<fingerprint>", text)
        return text.replace(f"{platform.system()} {platform.machine()}", "<system>")


def shrink(pixels: np.ndarray) -> np.ndarray:
    """Shrink 8-bit pixels to a longest side of `PICTURE_SIDE` px, by area."""
    share = PICTURE_SIDE / max(pixels.shape[:2])
    if share >= 1:
        return pixels
    cols, rows = (max(1, round(side * share)) for side in pixels.shape[1::-1])
    return cv2.resize(pixels, (cols, rows), interpolation=cv2.INTER_AREA)


def _number(text: str) -> Any:
    try:
        return json.loads(text) if re.match(r"(-?\d|true$|false$)", text) else text
    except json.JSONDecodeError:
        return text


def _rows(text: str, delimiter: str) -> list[dict[str, Any]]:
    """Rows of a table whose first line names the columns; numbers as numbers, an empty cell as None."""
    rows = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    return [{key: _number(cell) if cell else None for key, cell in row.items()} for row in rows]


def _outline(value: Any) -> dict[str, Any]:
    """Reduce outlines of points to the box around them and their area."""
    rings = value if np.ndim(value[0]) == 1 and not isinstance(value[0][0], list) and len(value[0]) > 2 else [value]
    points = [np.asarray(ring, np.float64).reshape(-1, 2) for ring in rings]
    every = np.concatenate(points)
    low = every.min(0)
    area = sum(
        abs(np.sum(ring[:, 0] * np.roll(ring[:, 1], -1) - ring[:, 1] * np.roll(ring[:, 0], -1))) / 2 for ring in points
    )
    return {"rings": len(points), "bbox": [*low.tolist(), *(every.max(0) - low).tolist()], "area_px": float(area)}


def _klarf(text: str) -> list[Any]:
    """The statements of a KLARF file in order; rows of its defects by the names of their columns."""
    statements = []
    columns: list[str] = []
    for statement in text.split(";"):
        tokens = statement.split()
        if not tokens:
            continue
        name, rest = tokens[0], tokens[1:]
        if name == "DefectRecordSpec":
            columns = rest[1:]
        if name == "DefectList":
            rows = [line.split() for line in statement.strip().splitlines()[1:]]
            if any(len(row) < len(columns) for row in rows):
                raise ValueError(f"KLARF: a defect has fewer values than the {len(columns)} columns")
            defects = [
                {**dict(zip(columns, map(_plain, row), strict=False)), "more": row[len(columns) :]} for row in rows
            ]
            statements.append({name: defects})
        elif name in ("FileTimestamp", "ResultTimestamp", "InspectionStationID", "SetupID"):
            fixed = [token for token in rest if not re.match(r'"?\d+[.:-]\d+[.:-]\d+', token)]
            statements.append({name: fixed})
        else:
            statements.append({name: [_plain(token) for token in rest]})
    return statements


def _plain(token: str) -> Any:
    try:
        return float(token) if re.search(r"[.eE]", token) else int(token)
    except ValueError:
        return token


def _rois(path: Path) -> list[dict[str, Any]]:
    """Names, kinds and outlines of the regions in an ImageJ ROI archive."""
    import roifile

    return [
        {"name": roi.name, "type": roi.roitype.name, "points": np.asarray(roi.coordinates()).tolist()}
        for roi in roifile.roiread(path)
    ]


def _tiff(path: Path) -> dict[str, Any]:
    """Size, kind, description and a coarse grid: the largest value in each block."""
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        pixels = page.asarray()
        description = page.description
        facts = {"shape": list(pixels.shape), "dtype": str(pixels.dtype), "compression": page.compression.name}
    rows = np.linspace(0, pixels.shape[0], GRID + 1).astype(int)
    cols = np.linspace(0, pixels.shape[1], GRID + 1).astype(int)
    blocks = [[pixels[a:b, c:d] for c, d in pairwise(cols)] for a, b in pairwise(rows)]
    if pixels.dtype == np.uint8:
        grid = {"grid_grey": [[round(float(block.mean()), 1) for block in line] for line in blocks]}
    else:
        grid = {"grid": [[round(float(block.max()), 3) for block in line] for line in blocks]}
    return {
        **facts,
        "ImageDescription": json.loads(description) if description.startswith("{") else description,
        **grid,
    }


class _Page(HTMLParser):
    """The structure of an HTML page, and the lines of its text."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._ids: list[str] = []
        self._links: list[str] = []
        self._tables: list[int] = []
        self._cells: list[Any] = []
        self._images: list[list[int]] = []
        self._marks: list[list[float]] = []
        self._open: list[str] = []
        self._muted = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Collect ids with a number, links, rows, values of cells, images and circles."""
        given = {key: value or "" for key, value in attributes}
        if re.search(r"\d", given.get("id", "")):
            self._ids.append(given["id"])
        if tag == "a" and re.search(r"\d|\.", given.get("href", "")):
            self._links.append(given["href"])
        if tag == "table":
            self._tables.append(0)
        if tag == "tr" and self._tables:
            self._tables[-1] += 1
        for key in ("data-v", "data-verdict"):
            if key in given:
                self._cells.append(_number(given[key]))
        if tag == "img" and "src" in given:
            self._images.append([int(given.get("width", 0)), int(given.get("height", 0))])
            if not given["src"].startswith("data:image/"):
                raise ValueError(f"HTML: a picture that is not in the page: {given['src'][:80]}")
        if tag == "circle":
            self._marks.append([float(given[key]) for key in ("cx", "cy", "r")])
        self._muted += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        """Hear the end of styles and scripts."""
        self._muted -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        """Keep the text; a number alone is behaviour, or a version, and left out."""
        text = " ".join(data.split())
        if text and not self._muted and not re.fullmatch(r"[\d.,]+\w*", text):
            self.lines.append(text)

    def structure(self) -> dict[str, Any]:
        """Everything but the prose."""
        return {
            "ids": self._ids,
            "links": self._links,
            "rows_of_tables": self._tables,
            "cells": self._cells,
            "images": self._images,
            "marks": self._marks,
        }
