"""An image far outside what the model was trained on: neither clean nor defective, and nobody can overlook it."""

import json
import re

import cv2
import numpy as np
import pytest


@pytest.fixture
def foreign(tmp_path, save_png):
    """A bright image: the model marks all of it."""
    values = np.random.default_rng(1).integers(220, 250, (48, 64)).astype(np.uint8)
    return save_png(tmp_path / "foreign.png", values)


def test_it_gets_no_verdict_and_the_exit_code_of_an_image_that_could_not_be_judged(semscan, model, foreign, spotted):
    done = semscan("inspect", foreign, spotted, "--model", model, "--out", "o", "--exit-code")

    first, second = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 3
    assert (first["defect"], first["unlike_training"]) == (None, True)
    assert first["warnings"] == ["unlike the training images: 100 % of it lies above the threshold"]
    assert second["defect"] is True
    assert "unlike_training" not in second


def test_the_summary_counts_it_apart_and_names_one(semscan, model, foreign, tmp_path):
    again = tmp_path / "again.png"
    again.write_bytes(foreign.read_bytes())

    done = semscan("inspect", foreign, again, "--model", model, "--out", "o")

    assert done.returncode == 0
    assert "2 images, 0 with defects (0 regions), 2 unlike the training images" in done.stderr
    lines = [line for line in done.stderr.splitlines() if "no verdict" in line]
    assert len(lines) == 1
    assert f"2 images are unlike the training images, so they get no verdict; the first is {foreign}: 100 %" in lines[0]


def test_the_overlay_has_a_strip_and_the_report_says_so(semscan, model, foreign, good, tmp_path):
    semscan("inspect", foreign, good, "--model", model, "--out", tmp_path / "o")
    semscan("report", tmp_path / "o", "--to", "html")

    overlay = cv2.imread(str(tmp_path / "o" / "foreign.overlay.png"))
    strip = overlay[: 48 * 6, : 64 * 6][48 * 3]  # six times enlarged
    assert (strip == 0).all(axis=1).mean() > 0.3
    page = (tmp_path / "o" / "report.html").read_text("utf-8")
    assert "<dt>Unlike the training images, no verdict</dt><dd>1</dd>" in page
    assert 'data-verdict="unlike"' in page
    assert json.loads((tmp_path / "o" / "run.json").read_text())["unlike_training"] == 1


def test_its_map_cut_again_gets_no_verdict_either(semscan, model, foreign, tmp_path):
    semscan("inspect", foreign, "--model", model, "--out", tmp_path / "o")

    done = semscan("regions", tmp_path / "o" / "foreign.map.tif", "--threshold", "0.3")

    record = json.loads(done.stdout)
    (inspected,) = (json.loads(line) for line in (tmp_path / "o" / "results.jsonl").read_text().splitlines())
    assert (record["defect"], record["unlike_training"]) == (None, True)
    assert record["warnings"] == [each for each in inspected["warnings"] if each.startswith("unlike the training")]
    assert len(record["warnings"]) == 1


def test_tables_and_fab_formats_leave_it_empty(semscan, model, foreign, tmp_path):
    done = semscan("score", foreign, "--model", model, "--format", "tsv")
    semscan("inspect", foreign, "--model", model, "--out", tmp_path / "o", "--report", "coco")

    names, values = (line.split("\t") for line in done.stdout.splitlines())
    row = dict(zip(names, values, strict=True))
    assert (row["defect"], row["unlike_training"]) == ("", "true")
    coco = next(path for path in (tmp_path / "o").iterdir() if re.fullmatch(r".*coco.*\.json", path.name))
    assert json.loads(coco.read_text())["annotations"] == []
