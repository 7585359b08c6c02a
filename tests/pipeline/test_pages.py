"""Where things lie: a page for each command, and folders that can be taken in at a glance."""

from collections import Counter
from pathlib import Path

import semscan
from semscan.cli.main import COMMANDS, MODULES

PACKAGE = Path(semscan.__file__).parent
MOST_FILES = 13


def test_every_command_has_a_page_of_its_name_and_nothing_else_lies_beside_the_pages():
    pages = {path.stem for path in (PACKAGE / "pipeline").glob("*.py")} - {"__init__"}

    assert pages == set(COMMANDS) - set(MODULES)


def test_no_folder_has_more_files_than_can_be_taken_in():
    counts = Counter(path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")

    assert counts
    assert {str(folder): count for folder, count in counts.items() if count > MOST_FILES} == {}
