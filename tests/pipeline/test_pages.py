"""Where things are: each command has a page in pipeline."""

from pathlib import Path

import semscan
from semscan.cli.main import COMMANDS, MODULES

PACKAGE = Path(semscan.__file__).parent


def test_every_command_has_a_page_of_its_name_and_nothing_else_lies_beside_the_pages():
    pages = {path.stem for path in (PACKAGE / "pipeline").glob("*.py")} - {"__init__"}

    assert pages == set(COMMANDS) - set(MODULES)
