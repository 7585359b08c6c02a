"""KLARF 1.0 to 1.2: keywords, values and semicolons."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from semscan.errors import BadKlarfError
from semscan.files.klarf.file import (
    MOST_DEFECTS,
    ClassLookup,
    KlarfFile,
    Listed,
    ListedDefect,
    ListedImage,
    Span,
    check_columns,
    check_defects,
    number,
    whole_number,
)
from semscan.files.klarf.frame import frame_of

TOKEN = re.compile(r'"[^"\r\n]*"|;|[^\s;"]+|"')
KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
RAW_NAME = "tifffilename"  # its value is all up to the semicolon: names have blanks
LIST = "defectlist"


@dataclass(frozen=True, slots=True)
class _Statement:
    """A keyword, its values, and the place of its semicolon."""

    keyword: str
    values: Sequence[Span]
    at: int
    end: int


def read_text_form(text: str) -> KlarfFile:
    """Read a file of version 1.0 to 1.2; raise BadKlarfError, in words that follow the file's name."""
    reader = _Reader(text)
    for statement in _statements(text):
        reader.take(statement)
    return reader.finished()


def _statements(text: str) -> Iterator[_Statement]:
    keyword, values, at, place = "", [], 0, 0
    while match := TOKEN.search(text, place):
        place = match.end()
        word = match[0]
        if word == '"':
            raise BadKlarfError(f"line {text.count(chr(10), 0, match.start()) + 1} has a quote that does not end")
        if not keyword:
            keyword, at = word.lower(), match.start()
            if word == ";" or not (KEYWORD.match(word) or word.isdigit()):
                raise BadKlarfError(f"line {text.count(chr(10), 0, at) + 1} begins with {word[:40]!r}, no keyword")
            if keyword == RAW_NAME:
                end = text.find(";", place)
                if end < 0 or "\n" in text[place:end].strip():
                    raise BadKlarfError("TiffFileName does not end in its line; wanted a semicolon")
                values, place = [_stripped(text, place, end)], end
            elif word.isdigit():  # the rest of a defect list
                values.append(match.span())
        elif word == ";":
            yield _Statement(keyword, values, at, match.start())
            if keyword == "endoffile":
                return
            keyword, values = "", []
        else:
            values.append(match.span())
    raise BadKlarfError("it ends without EndOfFile; the file is not whole")


