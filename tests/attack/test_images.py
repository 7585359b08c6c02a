"""Damaged and hostile image files: an answer, or one line that says why not, in bounded time and memory."""

import json

import numpy as np
import pytest

from tests.attack.corpus import claiming_tiff, past_failures, png
from tests.attack.drive import run

FAILURES = past_failures()


@pytest.mark.parametrize("name", FAILURES)
def test_a_file_that_once_failed_is_answered(tmp_path, name):
    (tmp_path / name).write_bytes(FAILURES[name])
    assert len(FAILURES[name]) < 40_000

    for command in (["info"], ["score", "--method", "periodic"]):
        ended = run([*command, tmp_path / name], limit_s=20, most_mib=300)

        assert ended.faults == ()
        assert len(ended.out.splitlines()) == 1


def test_info_reads_only_the_header_of_a_huge_image(tmp_path):
    blank_rows = claiming_tiff(4, b"\xff" * 4000, {258: ("H", [1])})  # fax: a row as the one above takes a bit
    (tmp_path / "huge.tif").write_bytes(blank_rows)

    ended = run(["info", tmp_path / "huge.tif"], limit_s=20, most_mib=300)
    found = json.loads(ended.out)

    assert (ended.code, ended.faults) == (0, ())
    assert (found["width"], found["height"], found["grey_min"], found["colour"]) == (30000, 30000, None, None)
    assert "only its header" in found["warnings"][0]


def test_an_image_that_unpacks_to_more_than_is_read_is_refused(tmp_path):
    (tmp_path / "bomb.png").write_bytes(png(32000, 32000, 16, 6, np.random.default_rng(0).bytes(8_000_000)))

    ended = run(["score", tmp_path / "bomb.png", "--method", "periodic"], limit_s=20, most_mib=300)

    assert (ended.code, ended.faults) == (3, ())
    assert "unpack to 8192032000 bytes" in json.loads(ended.out)["error"]
