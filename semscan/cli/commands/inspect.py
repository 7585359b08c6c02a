"""`semscan inspect` and `semscan score`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from semscan.cli import config
from semscan.cli.image_lines import DEFAULT, image_format, image_lines, on_terminal
from semscan.cli.options import dimensions, inputs, many_images, methods, outputs, regions
from semscan.cli.options.base import combine
from semscan.cli.options.inspecting import inspect_settings
from semscan.cli.options.reading import reading_options
from semscan.cli.options.verbosity import verbosity_flags
from semscan.cli.output import print_notice, print_results
from semscan.cli.report_files import write_reports
from semscan.cli.typing_help import GroupedCommand
from semscan.errors import UsageFault
from semscan.phrases import plural
from semscan.settings import InspectSettings, OutputSettings, ReportSettings

if TYPE_CHECKING:
    from semscan.pipeline.fab.klarf_in import ListedInspection


@click.command(cls=GroupedCommand)
@inputs.images_unless_klarf
@combine(regions.region_options, regions.no_nuisance_filter)
@methods.method
@methods.model
@methods.reference
@methods.looks
@methods.device
@outputs.out
@outputs.overlay
@combine(outputs.no_mask, outputs.no_map, outputs.no_reference, outputs.crops)
@click.option(
    "--measure", is_flag=True, help="Also measure lines or holes, without the regions; see `semscan measure`."
)
@dimensions.level
@reading_options
@many_images.limits
@combine(many_images.resume, many_images.follow)
@combine(outputs.klarf_in, outputs.klarf_add, outputs.class_codes)
@inputs.nul
@outputs.exit_code
@image_format
@outputs.report
@verbosity_flags
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
        semscan inspect --klarf-in W07.001 --out reviewed

    Without a model, the cells of a periodic image are compared with each other. With --reference, the image is
    compared with another image of the same place. With --method dies, images of the same place on at least 4 dies are
    compared with each other.

    Prints one line for each image: words on a terminal, JSON in a pipe. Writes NAME.overlay.png, NAME.mask.png and
    NAME.map.tif (the anomaly map) for each image, and all records in results.jsonl.
    """
    from semscan.cli.progress import RunProgress
    from semscan.pipeline.inspecting.images import count_images, count_resumable, inspect_images
    from semscan.pipeline.methods.base import announcement, settled
    from semscan.pipeline.report import check_settings
    from semscan.pipeline.run.outputs import earlier_records, recover_records

    output = OutputSettings(
        out=choices["out"],
        **outputs.overlay_settings(choices),
        mask=not choices["no_mask"],
        map=not choices["no_map"],
        crops=choices["crops"],
        reference=not choices["no_golden"],
    )
    settings = inspect_settings(choices, output)
    _check_measure(ctx, choices)
    reports = ReportSettings(to=choices["report"], classes=choices["classes"])
    check_settings(reports, output.out, with_places=choices["klarf_in"] is not None)
    if settings.follow and reports.to:
        raise UsageFault("--follow ends with Ctrl-C, and writes no report; leave out --report and use `semscan report`")
    listed = _begin_klarf(ctx, images, settings, choices)
    images = images if listed is None else listed.images
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
    _finish_klarf(listed)
    partly = 0
    if reports.to and earlier_records(output.out) is None:
        print_notice("no image could be inspected, so no report is written")
    else:
        partly = write_reports(output.out, reports)
    ctx.exit(max(partly, progress.exit_code(choices["exit_code"])))


def _check_measure(ctx: click.Context, choices: Mapping[str, Any]) -> None:
    """Raise UsageFault if --level is typed and nothing is measured."""
    if not choices["measure"] and ctx.get_parameter_source("level") is ParameterSource.COMMANDLINE:
        raise UsageFault("--level says how to measure; add --measure, or leave --level out")


def _begin_klarf(
    ctx: click.Context, images: Sequence[str], settings: InspectSettings, choices: Mapping[str, Any]
) -> ListedInspection | None:
    """Read the KLARF file of the command line; None without one, or an error for options that do not go with it."""
    path = choices["klarf_in"]
    if path is None:
        if choices["klarf_add"]:
            raise UsageFault("--klarf-add adds defects to a KLARF file; give the file with --klarf-in")
        if not images:
            argument = next(param for param in ctx.command.params if param.name == "images")
            raise click.MissingParameter(ctx=ctx, param=argument)
        return None
    others = {
        "IMAGE": bool(images),
        "--follow": settings.follow,
        "--page": settings.read.page != 0,
        "--cluster": settings.cluster is not None,
        "--report klarf": "klarf" in choices["report"],
    }
    for name, is_given in others.items():
        if is_given:
            raise UsageFault(f"--klarf-in names the images and their pages itself; leave out {name}")
    from semscan.pipeline.fab.klarf_in import begin

    return begin(path, settings.output.out, settings.read, choices["classes"], choices["klarf_add"])


def _finish_klarf(listed: ListedInspection | None) -> None:
    """Write the KLARF file with what was found, if there is one, and say what it holds."""
    if listed is None:
        return
    from semscan.pipeline.fab.klarf_in import finish

    for line in finish(listed):
        print_notice(line)


@click.command()
@inputs.images
@combine(regions.region_options, regions.no_nuisance_filter)
@methods.method
@methods.model
@methods.reference
@methods.looks
@methods.device
@reading_options
@many_images.limits
@inputs.nul
@outputs.exit_code
@image_format
@verbosity_flags
@click.pass_context
def score(ctx: click.Context, images: tuple[str, ...], **choices: Any) -> None:
    """Print the anomaly score of each IMAGE. An image has a defect if its score is above --threshold.

    No file is written.

    \b
        semscan score lot7/*.tif --format tsv | sort -t$'\\t' -k3,3nr
        find lot7 -name '*.tif' | semscan score - | jq -r 'select(.defect) | .image'
    """
    from semscan.cli.progress import RunProgress
    from semscan.pipeline.inspecting.images import count_images, score_images
    from semscan.pipeline.methods.base import announcement

    settings = inspect_settings(choices)
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
