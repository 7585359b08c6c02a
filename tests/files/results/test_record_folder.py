"""Names in the folders of measure and explain, with several processes at once."""

import os
from pathlib import Path

from semscan.files.find.images import InputImage
from semscan.files.results import record_folder
from semscan.files.results.record_folder import ExplainFolder, MeasureFolder
from semscan.files.results.records import parse_object


def claimed(folder, path):
    return str(folder.claim(InputImage(path, Path(path)), path))


def test_two_runs_at_once_take_different_names(tmp_path):
    first, second = MeasureFolder(tmp_path), MeasureFolder(tmp_path)
    names = [claimed(first, "/a/x.png"), claimed(second, "/b/x.png"), claimed(first, "/c/x.png")]

    assert len(set(names)) == 3
    assert claimed(second, "/b/x.png") == names[1]


def test_a_name_that_another_run_took_before_a_record_was_kept_is_not_taken(tmp_path):
    ours, theirs = ExplainFolder(tmp_path), ExplainFolder(tmp_path)
    first = claimed(ours, "/a/x.png")
    taken = claimed(theirs, "/b/n.png")
    ours.keep([{"source": "/a/x.png", "stem": first}])

    assert claimed(ours, "/c/n.png") != taken


def test_names_are_read_once_however_many_are_claimed(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(record_folder, "parse_object", lambda line: read.append(line) or parse_object(line))
    folders = MeasureFolder(tmp_path), MeasureFolder(tmp_path)
    for number in range(40):
        claimed(folders[number % 2], f"/a/{number}.png")

    assert len(read) <= 2 * 40


def test_a_name_is_held_until_its_record_is_kept(tmp_path):
    first = MeasureFolder(tmp_path)
    names = [claimed(first, path) for path in ("/a/x.png", "/b/x.png")]
    first.keep([{"source": "/a/x.png", "stem": names[0]}])
    later = MeasureFolder(tmp_path)

    assert [claimed(later, path) for path in ("/a/x.png", "/b/x.png")] == names
    first.keep([{"source": "/b/x.png", "stem": names[1]}])
    assert os.listdir(tmp_path) == ["measures.jsonl"]
