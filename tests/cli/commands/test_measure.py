"""`semscan measure`: lines and holes as a user measures them."""

import csv
import json
import os
import pty
import shutil
import subprocess
import sys

import numpy as np
import pytest

from semscan.settings import SynthSettings
from semscan.synth.simulator.image import make_image

LINES = SynthSettings(rows=128, cols=128, pitch=20.0, seed=3)
HOLES = SynthSettings(pattern="contacts", rows=128, cols=128, pitch=26.0, seed=4)


@pytest.fixture
def images(semscan, save_png):
    """Write an image of lines and one of holes."""
    save_png(semscan.here / "lot 7" / "Linien.png", make_image(LINES).pixels)
    save_png(semscan.here / "lot 7" / "Öffnung 1.png", make_image(HOLES).pixels)
    return semscan.here / "lot 7"


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_json_line_for_each_image_and_all_files(semscan, images):
    done = semscan("measure", images, "--nm-per-px", "2")
    first, second = lines(done)

    assert done.returncode == 0
    assert done.stderr.splitlines() == ["semscan: 2 images; results in semscan-measures"]
    assert (first["dimensions"]["pattern"], second["dimensions"]["pattern"]) == ("lines", "holes")
    assert first["dimensions"]["line_cd"]["nm"] == pytest.approx(2 * first["dimensions"]["line_cd"]["px"], abs=1e-3)
    out = semscan.here / "semscan-measures"
    assert sorted(path.name for path in out.iterdir()) == [
        "Linien.dimensions.csv",
        "Linien.dimensions.png",
        "Linien.spectrum.csv",
        "measures.jsonl",
        "Öffnung 1.dimensions.csv",
        "Öffnung 1.dimensions.png",
    ]
    assert [json.loads(line) for line in (out / "measures.jsonl").read_text().splitlines()] == [first, second]


def test_the_tables_have_a_row_for_each_part(semscan, images):
    first, second = lines(semscan("measure", images, "--nm-per-px", "2", "--no-picture"))

    parts = table(semscan.here / first["outputs"]["table"])
    widths = [float(row["width_px"]) for row in parts if row["part"] == "line" and float(row["measured"]) > 0.9]
    assert {row["part"] for row in parts} == {"left edge", "right edge", "line", "space"}
    assert np.mean(widths) == pytest.approx(first["dimensions"]["line_cd"]["px"], abs=0.1)
    assert float(parts[1]["position_nm"]) == pytest.approx(2 * float(parts[1]["position_px"]), abs=1e-3)
    holes = table(semscan.here / second["outputs"]["table"])
    assert len(holes) == second["dimensions"]["parts"]
    mean = np.mean([float(row["diameter_px"]) for row in holes])
    assert mean == pytest.approx(second["dimensions"]["diameter"]["px"], abs=1e-3)
    assert "picture" not in first["outputs"]
    spectrum = table(semscan.here / first["outputs"]["spectrum"])
    assert {row["roughness"] for row in spectrum} == {"LWR", "LER"}


def test_words_on_a_terminal(semscan, images):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "semscan", "measure", "lot 7/Linien.png", "--no-picture"]
    subprocess.run(command, stdout=theirs, stderr=subprocess.DEVNULL, cwd=semscan.here, check=True)
    os.close(theirs)
    text = os.read(ours, 1 << 16).decode()
    os.close(ours)

    assert text.startswith("lot 7/Linien.png  ")
    assert "pitch 19.99" in text
    assert "LWR" in text
    assert "{" not in text


def test_bad_files_are_error_records_and_never_stop_the_others(semscan, images, save_png):
    save_png(semscan.here / "a" / "1x1.png", np.zeros((1, 1), np.uint8))
    save_png(semscan.here / "a" / "flat.png", np.full((64, 64), 90, np.uint8))
    save_png(semscan.here / "a" / "noise.png", np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8))
    (semscan.here / "a" / "torn.png").write_bytes(b"\x89PNG\r\n")
    (semscan.here / "empty").mkdir()
    not_a_number = semscan.here / "a" / "zz nan.tif"
    import tifffile

    tifffile.imwrite(not_a_number, np.full((64, 64), np.nan, np.float32))

    done = semscan("measure", "a", "empty", "nothing*.png", images / "Linien.png")
    found = lines(done)

    assert done.returncode == 3
    assert [record["status"] for record in found] == ["error"] * 7 + ["ok"]
    assert all("\n" not in record["error"] and "fault" not in record["error"] for record in found[:7])
    assert "neither lines nor holes: the image does not repeat" in found[2]["error"]
    assert done.stderr.count("semscan: ") == 8
    assert "Traceback" not in done.stderr


