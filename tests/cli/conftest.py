"""Run semscan as its users do."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def semscan(tmp_path):
    """Run ``python -m semscan`` in an empty folder; the answer has returncode, stdout, stderr as text."""
    here = tmp_path / "here"
    here.mkdir()

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
