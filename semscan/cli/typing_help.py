"""What helps a person who types: options in groups, the nearest name, and words that the tab key completes."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
OTHERS = "Other options"
_REGIONS = ("threshold", "low", "min_area", "closing", "dark_lines")
_READING = ("page", "databar", "nm_per_px", "ignore", "care", "max_pixels")
# of each command: titles and names of parameters, the options that most people need first
SECTIONS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "inspect": {
        "Most used": ("model", "threshold", "out", "reference", "report"),
        "Method": ("method", "looks", "device"),
        "Regions": (*_REGIONS, "no_nuisance_filter"),
        "Outputs": (
            *("overlay_style", "title", "no_overlay", "no_mask", "no_map", "no_golden", "crops"),
            *("output_format", "exit_code"),
        ),
        "Dimensions": ("measure", "level"),
        "Reading images": _READING,
        "Many images": ("jobs", "resume", "follow", "timeout", "max_memory", "cluster", "nul"),
        "Defect lists of a fab": ("klarf_in", "klarf_add", "classes"),
    },
    "train": {
        "Most used": ("out", "good", "time_limit", "resume", "overwrite"),
        "Network": ("model", "attention", "backbone", "seam", "zoom", "brightness"),
        "Learning from results": ("start_from", "review", "accept", "accept_all", "false_alarms"),
        "Training": ("steps", "seed", "learning_rate", "dropout", "clip", "patience", "precision"),
        "Outputs": ("tensorboard", "output_format"),
        "Random changes of the training images": ("flip", "turn", "gain", "offset", "noise", "shift"),
        "Reading images": _READING,
    },
}


class GroupedCommand(click.Command):
    """A command whose help lists its options in the sections of `SECTIONS`."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of each section, then the others."""
        left = {param.name: param.get_help_record(ctx) for param in self.get_params(ctx)}
        sections = {**SECTIONS.get(self.name or "", {}), OTHERS: tuple(str(name) for name in left)}
        for title, names in sections.items():
            lines = [line for line in (left.pop(name, None) for name in names) if line is not None]
            if lines:
                with formatter.section(title):
                    formatter.write_dl(lines)


def nearest(name: str, known: Sequence[str]) -> str:
    """Return the end of a message about an unknown name: the known one that is spelt most like it.

    Examples
    --------
    >>> nearest("inspct", ["info", "inspect"])
    " Did you mean 'inspect'?"
    """
    found = difflib.get_close_matches(name, known, 1)
    return f" Did you mean {found[0]!r}?" if found else ""


def names(known: Callable[[], Iterable[str]], joint: str | None = None) -> Complete:
    """Return the function that offers names; with `joint`, also after names that are joined already.

    Parameters
    ----------
    known : callable
        Gives the names; called only when a word is completed.
    joint : str, optional
        What joins several names in one word.

    Examples
    --------
    >>> offer = names(lambda: ("html", "klarf", "csv"), ",")
    >>> [item.value for item in offer(None, None, "csv,k")]
    ['csv,klarf']
    """

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        head, cut, last = incomplete.rpartition(joint) if joint else ("", "", incomplete)
        return [CompletionItem(f"{head}{cut}{name}") for name in known() if name.startswith(last)]

    return complete
