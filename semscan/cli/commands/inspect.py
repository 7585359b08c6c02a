"""`semscan inspect` and `semscan score`."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from semscan.cli import config, options
from semscan.cli.image_lines import DEFAULT, image_format, image_lines, on_terminal
from semscan.cli.output import print_notice, print_results
from semscan.cli.progress import RunProgress
from semscan.cli.report_files import write_reports
from semscan.cli.typing_help import GroupedCommand
from semscan.phrases import plural
from semscan.settings import OutputSettings, ReportSettings


@click.command(cls=GroupedCommand)
@options.images
@options.regions
@options.method
@options.model
@options.reference
@options.looks
@options.device
@options.out
@options.overlay
@options.combine(options.no_mask, options.no_map, options.no_reference, options.crops)
@click.option(
    "--measure", is_flag=True, help="Also measure lines or holes, without the regions; see `semscan measure`."
)
@options.combine(options.level, options.dark_lines)
@options.reading
@options.limits
@options.combine(options.resume, options.follow)
@options.nul
@options.exit_code
@image_format
@options.report
@options.verbosity_flags
@click.pass_context
def inspect(ctx: click.Context, images: tuple[str, ...], **choices: Any) -> None:
    """Find defects in each IMAGE and write the results to --out.

    IMAGE is a file, a folder (searched with its sub-folders), a pattern, or - for names on standard input.

    \b
        semscan inspect wafer.png --threshold 0.5
        semscan inspect lot7/ --out lot7-results --exit-code
        semscan inspect die2.tif --reference die1.tif
        semscan inspect dies/ --method dies
        find lot7 -name '*.tif' | semscan inspect - | jq -r 'select(.defect) | .image'
        semscan inspect lot7/ --report html,klarf
        semscan inspect lot7/ --measure | jq '[.image, .dimensions.line_cd.px]'
        semscan inspect lot7/ --jobs 8 --resume
        semscan inspect /mnt/microscope --follow

    Without a model, the cells of a periodic image are compared with each other. With --reference, the image is
    compared with another image of the same place. With --method dies, images of the same place on at least 4 dies are
    compared with each other.

    Prints one line for each image: words on a terminal, JSON in a pipe. Writes NAME.overlay.png, NAME.mask.png and
    NAME.map.tif (the anomaly map) for each image, and all records in results.jsonl.
    """
    from semscan.pipeline.inspecting.images import count_images, count_resumable, inspect_images
    from semscan.pipeline.methods.base import announcement, settled
    from semscan.pipeline.run.outputs import earlier_records, recover_records

    output = OutputSettings(
        out=choices["out"],
        **options.overlay_settings(choices),
        mask=not choices["no_mask"],
        map=not choices["no_map"],
        crops=choices["crops"],
        reference=not choices["no_golden"],
    )
    settings = options.inspect_settings(choices, output)
    print_notice(announcement(settings))
    typed = config.describe_command(ctx, {**settled(settings), "output_format": choices["output_format"] or DEFAULT})
    print_notice(recover_records(output.out))
    if settings.resume:
        print_notice(f"{plural(count_resumable(settings), 'earlier result')} to keep where nothing has changed")
    else:
        print_notice(earlier_records(output.out))
    with closing(inspect_images(images, settings, nul=choices["nul"], typed=typed)) as records:
        progress = RunProgress(
            records, lambda: count_images(images, settings), with_errors=not on_terminal(choices["output_format"])
        )
        print_results(image_lines(progress, choices["output_format"]))
    print_notice(progress.summary(f"results in {output.out}"))
    partly = write_reports(output.out, ReportSettings(to=choices["report"]))
    ctx.exit(max(partly, progress.exit_code(choices["exit_code"])))


@click.command()
@options.images
@options.regions
@options.method
@options.model
@options.reference
@options.looks
@options.device
@options.reading
@options.limits
@options.nul
@options.exit_code
@image_format
@options.verbosity_flags
@click.pass_context
def score(ctx: click.Context, images: tuple[str, ...], **choices: Any) -> None:
    """Print the anomaly score of each IMAGE. An image has a defect if its score is above --threshold.

    No file is written.

    \b
        semscan score lot7/*.tif --format tsv | sort -t$'\\t' -k3,3nr
        find lot7 -name '*.tif' | semscan score - | jq -r 'select(.defect) | .image'
    """
    from semscan.pipeline.inspecting.images import count_images, score_images
    from semscan.pipeline.methods.base import announcement

    settings = options.inspect_settings(choices)
    print_notice(announcement(settings))
    with closing(score_images(images, settings, nul=choices["nul"])) as records:
        progress = RunProgress(
            records,
            lambda: count_images(images, settings),
            short=True,
            with_errors=not on_terminal(choices["output_format"]),
        )
        print_results(image_lines(progress, choices["output_format"], short=True))
    print_notice(progress.summary())
    ctx.exit(progress.exit_code(choices["exit_code"]))
