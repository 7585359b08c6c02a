"""The Python examples: the transcripts of docs/python.md give what they show, the other blocks run."""

from __future__ import annotations

import doctest
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_python_blocks_are_python(fenced):
    found = [block for block in fenced if block.language == "python"]

    assert found
    for block in found:
        compile(block.text, block.id, "exec")


def test_transcripts_and_blocks_run(fenced, world, monkeypatch, capsys):
    page = [block for block in fenced if block.page == "docs/python.md"]
    names: dict = {}

    monkeypatch.chdir(ROOT)
    transcript = "\n".join(block.text for block in page if block.language == "pycon")
    test = doctest.DocTestParser().get_doctest(transcript, names, "docs/python.md", "docs/python.md", 0)
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    runner.run(test, clear_globs=False)
    assert runner.failures == 0, capsys.readouterr().out
    names = test.globs

    monkeypatch.chdir(world)
    monkeypatch.setenv("MPLBACKEND", "agg")
    for block in (*page, *(one for one in fenced if one.page == "README.md")):
        if block.language == "python" and not block.too_long:
            exec(compile(block.text, block.id, "exec"), names)
