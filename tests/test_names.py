"""Names of semscan's own modules and what is in them, wherever the package writes them, lead somewhere."""

import importlib
import re
from pathlib import Path

import pytest

import semscan

ROOT = Path(semscan.__file__).parent
OTHER_THINGS = {
    "semscan.toml",  # a file
    "semscan.config", "semscan.config_file", "semscan.verbosity",  # keys in Click's context
}  # fmt: skip
NAME = re.compile(r"\bsemscan(?:\.[A-Za-z_][A-Za-z0-9_]*)+")


def leads_somewhere(name):
    """True for a module, or for something in one; class attributes too."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith("semscan"):
                raise
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def written_names():
    for path in sorted(ROOT.rglob("*.py")):
        for name in sorted(set(NAME.findall(path.read_text("utf-8"))) - OTHER_THINGS):
            yield path.relative_to(ROOT).as_posix(), name


def test_every_name_of_our_own_leads_somewhere():
    names = list(written_names())

    assert len(names) > 500
    assert [(path, name) for path, name in names if not leads_somewhere(name)] == []


@pytest.mark.parametrize("name", ["semscan.reference.phase", "semscan.errors.NoSuchError", "semscan.nowhere.at_all"])
def test_a_name_that_leads_nowhere_is_found(name):
    assert not leads_somewhere(name)