def _stripped(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    return start, start + len(part.strip())


class _Reader:
    """Takes statement after statement; what a defect list means depends on those before it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._header: dict[str, list[str]] = {}
        self._columns: tuple[str, ...] = ()
        self._summary: tuple[str, ...] = ()
        self._wafers: list[Listed] = []
        self._defects: list[ListedDefect] = []
        self._lookup: ClassLookup | None = None
        self._version = ""
        self._in_list = False
        self._counted: bool | None = None  # whether image lists begin with their number

    def take(self, statement: _Statement) -> None:
        words = [self._text[start:end].strip('"') for start, end in statement.values]
        keyword = statement.keyword
        if not self._version:
            if keyword != "fileversion" or words[:1] != ["1"] or words[1:] not in (["0"], ["1"], ["2"]):
                raise BadKlarfError("it does not begin with FileVersion 1 0 to 1 2; wanted a KLARF file of 1.2 or 1.8")
            self._version = ".".join(words)
        continues = keyword.isdigit()
        if continues and not self._in_list:
            raise BadKlarfError(f"line {self._line(statement.at)} begins with a number, no keyword")
        self._in_list = False
        if keyword == LIST or continues:
            self._take_list(statement.values)
        elif keyword == "defectrecordspec":
            self._columns = self._spec(words, "DefectRecordSpec")
            check_columns(self._columns, "DefectRecordSpec")
        elif keyword == "summaryspec":
            self._summary = self._spec(words, "SummarySpec")
        elif keyword == "summarylist":
            self._take_summary(statement.values)
        elif keyword == "classlookup":
            self._take_lookup(statement, words)
        else:
            self._header[keyword] = words

    def finished(self) -> KlarfFile:
        check_defects(self._defects)
        return KlarfFile(
            self._text, self._version, 1.0, self._columns, self._wafers, self._defects, lookup=self._lookup
        )

    def _line(self, at: int) -> int:
        return self._text.count("\n", 0, at) + 1

    def _spec(self, words: Sequence[str], what: str) -> tuple[str, ...]:
        columns = tuple(word.upper() for word in words[1:])
        if not words or whole_number(words[0], what) != len(columns):
            raise BadKlarfError(f"{what} names {len(columns)} columns and says {' '.join(words[:1]) or 'no number'}")
        return columns

    def _take_list(self, values: Sequence[Span]) -> None:
        if not self._columns:
            raise BadKlarfError("its DefectList comes before a DefectRecordSpec")
        if values and self._text[slice(*values[0])].lower() == RAW_NAME:  # the list goes on after this name
            self._header[RAW_NAME] = [self._text[values[1][0] : values[-1][1]]] if len(values) > 1 else []
            self._in_list = True
            return
        frame = frame_of(self._header)
        if not self._wafers or self._wafers[-1].frame != frame:
            self._wafers.append(Listed(frame))
        at = 0
        while at < len(values):
            at = self._take_row(values, at)

    def _take_row(self, values: Sequence[Span], at: int) -> int:
        """Take one row that begins at value `at`; return where the next begins."""
        begin = at
        line = self._line(values[at][0])
        if len(self._defects) >= MOST_DEFECTS:
            raise BadKlarfError(f"it lists more than {MOST_DEFECTS} defects")
        if not self._begins_line(values[at][0]):
            raise BadKlarfError(f"line {line} has more values than DefectRecordSpec has columns")
        fields: dict[str, Span] = {}
        images: tuple[ListedImage, ...] = ()
        for column in self._columns:
            if column == "IMAGELIST":
                images, at = self._images(values, at, fields, line)
                continue
            if at >= len(values) or (at > begin and self._begins_line(values[at][0])):
                raise BadKlarfError(f"line {line} has no {column}: fewer values than DefectRecordSpec has columns")
            fields[column] = values[at]
            at += 1
        self._defects.append(self._defect(fields, images, line, (values[begin][0], values[at - 1][1])))
        return at

    def _begins_line(self, at: int) -> bool:
        return not self._text[self._text.rfind("\n", 0, at) + 1 : at].strip()

    def _images(
        self, values: Sequence[Span], at: int, fields: Mapping[str, Span], line: int
    ) -> tuple[tuple[ListedImage, ...], int]:
        """Read an image list: page (from 1) and type of each image. Some tools write their number before them."""
        what = f"line {line}: IMAGELIST"
        count = -1
        if "IMAGECOUNT" in fields:
            count = whole_number(self._text[slice(*fields["IMAGECOUNT"])], f"line {line}: IMAGECOUNT")
        rest = 0
        while at + rest < len(values) and not self._begins_line(values[at + rest][0]):
            rest += 1
        if count >= 0 and rest == 2 * count:
            begin, lead = at, ""
        else:
            stated = whole_number(self._text[slice(*values[at])], what) if at < len(values) else -1
            if stated < 0 or count not in (-1, stated):
                raise BadKlarfError(f"{what} does not hold the number of images that IMAGECOUNT says")
            begin, lead, count = at + 1, "1 ", stated
        if count and self._counted not in (None, bool(lead)):
            raise BadKlarfError(f"{what} has another form than those before it; a value is missing or too many")
        self._counted = bool(lead) if count else self._counted
        after = begin + 2 * count
        if after > len(values):
            raise BadKlarfError(f"{what} does not hold the number of images that IMAGECOUNT says")
        images = []
        for entry in range(begin, after, 2):
            page = whole_number(self._text[slice(*values[entry])], what) - 1
            alone = lead + self._text[values[entry][0] : values[entry + 1][1]]
            images.append(ListedImage(self._image_name(page, what), page, alone))
        return tuple(images), after

    def _image_name(self, page: int, what: str) -> str:
        name = (self._header.get(RAW_NAME) or [""])[0]
        if not name:
            raise BadKlarfError(f"{what} lists an image, and no TiffFileName comes before it")
        if page < 0:
            raise BadKlarfError(f"{what} lists image {page + 1}; images are counted from 1")
        return name

    def _defect(
        self, fields: Mapping[str, Span], images: tuple[ListedImage, ...], line: int, row: Span
    ) -> ListedDefect:
        def text(column: str) -> str:
            return self._text[slice(*fields[column])]

        whole = {
            name: whole_number(text(name), f"line {line}: {name}")
            for name in ("DEFECTID", "XINDEX", "YINDEX", "CLASSNUMBER")
        }
        return ListedDefect(
            id=whole["DEFECTID"],
            x_um=number(text("XREL"), f"line {line}: XREL"),
            y_um=number(text("YREL"), f"line {line}: YREL"),
            column=whole["XINDEX"],
            row=whole["YINDEX"],
            images=images,
            frame=len(self._wafers) - 1,
            fields=fields,
            start=row[0],
            end=row[1],
        )

    def _take_summary(self, values: Sequence[Span]) -> None:
        wide = len(self._summary)
        if not wide or len(values) % wide:
            raise BadKlarfError("its SummaryList does not have the columns of SummarySpec")
        if self._wafers:
            self._wafers[-1].summary += [
                dict(zip(self._summary, values[start : start + wide], strict=True))
                for start in range(0, len(values), wide)
            ]

    def _take_lookup(self, statement: _Statement, words: Sequence[str]) -> None:
        pairs = words[1:]
        if not words or len(pairs) != 2 * whole_number(words[0], "ClassLookup"):
            raise BadKlarfError("its ClassLookup does not have as many rows as it says")
        numbers = [whole_number(word, "ClassLookup") for word in pairs[::2]]
        names = dict(zip(numbers, pairs[1::2], strict=True))
        self._lookup = ClassLookup(names, statement.values[0], statement.values[-1][1], statement.values[-1][0])
