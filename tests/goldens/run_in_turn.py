"""Run the commands of a golden case in one process, which imports the libraries once.

``python run_in_turn.py FOLDER COMMAND...`` writes what command N prints to FOLDER/N.stdout and FOLDER/N.stderr, and its
exit code to FOLDER/N.code.
"""

import os
import shlex
import sys
from pathlib import Path

from semscan.cli.main import main


def run(command: str, prefix: Path) -> int:
    """Run a command with the file descriptors 1 and 2 on files, also for what C++ code writes."""
    kept = [os.dup(1), os.dup(2)]
    for number, name in ((1, "stdout"), (2, "stderr")):
        with open(f"{prefix}.{name}", "wb") as file:
            os.dup2(file.fileno(), number)
    sys.argv = shlex.split(command)  # which run.json records
    try:
        main(sys.argv[1:])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, descriptor in zip((1, 2), kept, strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)
    return 0


if __name__ == "__main__":  # and not in the processes that a command starts
    folder, *commands = sys.argv[1:]
    for place, line in enumerate(commands, 1):
        prefix = Path(folder, str(place))
        prefix.with_suffix(".code").write_text(str(run(line, prefix)))
