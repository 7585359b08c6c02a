"""An evaluation in words: what it says, and what it cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

FEW = 10
FEW_OF_A_TYPE = 5
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


def notes(record: Mapping[str, Any], calibration: Mapping[str, Any]) -> list[str]:
    """What to know before believing the figures; a line each.

    Parameters
    ----------
    record : mapping
        The figures, as in `evaluation.json`.
    calibration : mapping
        Of the model: `raw_threshold` and the stated `false_alarms`; empty when nothing is stated.
    """
    return [*_too_few(record), *_type_notes(record), *_threshold_notes(record, calibration)]


def _too_few(record: Mapping[str, Any]) -> Iterator[str]:
    good, defective, unmasked = (record[key] for key in ("good_images", "defective_images", "without_mask"))
    if not good:
        hint = " (if a class folder holds them, name it with --good)" if unmasked else ""
        yield f"no good images{hint}: image AUROC and AP and the false regions per good image cannot be said"
    elif good < FEW:
        yield f"only {good} good image{'s' * (good != 1)}: image figures and false regions on good images are rough"
    if not defective:
        yield "no defective images: only the false regions mean something"
    elif defective < FEW:
        yield f"only {defective} defective image{'s' * (defective != 1)}: the intervals are wide, and so is the truth"
    if unmasked and unmasked == defective:
        yield "no masks in ground_truth: nothing can be said of pixels and defects, only of images"
    elif unmasked:
        yield f"{unmasked} defective images have no mask: they count in the image figures only"
    defects = record.get("defects")
    if defects is not None and defective > unmasked and defects < FEW:
        yield f"only {defects} defect{'s' * (defects != 1)} in the masks: each is {_step(defects)} of the recall"


def _type_notes(record: Mapping[str, Any]) -> Iterator[str]:
    support = (record.get("types") or {}).get("support", {})
    few = [f"{count} of {name!r}" for name, count in support.items() if count < FEW_OF_A_TYPE]
    if few:
        yield f"with so few defects the figures of a type mean little: {', '.join(few)}"


def _threshold_notes(record: Mapping[str, Any], calibration: Mapping[str, Any]) -> Iterator[str]:
    at = record.get("at_threshold")
    if calibration and calibration.get("raw_threshold") is None:
        yield "this model has no calibrated threshold: nothing is said at one"
    if at is None:
        return
    if at.get("defects") and at["f1"] <= at["f1_of_calling_all_defective"]:
        yield (
            f"pixel F1 {at['f1']:.3f} is no better than calling every pixel defective "
            f"({at['f1_of_calling_all_defective']:.3f})"
        )
    if at["image_f1"] is not None and at["image_f1"] <= at["image_f1_of_calling_all_defective"]:
        yield (
            f"image F1 {at['image_f1']:.3f} is no better than calling every image defective "
            f"({at['image_f1_of_calling_all_defective']:.3f})"
        )
    stated = calibration.get("false_alarms")
    if stated and at.get("false_per_good_image_95") and at["threshold"] == 0.5:
        yield _rate_note(at, stated)


def _rate_note(at: Mapping[str, Any], stated: float) -> str:
    low, high = at["false_per_good_image_95"]
    said = f"{at['false_per_good_image']:.3g} false regions per good image ({low:.2g} to {high:.2g}), {stated:g} stated"
    if low > 2 * stated:
        return f"{said}: more than promised; calibrate on good images like these"
    return f"{said}: kept" if high <= 2 * stated else f"{said}: agrees, though so few images could not tell"


def evaluation_lines(record: Mapping[str, Any]) -> list[str]:
    """The evaluation as a table to read; a line each."""
    lines = [f"{record['data']}: {record['said']}", ""]
    lines += _overall(record)
    if record.get("at_threshold"):
        lines += ["", *_at(record)]
    if record.get("classes"):
        lines += ["", *_per_class(record["classes"])]
    if record["confusion"]:
        lines += ["", *_confusion(record["confusion"])]
    if record.get("types"):
        lines += ["", *_types(record["types"], record["intervals"])]
    lines += [""] + [f"note: {note}" for note in record["notes"]] if record["notes"] else []
    lines += [f"left out: {failure['error']}" for failure in record["failed"]]
    return lines


def _overall(record: Mapping[str, Any]) -> list[str]:
    wide = max(map(len, _NAMES.values()))
    lines = [f"{'':{wide}}  {'':>7}  95 % interval"]
    for key, name in _NAMES.items():
        value = record.get(key)
        lines.append(f"{name:{wide}}  {_number(value):>7}  {_span(record['intervals'].get(key), value)}".rstrip())
    return lines


def _at(record: Mapping[str, Any]) -> list[str]:
    at = record["at_threshold"]
    lines = [f"at threshold {at['threshold']:g}"]
    if at.get("defects"):
        span = _span(record["intervals"].get("at_threshold.hit_share"), at["hit_share"])
        lines.append(f"  defects hit              {at['hit']} of {at['defects']} ({at['hit_share']:.1%}; {span})")
    if record["defective_images"]:
        lines.append(f"  defective images found   {at['defective_images_found']} of {record['defective_images']}")
    if record["good_images"]:
        lines.append(f"  good images flagged      {at['good_images_flagged']} of {record['good_images']}")
    if at.get("false_per_image") is not None:
        lines.append(f"  false regions per image  {_rate(at, 'false_per_image')}")
    if at.get("false_per_good_image") is not None:
        lines.append(f"  ... per good image       {_rate(at, 'false_per_good_image')}")
    if at.get("defects"):
        lines.append(
            f"  pixels                   precision {at['precision']:.3f}, recall {at['recall']:.3f}, F1 {at['f1']:.3f}"
        )
    return lines


def _per_class(classes: Mapping[str, Any]) -> list[str]:
    names = ("class", "images", "flagged", "hit", "95 %", "at 1 false per image", "false per image")
    rows: list[tuple[str, ...]] = [names]
    for name, entry in classes.items():
        masked = "hit_share" in entry
        rows.append(
            (
                name,
                str(entry["images"]),
                str(entry["images_flagged"]),
                f"{entry['hit']}/{entry['defects']}" if masked else "",
                _span(entry["hit_share_95"], 1) if masked else "",
                _number(entry.get("recall_at_1fp")) if masked else "",
                f"{entry['false_per_image']:.2f}" if "false_per_image" in entry else "",
            )
        )
    return _columns(rows)


def _confusion(found: Mapping[str, Any]) -> list[str]:
    rows: list[tuple[str, ...]] = [("is \\ was called", *found["classes"], "recall")]
    for name, counts in zip(found["classes"], found["matrix"], strict=True):
        recall = found["recall"][name]
        rows.append((name, *map(str, counts), "" if recall is None else f"{recall:.2f}"))
    return [f"accuracy {found['accuracy']:.3f} of {found['images']} images", *_columns(rows)]


def _types(found: Mapping[str, Any], intervals: Mapping[str, Any]) -> list[str]:
    matrix = dict(zip(found["classes"], found["matrix"], strict=True))
    rows: list[tuple[str, ...]] = [("type \\ was called", *found["classes"], "missed", "precision", "recall", "F1")]
    for name, count in found["support"].items():
        shares = [found[key][name] for key in ("precision", "recall", "f1")]
        told = ("-" if share is None else f"{share:.2f}" for share in shares)
        rows.append((name, *map(str, matrix[name]), str(count - sum(matrix[name])), *told))
    said = [f"types of the {found['defects']} defects hit at the threshold"]
    for key, words in (("macro_f1", "macro F1"), ("macro_f1_with_missed", f"... with the {found['missed']} missed")):
        if found[key] is not None and (key == "macro_f1" or found["missed"]):
            said.append(f"  {words:24} {found[key]:.3f} ({_span(intervals.get(f'types.{key}'), 1)})")
    if found["defects"]:
        said.append(f"  {'accuracy':24} {found['accuracy']:.3f}, {found['unknown_share']:.1%} called unknown")
    return [*said, *_columns(rows)]


def _columns(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            [f"{row[0]:{widths[0]}}"] + [f"{cell:>{wide}}" for cell, wide in zip(row[1:], widths[1:], strict=True)]
        ).rstrip()
        for row in rows
    ]


def _rate(at: Mapping[str, Any], key: str) -> str:
    low, high = at[f"{key}_95"]
    return f"{at[key]:.3f} ({low:.3f} to {high:.3f})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _span(ends: list[float] | None, value: float | None) -> str:
    return "" if ends is None or value is None else f"{ends[0]:.3f} to {ends[1]:.3f}"


def _step(defects: int) -> str:
    return f"{1 / defects:.0%}" if defects else "everything"
