"""review.jsonl: what a page appends is what is read back, whatever happens in between."""

import json
import multiprocessing
import threading

import pytest

from semscan.errors import BadDataError, OutputError
from semscan.files.results import review
from semscan.files.results.review import Decision, append_decision, current, read_decisions

TRIANGLE = ((1.0, 2.0), (5.5, 2.0), (5.0, 9.0))


def decided(verdict="harmless", **keys):
    return Decision(**{"at": "2026-01-31T09:30:00Z", "image": "a.png", "verdict": verdict, **keys})


def line_of(**keys):
    return json.dumps({"at": "", "by": None, "image": "a.png", "region": 1, "verdict": "real", **keys}) + "\n"


def test_what_is_appended_is_read_back_in_order(tmp_path):
    made = [
        decided(region=3, bbox=(4, 5, 6, 7), by="Ångström", note="two\nlines"),
        decided("missed", polygon=TRIANGLE, class_name="bridge"),
        decided("real", image="no \udcff text.png"),
    ]
    for decision in made:
        append_decision(tmp_path / "review.jsonl", decision)

    assert read_decisions(tmp_path / "review.jsonl") == made


def test_a_line_has_the_keys_of_the_contract(tmp_path):
    append_decision(tmp_path / "review.jsonl", decided("real", region=3, class_name="bridge", bbox=(4, 5, 6, 7)))

    assert json.loads((tmp_path / "review.jsonl").read_text()) == {
        "at": "2026-01-31T09:30:00Z",
        "by": None,
        "image": "a.png",
        "region": 3,
        "verdict": "real",
        "class": "bridge",
        "polygon": None,
        "note": None,
        "bbox": [4, 5, 6, 7],
    }


def test_the_last_decision_about_a_thing_counts_and_an_undone_one_is_gone():
    region, image = decided("real", region=1), decided("harmless")
    drawn, other = decided("missed", polygon=TRIANGLE), decided("missed", polygon=TRIANGLE[::-1])
    changed = decided("unsure", region=1)
    elsewhere = decided("real", region=1, image="b.png")

    assert current([region, image, drawn, elsewhere, other, changed, decided("undone", polygon=TRIANGLE)]) == [
        image,
        elsewhere,
        other,
        changed,
    ]
    assert current([image, decided("undone"), region]) == [region]
    assert current([region, decided("undone", region=1), changed]) == [changed]


def test_a_torn_last_line_is_left_out_and_gone_with_the_next_decision(tmp_path):
    path = tmp_path / "review.jsonl"
    append_decision(path, decided(region=1))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:-9])
    before = read_decisions(path)
    append_decision(path, decided(region=2))

    assert [decision.region for decision in before] == [1]
    assert [decision.region for decision in read_decisions(path)] == [1, 2]


