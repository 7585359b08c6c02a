"""What the tests of the pipeline share."""

import pytest

from tests.in_process import run


@pytest.fixture(scope="session")
def in_process():
    """Run ``semscan ARGUMENTS`` where TensorFlow is loaded once for all trainings; see `tests.in_process.run`."""
    return run


@pytest.fixture
def without_pictures(monkeypatch):
    """Let an evaluation draw nothing: most of its time, where it is short."""
    monkeypatch.setattr("semscan.pipeline.evaluate._pictures", lambda *_: {})
