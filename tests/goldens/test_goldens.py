"""What the command line does on sample_images is what was recorded; `make goldens` records it anew."""

import functools

import pytest

from tests.goldens.compare import compare_case
from tests.goldens.run import CASES, CLASSES, find_cases, load, run_case


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Run a case once in a session."""

    @functools.cache
    def once(name):
        case = next(case for case in find_cases() if case.name == name)
        return case, run_case(case, tmp_path_factory.mktemp("goldens") / "here")

    return once


@pytest.mark.parametrize("name", [case.name for case in find_cases()])
@pytest.mark.parametrize("kind", CLASSES)
def test_golden(run, name, kind):
    case, found = run(name)
    listed = compare_case(load(case, kind), found[kind], in_words=case.in_words(kind))
    assert not listed, f"{len(listed)} differences of {kind}; if they are meant: make goldens\n" + "\n".join(listed)


def test_every_case_has_commands_and_both_recordings():
    folders = sorted(folder.name for folder in CASES.iterdir())
    cases = find_cases()

    assert [case.name for case in cases] == folders
    assert all(case.commands for case in cases)
    assert all(load(case, kind) for case in cases for kind in CLASSES)
