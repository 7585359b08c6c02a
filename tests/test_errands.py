"""A new method and a new report format cost one file and one line in a registry, as docs/architecture.md promises.

The other errands have their own tests: an attention (tests/model/attention/test_new_attention.py), a network
(tests/pipeline/training), a microscope (tests/files/microscopes).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

METHOD = '''
import numpy as np

from semscan.pipeline.methods.base import MethodResult
from semscan.values.method import ChanceCalibration, MethodProvenance


class DarkMethod:
    """Scores dark pixels."""

    name = "dark"
    raw_threshold = 0.7
    provenance = MethodProvenance(ChanceCalibration(0.7, 0.1, "nothing"))

    def __init__(self, settings):
        pass

    def __call__(self, image):
        return MethodResult(np.where(image.judged, 1 - image.values, 0).astype(np.float32))
'''
FORMAT = """
from pathlib import Path

from semscan.files.disk.atomic import write_text
from semscan.files.results.finished_run import read_finished
from semscan.pipeline.reporting.written import Written


def write_scores(results, settings):
    finished = read_finished(results)
    path = Path(settings.out or results) / "scores.txt"
    write_text(path, "".join(f"{record.score:.2f}\\n" for record in finished.inspected))
    yield Written("scores", path)
"""
RUN = """
import sys

from semscan.settings import METHODS, REPORT_FORMATS

METHODS["dark"] = "dark_method:DarkMethod"
REPORT_FORMATS["scores"] = "scores_format:write_scores"
from semscan.cli.main import main

main(sys.argv[1:])
"""


@pytest.fixture
def semscan(tmp_path):
    """Run the command line with the two additions registered."""
    for name, text in (("dark_method", METHOD), ("scores_format", FORMAT), ("run", RUN)):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, str(tmp_path / "run.py"), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)

    return run


@pytest.fixture
def image(tmp_path, save_png, grey):
    pixels = grey()
    pixels[20:26, 30:38] = 10
    return save_png(tmp_path / "image.png", pixels)


def test_a_method_in_one_file_and_one_line_of_the_registry(semscan, image):
    done = semscan("inspect", image, "--method", "dark")
    record = json.loads(done.stdout)

    assert done.returncode == 0
    assert record["method"] == ["dark"]
    assert [region["bbox"] for region in record["regions"]] == [[30, 20, 8, 6]]
    assert "dark" in semscan("inspect", "--help").stdout


def test_it_combines_with_the_others(semscan, image, model):
    done = semscan("inspect", image, "--method", "dark", "--method", "model", "--model", model)

    assert json.loads(done.stdout)["regions"][0]["witnesses"] == ["dark"]


def test_a_report_format_in_one_file_and_one_line_of_the_registry(semscan, image, tmp_path):
    inspected = json.loads(semscan("inspect", image, "--method", "dark", "--out", "o").stdout)
    done = semscan("report", "o", "--to", "scores")

    assert done.returncode == 0
    assert json.loads(done.stdout) == {"to": "scores", "file": "o/scores.txt", "image": None}
    assert (tmp_path / "o" / "scores.txt").read_text() == f"{inspected['score']:.2f}\n"
    assert semscan("inspect", image, "--method", "dark", "--out", "p", "--report", "csv,scores").returncode == 0
    assert (tmp_path / "p" / "scores.txt").exists()
