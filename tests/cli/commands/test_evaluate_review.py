"""semscan evaluate --review: figures from records and decisions alone."""

import json

import pytest

from semscan.files.results.review import Decision, append_decision
from tests.in_process import run as semscan


def region(number, bbox, **more):
    return {"id": number, "bbox": bbox, "centroid": [0, 0], "area_px": bbox[2] * bbox[3], "peak": 0.8, **more}


def record(image, *regions):
    size = {"width": 64, "height": 48, "method": ["model"], "model": "m"}
    return {"image": image, "source": f"/gone/{image}", "status": "ok", **size, "regions": regions}


@pytest.fixture
def review(tmp_path):
    """Write the records of five images and a review; give the review.jsonl.

    a: a real and a harmless region, a drawn defect that was missed and one that touches the real region, a nuisance
    that is real; b: undecided; c: no region, no defect; d: no region, a defect that was not marked; e: not reviewed.
    """
    a = record("a.png", region(1, [5, 5, 10, 10]), region(2, [30, 5, 4, 4]), region(3, [50, 5, 4, 4], nuisance=True))
    records = [
        a,
        record("b.png", region(1, [1, 1, 5, 5]), region(2, [9, 9, 5, 5])),
        *map(record, ("c.png", "d.png", "e.png")),
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    for decision in (
        {"image": "a.png", "region": 1, "verdict": "real", "class_name": "bridge"},
        {"image": "a.png", "region": 2, "verdict": "harmless"},
        {"image": "a.png", "region": 3, "verdict": "real"},
        {"image": "a.png", "verdict": "missed", "polygon": ((40.0, 30.0), (44.0, 30.0), (44.0, 34.0))},
        {"image": "a.png", "verdict": "missed", "polygon": ((8.0, 8.0), (20.0, 8.0), (20.0, 20.0))},
        {"image": "b.png", "region": 2, "verdict": "real"},
        {"image": "c.png", "verdict": "harmless"},
        {"image": "d.png", "verdict": "real"},
        {"image": "f.png", "verdict": "real"},
    ):
        append_decision(tmp_path / "review.jsonl", Decision(at="", **decision))
    return tmp_path / "review.jsonl"


def test_it_counts_reviewed_images_only_and_misses_too(review):
    done = semscan("evaluate", "--review", review)
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    figures = found["figures"]

    assert done.returncode == 0, done.stderr
    assert (found["images"], found["reviewed_images"], found["partly_reviewed"], found["left_out"]) == (5, 3, 1, 1)
    assert (found["without_regions"], found["method"], found["model"]) == (2, ["model"], "m")
    assert (figures["found"], figures["false"], figures["missed"]) == (1, 1, 3)
    assert (figures["precision"], figures["recall"]) == (0.5, 0.25)
    assert (figures["good_images"], figures["false_per_good_image"]) == (1, 0.0)
    assert figures["classes"]["bridge"]["recall"] == 1.0
    assert "only 3 reviewed images: the intervals are wide" in found["notes"]
    assert done.stderr.endswith("3 of 5 images are reviewed\n")


def test_as_text_it_is_a_table_with_intervals(review):
    lines = semscan("evaluate", "--review", review, "--format", "text").stdout.splitlines()

    assert lines[0] == f"{review}: 3 of 5 images reviewed"
    assert lines[2] == "regions that are real    1 of 2 (50.0%; 0.013 to 0.987)"
    assert lines[3].startswith("defects that were found  1 of 4 (25.0%; ")
    assert any(line.startswith("bridge") and "1/1" in line for line in lines)


def test_it_writes_no_file(review):
    before = sorted(review.parent.iterdir())
    semscan("evaluate", "--review", review)

    assert sorted(review.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--model", "m"], "--model is given but not used by --review"),
        (["--out", "o"], "--out is given but not used by --review"),
        (["data"], "DATA is given but not used by --review"),
    ],
)
def test_what_only_an_inspection_uses_is_refused(review, more, why):
    done = semscan("evaluate", *more, "--review", review)

    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr


def test_neither_data_nor_review_is_a_usage_error():
    done = semscan("evaluate")

    assert (done.returncode, done.stdout) == (2, "")
    assert "name the folder of test images, DATA, or a review with --review FILE" in done.stderr


def test_a_review_without_a_whole_image_is_one_line(review):
    review.write_text(review.read_text().splitlines(keepends=True)[0])
    done = semscan("evaluate", "--review", review)

    assert (done.returncode, done.stdout) == (2, "")
    assert "no image is reviewed as a whole; decide about every region of some images" in done.stderr


def test_a_review_that_is_named_twice_does_not_count_twice(review):
    for second in (review, review.parent / "." / ".." / review.parent.name / review.name):
        done = semscan("evaluate", "--review", review, "--review", second)

        assert done.returncode == 2
        assert "the same review as" in done.stderr
        assert done.stdout == ""


def test_report_says_which_decisions_do_not_count(review):
    done = semscan("report", review.parent, "--to", "csv")

    assert done.returncode == 0, done.stderr
    assert "warning: " in done.stderr
    assert "1 about images that the results do not hold" in done.stderr
