"""The simulated person of benchmarks/review_rounds.py: which decisions come first, and what they say."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from semscan.files.results.review import read_decisions

_SPEC = importlib.util.spec_from_file_location(
    "review_rounds", Path(__file__).parents[2] / "benchmarks" / "review_rounds.py"
)
rounds = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(rounds)


@pytest.fixture
def bench(tmp_path):
    """Two images: a with a defect that is found, one that is missed and a false region; b with a false region."""
    truth = {"a.png": np.zeros((40, 60), bool), "b.png": np.zeros((40, 60), bool)}
    truth["a.png"][2:6, 2:8] = truth["a.png"][30:34, 50:55] = True

    def region(number, bbox, peak):
        return {"id": number, "bbox": bbox, "centroid": [1, 1], "area_px": bbox[2] * bbox[3], "peak": peak}

    regions = {
        "a.png": [region(1, [3, 3, 4, 4], 0.9), region(2, [30, 5, 4, 4], 0.6)],
        "b.png": [region(1, [9, 9, 4, 4], 0.7)],
    }
    records = [
        {"image": name, "source": f"/gone/{name}", "status": "ok", "width": 60, "height": 40, "regions": found}
        for name, found in regions.items()
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    return rounds.Bench("set", None, tmp_path, tmp_path, truth)


def decided(bench):
    return [(one.image, one.region, one.verdict) for one in read_decisions(bench.lot / "review.jsonl")]


def test_highest_scores_come_first_and_missed_defects_after_the_last_region_of_their_image(bench):
    first = rounds.review(bench, bench.lot, 2)
    second = rounds.review(bench, bench.lot, 10)

    assert (first, second) == (["real", "harmless"], ["harmless", "missed"])
    assert decided(bench) == [
        ("a.png", 1, "real"),
        ("b.png", 1, "harmless"),
        ("a.png", 2, "harmless"),
        ("a.png", None, "missed"),
    ]
    assert sorted(read_decisions(bench.lot / "review.jsonl")[-1].polygon) == [(50, 30), (50, 34), (55, 30), (55, 34)]
    assert rounds.review(bench, bench.lot, 10) == []


def test_lowest_first_and_only_what_the_threshold_still_shows(bench):
    assert rounds.review(bench, bench.lot, 1, 0.65, "lowest") == ["harmless"]
    assert decided(bench) == [("b.png", 1, "harmless")]


def test_generated_lines_have_a_harmless_residue_that_is_no_defect(tmp_path):
    bench = rounds.lines(tmp_path, seed=0)
    good, defective = bench.truth["test-00.png"], bench.truth["test-01.png"]

    assert not good.any()
    assert defective.sum() >= rounds.SMALLEST
    assert len(list(bench.lot.iterdir())) == 24
    assert len(list((bench.train / "good").iterdir())) == 12


def test_a_region_is_false_far_from_defects_and_a_defect_found_by_one_pixel(bench, monkeypatch):
    found = np.zeros((40, 60), np.float32)
    found[5:8, 6:9] = found[20:24, 30:34] = 0.8
    monkeypatch.setattr(rounds, "read_map", lambda finished, record: found if record.image == "a.png" else found * 0)

    assert rounds.measure(bench, bench.test, 0.5) == (0.0, 1, 2)
    assert rounds.measure(bench, bench.test, 0.9) == (0.0, 0, 2)
