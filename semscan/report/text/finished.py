"""What a command has made, one line for a person; what there is to say about it goes to standard error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semscan.phrases import plural

Record = Mapping[str, Any]


def trained_line(record: Record) -> str:
    """Return the line of a training.

    Examples
    --------
    >>> record = {"model": "lines.model", "kind": "autoencoder", "attention": "cbam", "images": 8, "steps": 500}
    >>> trained_line({**record, "raw_threshold": 0.62904})
    'lines.model  autoencoder with attention cbam, 8 images, 500 steps, threshold: raw score 0.629'
    """
    parts = [f"{record['kind']} with attention {record['attention']}"]
    if record["images"] is not None:
        parts.append(plural(record["images"], "image"))
    return f"{record['model']}  {', '.join([*parts, plural(record['steps'], 'step'), *_threshold(record)])}"


def calibrated_line(record: Record) -> str:
    """Return the line of a calibration.

    Examples
    --------
    >>> calibrated_line({"model": "b.model", "images": 1, "raw_threshold": 2.7, "raw_threshold_before": 1.0})
    'b.model  1 good image, threshold: raw score 2.7, before 1'
    >>> review = {"reviewed": {"real": 9}, "model": "b.model", "images": 1, "raw_threshold": 1.0}
    >>> calibrated_line(review | {"raw_threshold_before": 1.0})
    'b.model  1 reviewed image, threshold: raw score 1, before 1'
    """
    images = "reviewed image" if record.get("reviewed") else "good image"
    parts = [plural(record["images"], images), *_threshold(record)]
    if record["raw_threshold_before"] is not None:
        parts.append(f"before {record['raw_threshold_before']:.4g}")
    return f"{record['model']}  {', '.join(parts)}"


def exported_line(record: Record) -> str:
    """Return the line of an exported model."""
    return f"{record['file']}  {record['format']}"


def written_line(record: Record) -> str:
    """Return the line of a file of `semscan report`.

    Examples
    --------
    >>> written_line({"to": "csv", "file": "out/images.csv", "image": None})
    'csv      out/images.csv'
    """
    return f"{record['to']:<8} {record['file']}"


def made_line(record: Record) -> str:
    """Return the line of a folder of `semscan synth`.

    Examples
    --------
    >>> made_line({"folder": "s/test/gap", "images": 2, "masks": "s/ground_truth/gap"})
    's/test/gap  2 images, masks in s/ground_truth/gap'
    """
    masks = "" if record["masks"] is None else f", masks in {record['masks']}"
    return f"{record['folder']}  {plural(record['images'], 'image')}{masks}"


def explained_line(record: Record) -> str:
    """Return the line of an image that was explained, or could not be.

    Examples
    --------
    >>> explained_line({"image": "a.png", "status": "ok", "score": 0.5, "outputs": {"figure": "o/a.explain.png"}})
    '0.50  a.png  o/a.explain.png'
    >>> explained_line({"image": "a.png", "status": "ok", "score": None, "outputs": {"figure": "o/a.explain.png"}})
    '-     a.png  o/a.explain.png'
    >>> explained_line({"image": "a.png", "status": "error", "error": "a.png: the file is empty"})
    'ERROR a.png  the file is empty'
    """
    if record["status"] == "error":
        return f"ERROR {record['image']}  {record['error'].removeprefix(record['image'] + ': ')}"
    score = "-   " if record["score"] is None else f"{record['score']:.2f}"  # None: a model without a good class
    parts = [score, record["image"], record["outputs"]["figure"]]
    if record.get("faithful"):
        parts.append(record["faithful"]["said"])
    return "  ".join(parts)


def _threshold(record: Record) -> list[str]:
    threshold = record["raw_threshold"]
    return [] if threshold is None else [f"threshold: raw score {threshold:.4g}"]
