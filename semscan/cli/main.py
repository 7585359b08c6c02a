"""The group of all commands, and the one place where errors become messages and exit codes.

The module of a command is imported when the command is used. Its name and short help are listed here.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

from semscan.cli import config
from semscan.cli.exit_codes import DONE, FAULT, INTERRUPTED, USAGE
from semscan.cli.options.verbosity import verbosity, verbosity_flags
from semscan.cli.output import ClosedPipe, detach_stdout
from semscan.cli.signals import Ended, end_process, take_signals
from semscan.cli.typing_help import nearest
from semscan.errors import MissingLibraryError, SemscanError
from semscan.phrases import one_line
from semscan.version import __version__

COMMANDS = {
    "info": "Show format, microscope and nm per pixel of image files.",
    "doctor": "Check a data set, a model, or the installation.",
    "train": "Train a model on a folder of images.",
    "models": "List the networks, backbones and attention mechanisms.",
    "calibrate": "Recalibrate a model's threshold on new good images.",
    "inspect": "Find defects in images; write overlays, masks and anomaly maps.",
    "score": "Print one anomaly score for each image; write no file.",
    "measure": "Measure line widths, roughness and hole diameters.",
    "regions": "Find the regions of saved anomaly maps at another threshold.",
    "review": "Decide in a browser what is real, harmless or missed.",
    "report": "Convert results to HTML, KLARF, COCO, ImageJ, labelme or CSV.",
    "evaluate": "Measure a model on test images with known defects.",
    "explain": "Draw a network's features, attention and anomaly map.",
    "compare": "Train several networks, measure each, and print a table.",
    "export": "Convert a model to ONNX, SavedModel or TensorFlow Lite.",
    "synth": "Generate synthetic SEM images with defects and masks.",
    "completion": "Print the line that installs completion in a shell.",
}
# where a command is that has no module of its own below commands/
MODULES = {
    "score": "commands.inspect",
    "models": "commands.train",
    "completion": "completion",
}
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class UserError(click.ClickException):
    """An error in the input or the options: one line, exit code 2."""

    exit_code = USAGE


class InternalFault(click.ClickException):
    """A bug of semscan: one line, exit code 4."""

    exit_code = FAULT

    @classmethod
    def of(cls, error: Exception) -> InternalFault:
        """Return the message for an unexpected exception."""
        return cls(
            f"internal fault ({one_line(f'{type(error).__name__}: {error}')}); "
            "please report it with the command you typed and what -vv adds"
        )


class SemscanGroup(click.Group):
    """Import commands late, and turn every error into one line on standard error."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context | None, cmd_name: str) -> click.Command | None:
        """Import the module of a command and return the command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"semscan.cli.{MODULES.get(cmd_name, f'commands.{cmd_name}')}")
        command: click.Command = getattr(module, cmd_name)
        command.short_help = COMMANDS[cmd_name]
        return config.add_config_option(command, tuple(COMMANDS))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; name the nearest one if there is none."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(error.message + nearest(args[0], list(COMMANDS)), ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; see `exit_codes` for how it can end."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, ClosedPipe, BrokenPipeError):
            raise
        except SemscanError as error:
            _print_traceback(ctx)
            raise UserError(one_line(error)) from error
        except Exception as error:
            _print_traceback(ctx)
            if isinstance(error, OSError) and error.errno in DISK_FULL:  # --help, or what a library writes itself
                raise UserError(_disk_full_message(error)) from error
            if isinstance(error, ModuleNotFoundError) and not str(error.name).startswith("semscan"):
                raise UserError(str(MissingLibraryError.of(error))) from error
            raise InternalFault.of(error) from error


@click.group(cls=SemscanGroup, context_settings={"help_option_names": ["-h", "--help"]})
@verbosity_flags
@click.version_option(__version__, message="semscan %(version)s", help="Show the version and exit.")
def group() -> None:
    """Find defects in scanning electron microscope (SEM) images.

    \b
        semscan train data/
        semscan inspect wafer.png --threshold 0.5
        find lot7 -name '*.tif' | semscan inspect - | jq -r 'select(.defect) | .image'

    Results go to standard output, messages to standard error. Exit codes: 0 done, 1 a defect was
    found (only with --exit-code), 2 wrong usage or unusable model, 3 some inputs failed, 4 a bug.
    """


group.params.append(config.config_option(tuple(COMMANDS)))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run semscan and exit with one of `exit_codes`."""
    try:
        code = group.main(arguments, prog_name="semscan", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = max(error.exit_code, USAGE)  # Click's own 1 would mean "a defect was found"
    except (click.Abort, KeyboardInterrupt) as error:
        signal = error if isinstance(error, Ended) else error.__context__  # Click turns an interrupt into its own
        code = signal.code if isinstance(signal, Ended) else INTERRUPTED
        ended = f"ended by {signal.name}" if isinstance(signal, Ended) and code != INTERRUPTED else "interrupted"
        with suppress(OSError):  # the terminal may be gone
            click.echo(f"semscan: {ended}", err=True)
    except (ClosedPipe, BrokenPipeError):
        detach_stdout()
        code = DONE
    except SystemExit as error:  # Click itself exits with 1 on a closed pipe
        detach_stdout()
        code = DONE if error.code == 1 else error.code
    except OSError as error:  # as with --help onto a full disk
        detach_stdout()
        UserError(_disk_full_message(error)).show()
        code = USAGE
    except Exception as error:  # before a command was reached
        InternalFault.of(error).show()
        code = FAULT
    sys.exit(code if isinstance(code, int) else DONE)


def program() -> NoReturn:
    """Run semscan as a program of its own: it takes signals, and ends the process."""
    take_signals()
    try:
        main()
    except SystemExit as error:
        end_process(int(error.code or DONE))


def _print_traceback(ctx: click.Context) -> None:
    if verbosity(ctx) >= 2:
        import traceback

        traceback.print_exc()


def _disk_full_message(error: OSError) -> str:
    reason = os.strerror(error.errno or 0)
    # a library that raises the error itself replaces the system's text: then it was not standard output
    target = error.filename or ("standard output" if error.strerror == reason else "a file")
    return f"{target} cannot be written ({reason}); free some space"
