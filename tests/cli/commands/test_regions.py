"""Saved maps at another threshold."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile


def records(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def inspected(semscan, model, spotted):
    """The folder of an inspection's results, and its record."""
    done = semscan("inspect", spotted, "--model", model)
    return semscan.here / "semscan-results", records(done)[0]


def test_the_same_threshold_gives_the_same_regions(semscan, inspected):
    out, record = inspected
    (again,) = records(semscan("regions", out / "spotted.map.tif"))

    for key in ("image", "source", "score", "raw_score", "defect", "regions", "method", "model", "judged_fraction"):
        assert again[key] == record[key], key


def test_dark_lines_keep_their_names_at_another_threshold(semscan):
    path = semscan.here / "inverted.png"
    cv2.imwrite(str(path), 255 - cv2.imread("sample_images/wafer.png", cv2.IMREAD_GRAYSCALE))
    unsaid = records(semscan("inspect", path, "--method", "periodic", "--out", "unsaid"))[0]
    said = records(semscan("inspect", path, "--method", "periodic", "--dark-lines"))[0]
    again = records(semscan("regions", "semscan-results", "--threshold", "0.6"))[0]

    classes = [[region["class"] for region in record["regions"]] for record in (unsaid, said, again)]
    assert classes[0][1:] == ["break", "bridge"]
    assert classes[1][1:] == classes[2][1:] == ["bridge", "break"]
    assert ("dark_lines" in unsaid, said["dark_lines"], again["dark_lines"]) == (False, True, True)


def test_a_map_of_another_page_leaves_the_record_of_the_first(semscan, model, grey):
    tifffile.imwrite(semscan.here / "m.tif", np.stack([grey(), grey(spot=True)]), photometric="minisblack")
    for page in "01":
        semscan("inspect", "m.tif", "--model", model, "--out", f"o{page}", "--page", page)
    semscan("regions", "o1/m.map.tif", "--out", "q")
    for _ in range(2):
        done = semscan("regions", "o0/m.map.tif", "--out", "q")

        assert done.returncode == 3
        (record,) = (json.loads(line) for line in (semscan.here / "q" / "results.jsonl").read_text().splitlines())
        assert (record["status"], record["page"]) == ("ok", 1)


def test_a_refused_page_does_not_change_the_name_of_the_page_that_is_kept(semscan, model, grey):
    tifffile.imwrite(semscan.here / "m.tif", np.stack([grey(), grey(spot=True)]), photometric="minisblack")
    for page in "01":
        semscan("inspect", "m.tif", "--model", model, "--out", f"o{page}", "--page", page)
    semscan("regions", "o1/m.map.tif", "--out", "q")
    done = semscan("regions", "o0/m.map.tif", "o1/m.map.tif", "--threshold", "0.7", "--out", "q")

    assert "holds page 1 of m.tif" in records(done)[0]["error"]
    (record,) = (json.loads(line) for line in (semscan.here / "q" / "results.jsonl").read_text().splitlines())
    assert (record["source"], record["threshold"]) == (str(semscan.here / "m.tif"), 0.7)


def test_without_the_image_a_warning_says_what_is_missing_also_without_pictures(semscan, inspected, spotted):
    out, _ = inspected
    spotted.rename(spotted.with_name("elsewhere.png"))
    (record,) = records(semscan("regions", out))

    assert record["regions"]
    assert "streaks count as defects" in record["warnings"][0]


def test_a_higher_threshold_finds_less_and_caps_the_score(semscan, inspected):
    out, record = inspected
    high = str(record["score"] + 0.01)
    (again,) = records(semscan("regions", out, "--threshold", high))

    assert (again["defect"], again["regions"]) == (False, [])
    assert again["score"] == record["score"]
    assert records(semscan("regions", out, "--min-area", "1000"))[0]["score"] == 0.5


def test_hysteresis_grows_regions(semscan, inspected):
    out, record = inspected
    (grown,) = records(semscan("regions", out, "--low", "0.05"))

    assert grown["regions"][0]["area_px"] > record["regions"][0]["area_px"]


def test_with_out_the_pictures_are_drawn_again_from_the_image(semscan, inspected):
    out, _ = inspected
    (again,) = records(semscan("regions", out, "--out", "again", "--crops"))
    names = sorted(path.name for path in (semscan.here / "again").iterdir() if path.name[0] != ".")

    assert names == ["results.jsonl", "run.json", "spotted.crop001.png", "spotted.mask.png", "spotted.overlay.png"]
    assert again["warnings"] == []
    original = (out / "spotted.overlay.png").read_bytes()
    assert (semscan.here / "again" / "spotted.overlay.png").read_bytes() == original


def test_crops_keep_the_scale_that_was_given(semscan, model, spotted):
    (first,) = records(semscan("inspect", spotted, "--model", model, "--nm-per-px", "2.5", "--crops"))
    (again,) = records(semscan("regions", first["outputs"]["map"], "--out", "again", "--crops"))
    before, after = ((semscan.here / record["outputs"]["crops"][0]).read_bytes() for record in (first, again))

    assert after == before


