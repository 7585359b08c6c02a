"""The whole page, put together."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files

from semscan.report.html import charts, provenance
from semscan.report.html.cards import defect_cards
from semscan.report.html.parts import Picture, entries, esc, many, names_of, plain, section, utc
from semscan.report.html.summary import Tally, tally
from semscan.report.html.table import image_table
from semscan.values.record import AnyRecord
from semscan.values.run_record import RunRecord
from semscan.version import __version__

UM2_PER_CM2 = 1e8


def html_report(
    records: Sequence[AnyRecord],
    *,
    run: RunRecord,
    title: str = "Inspection report",
    previews: Mapping[int, Picture] | None = None,
    crops: Mapping[tuple[int, str], Picture] | None = None,
    links: Mapping[int, str] | None = None,
    model_card: str | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The records of an inspection as one page that needs nothing else: no network, no other file.

    Parameters
    ----------
    records : sequence of Record or ErrorRecord
        Of `results.jsonl`, in their order.
    run : RunRecord
        What `run.json` holds; may be empty.
    title : str
        What was inspected.
    previews : mapping, optional
        Number of a record, from 1 -> its overlay, small.
    crops : mapping, optional
        Number of a record and id of a region, as text -> the region alone.
    links : mapping, optional
        Number of a record -> address of the full overlay, relative to the page, quoted.
    model_card : str, optional
        Text of the model's MODEL_CARD.md.
    notes : sequence of str
        What a reader must know before the figures.

    Returns
    -------
    str
        HTML. Whatever stems from a file is escaped; scripts other than the page's own are forbidden in it.

    Examples
    --------
    >>> from semscan.values.record import ErrorRecord
    >>> page = html_report([ErrorRecord(image="<b>.png", source="", error="not an image")], run=RunRecord())
    >>> "<b>" in page, "&lt;b&gt;.png" in page
    (False, True)
    """
    counts = tally(records)
    drawn = "".join(
        (
            charts.score_histogram(counts),
            charts.size_histogram(counts),
            charts.field_map(counts),
            charts.class_table(counts),
        )
    )
    table = image_table(records, previews or {}, links or {})
    parts = {
        "summary": ("Summary", _summary(counts) + "".join(f'<p class="note">{esc(note)}</p>' for note in notes)),
        "figures": ("Figures", f'<div class="charts">{drawn}</div>' if drawn else ""),
        "images": ("Images", table),
        "defects": ("Defects", defect_cards(counts, crops or {})),
        "problems": ("Errors and warnings", provenance.problems(counts)),
        "settings": ("Settings", provenance.settings(run)),
        "model": ("Model card", provenance.model_card(model_card) if model_card else ""),
        "versions": ("Versions", provenance.versions(run)),
    }
    sections = "".join(section(anchor, name, body) for anchor, (name, body) in parts.items())
    contents = "".join(f'<a href="#{anchor}">{name}</a>' for anchor, (name, body) in parts.items() if body)
    return _whole(title, _subtitle(run, counts), contents, sections)


def _summary(counts: Tally) -> str:
    judged = len(counts.fine)
    share = f" <small>{plain(100 * counts.defective / judged)} %</small>" if judged else ""
    facts = {"Images": f"{len(counts.records):,}", "With defects": f"{counts.defective:,}{share}"}
    facts["Defects"] = f"{len(counts.defects):,}"
    if counts.nuisance:
        facts["Nuisance, not counted"] = f"{counts.nuisance:,}"
    facts["Not inspected"] = f"{len(counts.failed):,}"
    if counts.area_um2:
        density = counts.counted / counts.area_um2
        facts["Defect density"] = (
            f"{plain(density)} <small>per µm²</small> <small>({plain(density * UM2_PER_CM2)} per cm²)</small>"
        )
        area = f"{plain(counts.area_um2)} <small>µm²</small>"
        facts["Judged area"] = (
            area
            if counts.calibrated == judged
            else (f"{area} <small>of the {many(counts.calibrated, 'calibrated image')}</small>")
        )
    elif judged:
        facts["Defect density"] = '<span class="words">not known: no nm per pixel</span>'
    return entries(facts, "tiles")


def _subtitle(run: RunRecord, counts: Tally) -> str:
    methods = {name for record in counts.fine for name in record.method}
    models = {record.model for record in counts.fine if record.model}
    said = [utc(run.began)] if run.began else []
    common, _ = names_of(counts.records)
    if common:
        said.append(common)
    if methods:
        said.append("judged by " + ", ".join(sorted(methods)))
    if models:
        said.append("model " + ", ".join(sorted(models)))
    said.append(f"semscan {run.semscan_version or __version__}")
    return " · ".join(map(esc, said))


def _whole(title: str, subtitle: str, contents: str, sections: str) -> str:
    here = files("semscan.report.html")
    style, script = (here.joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    allowed = b64encode(sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="semscan {__version__}">
<title>{esc(title)} · semscan</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">To the results</a>
<header><h1>{esc(title)}</h1><p>{subtitle}</p></header>
<nav aria-label="Contents">{contents}</nav>
<main id="main">
{sections}</main>
<footer>Written by semscan {__version__}. A score is not a probability: the threshold is where good images
rarely reach.</footer>
<dialog id="large" aria-label="Overlay, enlarged"><img alt=""><p></p>
<form method="dialog"><button autofocus>Close</button></form></dialog>
<script>{script}</script>
</body>
</html>
"""
