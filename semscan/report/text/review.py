"""An evaluation by a review in words: the figures as a table, and how far they can be trusted."""

from __future__ import annotations

from semscan.phrases import plural
from semscan.values.evaluation import Interval, ReviewedClassFigures, ReviewEvaluation, ReviewFigures

FEW = 10


def review_notes(evaluation: ReviewEvaluation) -> tuple[str, ...]:
    """Return what to know before trusting the figures; a line each."""
    figures = evaluation.figures
    notes = []
    if evaluation.reviewed_images < FEW:
        notes.append(f"only {plural(evaluation.reviewed_images, 'reviewed image')}: the intervals are wide")
    if not evaluation.without_regions:
        notes.append(
            "no image without regions was reviewed: defects missed in such images are unknown, the recall may be lower"
        )
    elif evaluation.without_regions < FEW:
        few = plural(evaluation.without_regions, "image")
        notes.append(f"only {few} without regions reviewed: the recall says little of defects in others")
    if figures is not None and figures.found + figures.missed == 0:
        notes.append("the review names no defect: the recall is undefined")
    if evaluation.partly_reviewed:
        notes.append(f"{plural(evaluation.partly_reviewed, 'image')} with undecided regions not counted")
    if evaluation.left_out:
        notes.append(f"{plural(evaluation.left_out, 'decision')} about regions or images that the results do not hold")
    return tuple(notes)


def review_lines(evaluation: ReviewEvaluation) -> list[str]:
    """Return the evaluation as a table to read; a line each."""
    lines = [f"{', '.join(evaluation.review)}: {evaluation.reviewed_images} of {evaluation.images} images reviewed"]
    figures = evaluation.figures
    if figures is not None:
        lines += ["", *_overall(figures)]
        if figures.classes:
            lines += ["", *_by_class(dict(figures.classes))]
    if evaluation.notes:
        lines += ["", *(f"note: {note}" for note in evaluation.notes)]
    return lines


def _overall(figures: ReviewFigures) -> list[str]:
    decided, defects = figures.found + figures.false, figures.found + figures.missed
    lines = [
        f"regions that are real    {figures.found} of {decided}{_share(figures.precision, figures.precision_95)}",
        f"defects that were found  {figures.found} of {defects}{_share(figures.recall, figures.recall_95)}",
        f"defective images found   {figures.defective_images_found} of {figures.defective_images}",
        f"good images flagged      {figures.good_images_flagged} of {figures.good_images}",
    ]
    if figures.false_per_good_image is not None:
        span = _span(figures.false_per_good_image_95)
        lines.append(f"false regions per good image  {figures.false_per_good_image:.3f} ({span})")
    if figures.unsure:
        lines.append(f"regions not sure of      {figures.unsure}, not counted")
    return lines


def _by_class(classes: dict[str, ReviewedClassFigures]) -> list[str]:
    rows = [("class", "found", "recall", "95 %", "rightly called", "precision", "95 %")]
    for name, of in classes.items():
        rows.append(
            (
                name,
                f"{of.found}/{of.found + of.missed}",
                _number(of.recall),
                _span(of.recall_95),
                f"{of.right}/{of.called}",
                _number(of.precision),
                _span(of.precision_95),
            )
        )
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            f"{cell:<{wide}}" if place == 0 else f"{cell:>{wide}}"
            for place, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _share(value: float | None, interval: Interval | None) -> str:
    return "" if value is None else f" ({value:.1%}; {_span(interval)})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _span(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"
