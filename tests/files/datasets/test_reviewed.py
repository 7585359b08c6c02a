"""Records of an inspection joined with the decisions beside them."""

import json

import pytest

from semscan.errors import BadDataError
from semscan.files.datasets.reviewed import read_review
from semscan.files.results.review import Decision, append_decision


def record(image, *regions, **keys):
    """A record of 64 x 48 px; regions are (id, bbox)."""
    boxes = [
        {"id": number, "bbox": bbox, "centroid": [0, 0], "area_px": bbox[2] * bbox[3], "peak": 0.8}
        for number, bbox in regions
    ]
    return {
        "image": image,
        "source": f"/lot/{image}",
        "status": "ok",
        "width": 64,
        "height": 48,
        "regions": boxes,
    } | keys


@pytest.fixture
def results(tmp_path):
    """Write records and decisions; give the review.jsonl."""

    def write(records, *decisions):
        (tmp_path / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
        for decision in decisions:
            append_decision(tmp_path / "review.jsonl", Decision(**{"at": "", "image": "a.png", **decision}))
        return tmp_path / "review.jsonl"

    return write


TWO = record("a.png", (1, [1, 2, 3, 4]), (2, [20, 20, 5, 5]))
POLYGON = ((1.0, 1.0), (4.0, 1.0), (4.0, 4.0))


def test_decisions_are_joined_with_the_regions_they_are_about(results):
    path = results(
        [record("b.png"), TWO],
        {"region": 2, "verdict": "real", "class_name": "bridge", "bbox": (20, 20, 5, 5)},
        {"region": 1, "verdict": "harmless"},
        {"image": "/lot/b.png", "verdict": "missed", "polygon": POLYGON},
    )
    b, a = read_review(path).images

    assert [a.verdict_of(region) for region in a.record.regions] == ["harmless", "real"]
    assert [a.class_of(region) for region in a.record.regions] == [None, "bridge"]
    assert [decision.polygon for decision in b.missed] == [POLYGON]
    assert a.is_decided
    assert b.is_decided
    assert not a.is_harmless
    assert read_review(path.parent).images == (b, a)


def test_a_decision_about_a_region_of_an_earlier_run_is_stale(results):
    path = results(
        [TWO],
        {"region": 1, "verdict": "real", "bbox": (1, 2, 3, 5)},
        {"region": 7, "verdict": "real"},
        {"image": "gone.png", "verdict": "harmless"},
        {"image": "gone.png", "verdict": "harmless", "region": 3},
    )
    review = read_review(path)

    assert (review.images, review.stale, review.unknown) == ((), 2, 2)
    assert "2 about regions that the results do not hold as they were decided and 2 about images" in review.left_out


def test_a_name_that_two_records_share_is_no_image(results):
    path = results(
        [TWO, {**TWO, "source": "/other/a.png"}], {"verdict": "harmless"}, {"image": "/lot/a.png", "verdict": "real"}
    )
    review = read_review(path)

    assert review.unknown == 1
    assert [image.record.source for image in review.images] == ["/lot/a.png"]


def test_a_decision_with_its_source_is_about_that_image_alone(results):
    path = results(
        [TWO, {**TWO, "source": "/other/a.png"}],
        {"source": "/lot/a.png", "verdict": "harmless"},
        {"source": "/other/a.png", "region": 1, "verdict": "real"},
    )
    first, second = read_review(path).images

    assert (first.record.source, first.whole.verdict, first.regions) == ("/lot/a.png", "harmless", {})
    assert (second.record.source, second.whole, list(second.regions)) == ("/other/a.png", None, [1])


@pytest.mark.parametrize(("is_there", "unknown"), [(True, 1), (False, 0)])
def test_a_decision_about_another_file_of_this_name_counts_only_if_that_is_gone(results, tmp_path, is_there, unknown):
    source = tmp_path / "before" / "a.png"
    source.parent.mkdir()
    if is_there:
        source.write_bytes(b"an image")

    assert read_review(results([TWO], {"source": str(source), "verdict": "real"})).unknown == unknown


def test_a_decision_about_another_page_is_about_no_image(results):
    path = results(
        [{**TWO, "page": 1}], {"page": 0, "verdict": "harmless"}, {"page": 1, "region": 1, "verdict": "real"}
    )
    review = read_review(path)

    assert review.unknown == 1
    assert [(image.whole, list(image.regions)) for image in review.images] == [(None, [1])]


def test_a_decision_is_taken_back_by_another_name_of_the_image(results):
    path = results(
        [{**TWO, "image": "../lot/a.png"}],
        {"image": "/lot/a.png", "region": 1, "verdict": "harmless"},
        {"image": "../lot/a.png", "source": "/lot/a.png", "region": 1, "verdict": "undone"},
    )

    assert read_review(path).images == ()


def test_a_file_that_was_inspected_again_by_another_name_keeps_its_decisions(results):
    path = results([{**TWO, "image": "../lot/a.png"}], {"region": 1, "verdict": "real"})
    (path.parent / "run.json").write_text(json.dumps({"folder": "/lot"}))

    (image,) = read_review(path).images

    assert image.with_verdict("real")[0].id == 1


def test_in_an_image_without_defects_every_other_region_is_harmless(results):
    path = results([TWO], {"verdict": "harmless"}, {"region": 1, "verdict": "unsure"})
    (image,) = read_review(path).images

    assert [image.verdict_of(region) for region in image.record.regions] == ["unsure", "harmless"]
    assert image.is_harmless


def test_a_real_region_outweighs_the_verdict_about_its_image(results):
    path = results([TWO], {"verdict": "harmless"}, {"region": 1, "verdict": "real"})
    (image,) = read_review(path).images

    assert not image.is_harmless
    assert [region.id for region in image.with_verdict("harmless")] == [2]


@pytest.mark.parametrize(
    ("regions", "decisions", "decided"),
    [
        ([(1, [1, 2, 3, 4]), (2, [9, 9, 2, 2])], [{"region": 1, "verdict": "real"}], False),
        ([(1, [1, 2, 3, 4])], [{"region": 1, "verdict": "unsure"}], True),
        ([(1, [1, 2, 3, 4])], [{"verdict": "real"}], False),
        ([(1, [1, 2, 3, 4])], [{"verdict": "missed", "polygon": POLYGON}], False),
        ([], [{"verdict": "missed", "polygon": POLYGON}], True),
        ([], [{"verdict": "real"}], True),
        ([], [{"verdict": "unsure"}], False),
    ],
)
def test_an_image_is_decided_when_every_region_that_counts_is(results, regions, decisions, decided):
    (image,) = read_review(results([record("a.png", *regions)], *decisions)).images

    assert image.is_decided is decided


def test_decisions_without_results_are_refused_in_one_line(tmp_path):
    append_decision(tmp_path / "review.jsonl", Decision(at="", image="a.png", verdict="real"))

    with pytest.raises(BadDataError, match="decides about no results") as caught:
        read_review(tmp_path / "review.jsonl")
    assert "\n" not in str(caught.value)
    with pytest.raises(BadDataError, match="cannot be read"):
        read_review(tmp_path / "other.jsonl")
