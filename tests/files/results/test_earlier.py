"""Records of earlier runs that are taken over."""

from dataclasses import replace

import pytest

from semscan.files.results.earlier import EarlierRecords
from semscan.files.results.line_spool import LineSpool
from semscan.files.results.records import to_line
from semscan.values.record import Outputs, Record


@pytest.fixture
def record(tmp_path):
    (tmp_path / "a.mask.png").write_bytes(b"mask")
    return Record(
        image="a.png",
        source="/d/a.png",
        width=9,
        height=9,
        regions=(),
        outputs=Outputs(mask=str(tmp_path / "a.mask.png")),
        fingerprint="f1",
    )


def write(folder, *records):
    (folder / "results.jsonl").write_bytes(b"other\n" + b"".join(to_line(record.to_json()) for record in records))


def test_a_record_of_the_same_fingerprint_is_found_among_others(tmp_path, record):
    write(tmp_path, replace(record, source="/d/b.png", outputs=Outputs()), record)
    earlier = EarlierRecords(tmp_path)

    assert len(earlier) == 2
    assert replace(earlier.judged("/d/a.png"), absent=frozenset()) == record
    assert earlier.judged("/d/b.png").source == "/d/b.png"


def test_a_record_is_given_once(tmp_path, record):
    write(tmp_path, record)
    earlier = EarlierRecords(tmp_path)

    assert [earlier.judged("/d/a.png") is None for _ in range(2)] == [False, True]


def test_an_image_without_a_record_has_none(tmp_path, record):
    write(tmp_path, record)

    assert EarlierRecords(tmp_path).judged("/d/c.png") is None


def test_no_other_record_is_taken_when_the_file_was_written_anew(tmp_path, record):
    write(tmp_path, record)
    earlier = EarlierRecords(tmp_path)
    write(tmp_path, replace(record, source="/d/b.png"))

    assert earlier.judged("/d/a.png") is None


def test_a_record_whose_outputs_are_gone_is_not_taken_over(tmp_path, record):
    write(tmp_path, record)
    (tmp_path / "a.mask.png").unlink()

    assert EarlierRecords(tmp_path).judged("/d/a.png") is None


def test_a_record_without_fingerprint_and_a_folder_without_records_hold_nothing(tmp_path, record):
    write(tmp_path, replace(record, fingerprint=None))

    assert len(EarlierRecords(tmp_path)) == 0
    assert len(EarlierRecords(tmp_path / "new")) == 0


def test_lines_are_kept_by_name_and_the_last_one_counts(tmp_path):
    with LineSpool(tmp_path) as lines:
        lines.put("a", b"1\n")
        lines.put("b", b"2\n")
        lines.put("a", b"333\n")

        assert list(lines.items()) == [("a", b"333\n"), ("b", b"2\n")]
    assert list(tmp_path.iterdir()) == []
