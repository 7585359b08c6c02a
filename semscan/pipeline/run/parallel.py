"""Many items through one function: in order, in parallel, in bounded memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
_END = None
AHEAD = 2  # items in work or waiting, for each worker


def ordered_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    jobs: int,
    interrupt: Callable[[], object] = lambda: None,
) -> Generator[Result, None, None]:
    """Apply `function` to each item on `jobs` threads and yield the results in the order of the items.

    Each result is yielded as soon as it and all before it are done, even while the next item is waited for (as with
    names on standard input). At most ``AHEAD * jobs`` items are in work or
    done and not yet taken. What `items` or `function` raises is raised here, in its turn. `interrupt` is called when
    no more results are wanted, while `function` may still be at work.

    Examples
    --------
    >>> list(ordered_map(abs, [-2, 1, -3], jobs=2))
    [2, 1, 3]
    """
    if jobs == 1:
        try:
            yield from map(function, items)
        finally:
            interrupt()
        return
    results: SimpleQueue[Future[Result] | None] = SimpleQueue()
    room = threading.Semaphore(AHEAD * jobs)
    stop = threading.Event()
    pool = ThreadPoolExecutor(jobs)

    def feed() -> None:
        try:
            for item in items:
                room.acquire()
                if stop.is_set():
                    break
                results.put(pool.submit(function, item))
        except BaseException as error:  # carried over to the reader's thread
            failed: Future[Result] = Future()
            failed.set_exception(error)
            results.put(failed)
        results.put(_END)

    threading.Thread(target=feed, daemon=True).start()  # a daemon: it may wait for a name that never comes
    try:
        while (future := results.get()) is not _END:
            yield future.result()
            room.release()
    finally:
        stop.set()
        interrupt()
        room.release()
        pool.shutdown(wait=True, cancel_futures=True)
