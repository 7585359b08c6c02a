"""Many items side by side, in order, in bounded memory."""

import threading
import time

import pytest

from semscan.pipeline.run.parallel import AHEAD, ordered_map


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(jobs):
    def slow_first(number):
        time.sleep(0.03 if number % 3 == 0 else 0)
        return number * number

    assert list(ordered_map(slow_first, range(20), jobs)) == [number * number for number in range(20)]


def test_no_more_items_are_taken_than_there_is_room_for():
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    results = ordered_map(lambda number: number, items(), 2)
    next(results)
    time.sleep(0.1)

    assert len(taken) <= 2 * AHEAD + 3
    results.close()


def test_a_result_does_not_wait_for_the_next_item():
    gate = threading.Event()

    def items():
        yield 1
        gate.wait(10)
        yield 2

    results = ordered_map(lambda number: number, items(), 3)

    assert next(results) == 1
    gate.set()
    assert next(results) == 2


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_the_items_raise_is_raised_in_its_turn(jobs):
    def items():
        yield 1
        raise OSError("the list is torn")

    results = ordered_map(lambda number: number, items(), jobs)

    assert next(results) == 1
    with pytest.raises(OSError, match="torn"):
        next(results)


def test_closing_early_stops_the_work():
    done = []
    results = ordered_map(lambda number: (time.sleep(0.01), done.append(number)), range(1000), 2)
    next(results)
    results.close()

    assert len(done) < 20
