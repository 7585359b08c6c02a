"""Where the tasks of a run are done: in this process, in processes that can be lost, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semscan.errors import UsageFault
from semscan.pipeline.run.limits import Limits
from semscan.pipeline.run.workers import Workers
from semscan.settings import InspectSettings


@dataclass(frozen=True, slots=True)
class Way:
    """How tasks are done: `act` does one, on `jobs` threads at a time; `stop` ends the work.

    `act` raises WorkerLost for a task whose process was lost.
    """

    act: Callable[[Any], Any]
    jobs: int
    stop: Callable[[], object] = lambda: None


@contextmanager
def side_by_side(act: Any, settings: InspectSettings, *, apart: bool) -> Iterator[Way]:
    """Yield the way in which the tasks of a run are done.

    Parameters
    ----------
    act : callable
        Does a task, which has a `path`. Can be pickled; ``act.prepare()`` is called once in another process.
        ``act.elsewhere()`` returns it for machines with another working folder, and ``act.name`` names it there.
    settings : InspectSettings
        `jobs`, `timeout`, `max_memory` and `cluster` count.
    apart : bool
        Whether tasks are done in ``settings.jobs`` processes with limits of memory and time.

    Raises
    ------
    UsageFault
        If the limits do not go with a cluster, or it does not answer.
    MissingLibraryError
        Without Dask.
    """
    if settings.cluster is not None:
        _check(settings.cluster, settings)
        from semscan.pipeline.run.cluster import connected

        distant = act.elsewhere()
        with connected(settings.cluster, settings.max_memory) as cluster:
            yield Way(lambda task: cluster.do(distant, task), max(settings.jobs, cluster.in_flight), cluster.end)
    elif apart:
        limits = Limits.given(settings.max_memory, settings.timeout, settings.jobs)
        with Workers[Any, Any](act, settings.jobs, limits.memory) as workers:
            yield Way(lambda task: workers.do(task, limits.seconds_for(Path(task.path))), settings.jobs, workers.end)
    else:
        yield Way(act, settings.jobs)


def _check(cluster: str, settings: InspectSettings) -> None:
    if cluster.isdecimal() and int(cluster) == 0:
        raise UsageFault("--cluster 0 has no process, wanted at least 1 process, or tcp://HOST:PORT of a scheduler")
    if settings.timeout is not None:
        raise UsageFault("--timeout limits the processes of --jobs; leave it out with --cluster")
    if settings.max_memory is not None and not cluster.isdecimal():
        raise UsageFault("the memory of a cluster is limited where its workers are started; leave out --max-memory")
