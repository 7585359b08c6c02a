"""The group of all commands, and the one door through which errors leave.

A command's module is loaded only when the command is used; its name and short help stand here.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from semscan.cli import config, options
from semscan.cli.exit_codes import DONE, FAULT, INTERRUPTED, USAGE
from semscan.cli.output import ClosedPipe, let_go_of_stdout
from semscan.errors import SemscanError
from semscan.phrases import one_line
from semscan.version import __version__

COMMANDS = {
    "info": "Say what is understood of image files.",
    "doctor": "Look at a data set before training on it.",
    "train": "Learn from a folder of images; writes a model folder.",
    "models": "List the networks, backbones and attentions to train with.",
    "calibrate": "Give a model a new 0.5 from new good images.",
    "inspect": "Find defects in images; write overlays, masks and maps.",
    "score": "Print one score per image; write nothing.",
    "regions": "Cut saved maps into regions at another threshold.",
    "report": "Tell finished results as HTML, KLARF, COCO, ImageJ, labelme or CSV.",
    "evaluate": "Measure a model on test images with known defects.",
    "explain": "Show what a network sees on its way to the map.",
    "compare": "Train several networks side by side and print the table.",
    "export": "Carry a model to another runtime: ONNX, SavedModel, TFLite.",
    "synth": "Make SEM images with planted defects and masks.",
}
MODULES = {"score": "inspect", "models": "train"}  # commands that share another one's module
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class UserError(click.ClickException):
    """An error that is the input's: one line, exit code 2."""

    exit_code = USAGE


class InternalFault(click.ClickException):
    """A bug of semscan: one line, exit code 4."""

    exit_code = FAULT

    @classmethod
    def of(cls, error: Exception) -> InternalFault:
        """What to tell the user of an error that should not have been."""
        return cls(
            f"internal fault ({one_line(f'{type(error).__name__}: {error}')}); "
            "please report it with the command you typed and what -vv adds"
        )


class SemscanGroup(click.Group):
    """Loads commands late and turns every error into one line on standard error."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, its module loaded now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"semscan.cli.commands.{MODULES.get(cmd_name, cmd_name)}")
        command = getattr(module, cmd_name)
        return config.with_config(command, tuple(COMMANDS))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; see the contract for the exit codes."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, ClosedPipe, BrokenPipeError):
            raise
        except SemscanError as error:
            _traceback(ctx)
            raise UserError(one_line(error)) from error
        except Exception as error:
            _traceback(ctx)
            if isinstance(error, OSError) and error.errno in NO_ROOM:  # --help, or what a library writes itself
                raise UserError(_no_room(error)) from error
            raise InternalFault.of(error) from error


@click.group(cls=SemscanGroup, context_settings={"help_option_names": ["-h", "--help"]})
@options.loudness
@click.version_option(__version__, message="semscan %(version)s")
def group() -> None:
    """Find defects in scanning electron microscope images.

    \b
        semscan train data/
        semscan inspect wafer.png --threshold 0.5
        find lot7 -name '*.tif' | semscan inspect - | jq -r 'select(.defect) | .image'

    Results go to standard output, words to standard error. Exit codes: 0 done, 1 a defect was
    found (with --exit-code), 2 wrong usage or model, 3 some inputs failed, 4 a bug.
    """


group.params.append(config.option(tuple(COMMANDS)))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run semscan and exit with the contract's code."""
    try:
        code = group.main(arguments, prog_name="semscan", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = max(error.exit_code, USAGE)  # Click's own 1 would read as "a defect was found"
    except (click.Abort, KeyboardInterrupt):
        click.echo("semscan: interrupted", err=True)
        code = INTERRUPTED
    except (ClosedPipe, BrokenPipeError):
        let_go_of_stdout()
        code = DONE
    except SystemExit as error:  # 1 is how Click itself answers a closed pipe
        let_go_of_stdout()
        code = DONE if error.code == 1 else error.code
    except OSError as error:  # as with --help onto a full disk
        let_go_of_stdout()
        UserError(_no_room(error)).show()
        code = USAGE
    except Exception as error:  # before a command was reached
        InternalFault.of(error).show()
        code = FAULT
    sys.exit(code if isinstance(code, int) else DONE)


def _traceback(ctx: click.Context) -> None:
    if options.verbosity(ctx) >= 2:
        import traceback

        traceback.print_exc()


def _no_room(error: OSError) -> str:
    why = os.strerror(error.errno or 0)
    what = error.filename or ("standard output" if error.strerror == why else "a file")  # else: a library's own words
    return f"{what} cannot be written ({why}); free some space"
