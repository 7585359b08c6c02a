"""Run the commands without a process for each, which would load the libraries each time.

Every command is also run as a process: by tests/cli/test_light_install.py and by the tests of the documents.
"""

import pytest


@pytest.fixture
def semscan(in_process):
    """Run ``semscan`` in an empty folder; the answer has returncode, stdout, stderr as text."""
    return in_process
