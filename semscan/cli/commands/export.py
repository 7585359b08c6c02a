"""`semscan export`."""

from __future__ import annotations

from pathlib import Path

import click

from semscan.cli import text_or_json
from semscan.cli.options.verbosity import verbosity_flags
from semscan.cli.output import print_notice
from semscan.settings import EXPORT_FORMATS, ExportSettings


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--to", required=True, type=click.Choice(EXPORT_FORMATS), help="Format of the exported model.")
@click.argument("out", type=click.Path())
@click.option("--overwrite", is_flag=True, help="Replace an exported model.")
@text_or_json.text_or_json_format
@verbosity_flags
def export(model: Path, to: str, out: str, overwrite: bool, output_format: str | None) -> None:
    """Convert the model folder MODEL for another runtime, into the folder OUT.

    The exported network takes grey levels and returns the calibrated anomaly map.

    \b
        semscan export lines.model --to onnx lines-onnx
        semscan export lines.model --to savedmodel serving/lines

    OUT holds the model, deploy.json (sizes, tiles, threshold), a README.md with an example that runs, and a sample.
    The exported model is compared with the original; it is written only if they agree within 0.001. savedmodel and
    tflite need TensorFlow (pip install "semscan[train]"), onnx does not.
    """
    from semscan.model.requirements import require_training_libraries

    if to != "onnx":
        require_training_libraries(f"semscan export --to {to}")
    from semscan.pipeline.export import export as run
    from semscan.report.text.finished import exported_line

    record = run(model, ExportSettings(to, out, overwrite))
    text_or_json.print_line(record, exported_line, output_format)
    print_notice(
        f"wrote {record['file']}; largest difference {max(record['largest_difference'].values()):.1g}, "
        f"{record['tolerance']:g} allowed; see {out}/README.md"
    )
