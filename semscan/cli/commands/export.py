"""`semscan export`."""

from __future__ import annotations

from pathlib import Path

import click

from semscan.cli import options
from semscan.cli.output import emit, say
from semscan.settings import EXPORT_FORMATS, ExportSettings


@click.command(short_help="Carry a model to another runtime: ONNX, SavedModel, TFLite.")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--to", required=True, type=click.Choice(EXPORT_FORMATS), help="Format to write.")
@click.argument("out", type=click.Path())
@click.option("--overwrite", is_flag=True, help="Replace an exported model.")
@options.loudness
def export(model: Path, to: str, out: str, overwrite: bool) -> None:
    """Write the network of the folder MODEL into the folder OUT: grey levels in, the calibrated map out.

    \b
        semscan export lines.model --to onnx lines-onnx
        semscan export lines.model --to savedmodel serving/lines

    OUT gets the model, deploy.json (sizes, tiles, threshold), a README.md with an example that runs, and a sample.
    What does not answer as the model does, within 0.001, is not written. onnx needs no TensorFlow.
    """
    from semscan.pipeline.export import export as run
    from semscan.report.record import to_json

    record = run(model, ExportSettings(to, out, overwrite))
    emit(to_json(record))
    say(
        f"semscan: wrote {record['file']}; differs by at most {max(record['largest_difference'].values()):.1g}, "
        f"{record['tolerance']:g} allowed; see {out}/README.md"
    )
