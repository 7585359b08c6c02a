"""Limits of memory and time."""

import os

import pytest

from semscan.pipeline.run.limits import SECONDS, SHARE, Limits, machine_memory, resident


def test_the_default_memory_is_a_share_of_the_machine_for_all_jobs_together():
    whole = machine_memory()
    if whole is None:
        pytest.skip("the system does not say how much memory it has")

    assert Limits.given(None, None, 4).memory == int(whole * SHARE / 4)
    assert Limits.given(1 << 30, None, 4).memory == 1 << 30


def test_a_large_file_gets_more_time_by_default(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(bytes(3_000_000))

    assert Limits().seconds_for(path) == SECONDS + 60
    assert Limits().seconds_for(tmp_path / "none.tif") == SECONDS
    assert Limits(seconds=5).seconds_for(path) == 5
    assert Limits(seconds=0).seconds_for(path) is None


def test_the_memory_of_a_process_that_is_gone_is_zero():
    assert resident(os.getpid()) >= 0
    assert resident(1 << 30) == 0
