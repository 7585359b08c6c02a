"""Review a finished inspection in a browser: a person says what is real, what is harmless and what was missed."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from semscan.errors import UsageFault
from semscan.files.results.review import LONGEST
from semscan.phrases import plural
from semscan.pipeline.reviewing.decisions import Decisions
from semscan.pipeline.reviewing.lot import Lot, read_lot
from semscan.pipeline.reviewing.server import serving
from semscan.pipeline.run.record import INTERRUPTED


@dataclass(frozen=True)
class Review:
    """A review that is open at `url`."""

    url: str
    lot: Lot
    decisions: Decisions

    @property
    def file(self) -> Path:
        """Where the decisions are."""
        return self.lot.decisions_file

    @property
    def notices(self) -> list[str]:
        """What a reviewer must know before the first decision."""
        found = []
        if self.lot.finished.unfinished:
            found.append(
                f"{plural(self.lot.finished.unfinished, 'record')} of an inspection that has not ended or was cut off; "
                "images that come later are not in this review"
            )
        elif self.lot.finished.run.state == INTERRUPTED:
            found.append("the last run was interrupted: images that it did not reach are not in this review")
        if self.lot.left_out:
            found.append(f"{plural(self.lot.left_out, 'image')} without a result left out")
        if self.lot.missing:
            moved = f"{self.lot.missing} of {plural(len(self.lot.records), 'image')}"
            found.append(f"{moved} not where they were inspected; the overlays are shown instead")
        return found


@contextmanager
def open_review(results: Path | str, *, name: str | None = None, port: int = 0) -> Iterator[Review]:
    """Serve the page of a review on this machine while the block runs.

    Each decision is appended to `review.jsonl` in the folder, and on the disk before the page says so. Several reviews
    of one folder lose nothing.

    Parameters
    ----------
    results : path
        The --out of an inspection, or the `results.jsonl` in it.
    name : str, optional
        Who decides; by default the user's login name. Empty: nobody is named.
    port : int
        0 takes a free one.

    Raises
    ------
    OutputError
        If the folder is missing, holds no results, or cannot be written.
    BadDataError
        If a line of its `review.jsonl` is not a decision.
    UsageFault
        If the port is not free, or the name too long.
    """
    name = _login_name() if name is None else " ".join(name.split())
    if name and len(name) > LONGEST["by"]:
        raise UsageFault(f"a name of {len(name)} characters, wanted at most {LONGEST['by']}; shorten --name")
    lot = read_lot(Path(results))
    decisions = Decisions(lot, name)
    with serving(lot, decisions, port) as access:
        yield Review(access.url, lot, decisions)


def _login_name() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without a name
        return None
