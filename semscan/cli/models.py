"""`semscan models`."""

from __future__ import annotations

import json
import sys

import click

from semscan.cli import options
from semscan.cli.output import emit_all


@click.command(short_help="List the networks, backbones and attentions to train with.")
@click.option("--format", "form", type=click.Choice(("text", "jsonl")),
              help="[default: text on a terminal, jsonl in a pipe]")
@options.loudness
def models(form: str | None) -> None:
    """List what `semscan train` takes for --model, --backbone and --attention.

    Attentions can be joined with +, and act from left to right; gates act on the skips of the autoencoder.

    \b
        semscan models
        semscan train data/ --attention cbam+gates
        semscan models --format jsonl | jq -r 'select(.kind == "attention") | .name'
    """
    from semscan.model.registry import catalogue

    records = catalogue()
    if form is None:
        form = "text" if sys.stdout is not None and sys.stdout.isatty() else "jsonl"
    emit_all(_lines(records) if form == "text" else [json.dumps(record) for record in records])


def _lines(records: list[dict]) -> list[str]:
    lines, kind = [], ""
    width = max(len(record["name"]) for record in records)
    for record in records:
        if record["kind"] != kind:
            lines += [""] * bool(kind) + [f"{record['kind']}s"]
            kind = record["kind"]
        default = f" [default of the {record['default_of']}]" if record["default_of"] else ""
        lines.append(f"  {record['name']:{width}}  {record['summary']}{default}")
    return lines
