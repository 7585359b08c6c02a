"""KLARF 1.8: records, fields and lists in braces. Lengths are in nm, areas in nm²."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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

NM = 1e-3  # µm
TOKEN = re.compile(r'"[^"\r\n]*"|[{};,]|[^\s{};,"]+|"')
DEEPEST = 32
IMAGE_LISTS = ("imagelist", "imageinfo")  # types of columns


@dataclass(slots=True)
class _List:
    """A list: its name, types by column, the place of its number of rows, and the tokens and end of each row."""

    name: str
    columns: dict[str, str]
    count: Span
    rows: list[tuple[list[Span], int]] = field(default_factory=list)


def read_record_form(text: str) -> KlarfFile:
    """Read a file of version 1.8; raise BadKlarfError, in words that follow the file's name."""
    reader = _Reader(text)
    reader.read()
    return reader.finished()


class _Reader:
    """Goes through the tokens once; what they mean is put together at the end, since fields follow lists."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: Iterator[Span] = (match.span() for match in TOKEN.finditer(text))
        self._header: dict[str, list[str]] = {}
        self._records: dict[str, list[str]] = {}
        self._lists: list[_List] = []

    def read(self) -> None:
        depth = 0
        while True:
            word = self._word(self._next())
            if word == "}":
                depth -= 1
            elif word == "Record":
                name, *names = self._until("{")
                self._records.setdefault(name.lower(), []).append(names[0] if names else "")
                depth += 1
            elif word == "Field":
                name, *_ = self._until("{")
                values = [value for value in self._until("}") if value != ","]
                self._header.setdefault(name.lower(), values)
            elif word == "List":
                self._take_list()
            elif word.lower() == "endoffile" and depth == 0:
                return
            else:
                raise BadKlarfError(f"{word[:40]!r} stands where a Record, Field or List was wanted")
            if not 0 <= depth <= DEEPEST:
                raise BadKlarfError("its braces do not match")

    def finished(self) -> KlarfFile:
        if self._records.get("filerecord") != ["1.8"]:
            raise BadKlarfError("it is no KLARF file of version 1.8")
        for name in ("lotrecord", "waferrecord"):
            if len(self._records.get(name, ())) != 1:
                raise BadKlarfError(f"it has {len(self._records.get(name, ()))} of {name}; one is read")
        header = self._header | {"lotid": self._records["lotrecord"], "waferid": self._records["waferrecord"]}
        found = self._list("defectlist")
        if found is None:
            raise BadKlarfError("it has no DefectList")
        columns = tuple(found.columns)
        check_columns(columns, "DefectList")
        if len(found.rows) > MOST_DEFECTS:
            raise BadKlarfError(f"it lists more than {MOST_DEFECTS} defects")
        defects = [self._defect(found, tokens, end, place) for place, (tokens, end) in enumerate(found.rows, 1)]
        check_defects(defects)
        wafer = Listed(frame_of(header, NM), self._summary())
        whole = frozenset(name for name, kind in found.columns.items() if kind.startswith("int"))
        return KlarfFile(
            *(self._text, "1.8", NM, columns, [wafer], defects),
            lookup=self._lookup(),
            image_column=next((name for name, kind in found.columns.items() if kind in IMAGE_LISTS), ""),
            data_count=found.count,
            row_end=" ;",
            whole_columns=whole,
            text_columns=frozenset(name for name, kind in found.columns.items() if kind == "string"),
        )

    def _next(self) -> Span:
        token = next(self._tokens, None)
        if token is None:
            raise BadKlarfError("it ends without EndOfFile; the file is not whole")
        if self._text[slice(*token)] == '"':
            raise BadKlarfError(f"line {self._text.count(chr(10), 0, token[0]) + 1} has a quote that does not end")
        return token

    def _word(self, token: Span) -> str:
        return self._text[slice(*token)].strip('"')

    def _until(self, end: str) -> list[str]:
        """Return the words up to one that ends them."""
        words = []
        while (word := self._text[slice(*self._next())]) != end:
            if word in "{};":
                raise BadKlarfError(f"{word!r} stands where {end!r} was wanted")
            words.append(word.strip('"'))
        if not words and end == "{":
            raise BadKlarfError("a Record, Field or List has no name")
        return words

    def _take_list(self) -> None:
        name = self._until("{")[0].lower()
        head = self._until("{")
        pairs = [word for word in self._until("}") if word != ","]
        columns = dict(zip((word.upper() for word in pairs[1::2]), (word.lower() for word in pairs[::2]), strict=False))
        if head[:1] != ["Columns"] or len(pairs) != 2 * len(columns) or head[1:] != [str(len(columns))]:
            raise BadKlarfError(f"the columns of {name} are not as many as it says")
        count = self._next(), self._next(), self._next()
        if [self._word(token) for token in (count[0], count[2])] != ["Data", "{"]:
            raise BadKlarfError(f"{name} has no Data")
        found = _List(name, columns, count[1])
        while self._row(found):
            pass
        if whole_number(self._word(found.count), f"{name}: Data") != len(found.rows):
            raise BadKlarfError(f"{name} does not have as many rows as it says")
        if self._word(self._next()) != "}":
            raise BadKlarfError(f"{name} does not end after its rows")
        self._lists.append(found)

    def _row(self, found: _List) -> bool:
        """Take one row, up to its semicolon; False at the end of the list."""
        tokens: list[Span] = []
        depth = 0
        while True:
            token = self._next()
            word = self._text[slice(*token)]
            depth += (word == "{") - (word == "}")
            if depth < 0 and not tokens:
                return False
            if depth not in (0, 1):
                raise BadKlarfError(f"the braces of {found.name} do not match")
            if word == ";" and depth == 0:
                found.rows.append((tokens, token[1]))
                return True
            tokens.append(token)

    def _list(self, name: str) -> _List | None:
        found = [each for each in self._lists if each.name == name]
        if len(found) > 1:
            raise BadKlarfError(f"it has several lists {name}; one is read")
        return found[0] if found else None

    def _fields(self, found: _List, tokens: Sequence[Span], what: str) -> tuple[dict[str, Span], list[Span]]:
        """Return the places of the columns of one value, and the tokens of an image list, which comes last."""
        names = [name for name, kind in found.columns.items() if kind not in IMAGE_LISTS]
        if len(tokens) < len(names) or (len(tokens) > len(names) and len(names) == len(found.columns)):
            raise BadKlarfError(f"{what} has {len(tokens)} values, wanted {len(names)}")
        if list(found.columns)[: len(names)] != names:
            raise BadKlarfError(f"{found.name} has columns behind its image list, which are not read")
        return dict(zip(names, tokens, strict=False)), list(tokens[len(names) :])

    def _defect(self, found: _List, tokens: Sequence[Span], end: int, place: int) -> ListedDefect:
        what = f"row {place} of DefectList"
        fields, images = self._fields(found, tokens, what)
        whole = {
            name: whole_number(self._word(fields[name]), f"{what}: {name}")
            for name in ("DEFECTID", "XINDEX", "YINDEX", "CLASSNUMBER")
        }
        return ListedDefect(
            id=whole["DEFECTID"],
            x_um=number(self._word(fields["XREL"]), f"{what}: XREL") * NM,
            y_um=number(self._word(fields["YREL"]), f"{what}: YREL") * NM,
            column=whole["XINDEX"],
            row=whole["YINDEX"],
            images=self._images(images, fields, what),
            frame=0,
            fields=fields,
            start=tokens[0][0],
            end=end,
        )

    def _images(self, tokens: Sequence[Span], fields: Mapping[str, Span], what: str) -> tuple[ListedImage, ...]:
        """Read an image list: ``Images n {...}`` with names or pages, or pages and types without a word."""
        words = [self._text[slice(*token)] for token in tokens]
        count = (
            whole_number(self._word(fields["IMAGECOUNT"]), f"{what}: IMAGECOUNT") if "IMAGECOUNT" in fields else None
        )
        if not words or words == ["N"]:
            return ()
        if words[0] not in ("Images", "Image"):
            raise BadKlarfError(f"{what}: its image list begins with {words[0][:40]!r}, wanted Images")
        inside = [n for n in range(3, len(words) - 1) if words[n] != ","]
        stated = whole_number(words[1], f"{what}: Images") if len(words) > 1 else -1
        if words[2:3] != ["{"] or words[-1] != "}" or stated < 0 or count not in (None, stated):
            raise BadKlarfError(f"{what}: its image list does not hold the number of images that it says")
        if stated == 0:
            return ()
        if len(inside) % stated or not inside:
            raise BadKlarfError(f"{what}: its image list does not hold the number of images that it says")
        each = len(inside) // stated
        return tuple(self._image(words, tokens, inside[n : n + each], what) for n in range(0, len(inside), each))

    def _image(self, words: Sequence[str], tokens: Sequence[Span], own: Sequence[int], what: str) -> ListedImage:
        entry = self._text[tokens[own[0]][0] : tokens[own[-1]][1]]
        first = words[own[0]]
        if first.startswith('"'):
            return ListedImage(first.strip('"'), 0, f"Images 1 {{{entry}}}")
        names = self._header.get("tifffilename") or self._header.get("imagefilename") or [""]
        page = whole_number(first, f"{what}: Images") - 1
        if page < 0 or not names[0]:
            raise BadKlarfError(f"{what} lists image {page + 1}, and there is no such image in a TiffFileName")
        return ListedImage(names[0], page, f"Images 1 {{{entry}}}")

    def _summary(self) -> list[Mapping[str, Span]]:
        found = self._list("testsummarylist")
        return [] if found is None else [self._fields(found, row, "TestSummaryList")[0] for row, _ in found.rows]

    def _lookup(self) -> ClassLookup | None:
        found = self._list("classlookuplist")
        if found is None or not found.rows or list(found.columns)[:2] != ["CLASSNUMBER", "CLASSNAME"]:
            return None
        names = {}
        for tokens, _ in found.rows:
            fields, _ = self._fields(found, tokens, "ClassLookupList")
            names[whole_number(self._word(fields["CLASSNUMBER"]), "ClassLookupList")] = self._word(fields["CLASSNAME"])
        more = "".join(' ""' if kind == "string" else " 0" for kind in list(found.columns.values())[2:])
        last, end = found.rows[-1]
        return ClassLookup(names, found.count, end, last[0][0], more)
