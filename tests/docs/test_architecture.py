"""docs/architecture.md names files, names and folders that are there, and the rules that it states hold."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from semscan.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def test_every_path_on_the_page_exists():
    paths = re.findall(r"`((?:semscan|tests)/[\w/.]+)`", PAGE)

    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_registry_on_the_page_is_in_the_file_named_with_it():
    named = re.findall(r"`([A-Z_]{5,})`(?: of|, in|$)[\s\n]+`(semscan/[\w/]+)\.py`", PAGE)

    assert len(named) == 5
    for name, path in named:
        assert hasattr(import_module(path.replace("/", ".")), name), (name, path)


def test_the_tree_shows_every_folder_of_the_package():
    tree = PAGE.split("```")[1]
    folders = [path.name for path in (ROOT / "semscan").rglob("*") if path.is_dir() and (path / "__init__.py").exists()]

    assert [name for name in folders if f"{name}/" not in tree] == []


def test_no_folder_holds_more_than_13_files_or_one_for_each_command():
    folders = [ROOT / "semscan", *(path for path in (ROOT / "semscan").rglob("*") if path.is_dir())]
    sizes = {str(folder): sum(path.is_file() for path in folder.iterdir()) for folder in folders}
    most = {str(ROOT / "semscan" / folder): len(COMMANDS) for folder in ("pipeline", "cli/commands")}

    too_many = {folder: size for folder, size in sizes.items() if size > most.get(folder, 13)}
    assert {folder: size for folder, size in too_many.items() if "__pycache__" not in folder} == {}
