"""A finished inspection to review: good images, images with a bright spot, and one that is no image."""

import json

import pytest

from semscan.pipeline.inspecting.images import inspect_images
from semscan.settings import InspectSettings, OutputSettings

HTML = "<img src=x onerror=alert(1)> bad.png"


@pytest.fixture
def inspected(tmp_path, model, grey, save_png, monkeypatch):
    """Inspect images of these names, those with "bad" in it with a defect; return the output folder."""
    monkeypatch.setattr("semscan.pipeline.inspecting.images.FEW", 1000)  # in this process

    def inspect(*names):
        for name in names:
            save_png(tmp_path / "lot" / name, grey(spot="bad" in name))
        settings = InspectSettings(model=str(model), output=OutputSettings(out=str(tmp_path / "o")))
        list(inspect_images([str(tmp_path / "lot")], settings))
        return tmp_path / "o"

    return inspect


@pytest.fixture
def results(inspected, tmp_path):
    """Three images, one with a defect and one with HTML in its name, and a file that is no image."""
    (tmp_path / "lot").mkdir()
    (tmp_path / "lot" / "z.png").write_text("no image")
    return inspected("a.png", "b bad.png", HTML)


@pytest.fixture
def decided():
    """The lines of a folder's review.jsonl as objects; none without the file."""

    def read(folder):
        path = folder / "review.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    return read
