"""What one image may cost: memory and time."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SHARE = 0.8  # of the machine's memory, for all jobs together
SECONDS = 3600.0  # for any image,
SECONDS_PER_BYTE = 20e-6  # and this much more for each byte of its file
CONTAINER = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True, slots=True)
class Limits:
    """What the process that inspects one image may take.

    Parameters
    ----------
    memory : int or None
        Largest memory, bytes; None: no limit. Only Linux says what a process holds.
    seconds : float or None
        Longest time for one image, s; None: `SECONDS` and more for a large file; 0: no limit.
    """

    memory: int | None = None
    seconds: float | None = None

    @classmethod
    def given(cls, memory: int | None, seconds: float | None, jobs: int) -> Limits:
        """Return what the user asked for; without a limit of memory, an equal share of the machine for each job."""
        if memory is None:
            whole = machine_memory()
            memory = None if whole is None else int(whole * SHARE / jobs)
        return cls(memory, seconds)

    def seconds_for(self, path: Path) -> float | None:
        """Return the longest time for the image in a file, s; None without a limit."""
        if self.seconds is not None:
            return self.seconds or None
        with suppress(OSError):
            return SECONDS + SECONDS_PER_BYTE * os.path.getsize(path)
        return SECONDS


def resident(process: int) -> int:
    """Return the memory that a process holds, bytes; 0 where the system does not say (no Linux)."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def machine_memory() -> int | None:
    """Return the memory of the machine or of the container, bytes; None where the system does not say."""
    sizes = []
    with suppress(AttributeError, ValueError, OSError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path in CONTAINER:
        with suppress(OSError, ValueError):  # no container, or "max"
            sizes.append(int(path.read_text("ascii")))
    return min(sizes, default=None)