def test_many_images_give_the_same_in_two_processes(semscan, images, save_png):
    shutil.copy(images / "Linien.png", images / "again.png")

    one = lines(semscan("measure", images, "--no-picture", "--out", "one"))
    two = lines(semscan("measure", images, "--no-picture", "--out", "two", "--jobs", "2"))

    assert [record["dimensions"] for record in one] == [record["dimensions"] for record in two]
    assert len(one) == 3


def test_a_rerun_replaces_its_own_files_and_no_others(semscan, images):
    (semscan.here / "o").mkdir()
    (semscan.here / "o" / "Linien.dimensions.png").write_bytes(b"mine")

    first = lines(semscan("measure", images / "Linien.png", "--out", "o"))
    again = lines(semscan("measure", images / "Linien.png", "--out", "o"))

    assert first[0]["outputs"] == again[0]["outputs"]
    assert (semscan.here / "o" / "Linien.dimensions.png").read_bytes() == b"mine"
    assert len((semscan.here / "o" / "measures.jsonl").read_text().splitlines()) == 1


def test_its_own_pictures_are_no_images(semscan, images):
    semscan("measure", images / "Linien.png", "--out", images / "o")

    assert len(lines(semscan("measure", images, "--out", "elsewhere", "--no-picture"))) == 2


@pytest.mark.parametrize(
    "options",
    [("--level", "0"), ("--level", "1"), ("--level", "half"), ("--level", "nan"), ("--without", "no such results")],
)
def test_options_that_mean_nothing_are_refused(semscan, images, options):
    done = semscan("measure", images, *options)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_step_may_be_asked_for(semscan, images):
    half, step = (
        lines(semscan("measure", images / "Linien.png", "--level", level, "--no-picture"))[0]["dimensions"]
        for level in ("0.5", "step")
    )

    assert (half["edge"], step["edge"]) == ("level 0.5", "step")
    assert half["line_cd"]["px"] > step["line_cd"]["px"]


def test_regions_of_an_inspection_are_left_out(semscan, save_png):
    save_png(semscan.here / "bridge.png", make_image(LINES, ["bridge"]).pixels)
    (inspected,) = lines(semscan("inspect", "bridge.png", "--method", "periodic", "--measure"))

    (alone,) = lines(semscan("measure", "bridge.png", "--without", "semscan-results", "--no-picture"))
    other = semscan("measure", "bridge.png", "--no-picture", "--without", "semscan-results", "--databar", "8")

    assert inspected["regions"]
    assert inspected["dimensions"] == alone["dimensions"]
    assert other.returncode == 0


def test_an_image_that_was_not_inspected_cannot_be_measured_without_its_regions(semscan, images, save_png):
    save_png(semscan.here / "bridge.png", make_image(LINES, ["bridge"]).pixels)
    semscan("inspect", "bridge.png", "--method", "periodic")

    done = semscan("measure", images / "Linien.png", "--without", "semscan-results")

    assert done.returncode == 3
    assert "no record of it in semscan-results" in lines(done)[0]["error"]


def test_an_image_of_the_same_name_elsewhere_does_not_get_the_regions_of_the_one_inspected(semscan, save_png):
    save_png(semscan.here / "bridge.png", make_image(LINES, ["bridge"]).pixels)
    save_png(semscan.here / "W02" / "bridge.png", make_image(LINES).pixels)
    semscan("inspect", "bridge.png", "--method", "periodic")
    command = [sys.executable, "-m", "semscan", "measure", "bridge.png", "--without"]

    done = subprocess.run([*command, "../semscan-results"], cwd=semscan.here / "W02", capture_output=True, check=False)
    (semscan.here / "W03").mkdir()
    shutil.move(semscan.here / "bridge.png", semscan.here / "W03" / "bridge.png")
    moved = subprocess.run([*command, "../semscan-results"], cwd=semscan.here / "W03", capture_output=True, check=False)

    assert (done.returncode, moved.returncode) == (3, 0)
    assert b"no record of it in ../semscan-results" in done.stdout


def test_inspect_measures_only_when_asked_and_says_why_it_cannot(semscan, images, spotted, model):
    asked = lines(semscan("inspect", images / "Linien.png", "--method", "periodic", "--measure", "--level", "step"))
    unasked = lines(semscan("inspect", images / "Linien.png", "--method", "periodic"))
    without_repeats = lines(semscan("inspect", spotted, "--model", model, "--measure"))

    assert asked[0]["dimensions"]["edge"] == "step"
    assert "dimensions" not in unasked[0]
    assert "dimensions" not in without_repeats[0]
    assert any(warning.startswith("not measured: ") for warning in without_repeats[0]["warnings"])


def test_how_to_measure_without_measuring_is_refused(semscan, images):
    done = semscan("inspect", images, "--method", "periodic", "--level", "0.3")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--level says how to measure; add --measure" in done.stderr
