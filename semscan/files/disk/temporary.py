"""Names of temporary files that say whose they are, so that those of a process that was killed can be removed.

A name holds the process and a mark of the machine, its start and its process numbering (as of a container). A file is
removed only if that mark is the own one and no process has that number: then nobody can be writing to it. Names of
earlier versions of semscan, and of other machines, stay.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from functools import cache
from pathlib import Path

PREFIX = ".semscan-"
SUFFIX = ".part"
NAME = re.compile(re.escape(PREFIX) + r"([0-9a-f]{8})-(\d{1,9})-[0-9a-f]{16}" + re.escape(SUFFIX))
_swept: set[Path] = set()


def temporary_path(folder: Path) -> Path:
    """Return the path of a new temporary file; before the first of a folder, remove those of killed processes there."""
    if folder not in _swept:
        _swept.add(folder)
        sweep(folder)
    return folder / f"{PREFIX}{_machine()}-{os.getpid()}-{os.urandom(8).hex()}{SUFFIX}"


def sweep(folder: Path) -> None:
    """Remove the temporary files of killed processes in a folder. What cannot be listed or removed stays."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.name for entry in entries if entry.name.startswith(PREFIX)]:
            match = NAME.fullmatch(name)
            if match and match[1] == _machine() and _is_gone(int(match[2])):
                with contextlib.suppress(OSError):
                    os.unlink(folder / name)


def _is_gone(process: int) -> bool:
    if os.name == "nt":  # there, asking would end the process
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


@cache
def _machine() -> str:
    """Return 8 hexadecimal digits for this machine since it was started, and for how it numbers processes."""
    parts = [os.uname().nodename] if hasattr(os, "uname") else []
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii"))
    with contextlib.suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
