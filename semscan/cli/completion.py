"""`semscan completion`."""

from __future__ import annotations

import click

from semscan.cli.options.verbosity import verbosity_flags
from semscan.cli.output import print_notice, print_result

VARIABLE = "_SEMSCAN_COMPLETE"
LINES = {
    "bash": f'eval "$({VARIABLE}=bash_source semscan)"',
    "zsh": f'eval "$({VARIABLE}=zsh_source semscan)"',
    "fish": f"{VARIABLE}=fish_source semscan | source",
}
FILES = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/config.fish"}


@click.command()
@click.argument("shell", type=click.Choice(list(LINES)))
@verbosity_flags
def completion(shell: str) -> None:
    """Print the line that makes SHELL complete commands, options, values and files.

    \b
        semscan completion bash >> ~/.bashrc
        semscan completion zsh >> ~/.zshrc
        semscan completion fish >> ~/.config/fish/config.fish
    """
    print_notice(f"this line belongs into {FILES[shell]}")
    print_result(LINES[shell])
