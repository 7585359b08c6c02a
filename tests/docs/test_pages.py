"""README.md, CONTRIBUTING.md and docs/: what they name is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

OTHER_PROGRAM = re.compile(r"\b(dask worker|dask scheduler|sbatch) ")  # a line with options of another program
ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = HEADING.findall(FENCED.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page):
    """The relative links of a page that lead nowhere."""
    for link in LINK.findall(FENCED.sub("", page.read_text("utf-8"))):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link, target


def test_every_link_leads_somewhere(pages):
    wrong = [(page.name, link, target) for page in [*pages, ROOT / "CONTRIBUTING.md"] for link, target in broken(page)]

    assert wrong == []


def test_readme_is_short_enough_to_read():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_every_page_is_in_the_index(pages):
    index = (ROOT / "docs" / "README.md").read_text("utf-8")

    missing = [page.name for page in pages if page.parent == ROOT / "docs" and f"({page.name})" not in index]

    assert missing == ["README.md"]  # the index itself


def test_the_table_lists_the_commands_in_their_order():
    from semscan.cli.main import COMMANDS

    section = (ROOT / "README.md").read_text("utf-8").split("\n## Commands\n")[1].split("\n## ")[0]

    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(COMMANDS)


def test_every_option_exists(pages):
    from semscan.cli.main import COMMANDS, group

    params = [*group.params, *(param for name in COMMANDS for param in group.get_command(None, name).params)]
    known = {name for param in params for name in param.opts + param.secondary_opts} | {"--help"}

    named = {
        (page.name, name)
        for page in pages
        for line in page.read_text("utf-8").splitlines()
        if not OTHER_PROGRAM.search(line)
        for name in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", line)
    }

    assert {(page, name) for page, name in named if name not in known} == set()


def test_the_results_page_names_every_key_of_a_record(template):
    page = (ROOT / "docs" / "results.md").read_text("utf-8")
    (record, *_) = map(json.loads, (template / "o" / "results.jsonl").read_text("utf-8").splitlines())

    keys = {*record, *(re.sub(r"_(px|nm)$", "", key) for key in record["regions"][0])}

    assert {key for key in keys if f"`{key}" not in page} == set()
