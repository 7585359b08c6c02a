"""Regions that a person has judged harmless."""

import json

import pytest

from semscan.errors import BadDataError
from semscan.files.datasets.accepted import read_accepted
from semscan.values import Box


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


HARMLESS = {"bbox": [0, 0, 2, 2], "accepted": True}


def record(source, *regions, **more):
    size = {"width": 60, "height": 40}
    return {"image": source, "source": source, "status": "ok", **size, "regions": list(regions)} | more


def test_all_regions_of_the_file_are_harmless_when_the_user_says_so(tmp_path):
    path = write(
        tmp_path / "r.jsonl",
        record("/a.png", {"id": 1, "bbox": [3, 5, 10, 2]}),
        record("/b.png"),
        {"image": "c", "source": "/c", "status": "error", "error": "no"},
    )

    (found,) = read_accepted(path, every=True)

    assert (str(found.source), found.size, found.boxes, found.others) == ("/a.png", (40, 60), (Box(5, 3, 7, 13),), ())


def test_only_marked_regions_are_accepted(tmp_path):
    path = write(
        tmp_path / "r.jsonl",
        record("/a.png", {"bbox": [0, 0, 2, 2], "accepted": True}, {"bbox": [9, 9, 2, 2], "accepted": False}),
        record("/b.png", {"bbox": [1, 1, 2, 2]}),
    )

    (found,) = read_accepted(path)

    assert found.boxes == (Box(0, 0, 2, 2),)
    assert found.others == (Box(9, 9, 11, 11),)


def test_the_mask_is_looked_for_beside_the_results_too(tmp_path):
    (tmp_path / "a.mask.png").write_bytes(b"x")
    path = write(
        tmp_path / "r.jsonl",
        record("/a.png", HARMLESS, outputs={"mask": "gone/a.mask.png"}),
    )

    assert read_accepted(path)[0].mask == tmp_path / "a.mask.png"


def test_what_an_inspection_wrote_is_refused_with_the_two_ways_out(tmp_path):
    path = write(tmp_path / "results.jsonl", record("/a.png", {"bbox": [0, 0, 2, 2]}, {"bbox": [9, 9, 2, 2]}))

    with pytest.raises(
        BadDataError, match=r'none of its 2 regions has "accepted": true; add it .* or type --accept-all'
    ):
        read_accepted(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "accepts nothing"),
        ("{]\n", "line 1 is not JSON"),
        ("[1]\n", "line 1 is not a record"),
        ('{"regions": [{"bbox": [0, 0, 1, 1]}]}\n', "no source, width and height"),
        ('{"source": "a", "width": 9, "height": 9, "regions": [{"bbox": [0, 0, "1", 1]}]}\n', "without a bbox"),
        (
            '{"source": "a", "width": 9, "height": 9, "regions": [{"bbox": [0, 0, 1, 1], "accepted": 0}]}\n',
            "none of its 1 region has",
        ),
    ],
)
def test_what_is_no_such_file_is_refused_in_one_line(tmp_path, text, said):
    path = tmp_path / "r.jsonl"
    path.write_text(text)

    with pytest.raises(BadDataError, match=said) as refused:
        read_accepted(path)

    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadDataError, match="cannot be read"):
        read_accepted(tmp_path / "none.jsonl")


def test_a_byte_order_mark_and_odd_line_ends_inside_a_text_do_no_harm(tmp_path):
    text = json.dumps(record("/a\u2028b\x85c.png", HARMLESS), ensure_ascii=False)
    (tmp_path / "r.jsonl").write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n")

    assert [str(found.source) for found in read_accepted(tmp_path / "r.jsonl")] == ["/a\u2028b\x85c.png"]


def test_the_name_of_a_mask_may_be_longer_than_names_can_be(tmp_path):
    path = write(tmp_path / "r.jsonl", record("/a.png", HARMLESS, outputs={"mask": "x" * 5000}))

    assert read_accepted(path)[0].mask is None
