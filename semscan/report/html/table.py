"""The table of all images: readable as it is, sortable and filterable where scripts run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from semscan.report.html.parts import NONE, Picture, esc, figure, many, names_of, plain
from semscan.report.html.summary import diameters
from semscan.values.record import AnyRecord, ErrorRecord, Record

VERDICTS = {"defect": "defect", "fine": "no defect", "unsure": "no verdict", "failed": "not inspected"}
WORDS = ("image", "verdict")
COLUMNS = ("image", "verdict", "score", "defects", "largest", "judged")


def image_table(records: Sequence[AnyRecord], previews: Mapping[int, Picture], links: Mapping[int, str]) -> str:
    """One row per record.

    Parameters
    ----------
    records : sequence of Record or ErrorRecord
        Of `results.jsonl`.
    previews : mapping
        Number of a record, from 1 -> its picture.
    links : mapping
        Number of a record -> address of its full overlay, as it goes into a link.
    """
    nm = any(isinstance(record, Record) and record.nm_per_pixel for record in records)
    heads = {
        "image": "Image",
        "verdict": "Verdict",
        "score": "Score",
        "defects": "Defects",
        "largest": f"Largest <small>({'nm' if nm else 'px'})</small>",
        "judged": "Judged",
    }
    head = "".join(
        f'<th scope="col" data-sort="{kind}" class="{kind}{"" if kind in WORDS else " n"}">{heads[kind]}</th>'
        for kind in COLUMNS
    )
    _, names = names_of(records)
    rows = "".join(
        _row(place, record, names[place - 1], previews.get(place), links.get(place), nm)
        for place, record in enumerate(records, start=1)
    )
    return (
        _filters(records)
        + '<div class="scroll" tabindex="0" role="region" aria-label="Table of images"><table id="image-table">'
        + '<caption class="unseen">Inspected images</caption>'
        + f'<thead><tr><th scope="col" class="picture">Overlay</th>{head}</tr></thead>'
        + f"<tbody>{rows}</tbody></table></div>"
    )


def verdict_of(record: AnyRecord) -> str:
    """A key of `VERDICTS`."""
    if isinstance(record, ErrorRecord):
        return "failed"
    if record.score is None:
        return "unsure"
    return "defect" if record.defect else "fine"


def _filters(records: Sequence[AnyRecord]) -> str:
    counts = {kind: sum(verdict_of(record) == kind for record in records) for kind in VERDICTS}
    choices = "".join(f'<option value="{kind}">{VERDICTS[kind]} ({n})</option>' for kind, n in counts.items() if n)
    return (
        '<form class="filters" id="filters" hidden>'
        '<label>Name, class or warning <input type="search" id="filter-words" autocomplete="off"></label>'
        '<label>Verdict <select id="filter-verdict">'
        f'<option value="">all ({len(records)})</option>{choices}</select></label>'
        '<label>Score at least <input type="number" id="filter-score" min="0" max="1" step="0.05"></label>'
        '<button type="reset">Show all</button>'
        f'<output id="shown" aria-live="polite">{many(len(records), "image")}</output></form>'
    )


def _row(
    place: int, record: AnyRecord, names: tuple[str, str], preview: Picture | None, link: str | None, nm: bool
) -> str:
    name, folder = names
    if isinstance(record, ErrorRecord):
        return _failed_row(place, record, name, folder)
    kind, regions = verdict_of(record), record.regions
    score, judged = record.score, record.judged_fraction
    sizes = [diameters(record, region)[1 if nm else 0] for region in regions]
    largest = max((size for size in sizes if size is not None), default=None)
    cells = [
        f'<td class="picture">{_preview(name, bool(regions), preview, link)}</td>',
        _head(record, name, folder, link),
        f'<td class="verdict {kind}" data-v="{list(VERDICTS).index(kind)}"><span>{VERDICTS[kind]}</span></td>',
        _cell("score", score, figure(score)),
        _cell("defects", len(regions), _defects(place, record)),
        _cell("largest", largest, figure(largest)),
        _cell("judged", judged, NONE if judged is None else f"{plain(100 * judged)} %"),
    ]
    return f'<tr id="image-{place}" data-verdict="{kind}">{"".join(cells)}</tr>\n'


def _failed_row(place: int, record: ErrorRecord, name: str, folder: str) -> str:
    why = f'<span>{VERDICTS["failed"]}</span><span class="error">{esc(record.error)}</span>'
    return (
        f'<tr id="image-{place}" data-verdict="failed"><td class="picture">{NONE}</td>'
        f"{_head(record, name, folder, None)}"
        f'<td class="verdict failed" data-v="{list(VERDICTS).index("failed")}" colspan="{len(COLUMNS) - 1}">'
        f"{why}</td></tr>\n"
    )


def _cell(kind: str, value: float | None, words: str) -> str:
    return f'<td class="{kind} n" data-v="{"" if value is None else f"{value:.9g}"}">{words}</td>'


def _preview(name: str, marked: bool, preview: Picture | None, link: str | None) -> str:
    if preview is None:
        return f'<a href="{link}">overlay</a>' if link else NONE
    picture = (
        f'<img src="{preview.uri}" width="{preview.width}" height="{preview.height}" '
        f'alt="{esc(name)}{", regions outlined" if marked else ""}">'
    )
    shown = f'<a href="{link}" title="Open the full overlay">{picture}</a>' if link else picture
    return shown + f'<button type="button" class="enlarge" hidden aria-label="Enlarge {esc(name)}">Enlarge</button>'


def _head(record: AnyRecord, name: str, folder: str, link: str | None) -> str:
    shown = f"<bdi>{esc(name)}</bdi>"
    words = f'<a href="{link}">{shown}</a>' if link else shown
    if folder:
        words += f'<span class="folder"><bdi>{esc(folder)}</bdi></span>'
    if isinstance(record, Record) and record.class_name is not None:
        words += f'<span class="class">class {esc(record.class_name)}</span>'
    for warning in record.warnings if isinstance(record, Record) else ():
        words += f'<span class="warning">{esc(warning)}</span>'
    return f'<th scope="row" class="image" data-v="{esc(record.image)}">{words}</th>'


def _defects(place: int, record: Record) -> str:
    if not record.defects:
        return str(len(record.regions))
    return f'<a href="#defect-{place}-{record.defects[0].id}">{len(record.regions)}</a>'
