"""`semscan review`."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from semscan.cli.exit_codes import INTERRUPTED
from semscan.cli.options.verbosity import verbosity_flags
from semscan.cli.output import print_notice
from semscan.cli.text_or_json import as_text, print_record, text_or_jsonl_format
from semscan.phrases import plural

if TYPE_CHECKING:
    from semscan.pipeline.review import Review

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_WAIT_S = 0.5  # at a time; a signal ends it, and one that comes just before a wait is seen after it


@click.command()
@click.argument("results", metavar="RESULTS", type=click.Path())
@click.option("--name", metavar="WHO", help="Who decides, as the decisions state it.  [default: your login name]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="Port of the page on this machine.  [default: a free one]",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser; only print the address.")
@text_or_jsonl_format
@verbosity_flags
def review(results: str, name: str | None, port: int, no_browser: bool, output_format: str | None) -> None:
    """Decide in a browser what is real in RESULTS, an output folder of `semscan inspect`.

    Opens a page of this machine alone. For each region you say: real, harmless or unsure, its class, a note. You draw
    what was missed. The keyboard is enough: ? shows the keys. Each decision goes into RESULTS/review.jsonl at once,
    one line each. Ctrl-C ends the review.

    \b
        semscan review semscan-results
        semscan review semscan-results --name Ada --no-browser

    Prints the address on standard error. In a pipe, prints one JSON line with the address, and at the end one with the
    number of decisions.
    """
    from semscan.pipeline.review import open_review

    with open_review(results, name=name, port=port) as opened:
        try:
            _show(opened, output_format, opens_browser=not no_browser and _has_display())
            while True:
                time.sleep(_WAIT_S)
        except KeyboardInterrupt as signal:  # Ctrl-C is the usual end; another signal ends the command as any other
            _summarise(opened, output_format)
            if getattr(signal, "code", INTERRUPTED) != INTERRUPTED:
                raise


def _show(opened: Review, output_format: str | None, *, opens_browser: bool) -> None:
    for words in opened.notices:
        print_notice(words)
    print_notice(f"{plural(len(opened.lot.records), 'image')} to review at {opened.url}")
    print_notice("Ctrl-C ends the review")
    if not as_text(output_format):
        print_record({"url": opened.url, "file": str(opened.file)}, list, output_format)
    if opens_browser:
        import webbrowser

        webbrowser.open(opened.url)


def _summarise(opened: Review, output_format: str | None) -> None:
    counted = opened.decisions.counted()
    made = plural(opened.decisions.added, "decision")
    now = ", ".join(f"{count} {verdict}" for verdict, count in counted.items())
    words = f"{made} added to {opened.file}; now {now}"
    summary = {"decisions": opened.decisions.added, "file": str(opened.file), "now": counted}
    print_record(summary, lambda: [words], output_format)


def _has_display() -> bool:
    """Return whether a browser could open a window: text browsers would take the terminal."""
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in _DISPLAYS)
