"""The same KLARF file again, with class and size of its defects filled in; all else stays byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semscan.files.klarf.file import KlarfFile, ListedDefect, ListedImage, Span, number, whole_number

Edit = tuple[int, int, str]  # from, to, what stands there then
SIZES = ("XSIZE", "YSIZE", "DSIZE")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one defect: number and name of its class, width, height in µm and area in µm².

    The sizes are None where no region was found.
    """

    number: int
    name: str
    size_um: tuple[float, float] | None = None
    area_um2: float | None = None


@dataclass(frozen=True, slots=True)
class NewDefect:
    """A defect that the file did not list, and the listed one in whose image it was found."""

    listed: ListedDefect
    image: ListedImage
    id: int
    x_um: float
    y_um: float
    column: int
    row: int
    finding: Finding


def rewritten(file: KlarfFile, findings: Mapping[int, Finding], added: Sequence[NewDefect] = ()) -> bytes:
    """Return a KLARF file with what was found.

    Parameters
    ----------
    file : KlarfFile
        As read.
    findings : mapping
        Place in `file.defects` -> what was found of it. Defects without a finding keep all their fields.
    added : sequence of NewDefect
        Rows to add, each below the defect in whose image it was found.

    Raises
    ------
    BadKlarfError
        If the summary that the new defects change holds no numbers.
    """
    edits: list[Edit] = []
    for place, finding in findings.items():
        fields = file.defects[place].fields
        edits += [(*fields[column], value) for column, value in _values(file, finding).items() if column in fields]
    edits += _new_rows(file, added)
    edits += _new_counts(file, added)
    edits += _new_classes(file, [*findings.values(), *(new.finding for new in added)])
    parts: list[str] = []
    at = 0
    for start, end, words in sorted(edits, key=lambda edit: edit[:2]):
        parts += [file.text[at:start], words]
        at = end
    return "".join([*parts, file.text[at:]]).encode("latin-1")


def _values(file: KlarfFile, finding: Finding) -> dict[str, str]:
    """Return the values of the columns that a finding fills."""
    values = {"CLASSNUMBER": str(finding.number)}
    if finding.size_um is not None and finding.area_um2 is not None:
        width, height = finding.size_um
        lengths = zip(SIZES, (width, height, max(width, height)), strict=True)
        values |= {column: _length(file, length) for column, length in lengths}
        area = finding.area_um2 / file.um**2
        digits = 9 if file.um == 1 else 0 if "DEFECTAREA" in file.whole_columns else 1
        values["DEFECTAREA"] = f"{area:.{digits}f}"
    return values


def _length(file: KlarfFile, um: float) -> str:
    return f"{um:.6f}" if file.um == 1 else str(round(um / file.um))


def _new_rows(file: KlarfFile, added: Sequence[NewDefect]) -> list[Edit]:
    """Return the new rows, each below that of its listed defect: one insertion for all that share one."""
    rows: dict[int, list[str]] = {}
    for new in added:
        rows.setdefault(new.listed.end, []).append(_row(file, new))
    return [(end, end, "".join(words)) for end, words in rows.items()]


def _row(file: KlarfFile, new: NewDefect) -> str:
    known = {
        "DEFECTID": str(new.id),
        "XREL": _length(file, new.x_um),
        "YREL": _length(file, new.y_um),
        "XINDEX": str(new.column),
        "YINDEX": str(new.row),
        "IMAGECOUNT": "1",
        **_values(file, new.finding),
    }
    kept = {name: file.text[slice(*new.listed.fields[name])] for name in ("TEST",) if name in new.listed.fields}
    unknown = {name: '""' if name in file.text_columns else "0" for name in file.columns}
    values = {**unknown, **kept, **known, file.image_column: new.image.alone}
    words = [values[name] for name in file.columns]
    line = file.text.rfind("\n", 0, new.listed.start) + 1
    before = file.text[line : new.listed.start]
    indent = before[: len(before) - len(before.lstrip())] or " "  # a row may follow other words on its line
    newline = "\r\n" if file.text[:line].endswith("\r\n") else "\n"
    return newline + indent + " ".join(words) + file.row_end


def _new_counts(file: KlarfFile, added: Sequence[NewDefect]) -> list[Edit]:
    """Return the changed sums: NDEFECT, DEFDENSITY in proportion, NDEFDIE by the dies that had no defect."""
    edits: list[Edit] = []
    if added and file.data_count is not None:
        edits.append((*file.data_count, str(len(file.defects) + len(added))))
    more = Counter(new.listed.frame for new in added)
    for frame, count in more.items():
        listed = {(defect.column, defect.row) for defect in file.defects if defect.frame == frame}
        dies = {(new.column, new.row) for new in added if new.listed.frame == frame} - listed
        for row in file.wafers[frame].summary:
            edits += _summed(file, row, count, len(dies))
    return edits


def _summed(file: KlarfFile, row: Mapping[str, Span], count: int, dies: int) -> list[Edit]:
    edits: list[Edit] = []
    if "NDEFECT" in row:
        before = whole_number(file.value(row["NDEFECT"]), "SummaryList: NDEFECT")
        edits.append((*row["NDEFECT"], str(before + count)))
        if "DEFDENSITY" in row and before > 0:
            density = number(file.value(row["DEFDENSITY"]), "SummaryList: DEFDENSITY")
            edits.append((*row["DEFDENSITY"], f"{density * (before + count) / before:.10e}"))
    if "NDEFDIE" in row and dies:
        before = whole_number(file.value(row["NDEFDIE"]), "SummaryList: NDEFDIE")
        edits.append((*row["NDEFDIE"], str(before + dies)))
    return edits


def _new_classes(file: KlarfFile, findings: Sequence[Finding]) -> list[Edit]:
    """Return what the table of classes lacks: a file without a table gets none."""
    lookup = file.lookup
    if lookup is None:
        return []
    missing = {finding.number: finding.name for finding in findings if finding.number not in lookup.names}
    if not missing:
        return []
    start = file.text.rfind("\n", 0, lookup.last) + 1
    indent = file.text[start : lookup.last]
    indent = indent[: len(indent) - len(indent.lstrip())] or " "
    newline = "\r\n" if file.text[:start].endswith("\r\n") else "\n"
    rows = [
        f'{newline}{indent}{code} "{_plain(name)}"{lookup.more}{file.row_end}' for code, name in sorted(missing.items())
    ]
    count = int(file.text[slice(*lookup.count)]) + len(missing)  # a number may stand twice in the table
    return [(*lookup.count, str(count)), (lookup.end, lookup.end, "".join(rows))]


def _plain(name: str) -> str:
    return name.replace('"', "'").replace(";", ",").encode("ascii", "replace").decode("ascii")
