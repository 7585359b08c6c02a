"""Where images are inspected: in this process, or in processes that can be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from semscan.pipeline.inspecting.inspector import ImageTask, Inspector
from semscan.pipeline.methods.base import Method
from semscan.pipeline.run.error_records import file_error
from semscan.pipeline.run.limits import Limits
from semscan.pipeline.run.workers import WorkerLost, Workers
from semscan.settings import InspectSettings
from semscan.values.record import AnyRecord


@dataclass(frozen=True, slots=True)
class Inspecting:
    """How images are inspected: `act` makes the record of one, on `jobs` threads at a time; `stop` ends the work."""

    act: Callable[[ImageTask], AnyRecord]
    jobs: int
    stop: Callable[[], object] = lambda: None


@contextmanager
def inspecting(settings: InspectSettings, method: Method, *, apart: bool) -> Iterator[Inspecting]:
    """Yield how the images of a run are inspected.

    With `apart`, tasks are done in ``settings.jobs`` processes with limits of memory and time, or on a cluster. A task
    whose process is lost gets the record of an error.
    """
    if settings.cluster is not None:
        from semscan.pipeline.inspecting.cluster import on_cluster

        with on_cluster(settings, method) as (act, threads, stop):
            yield Inspecting(act, threads, stop)
        return
    inspector = Inspector(settings, method)
    if not apart:
        yield Inspecting(inspector, settings.jobs)
        return
    limits = Limits.given(settings.max_memory, settings.timeout, settings.jobs)
    with Workers[ImageTask, AnyRecord](inspector, settings.jobs, limits.memory) as workers:

        def act(task: ImageTask) -> AnyRecord:
            try:
                return workers.do(task, limits.seconds_for(task.found.path))
            except WorkerLost as lost:
                return file_error(task.found, str(lost))

        yield Inspecting(act, settings.jobs, workers.end)
