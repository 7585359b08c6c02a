"""A folder's images by name: as they are now, and read again only when something changed."""

import os
import time
from pathlib import Path

import pytest

from semscan.files.find import listing
from semscan.files.find.listing import SETTLED_NS, images_by_stem


@pytest.fixture
def folder(tmp_path):
    """Images a.png and below/b.tif, put there an hour ago."""
    there = tmp_path / "there"
    (there / "below").mkdir(parents=True)
    (there / "a.png").touch()
    (there / "below" / "b.tif").touch()
    return there


@pytest.fixture
def reads(monkeypatch):
    """How often a folder tree was read; the clock is an hour ahead, so that what is there counts as settled."""
    counted = []
    real = listing.images_below
    monkeypatch.setattr(listing, "images_below", lambda *given, **more: counted.append(1) or real(*given, **more))
    monkeypatch.setattr(listing.time, "time_ns", lambda: time.clock_gettime_ns(time.CLOCK_REALTIME) + 3600 * 10**9)
    return counted


def named(folder):
    return {stem: [path.name for path in paths] for stem, paths in images_by_stem(folder).items()}


def test_ten_thousand_images_read_the_folder_once(folder, reads):
    for _ in range(10_000):
        images_by_stem(folder)

    assert len(reads) == 1
    assert named(folder) == {"a": ["a.png"], "b": ["b.tif"]}


@pytest.mark.parametrize("where", [".", "below", "new"])
def test_what_is_put_there_or_taken_away_is_seen_at_once(folder, reads, where):
    images_by_stem(folder)
    (folder / where).mkdir(exist_ok=True)
    added = folder / where / "c.png"
    added.touch()

    assert named(folder)["c"] == ["c.png"]
    added.unlink()
    assert "c" not in named(folder)


def test_a_change_just_before_the_reading_may_hide_another_of_the_same_time(folder, reads, monkeypatch):
    same = os.stat(folder)
    monkeypatch.setattr(listing.time, "time_ns", lambda: same.st_mtime_ns + SETTLED_NS // 2)
    monkeypatch.setattr(listing, "_state", lambda name: (0, 0, same.st_mtime_ns, same.st_mtime_ns))
    images_by_stem(folder)
    (folder / "c.png").touch()

    assert "c" in named(folder)


def test_a_relative_name_is_another_folder_elsewhere(folder, reads, monkeypatch):
    monkeypatch.chdir(folder)
    assert list(named(Path("below"))) == ["b"]
    (folder / "a" / "below").mkdir(parents=True)
    monkeypatch.chdir(folder / "a")

    assert named(Path("below")) == {}


def test_a_folder_that_is_gone_and_comes_back(folder, reads):
    images_by_stem(folder / "later")
    (folder / "later").mkdir()
    (folder / "later" / "c.png").touch()

    assert list(named(folder / "later")) == ["c"]
