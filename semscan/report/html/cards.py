"""Each defect by itself: its crop with a scale bar, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping

from semscan.report.html.parts import Picture, entries, esc, many, names_of, plain
from semscan.report.html.summary import Defect, Tally
from semscan.report.pictures.scale_bar import bar_nm, length_text

MOST_CARDS = 400


def defect_cards(counts: Tally, crops: Mapping[tuple[int, str], Picture]) -> str:
    """Cards, hottest first. `crops` has the pictures by the number of the record and of the region."""
    if not counts.defects:
        return ""
    shown = counts.defects[:MOST_CARDS]
    left = len(counts.defects) - len(shown)
    words = f"The {len(shown)} hottest; {many(left, 'more defect')} in results.jsonl."
    note = f'<p class="note">{words}</p>' if left else ""
    _, names = names_of(counts.records)
    cards = "".join(_card(defect, *names[defect.place - 1], crops.get((defect.place, defect.name))) for defect in shown)
    return f'{note}<ol class="cards">{cards}</ol>'


def _card(defect: Defect, name: str, folder: str, crop: Picture | None) -> str:
    title = f'<h3><a href="#image-{defect.place}"><bdi>{esc(name)}</bdi></a> <span>no. {esc(defect.name)}</span></h3>'
    title += f'<p class="folder"><bdi>{esc(folder)}</bdi></p>' if folder else ""
    picture = _figure(crop, f"Defect {defect.name} of {name}") if crop else '<p class="none">no picture</p>'
    words = f"<p>{esc(defect.region.description)}</p>" if defect.region.description else ""
    return f'<li id="{defect.anchor}">{picture}{title}{entries(_facts(defect))}{words}</li>\n'


def _figure(crop: Picture, alt: str) -> str:
    box = ""
    if crop.box:
        left, top, wide, high = (100 * share for share in crop.box)
        box = f'<span class="box" style="left:{left:.2f}%;top:{top:.2f}%;width:{wide:.2f}%;height:{high:.2f}%"></span>'
    bar = ""
    if crop.width_nm:
        nm = bar_nm(crop.width_nm, share=0.5)
        bar = (
            f'<figcaption class="scale"><span style="width:{100 * nm / crop.width_nm:.2f}%"></span>'
            f"{esc(length_text(nm))}</figcaption>"
        )
    return (
        f'<figure class="crop"><div><img src="{crop.uri}" width="{crop.width}" height="{crop.height}" alt="{esc(alt)}">'
        f"{box}</div>{bar}</figure>"
    )


def _facts(defect: Defect) -> dict[str, str]:
    region, facts = defect.region, {"peak": plain(defect.peak)}
    nm = defect.diameter_nm
    facts["diameter"] = f"{plain(nm)} nm" if nm is not None else f"{plain(defect.diameter)} px"
    facts["area"] = f"{region.area_px:,.0f} px" if region.area_nm2 is None else f"{plain(region.area_nm2)} nm²"
    facts["x, y"] = ", ".join(f"{value:.0f}" for value in region.centroid) + " px"
    if defect.class_name is not None:
        facts["class"] = esc(defect.class_name)
    return facts
