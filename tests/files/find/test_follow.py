"""Images that come into a folder while it is followed."""

import os
from itertools import islice
from pathlib import Path

import pytest

from semscan.errors import UsageFault
from semscan.files.find.follow import follow_folders
from semscan.files.find.images import InputError, InputImage

QUICK = {"poll": 0.02, "settled": 0.1}


def put(path, text="image"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def long_ago(path):
    os.utime(path, (1e9, 1e9))
    return path


def test_what_is_there_comes_first_then_what_is_added_below(tmp_path):
    long_ago(put(tmp_path / "b.png"))
    long_ago(put(tmp_path / "a.png"))
    long_ago(put(tmp_path / "notes.txt"))
    found = follow_folders([str(tmp_path)], **QUICK)

    assert [image.path.name for image in islice(found, 2)] == ["a.png", "b.png"]
    put(tmp_path / "night" / "c.tif")
    third = next(found)
    assert (third.path, str(third.below)) == (tmp_path / "night" / "c.tif", "night/c.tif")


def test_a_file_that_still_grows_waits_and_an_empty_one_too(tmp_path):
    growing = put(tmp_path / "a.png", "1")
    put(tmp_path / "empty.png", "")
    found = follow_folders([str(tmp_path)], poll=0.02, settled=0.4)
    looks = []

    def grow(seconds):
        looks.append(seconds)
        if len(looks) <= 10:
            growing.write_text("1" * (1 + len(looks)))
        real_sleep(seconds)

    import semscan.files.find.follow as follow

    real_sleep = follow.time.sleep
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow.time, "sleep", grow)
        first = next(found)

    assert first.path == growing
    assert len(looks) > 10


def test_a_file_that_is_written_again_comes_again(tmp_path):
    path = long_ago(put(tmp_path / "a.png"))
    found = follow_folders([str(tmp_path)], **QUICK)
    next(found)
    put(path, "another image")

    assert next(found) == InputImage(str(path), path, Path("a.png"))


def test_the_output_folder_inside_is_left_out(tmp_path):
    long_ago(put(tmp_path / "out" / "a.png"))
    long_ago(put(tmp_path / "b.png"))

    assert next(follow_folders([str(tmp_path)], skip=tmp_path / "out", **QUICK)).path.name == "b.png"


def test_only_folders_can_be_followed(tmp_path):
    with pytest.raises(UsageFault, match="--follow wants folders"):
        follow_folders([str(put(tmp_path / "a.png"))])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_read_is_named_once(tmp_path):
    (tmp_path / "shut").mkdir(mode=0)
    found = follow_folders([str(tmp_path)], **QUICK)
    first = next(found)
    long_ago(put(tmp_path / "a.png"))

    assert isinstance(first, InputError)
    assert next(found).path.name == "a.png"