def test_a_last_line_that_an_editor_left_without_its_end_is_kept(tmp_path):
    path = tmp_path / "review.jsonl"
    path.write_text("\ufeff" + line_of().rstrip("\n"), "utf-8")
    append_decision(path, decided(region=2))

    assert [decision.region for decision in read_decisions(path)] == [1, 2]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[1]\n", "no JSON object"),
        ("{'a': 1}\n", "no JSON object"),
        ("[" * 100_000 + "\n", "no JSON object"),
        ("\xff\xfe\n", "no JSON object"),
        (line_of(image=None), "missing or of the wrong type"),
        (line_of(region=True), "missing or of the wrong type"),
        (line_of(region="1"), "missing or of the wrong type"),
        (line_of(**{"class": 7}), "missing or of the wrong type"),
        (line_of(region=None, verdict="missed", polygon=[[1, 2], [3, 4], [5]]), "missing or of the wrong type"),
        (line_of(region=None, verdict="missed", polygon=[[1, 2], [3, 4], [5, float("nan")]]), "wrong type"),
        (line_of(region=None, verdict="missed", polygon=[[1, 2], [3, 4], [5, 1e12]]), "outside any image"),
        (line_of(region=None, verdict="missed", polygon=[[1, 2], [3, 4]]), "2 corners"),
        (line_of(region=None, verdict="missed", polygon=[[1, 2]] * 10_001), "10001 corners"),
        (line_of(region=None, verdict="missed"), "without a polygon"),
        (line_of(region=None, polygon=TRIANGLE), "a polygon is missed or undone"),
        (line_of(polygon=TRIANGLE), "a polygon, not a region"),
        (line_of(verdict="good"), "the verdict 'good', wanted real, harmless"),
        (line_of(region=-1), "not the id of a region"),
        (line_of(image="a\0b"), "missing or of the wrong type"),
        (line_of(image=""), "not the name of an image"),
        (line_of(bbox=[1, 2, -3, 4]), "bbox is not"),
        (line_of(note="x" * 10_001), "note has more than 10000"),
        (line_of(region=None, verdict="good").rstrip("\n"), "the verdict 'good'"),
    ],
)
def test_a_damaged_line_is_one_error_with_its_number(tmp_path, line, why):
    path = tmp_path / "review.jsonl"
    path.write_bytes(line_of().encode() + b"\n" + line.encode("latin-1"))

    with pytest.raises(BadDataError, match=f"line 3 is not a decision: .*{why}") as caught:
        read_decisions(path)
    assert "\n" not in str(caught.value)


def test_a_line_without_end_is_refused_before_it_is_held(tmp_path):
    path = tmp_path / "review.jsonl"
    path.write_bytes(b"x" * ((1 << 20) + 1))

    for use in (read_decisions, lambda path: append_decision(path, decided(region=1))):
        with pytest.raises(BadDataError, match="a line of more than 1048576 bytes"):
            use(path)
    assert path.stat().st_size == (1 << 20) + 1


def test_more_decisions_than_a_review_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(review, "MOST_DECISIONS", 2)
    path = tmp_path / "review.jsonl"
    path.write_text(line_of() * 3)

    with pytest.raises(BadDataError, match="more than 2 lines"):
        read_decisions(path)


def test_what_is_no_decision_is_not_appended(tmp_path):
    path = tmp_path / "review.jsonl"
    half_a_pair = decided("real", note="half \ud83d")
    for wrong in (
        half_a_pair,
        decided("real", class_name="a\0b"),
        decided("good"),
        decided("missed"),
        decided("missed", polygon=((0.0, 0.0),) * 2),
        decided(image=""),
    ):
        with pytest.raises(BadDataError, match="not a decision"):
            append_decision(path, wrong)

    assert not path.exists()


def test_a_file_that_is_missing_or_no_file_is_said_in_one_line(tmp_path):
    with pytest.raises(BadDataError, match=r"cannot be read .*name the review.jsonl"):
        read_decisions(tmp_path / "review.jsonl")
    with pytest.raises(BadDataError, match="not a plain file"):
        read_decisions(tmp_path)
    with pytest.raises(OutputError, match="not a plain file"):
        append_decision(tmp_path, decided())


def test_a_full_disk_leaves_no_part_of_a_line(tmp_path, monkeypatch):
    path = tmp_path / "review.jsonl"
    append_decision(path, decided(region=1))
    before = path.read_bytes()

    def half_written(place, data):
        review.os.pwrite(place, data[:10], len(before))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(review, "_write_all", half_written)
    with pytest.raises(OutputError, match="No space left on device"):
        append_decision(path, decided(region=2))

    assert path.read_bytes() == before


def append_many(path, name, count=25):
    for number in range(count):
        append_decision(path, decided(by=name, region=number, note="n" * 5000))


def test_two_processes_and_two_threads_lose_nothing(tmp_path):
    path = tmp_path / "review.jsonl"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=append_many, args=(path, name)) for name in "ab"]
    workers += [threading.Thread(target=append_many, args=(path, name)) for name in "cd"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    made = read_decisions(path)

    for name in "abcd":
        assert [decision.region for decision in made if decision.by == name] == list(range(25))
