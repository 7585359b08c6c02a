"""Names in the folders of measure and explain, with several processes at once."""

import os
from pathlib import Path

from semscan.files.find.images import InputImage
from semscan.files.results.record_folder import MeasureFolder


def claimed(folder, path):
    return str(folder.claim(InputImage(path, Path(path)), path))


def test_two_runs_at_once_take_different_names(tmp_path):
    first, second = MeasureFolder(tmp_path), MeasureFolder(tmp_path)
    names = [claimed(first, "/a/x.png"), claimed(second, "/b/x.png"), claimed(first, "/c/x.png")]

    assert len(set(names)) == 3
    assert claimed(second, "/b/x.png") == names[1]


def test_a_name_is_held_until_its_record_is_kept(tmp_path):
    first = MeasureFolder(tmp_path)
    names = [claimed(first, path) for path in ("/a/x.png", "/b/x.png")]
    first.keep([{"source": "/a/x.png", "stem": names[0]}])
    later = MeasureFolder(tmp_path)

    assert [claimed(later, path) for path in ("/a/x.png", "/b/x.png")] == names
    first.keep([{"source": "/b/x.png", "stem": names[1]}])
    assert os.listdir(tmp_path) == ["measures.jsonl"]
