"""Images inspected by the workers of a Dask cluster, which see the same files by the same paths.

Dask schedules: which worker takes which image, and what becomes of the images of a worker that dies. Here is what it
does not know: how many images are given to it at a time, and how a record reads as on one machine.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from semscan.errors import MissingLibraryError, UsageFault
from semscan.files.images.ignored_areas import RECTANGLE
from semscan.phrases import one_line
from semscan.pipeline.inspecting.inspector import ImageTask, Inspector
from semscan.pipeline.methods.base import Method, settled
from semscan.pipeline.run.error_records import file_error
from semscan.pipeline.run.interrupts import without_interrupts
from semscan.pipeline.run.workers import RunEnded
from semscan.settings import InspectSettings
from semscan.values.record import AnyRecord, Outputs, Record
from semscan.version import __version__

if TYPE_CHECKING:
    from distributed import Client, Future

IN_FLIGHT = 2  # images given to the cluster, for each of its threads
LEAST_IN_FLIGHT = 16  # a cluster may grow
CONNECT_SECONDS = 20
WORKER_SECONDS = 60  # to wait for the first worker
_INSPECTORS: dict[str, Inspector] = {}  # in a worker: by the settings, so that a model is opened once
_GUARD = threading.Lock()


@contextmanager
def on_cluster(
    settings: InspectSettings, method: Method
) -> Iterator[tuple[Callable[[ImageTask], AnyRecord], int, Callable[[], object]]]:
    """Yield a function that has a task done on the cluster, the number of threads to call it from, and one to end all.

    ``settings.cluster`` is the address of a Dask scheduler, or the number of processes to start on this machine.

    Raises
    ------
    MissingLibraryError
        Without Dask.
    UsageFault
        If the cluster does not answer, or its workers have another version of semscan.
    """
    with connected(settings) as client:
        threads = sum(client.nthreads().values())
        remote = Remote(client, _absolute(settings), method, inspect_remotely)
        yield remote, max(settings.jobs, LEAST_IN_FLIGHT, IN_FLIGHT * threads), remote.end


class Remote:
    """Has one task at a time done on the cluster, for any number of threads.

    Parameters
    ----------
    client : Client
        Of the cluster.
    settings : InspectSettings
        With names that any worker finds.
    method : Method
        The one of this process.
    work : callable
        What a worker does with settings, a task and the version of this program.
    """

    def __init__(
        self, client: Client, settings: InspectSettings, method: Method, work: Callable[..., AnyRecord]
    ) -> None:
        self._client = client
        self._settings = settings
        self._work = work
        self._model = method.provenance.model
        self._key = f"semscan-{os.urandom(4).hex()}"
        self._numbers = count()
        self._waited_for: set[Future] = set()
        self._ended = False

    def __call__(self, task: ImageTask) -> AnyRecord:
        from distributed import CancelledError, KilledWorker

        sent = replace(task, found=replace(task.found, path=task.found.path.absolute()))
        if task.base is not None:
            sent = replace(sent, base=task.base.absolute())
        future = self._client.submit(
            self._work, self._settings, sent, __version__, key=(self._key, next(self._numbers))
        )
        if self._ended:
            raise RunEnded
        self._waited_for.add(future)
        try:
            record: AnyRecord = future.result()
        except KilledWorker as error:
            times = error.allowed_failures + 1
            return file_error(task.found, f"the workers that inspected it ended, {times} times; check the file")
        except CancelledError as error:
            raise RunEnded from error
        finally:
            self._waited_for.discard(future)
        return self._as_here(record, task) if isinstance(record, Record) else record

    def end(self) -> None:
        """Give up all tasks: those in work are ended by their workers when they are done, the others are not begun."""
        self._ended = True
        self._client.cancel(list(self._waited_for), force=True)

    def _as_here(self, record: Record, task: ImageTask) -> Record:
        """Return a record with the names that were typed, as without a cluster."""
        record = replace(record, model=record.model and self._model)
        if task.base is None or record is task.earlier:
            return record
        folder = task.base.parent

        def named(value: Any) -> Any:
            return [named(each) for each in value] if isinstance(value, list) else str(folder / PurePath(value).name)

        outputs = {kind: named(value) for kind, value in record.outputs.to_json().items()}
        return replace(record, outputs=Outputs.parse(outputs))


def inspect_remotely(settings: InspectSettings, task: ImageTask, version: str) -> AnyRecord:
    """Make the record of a task in a worker, for a driver of this version of semscan."""
    if version != __version__:
        raise UsageFault(
            f"a worker of the cluster has semscan {__version__}, this is {version}; install the same version on both"
        )
    name = repr(settings)
    with _GUARD:
        if name not in _INSPECTORS:
            _INSPECTORS.clear()  # one run at a time: a model takes memory
            _INSPECTORS[name] = Inspector(settings)
            _INSPECTORS[name].prepare()
        inspector = _INSPECTORS[name]
    return inspector(task)


def _absolute(settings: InspectSettings) -> InspectSettings:
    """Return settings whose files are named so that any worker finds them."""
    chosen = settled(settings)

    def areas(given: Sequence[str]) -> tuple[str, ...]:
        return tuple(area if RECTANGLE.fullmatch(area) else os.path.abspath(area) for area in given)

    return replace(
        settings,
        method=chosen["method"],
        model=chosen["model"] and os.path.abspath(chosen["model"]),
        reference=chosen["reference"] and os.path.abspath(chosen["reference"]),
        read=replace(settings.read, ignore=areas(settings.read.ignore), care=areas(settings.read.care)),
        output=replace(settings.output, out=os.path.abspath(settings.output.out)),
        jobs=1,
        cluster=None,
    )


@contextmanager
def connected(settings: InspectSettings) -> Iterator[Client]:
    """Connect to the cluster, or start one on this machine, and wait for its first worker."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise MissingLibraryError(
            "--cluster needs Dask, which is not installed; install it with: pip install 'semscan[cluster]'"
        ) from error
    where = str(settings.cluster)
    quiet = {"distributed.admin.low-level-log-length": 100}  # entries in memory for each kind of event
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(quiet))
        try:
            if where.isdecimal():
                with without_interrupts():
                    cluster = LocalCluster(
                        n_workers=int(where),
                        threads_per_worker=1,
                        dashboard_address=None,
                        memory_limit=settings.max_memory or "auto",
                        silence_logs=logging.CRITICAL,
                    )
                address: Any = stack.enter_context(cluster)
            else:
                address = where
            client = stack.enter_context(Client(address, timeout=CONNECT_SECONDS, set_as_default=False))
            client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageFault(
                f"--cluster {where}: no answer from a scheduler with workers there ({one_line(error, 120)}); give "
                "tcp://HOST:PORT of a Dask scheduler, or a number of processes"
            ) from error
        yield client