def test_the_record_of_a_map_says_the_page_of_its_image(semscan, model, grey, tmp_path):
    tifffile.imwrite(tmp_path / "two.tif", np.stack([grey(), grey(spot=True)]), photometric="minisblack")
    semscan("inspect", tmp_path / "two.tif", "--model", model, "--page", "1")
    (record,) = records(semscan("regions", "semscan-results"))

    assert record["page"] == 1


def test_pictures_may_go_back_to_the_same_folder(semscan, inspected):
    out, _ = inspected
    semscan("regions", out, "--out", out)

    assert [path.name for path in sorted(out.iterdir()) if path.name[0] != "."] == [
        "results.jsonl",
        "run.json",
        "spotted.map.tif",
        "spotted.mask.png",
        "spotted.overlay.png",
    ]


def test_an_image_that_moved_is_found_with_images(semscan, inspected, spotted, tmp_path):
    out, _ = inspected
    moved = tmp_path / "moved" / "deep" / spotted.name
    moved.parent.mkdir(parents=True)
    spotted.rename(moved)
    lost = semscan("regions", out, "--out", "lost")
    found = semscan("regions", out, "--out", "found", "--images", tmp_path / "moved")

    assert lost.returncode == 0
    assert "--images" in records(lost)[0]["warnings"][0]
    assert list(records(lost)[0]["outputs"]) == ["mask", "map"]
    assert list(records(found)[0]["outputs"]) == ["overlay", "mask", "map"]


def test_a_map_of_another_program_is_cut_too(semscan, tmp_path):
    anomaly_map = np.zeros((40, 50), np.float32)
    anomaly_map[5:10, 5:10] = 0.7
    tifffile.imwrite(tmp_path / "other.map.tif", anomaly_map)
    (record,) = records(semscan("regions", tmp_path / "other.map.tif"))

    assert record["defect"] is True
    assert record["raw_score"] is None
    assert record["image"] == str(tmp_path / "other.map.tif")


def test_a_hostile_description_is_not_believed(semscan, tmp_path):
    anomaly_map = np.zeros((40, 50), np.float32)
    hostile = {
        "source": 7,
        "image": ["x"],
        "raw_score": "high",
        "judged_fraction": float("nan"),
        "method": "model",
        "nm_per_pixel": True,
        "class_probabilities": {"good": "many"},
        "calibration": [],
        "read": "all",
    }
    tifffile.imwrite(tmp_path / "h.map.tif", anomaly_map, description=json.dumps(hostile))
    done = semscan("regions", tmp_path / "h.map.tif", "--out", "o")

    assert done.returncode == 0, done.stdout
    assert records(done)[0]["judged_fraction"] == 1.0


def test_two_maps_of_one_image_do_not_share_outputs(semscan, inspected, model, spotted):
    semscan("inspect", spotted, "--model", model, "--out", "second")
    first, second = records(semscan("regions", inspected[0], semscan.here / "second", "--out", "both"))

    assert first["outputs"]["mask"] != second["outputs"]["mask"]
    assert (semscan.here / "both" / "results.jsonl").read_text("utf-8").count("\n") == 2


def test_crops_of_a_run_that_found_more_are_taken_away(semscan, model, grey, save_png, tmp_path):
    pixels = grey(spot=True)
    pixels[40:44, 50:56] = 160
    image = save_png(tmp_path / "two.png", pixels)
    semscan("inspect", image, "--model", model, "--crops")
    out = semscan.here / "semscan-results"
    before = sorted(path.name for path in out.glob("*.crop*"))
    semscan("inspect", image, "--model", model, "--crops", "--threshold", "0.7")
    after = sorted(path.name for path in out.glob("*.crop*"))

    assert before == ["two.crop001.png", "two.crop002.png"]
    assert after == ["two.crop001.png"]


def test_a_folder_is_searched_for_maps_and_an_empty_one_is_an_error(semscan, inspected, tmp_path):
    out, _ = inspected
    (tmp_path / "empty").mkdir()

    assert len(records(semscan("regions", out))) == 1
    assert semscan("regions", tmp_path / "empty").returncode == 3


def test_what_holds_at_the_default_threshold_or_of_one_method_is_not_said_of_others(semscan, model):
    sample = Path(__file__).parents[3] / "sample_images" / "lines" / "test" / "bridge" / "000.png"
    methods = ["--method", "model", "--method", "periodic", "--model", model]
    found = semscan("inspect", sample, *methods, "--out", "o", "--no-overlay", "--no-mask")
    cut, less = (semscan("regions", "o", "--threshold", threshold) for threshold in ("0.5", "0.8"))
    before, same, higher = (json.loads(done.stdout) for done in (found, cut, less))

    assert ["model"] in [region["witnesses"] for region in before["regions"]]
    assert {tuple(region["witnesses"]) for region in same["regions"]} == {()}
    assert same["detects_from"] == before["detects_from"]
    assert "detects_from" not in higher
    assert "detects_from" not in json.loads(semscan("score", sample, *methods, "--threshold", "0.8").stdout)


def test_no_network_is_loaded(inspected):
    out, _ = inspected
    probe = (
        "import sys\nfrom semscan.cli.main import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "sys.exit('onnxruntime' in sys.modules or 'tensorflow' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", probe, "regions", out], capture_output=True, check=False)

    assert done.returncode == 0
