"""Each defect by itself: its crop with a scale bar, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semscan.report.html.parts import Picture, names_of, plain
from semscan.report.html.summary import Defect, Summary
from semscan.report.pictures.scale_bar import bar_nm

MOST_CARDS = 400
BAR_SHARE = 0.5  # of the crop's width, at most


@dataclass(frozen=True, slots=True)
class Card:
    """One defect: the name of its image, its crop if there is one, and its measures by their names.

    `compared` has the crops of the golden reference and of the difference by their names.
    """

    defect: Defect
    name: str
    folder: str
    crop: Picture | None
    facts: Mapping[str, str]
    compared: Mapping[str, Picture]

    @property
    def box_style(self) -> str:
        """Where the region lies in the crop, as CSS; empty if that is not known."""
        if self.crop is None or self.crop.box is None:
            return ""
        left, top, wide, high = (100 * share for share in self.crop.box)
        return f"left:{left:.2f}%;top:{top:.2f}%;width:{wide:.2f}%;height:{high:.2f}%"

    @property
    def bar_nm(self) -> float | None:
        """Length of the scale bar; None without a scale."""
        return bar_nm(self.crop.width_nm, share=BAR_SHARE) if self.crop and self.crop.width_nm else None


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards that are shown, highest peak first, and the number of defects left out."""

    shown: list[Card]
    left: int


def defect_cards(
    summary: Summary,
    crops: Mapping[tuple[int, str], Picture],
    compared: Mapping[tuple[int, str], tuple[Picture, Picture]],
) -> Cards:
    """Make the cards. `crops` and `compared` have pictures by the number of the record and of the region."""
    shown = summary.defects[:MOST_CARDS]
    _, names = names_of(summary.records)
    cards = []
    for defect in shown:
        image, key = names[defect.place - 1], (defect.place, defect.name)
        pair = dict(zip(("reference", "difference"), compared.get(key, ()), strict=False))
        cards.append(Card(defect, image.name, image.folder, crops.get(key), _facts(defect), pair))
    return Cards(cards, len(summary.defects) - len(shown))


def _facts(defect: Defect) -> dict[str, str]:
    region = defect.region
    nm = defect.diameter_nm
    facts = {
        "peak": plain(region.peak),
        "diameter": f"{plain(defect.diameter)} px" if nm is None else f"{plain(nm)} nm",
        "area": f"{region.area_px:,.0f} px" if region.area_nm2 is None else f"{plain(region.area_nm2)} nm²",
        "x, y": ", ".join(f"{value:.0f}" for value in region.centroid) + " px",
    }
    if region.class_name is not None:
        facts["class"] = region.class_name
    if region.reviewed is not None:
        facts["reviewed"] = region.reviewed
    return facts
