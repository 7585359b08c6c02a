"""Run semscan as its users do."""

import os
import subprocess
import sys

import pytest

from tests.in_process import run as run_in_process


@pytest.fixture
def here(tmp_path):
    """An empty folder, in which semscan is run."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def semscan(here):
    """Run ``python -m semscan`` in an empty folder; the answer has returncode, stdout, stderr as text."""

    def run(*arguments, stdin=b"", **environment):
        names = {key: value for key, value in os.environ.items() if key != "SEMSCAN_MODEL"}
        done = subprocess.run(
            [sys.executable, "-m", "semscan", *map(os.fspath, arguments)],
            input=stdin,
            capture_output=True,
            cwd=here,
            env={**names, **environment},
            timeout=120,
            check=False,
        )
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    run.here = here
    return run


@pytest.fixture
def in_process(here, monkeypatch):
    """As `semscan`, but in the process of the tests, however many images there are.

    For all that has nothing to do with the streams, signals and libraries of a process.
    """

    def run(*arguments, stdin=b"", **environment):
        with monkeypatch.context() as patch:
            patch.chdir(here)
            patch.delenv("SEMSCAN_MODEL", raising=False)
            for name, value in environment.items():
                patch.setenv(name, value)
            return run_in_process(*arguments, stdin=stdin)

    run.here = here
    return run
