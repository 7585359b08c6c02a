"""A short attack with fixed seeds; `make attack` is the long one."""

import pytest

from tests.attack.campaigns import attack

TRIES = {"images": 120, "models": 80, "records": 60, "reviews": 40, "fab": 60}


@pytest.mark.parametrize("name", TRIES)
def test_mutated_files_end_in_an_answer_or_one_line(tmp_path, name):
    wrong = [
        (seed, each.faults, each.err[-300:])
        for seed, ended in attack(name, tmp_path / "attack", range(TRIES[name]))
        for each in ended
        if each.faults
    ]

    assert wrong == []
