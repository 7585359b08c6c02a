"""An evaluation in words: the figures as a table, and notes on how far they can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from semscan.phrases import plural
from semscan.report.text.detection import comparison_lines
from semscan.values.evaluation import AtThreshold, ClassFigures, Confusion, Evaluation, Interval, TypeFigures

FEW = 10
FEW_OF_A_TYPE = 5
STANDARD_THRESHOLD = 0.5
# key in evaluation.json -> what it is
_NAMES = {
    "image_auroc": "image AUROC",
    "image_ap": "image AP",
    "pixel_auroc": "pixel AUROC",
    "pixel_ap": "pixel AP",
    "aupro30": "AUPRO to 0.3",
    "recall_at_0.1fp": "defects hit at 0.1 false regions per image",
    "recall_at_1fp": "... at 1",
    "recall_at_10fp": "... at 10",
}


def evaluation_notes(evaluation: Evaluation, *, is_calibrated: bool, false_alarms: float | None) -> list[str]:
    """Return what to know before trusting the figures; a line each.

    Parameters
    ----------
    evaluation : Evaluation
        The figures.
    is_calibrated : bool
        False for a method without a calibrated threshold.
    false_alarms : float or None
        False regions per good image that the threshold of the method is calibrated for; None if not stated.
    """
    notes = [*_too_few(evaluation), *_type_notes(evaluation)]
    if not is_calibrated:
        notes.append("this model has no calibrated threshold: no figure is given at one")
    if evaluation.at_threshold is not None:
        notes += _threshold_notes(evaluation.at_threshold, false_alarms)
    return notes


def _too_few(evaluation: Evaluation) -> Iterator[str]:
    good = evaluation.good_images
    defective = evaluation.defective_images
    unmasked = evaluation.without_mask
    defects = evaluation.defects
    if not good:
        hint = " (if a class folder holds them, name it with --good)" if unmasked else ""
        yield f"no good images{hint}: image AUROC and AP and the false regions per good image are undefined"
    elif good < FEW:
        yield f"only {plural(good, 'good image')}: image figures and false regions on good images are rough"
    if not defective:
        yield "no defective images: only the false regions are defined"
    elif defective < FEW:
        yield f"only {plural(defective, 'defective image')}: confidence intervals are wide"
    if unmasked and unmasked == defective:
        yield "no masks in ground_truth: figures of pixels and defects are undefined, only those of images are given"
    elif unmasked:
        yield f"{unmasked} defective images have no mask: they count in the image figures only"
    if defects is not None and defective > unmasked and defects < FEW:
        share = f"{1 / defects:.0%}" if defects else "everything"
        yield f"only {plural(defects, 'defect')} in the masks: each is {share} of the recall"


def _type_notes(evaluation: Evaluation) -> Iterator[str]:
    support = {} if evaluation.types is None else evaluation.types.support
    few = [f"{count} of {name!r}" for name, count in support.items() if count < FEW_OF_A_TYPE]
    if few:
        yield f"with so few defects the figures of a type are rough: {', '.join(few)}"


def _threshold_notes(at: AtThreshold, false_alarms: float | None) -> Iterator[str]:
    for what, f1, trivial in (
        ("pixel", at.f1 if at.defects else None, at.f1_of_calling_all_defective),
        ("image", at.image_f1, at.image_f1_of_calling_all_defective),
    ):
        if f1 is not None and trivial is not None and f1 <= trivial:
            yield f"{what} F1 {f1:.3f} is no better than calling every {what} defective ({trivial:.3f})"
    if false_alarms and at.false_per_good_image_95 and at.threshold == STANDARD_THRESHOLD:
        yield _rate_note(at.false_per_good_image or 0.0, at.false_per_good_image_95, false_alarms)


def _rate_note(rate: float, interval: Interval, stated: float) -> str:
    low, high = interval
    message = f"{rate:.3g} false regions per good image ({low:.2g} to {high:.2g}), {stated:g} stated"
    if low > 2 * stated:
        return f"{message}: more than promised; calibrate on good images like these"
    return f"{message}: kept" if high <= 2 * stated else f"{message}: agrees, though so few images could not tell"


def evaluation_lines(evaluation: Evaluation) -> list[str]:
    """Return the evaluation as a table to read; a line each."""
    lines = [f"{evaluation.data}: {evaluation.said}", "", *_overall(evaluation)]
    if evaluation.at_threshold is not None:
        lines += ["", *_at(evaluation, evaluation.at_threshold)]
    if evaluation.classes:
        lines += ["", *_per_class(evaluation.classes)]
    if evaluation.confusion is not None:
        lines += ["", *_confusion(evaluation.confusion)]
    if evaluation.types is not None:
        lines += ["", *_types(evaluation.types, evaluation.intervals)]
    if evaluation.detection is not None:
        lines += ["", *comparison_lines(evaluation.detection)]
    if evaluation.notes:
        lines += ["", *(f"note: {note}" for note in evaluation.notes)]
    return [*lines, *(f"left out: {failure.error}" for failure in evaluation.failed)]


def _overall(evaluation: Evaluation) -> list[str]:
    wide = max(map(len, _NAMES.values()))
    figures = evaluation.to_json()
    lines = [f"{'':{wide}}  {'':>7}  95 % interval"]
    for key, name in _NAMES.items():
        value = figures.get(key)
        lines.append(f"{name:{wide}}  {_number(value):>7}  {_span(evaluation.intervals.get(key), value)}".rstrip())
    return lines


def _at(evaluation: Evaluation, at: AtThreshold) -> list[str]:
    lines = [f"at threshold {at.threshold:g}"]
    if at.defects:
        span = _span(evaluation.intervals.get("at_threshold.hit_share"), at.hit_share)
        lines.append(f"  defects hit              {at.hit} of {at.defects} ({at.hit_share:.1%}; {span})")
    if evaluation.defective_images:
        lines.append(f"  defective images found   {at.defective_images_found} of {evaluation.defective_images}")
    if evaluation.good_images:
        lines.append(f"  good images flagged      {at.good_images_flagged} of {evaluation.good_images}")
    if at.false_per_image is not None:
        lines.append(f"  false regions per image  {_rate(at.false_per_image, at.false_per_image_95)}")
    if at.false_per_good_image is not None:
        lines.append(f"  ... per good image       {_rate(at.false_per_good_image, at.false_per_good_image_95)}")
    if at.defects:
        lines.append(f"  pixels                   precision {at.precision:.3f}, recall {at.recall:.3f}, F1 {at.f1:.3f}")
    return lines


def _per_class(classes: Mapping[str, ClassFigures]) -> list[str]:
    rows = [("class", "images", "flagged", "hit", "95 %", "at 1 false per image", "false per image")]
    for name, found in classes.items():
        has_defects = found.hit_share is not None
        rows.append(
            (
                name,
                str(found.images),
                str(found.images_flagged),
                f"{found.hit}/{found.defects}" if has_defects else "",
                _span(found.hit_share_95, 1) if has_defects else "",
                _number(found.recall_at_1fp) if has_defects else "",
                "" if found.false_per_image is None else f"{found.false_per_image:.2f}",
            )
        )
    return _columns(rows)


def _confusion(found: Confusion) -> list[str]:
    rows: list[tuple[str, ...]] = [("is \\ was called", *found.classes, "recall")]
    for name, counts in zip(found.classes, found.matrix, strict=True):
        recall = found.recall[name]
        rows.append((name, *map(str, counts), "" if recall is None else f"{recall:.2f}"))
    return [f"accuracy {found.accuracy:.3f} of {found.images} images", *_columns(rows)]


def _types(found: TypeFigures, intervals: Mapping[str, Interval | None]) -> list[str]:
    matrix = dict(zip(found.classes, found.matrix, strict=True))
    rows: list[tuple[str, ...]] = [("type \\ was called", *found.classes, "missed", "precision", "recall", "F1")]
    for name, count in found.support.items():
        shares = [each[name] for each in (found.precision, found.recall, found.f1)]
        cells = ("-" if share is None else f"{share:.2f}" for share in shares)
        rows.append((name, *map(str, matrix[name]), str(count - sum(matrix[name])), *cells))
    lines = [f"types of the {found.defects} defects hit at the threshold"]
    for key, name, value in (
        ("macro_f1", "macro F1", found.macro_f1),
        ("macro_f1_with_missed", f"... with the {found.missed} missed", found.macro_f1_with_missed),
    ):
        if value is not None and (key == "macro_f1" or found.missed):
            lines.append(f"  {name:24} {value:.3f} ({_span(intervals.get(f'types.{key}'), 1)})")
    if found.defects:
        lines.append(f"  {'accuracy':24} {found.accuracy:.3f}, {found.unknown_share:.1%} called unknown")
    return [*lines, *_columns(rows)]


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            [f"{row[0]:{widths[0]}}"] + [f"{cell:>{wide}}" for cell, wide in zip(row[1:], widths[1:], strict=True)]
        ).rstrip()
        for row in rows
    ]


def _rate(rate: float, interval: Interval | None) -> str:
    return f"{rate:.3f} ({_span(interval, rate)})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _span(interval: Interval | None, value: float | None) -> str:
    return "" if interval is None or value is None else f"{interval[0]:.3f} to {interval[1]:.3f}"
