"""The whole page, put together."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from markupsafe import Markup

from semscan.report.html import charts, provenance
from semscan.report.html.cards import defect_cards
from semscan.report.html.environment import environment, own_text
from semscan.report.html.parts import Picture, names_of, utc
from semscan.report.html.summary import Summary, summarise
from semscan.report.html.table import image_table
from semscan.report.html.wafers import trend_parts, wafer_parts
from semscan.values.control.trend import Trend
from semscan.values.fab.summary import WaferSummary
from semscan.values.record import AnyRecord
from semscan.values.run_record import RunRecord
from semscan.version import __version__

GENERATOR = "semscan"
SCORES = "A score is not a probability: the threshold is where good images rarely reach."


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its template is named as its `anchor`, and lies in `folder`."""

    anchor: str
    title: str
    folder: str = ""

    @property
    def template(self) -> str:
        """The name of the template."""
        return f"{self.folder}{self.anchor}.html"


def html_report(
    records: Sequence[AnyRecord],
    *,
    run: RunRecord,
    title: str = "Inspection report",
    previews: Mapping[int, Picture] | None = None,
    crops: Mapping[tuple[int, str], Picture] | None = None,
    compared: Mapping[tuple[int, str], tuple[Picture, Picture]] | None = None,
    links: Mapping[int, str] | None = None,
    model_card: str | None = None,
    notes: Sequence[str] = (),
    wafers: Sequence[WaferSummary] = (),
    trends: Sequence[Trend] = (),
) -> str:
    """Return the records of an inspection as one page that needs nothing else: no network, no other file.

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
    compared : mapping, optional
        Crops of the golden reference and of the difference, by the same keys.
    links : mapping, optional
        Number of a record -> address of the full overlay, relative to the page, quoted.
    model_card : str, optional
        Text of the model's MODEL_CARD.md.
    notes : sequence of str
        What a reader must know before the figures.
    wafers : sequence of WaferSummary, optional
        The wafers of the images, where their places are known.
    trends : sequence of Trend, optional
        Control charts over these wafers, for each step.

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
    summary = summarise(records)
    drawn = charts.draw_charts(summary)
    card = provenance.model_card(model_card) if model_card else []
    sections = [
        Section("summary", "Summary"),
        *([Section("figures", "Figures")] if drawn.any else []),
        *([Section("wafers", "Wafers")] if wafers else []),
        Section("images", "Images"),
        *([Section("defects", "Defects")] if summary.defects else []),
        Section("problems", "Errors and warnings"),
        Section("settings", "Settings"),
        *([Section("model", "Model card")] if card else []),
        Section("versions", "Versions"),
    ]
    return fill_page(
        title=title,
        subtitle=_subtitle(run, summary),
        sections=sections,
        script=own_text("page.js"),
        footer=SCORES,
        summary=summary,
        notes=notes,
        charts=drawn,
        wafers=wafer_parts(wafers),
        trends=trend_parts(trends),
        table=image_table(records, previews or {}, links or {}),
        cards=defect_cards(summary, crops or {}, compared or {}),
        problems=provenance.list_problems(summary),
        settings=provenance.run_settings(run),
        model_card=card,
        versions=provenance.versions(run),
    )


def fill_page(
    *,
    title: str,
    subtitle: Sequence[str],
    sections: Sequence[Section],
    script: str,
    footer: str,
    generator: str = GENERATOR,
    **values: Any,
) -> str:
    """Return a page of sections; `values` are what their templates show, `script` is the only one that may run.

    `generator` states what kind of page it is: only pages of the same kind are replaced.
    """
    return (
        environment()
        .get_template("page.html")
        .render(
            title=title,
            subtitle=subtitle,
            version=__version__,
            generator=generator,
            policy=_policy(script),
            style=Markup(own_text("theme.css") + own_text("page.css")),
            script=Markup(script),
            footer=footer,
            sections=sections,
            **values,
        )
    )


def _policy(script: str) -> str:
    """Return the content security policy: nothing from elsewhere, and no script but this one."""
    allowed = f"sha256-{b64encode(sha256(script.encode('utf-8')).digest()).decode('ascii')}" if script else "none"
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '{allowed}'"


def _subtitle(run: RunRecord, summary: Summary) -> list[str]:
    """Return when, where, by which methods and models, and with which version the images were inspected."""
    methods = {name for record in summary.inspected for name in record.method}
    models = {record.model for record in summary.inspected if record.model}
    common, _ = names_of(summary.records)
    parts = [
        "" if run.began is None else utc(run.began),
        common,
        f"inspected by {', '.join(sorted(methods))}" if methods else "",
        f"model {', '.join(sorted(models))}" if models else "",
        f"semscan {run.semscan_version or __version__}",
    ]
    return [part for part in parts if part]
