"""semscan calibrate --review: a threshold between the peaks of real and of harmless regions."""

import json

import numpy as np
import pytest

from semscan.files.results.review import Decision, append_decision
from tests.in_process import run as semscan


def json_lines(done):
    assert done.returncode in (0, 3), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def decide(out, *decisions):
    for image, region, verdict in decisions:
        append_decision(out / "review.jsonl", Decision(at="", image=str(image), region=region, verdict=verdict))
    return out / "review.jsonl"


@pytest.fixture(scope="module")
def lot(tmp_path_factory, make_model, save_png, grey):
    """A model, and what it finds in ten images with a spot each, of grey levels 160 to 250: (folder, the records)."""
    root = tmp_path_factory.mktemp("lot")
    make_model(root / "model")
    for number in range(10):
        pixels = grey()
        pixels[20:26, 30:38] = 160 + 10 * number
        save_png(root / "lot" / f"{number}.png", pixels)
    save_png(root / "lot" / "clean.png", grey())
    return root, json_lines(
        semscan("inspect", root / "lot", "--model", root / "model", "--out", root / "out", "--no-overlay")
    )


@pytest.fixture
def review(lot):
    """Decisions: the five dim spots are harmless, the five bright ones real, one image has no defect."""
    root, records = lot
    (root / "out" / "review.jsonl").unlink(missing_ok=True)
    verdicts = [(one["image"], 1, "harmless" if place < 5 else "real") for place, one in enumerate(records[:10])]
    return decide(root / "out", *verdicts, (records[10]["image"], None, "harmless"))


def test_harmless_regions_fall_below_the_new_threshold_and_real_ones_stay(lot, review, tmp_path):
    root, before = lot
    done = semscan("calibrate", "--review", review, "--model", root / "model", "--out", tmp_path / "new")
    (record,) = json_lines(done)
    after = json_lines(
        semscan("inspect", root / "lot", "--model", tmp_path / "new", "--out", tmp_path / "o", "--no-overlay")
    )
    config = json.loads((tmp_path / "new" / "config.json").read_text())
    middle = np.sqrt(before[4]["raw_score"] * before[5]["raw_score"])

    assert [one["defect"] for one in before] == [True] * 10 + [False]
    assert [one["defect"] for one in after] == [False] * 5 + [True] * 5 + [False]
    assert record["raw_threshold"] == pytest.approx(middle, rel=1e-4)
    assert record["reviewed"] == {
        **{"real": 5, "real_above": 5, "harmless": 6, "harmless_above": 0, "undecided": 0, "undecided_above": 0}
    }
    assert (record["threshold_rule"], record["reached"], record["images"], record["painted"]) == (
        "reviewed",
        0.0,
        11,
        None,
    )
    assert config["calibration"]["held_back"] == f"5 real and 6 harmless peaks of {review}"
    assert "Above it are 5 of the 5 real ones (95 % interval 48% to 100%) and 0 of the 6 harmless ones" in done.stderr
    assert "## Calibrated again" in (tmp_path / "new" / "MODEL_CARD.md").read_text()


def test_a_missed_defect_counts_with_the_value_of_the_map(lot, review, tmp_path):
    root, records = lot
    polygon = ((2.0, 2.0), (6.0, 2.0), (6.0, 6.0), (2.0, 6.0))
    append_decision(review, Decision(at="", image=records[3]["image"], verdict="missed", polygon=polygon))
    done = semscan("calibrate", "--review", review, "--model", root / "model", "--out", tmp_path / "new")
    (record,) = json_lines(done)

    assert (record["reviewed"]["real"], record["reviewed"]["real_above"]) == (6, 5)


def test_decisions_about_results_of_another_model_are_refused(review, tmp_path, make_model):
    other = make_model(tmp_path / "other", raw_threshold=2.0)
    done = semscan("calibrate", "--review", review, "--model", other, "--out", tmp_path / "new")
    method = semscan("calibrate", "--review", review, "--method", "periodic", "--out", tmp_path / "new")

    assert (done.returncode, done.stdout) == (2, "")
    assert "the results beside it are of another model or threshold; inspect again" in done.stderr
    assert "was judged by model, not by periodic" in method.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("verdicts", [["real"] * 9, ["real"] * 8 + ["harmless"] * 2, ["harmless"] * 10])
def test_too_few_decisions_are_refused_in_one_line(lot, tmp_path, verdicts):
    root, records = lot
    (root / "out" / "review.jsonl").unlink(missing_ok=True)
    found = zip(records, verdicts, strict=False)
    review = decide(root / "out", *((one["image"], 1, verdict) for one, verdict in found))
    done = semscan("calibrate", "--review", review, "--model", root / "model", "--out", tmp_path / "new")

    assert (done.returncode, done.stdout) == (2, "")
    assert "wanted at least 10 together and 3 of each kind; review more" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "needs either GOOD, a folder of good images, or --review FILE"),
        (("--false-alarms", "0.2"), "--false-alarms is given but not used by --review"),
    ],
)
def test_options_that_do_not_go_together_are_refused(lot, review, tmp_path, arguments, why):
    root, _ = lot
    named = ("--review", review) if arguments else ()
    done = semscan("calibrate", *named, *arguments, "--model", root / "model", "--out", tmp_path / "new")

    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr


def test_a_method_without_training_gets_a_threshold_too(tmp_path):
    region = {"id": 1, "bbox": [1, 1, 4, 4], "centroid": [2, 2], "area_px": 16}
    of_all = {"status": "ok", "width": 64, "height": 48, "method": ["periodic"], "nm_per_pixel": 2.0}
    peaks = [0.6, 0.62, 0.64, 0.66, 0.68, 0.9, 0.92, 0.94, 0.96, 0.98]
    records = [
        {"image": f"{n}.png", "source": f"/gone/{n}.png", **of_all, "regions": [region | {"peak": peak}]}
        for n, peak in enumerate(peaks)
    ]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    review = decide(tmp_path, *((f"{n}.png", 1, "harmless" if n < 5 else "real") for n in range(10)))
    done = semscan("calibrate", "--review", review, "--method", "periodic", "--out", tmp_path / "new")
    (record,) = json_lines(done)
    config = json.loads((tmp_path / "new" / "config.json").read_text())

    assert record["raw_threshold"] == pytest.approx(np.sqrt((0.68 / 0.32) * 9))
    assert (record["method"], record["reached"], config["nm_per_pixel"]) == ("periodic", 0.0, 2.0)
    assert "Calibrated by review on 5 real and 5 harmless peaks" in (tmp_path / "new" / "MODEL_CARD.md").read_text()
