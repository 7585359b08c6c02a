"""Work done by the workers of a Dask cluster, which see the same files by the same paths.

Dask schedules: which worker does what, and what becomes of the work of a worker that dies. Here is what it does not
know: how it is started and found, and that a worker keeps what it has opened.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from semscan.errors import MissingLibraryError, UsageFault
from semscan.phrases import one_line
from semscan.pipeline.run.interrupts import without_interrupts
from semscan.pipeline.run.workers import RunEnded, WorkerLost
from semscan.version import __version__

if TYPE_CHECKING:
    from distributed import Client, Future

IN_FLIGHT = 2  # tasks given to the cluster, for each of its threads
LEAST_IN_FLIGHT = 16  # a cluster may grow
CONNECT_SECONDS = 20
MOST_KEPT = 2  # runs at once that a worker is prepared for
WORKER_SECONDS = 60  # to wait for the first worker
_KEPT: dict[tuple[str, str], Any] = {}  # in a worker: the function in use, prepared, by the run and its name
_GUARD = threading.Lock()


class Cluster:
    """Has work done, one task at a time for each thread that asks.

    `in_flight` is the number of threads to ask from.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._key = f"semscan-{os.urandom(4).hex()}"
        self._numbers = count()
        self._waited_for: set[Future] = set()
        self._ended = False
        self.in_flight = max(LEAST_IN_FLIGHT, IN_FLIGHT * sum(client.nthreads().values()))

    def do(self, act: Any, task: Any) -> Any:
        """Apply a function to a task in a worker; see `Workers` for what `act` is.

        Raises WorkerLost if the workers die of it, RunEnded after `end`, and what the function raises.
        """
        from distributed import CancelledError, KilledWorker

        future = self._client.submit(_answer, act, task, self._key, __version__, key=(self._key, next(self._numbers)))
        if self._ended:
            raise RunEnded
        self._waited_for.add(future)
        try:
            return future.result()
        except KilledWorker as error:
            times = error.allowed_failures + 1
            raise WorkerLost(f"the workers that did it ended, {times} times; check the file") from error
        except CancelledError as error:
            raise RunEnded from error
        finally:
            self._waited_for.discard(future)

    def end(self) -> None:
        """Give up all tasks: those in work are ended by their workers when they are done, the others are not begun."""
        self._ended = True
        self._client.cancel(list(self._waited_for), force=True)


def _answer(act: Any, task: Any, run: str, version: str) -> Any:
    """Do a task of a run in a worker, for a driver of this version of semscan."""
    if version != __version__:
        raise UsageFault(
            f"a worker of the cluster has semscan {__version__}, this is {version}; install the same version on both"
        )
    with _GUARD:
        if (run, act.name) not in _KEPT:  # a later run may find another model at the same path
            act.prepare()
            while len(_KEPT) >= MOST_KEPT:  # a model takes memory
                _KEPT.pop(next(iter(_KEPT)))
            _KEPT[run, act.name] = act
        kept = _KEPT[run, act.name]
    return kept(task)


@contextmanager
def connected(where: str, memory: int | None = None) -> Iterator[Cluster]:
    """Connect to a cluster, or start one on this machine, and wait for its first worker.

    Parameters
    ----------
    where : str
        Address of a Dask scheduler, or the number of processes to start on this machine.
    memory : int or None
        Largest memory of each process to start, bytes; by default an equal share of the machine.

    Raises
    ------
    MissingLibraryError
        Without Dask.
    UsageFault
        If no cluster with workers answers.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise MissingLibraryError(
            "--cluster needs Dask, which is not installed; install it with: pip install 'semscan[cluster]'"
        ) from error
    quiet = {"distributed.admin.low-level-log-length": 100}  # entries in memory for each kind of event
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(quiet))
        try:
            address: Any = where
            if where.isdecimal():
                with without_interrupts():
                    cluster = LocalCluster(
                        n_workers=int(where),
                        threads_per_worker=1,
                        dashboard_address=None,
                        memory_limit=memory or "auto",
                        silence_logs=logging.CRITICAL,
                    )
                address = stack.enter_context(cluster)
            client = stack.enter_context(Client(address, timeout=CONNECT_SECONDS, set_as_default=False))
            client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageFault(
                f"--cluster {where}: no answer from a scheduler with workers there ({one_line(error, 120)}); give "
                "tcp://HOST:PORT of a Dask scheduler, or a number of processes"
            ) from error
        yield Cluster(client)
