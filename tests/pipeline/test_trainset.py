"""The training images, opened."""

import os

import pytest

from semscan.files.layout import find_layout
from semscan.pipeline.trainset import open_good
from semscan.settings import ReadSettings


@pytest.mark.skipif(os.name == "nt", reason="such names are not possible on Windows")
def test_a_name_that_is_not_text_is_trained_on(tmp_path, grey, save_png):
    save_png(tmp_path / "whole.png", grey()).rename(tmp_path / os.fsdecode(b"bad\xff.png"))
    said = []

    assert len(open_good(find_layout(tmp_path), ReadSettings(), said.append).labels) == 1
    assert said == []
