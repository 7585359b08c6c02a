"""semscan calibrate --review learns which regions are a nuisance, and inspect marks them from then on."""

import json
import shutil
from pathlib import Path

import cv2
import pytest
import tifffile

from semscan.files.results.review import Decision, append_decision
from semscan.pipeline.inspecting.images import inspect_images, score_images
from semscan.settings import InspectSettings, OutputSettings, SynthSettings
from semscan.synth.simulator.image import make_image
from tests.in_process import run as semscan

RECIPE = SynthSettings(pattern="lines", pitch=24, rows=192, cols=224, dose=60, seed=5)
HARMLESS, REAL, UNSEEN = "residue", "break", "bridge"


def json_lines(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def inspected(root, name, *arguments):
    """The records of a folder of images by their file names; the results go to NAME.out."""
    done = semscan("inspect", root / name, *arguments, "--out", root / f"{name}.out", "--no-overlay")
    return {Path(record["image"]).stem: record for record in json_lines(done)}


@pytest.fixture(scope="module")
def root(tmp_path_factory, save_png):
    """A reviewed lot: residues in ten images are harmless, breaks in six real; and new images with bridges too."""
    root = tmp_path_factory.mktemp("lot")
    for folder, kinds in (("lot", {HARMLESS: range(10), REAL: range(6)}), ("new", {})):
        kinds = kinds or {HARMLESS: range(20, 26), REAL: range(6, 9), UNSEEN: range(6)}
        for kind, numbers in kinds.items():
            for number in numbers:
                pixels = make_image(RECIPE, [kind], key=kind, index=number).pixels
                save_png(root / folder / f"{kind}-{number:02d}.png", pixels)
    for record in inspected(root, "lot", "--method", "periodic").values():
        verdict = "harmless" if HARMLESS in record["image"] else "real"
        for region in record["regions"]:
            decision = Decision(at="", image=record["image"], region=region["id"], verdict=verdict)
            append_decision(root / "lot.out" / "review.jsonl", decision)
    return root


@pytest.fixture(scope="module")
def calibrated(root):
    """What calibrate made of the review: the folder, its record and its messages."""
    review = root / "lot.out" / "review.jsonl"
    done = semscan("calibrate", "--review", review, "--method", "periodic", "--out", root / "filtered")
    (record,) = json_lines(done)
    return root / "filtered", record, done.stderr


@pytest.fixture(scope="module")
def new(root, calibrated):
    return inspected(root, "new", "--model", calibrated[0])


def test_the_threshold_stays_and_what_the_filter_does_is_said(calibrated):
    folder, record, said = calibrated
    counts = record["reviewed"]["nuisance_filter"]
    words = f"it marks {counts['harmless_marked']} of {counts['harmless']} harmless regions like these and none of 6 "

    assert record["raw_threshold"] == record["raw_threshold_before"]
    assert (counts["real"], counts["real_marked"]) == (6, 0)
    assert counts["harmless_marked"] >= 0.7 * counts["harmless"]
    assert f"{words}real ones, each judged by the decisions about other images" in said
    assert "at most 46% of such real ones are lost (95 % interval)" in said
    assert words in (folder / "MODEL_CARD.md").read_text()


def test_regions_like_the_harmless_ones_are_nuisance_and_do_not_count(new):
    residues = [record for name, record in new.items() if HARMLESS in name]
    regions = [region for record in residues for region in record["regions"]]

    assert sum(region["nuisance"] for region in regions) >= 0.6 * len(regions) > 0
    assert any(not record["defect"] for record in residues if record["regions"])
    for record in new.values():
        counting = [region for region in record["regions"] if not region["nuisance"]]
        assert record["defect"] == (record["score"] > record["threshold"]) == bool(counting)
    assert all("(nuisance, not counted)" in region["description"] for region in regions if region["nuisance"])


@pytest.mark.parametrize("kind", [REAL, UNSEEN])
def test_real_defects_count_and_so_does_a_kind_that_nobody_reviewed(new, kind):
    records = [record for name, record in new.items() if kind in name]

    assert [record["defect"] for record in records] == [True] * len(records)


def test_without_the_filter_every_region_counts_and_all_else_is_the_same(root, calibrated, new):
    settings = InspectSettings(model=str(calibrated[0]), nuisance_filter=False)
    images = [str(root / "new" / f"residue-{number}.png") for number in (20, 21)]
    off = {Path(record.image).stem: record.to_json() for record in score_images(images, settings)}
    (scored,) = json_lines(semscan("score", images[0], "--model", calibrated[0], "--no-nuisance-filter"))

    assert any(region["nuisance"] for name in off for region in new[name]["regions"])
    assert not any(region["nuisance"] for record in off.values() for region in record["regions"])
    assert scored["score"] == off["residue-20"]["score"]
    for name, record in off.items():
        shapes = [[region[key] for key in ("bbox", "peak", "class")] for region in record["regions"]]
        assert shapes == [[region[key] for key in ("bbox", "peak", "class")] for region in new[name]["regions"]]


def test_a_large_image_in_windows_is_marked_too(root, calibrated, new, tmp_path):
    marked = [name for name, record in new.items() if any(region["nuisance"] for region in record["regions"])]
    settings = InspectSettings(
        model=str(calibrated[0]), stream_above=1000, output=OutputSettings(out=str(tmp_path / "o"), overlay=False)
    )
    image = tmp_path / "large.tif"
    tifffile.imwrite(image, cv2.imread(str(root / "new" / f"{marked[0]}.png"), cv2.IMREAD_GRAYSCALE))
    (record,) = inspect_images([str(image)], settings)

    assert record.streamed
    assert any(region.nuisance for region in record.regions)


def test_an_image_judged_with_the_filter_is_not_taken_over_without_it(root, calibrated, new):
    name = next(name for name, record in new.items() if any(region["nuisance"] for region in record["regions"]))
    image = root / "new" / f"{name}.png"
    done = semscan(
        *("inspect", image, "--model", calibrated[0], "--no-nuisance-filter"),
        *("--out", root / "new.out", "--no-overlay", "--resume"),
    )
    (record,) = json_lines(done)

    assert not any(region["nuisance"] for region in record["regions"])


def test_a_second_review_adds_to_the_decisions_of_the_first(root, calibrated, new, tmp_path):
    shutil.copytree(root / "new.out", tmp_path / "again")
    for name, record in new.items():
        for region in record["regions"] if UNSEEN in name else ():
            decision = Decision(at="", image=record["image"], region=region["id"], verdict="real")
            append_decision(tmp_path / "again" / "review.jsonl", decision)
    options = ("--review", tmp_path / "again" / "review.jsonl", "--model", calibrated[0])
    (record,) = json_lines(semscan("calibrate", *options, "--out", tmp_path / "second"))
    counts = record["reviewed"]["nuisance_filter"]

    assert record["reviewed"]["harmless"] == 0
    assert counts["real"] > calibrated[1]["reviewed"]["nuisance_filter"]["real"]
    assert counts["harmless"] == calibrated[1]["reviewed"]["nuisance_filter"]["harmless"]


def test_no_filter_is_learned_where_none_is_wanted(root, tmp_path):
    review = root / "lot.out" / "review.jsonl"
    options = ("--review", review, "--method", "periodic", "--no-nuisance-filter")
    done = semscan("calibrate", *options, "--out", tmp_path / "plain")
    (record,) = json_lines(done)

    assert "nuisance_filter" not in record["reviewed"]
    assert "nuisance" not in (tmp_path / "plain" / "config.json").read_text()


def test_another_threshold_has_no_filter_and_that_is_said(calibrated, tmp_path, save_png):
    save_png(tmp_path / "good" / "0.png", make_image(RECIPE, [], key="good", index=0).pixels)
    done = semscan("calibrate", tmp_path / "good", "--model", calibrated[0], "--out", tmp_path / "other")

    assert done.returncode == 0
    assert "the new threshold needs a new nuisance filter, so the old one is left out" in done.stderr
    assert "nuisance" not in (tmp_path / "other" / "config.json").read_text()


def test_doctor_says_which_regions_the_filter_marks(calibrated):
    (diagnosis,) = json_lines(semscan("doctor", calibrated[0], "--format", "json"))
    (note,) = diagnosis["findings"]

    assert (note["level"], note["about"]) == ("note", "nuisance")
    assert " harmless ones of a review (residue), and unlike 6 real ones, are nuisance; --no-nuisance" in note["said"]


def test_a_damaged_filter_is_refused_in_one_line(root, calibrated, tmp_path):
    document = json.loads((calibrated[0] / "config.json").read_text())
    document["nuisance_filter"]["decided"][0]["log_area"] = "wide"
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "config.json").write_text(json.dumps(document))
    done = semscan("score", root / "new" / "residue-20.png", "--model", tmp_path / "damaged")

    assert (done.returncode, done.stdout) == (2, "")
    assert "wanted 1 to 500 decided regions as semscan calibrate --review writes them" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
