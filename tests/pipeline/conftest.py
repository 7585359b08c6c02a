"""Run semscan in the process of the tests, where TensorFlow is loaded once for all trainings."""

import io
import warnings
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def in_process():
    """Run ``semscan ARGUMENTS``; the result has returncode, stdout and stderr, as `subprocess.run` gives them."""
    from semscan.cli.main import main

    def run(*arguments):
        stdout = io.TextIOWrapper(io.BytesIO(), "utf-8")  # results are written to its buffer, as bytes
        stderr = io.StringIO()
        with redirect_stdout(stdout), redirect_stderr(stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as in a process of its own, a library's warning is not an error
            with pytest.raises(SystemExit) as end:
                main([str(argument) for argument in arguments])
        stdout.flush()
        written = stdout.buffer.getvalue().decode("utf-8")
        return SimpleNamespace(returncode=end.value.code, stdout=written, stderr=stderr.getvalue())

    return run


@pytest.fixture
def without_pictures(monkeypatch):
    """Let an evaluation draw nothing: most of its time, where it is short."""
    monkeypatch.setattr("semscan.pipeline.evaluate._pictures", lambda *_: {})
