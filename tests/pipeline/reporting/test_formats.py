"""Exports of finished results: what only the folder knows."""

import json
import time

import pytest

from semscan.pipeline.reporting.klarf import write_klarf
from semscan.settings import ReportSettings

RECORD = {
    "image": "a.tif",
    "source": "/d/a.tif",
    "status": "ok",
    "defect": False,
    "width": 40,
    "height": 30,
    "judged_fraction": 1.0,
    "nm_per_pixel": 2.0,
    "regions": [],
    "outputs": {},
    "warnings": [],
}


@pytest.fixture
def taipei(monkeypatch):
    """A clock eight hours ahead of UTC."""
    monkeypatch.setenv("TZ", "CST-8")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system does not let a process set its time zone")
@pytest.mark.parametrize(
    ("began", "stamp"),
    [("2026-11-20T20:04:31+00:00", "11-21-2026 04:04:31"), ("2026-11-20T20:04:31", "11-20-2026 20:04:31")],
)
@pytest.mark.usefixtures("taipei")
def test_klarf_tells_the_time_of_the_clock_on_the_wall(tmp_path, began, stamp):
    (tmp_path / "results.jsonl").write_text(json.dumps(RECORD) + "\n")
    (tmp_path / "run.json").write_text(json.dumps({"began": began}))
    (written,) = write_klarf(tmp_path, ReportSettings())

    assert f"ResultTimestamp {stamp};" in written.path.read_text("ascii").splitlines()


@pytest.mark.parametrize("began", ["yesterday", None, "0001-01-01T00:00:00+00:00"])
def test_klarf_does_without_the_time_of_the_run(tmp_path, began):
    (tmp_path / "results.jsonl").write_text(json.dumps(RECORD) + "\n")
    (tmp_path / "run.json").write_text(json.dumps({"began": began}))
    (written,) = write_klarf(tmp_path, ReportSettings())

    assert "ResultTimestamp" in written.path.read_text("ascii")
