"""What a review changes in a calibration: a filter keeps what was measured of the threshold, and holds at it alone."""

import json
from dataclasses import replace

import pytest

from semscan.files.datasets.reviewed import read_review
from semscan.files.models.folder import read_model_folder, recalibrated_text
from semscan.files.models.method_folder import method_config_text, read_method_folder
from semscan.files.results.review import Decision, append_decision
from semscan.pipeline.calibrate import calibrate
from semscan.pipeline.calibrating.peaks import reviewed_peaks
from semscan.pipeline.methods.calibrated import CalibratedMethod
from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.pipeline.methods.raw_map import raw_map
from semscan.settings import CalibrateSettings
from semscan.values.detection import DetectionCurve
from semscan.values.method import MethodConfig
from semscan.values.model.calibration import Calibration
from semscan.values.record import Record, RegionRecord
from semscan.version import __version__

MEASURED = Calibration(1.7, 0.1, 0.05, "40 good images of good", 40.0, "counted")
BLIND = DetectionCurve(
    defects=40, found=2, share=0.05, share_95=(0.01, 0.17), clear=20, clear_found=1, smallest_px=2.0, largest_px=20.0
)


def region(number, *, is_real):
    """A bridge or a residue; all have peaks that no threshold separates."""
    spread = 1 + 0.02 * (number % 5)
    area, contrast = (200, 0.1) if is_real else (700, -0.05)
    return RegionRecord(
        **{"id": 1, "bbox": (5, 5, 20, 20), "centroid": (15.0, 15.0), "area_px": int(area * spread)},
        **{"peak": 0.9 + 0.001 * number, "mean": 0.8, "class_name": "bridge" if is_real else "residue"},
        **{"class_probability": 0.95, "feret_max_px": 30.0 * spread, "feret_min_px": 25.0, "mean_grey": 0.4},
        contrast=contrast,
    )


def review(folder, fingerprint=None, threshold=0.5, method="periodic", looks=None):
    """Results of twelve bridges that are real and twelve harmless residues, each in an image, and their review."""
    folder.mkdir()
    lines = []
    for number in range(24):
        name = f"{number}.png"
        record = Record(
            **{"image": name, "source": f"/gone/{name}", "width": 64, "height": 64, "method": (method,)},
            **{"threshold": threshold, "nm_per_pixel": 2.0, "regions": (region(number, is_real=number % 2 == 1),)},
        )
        lines.append(json.dumps(record.to_json()) + "\n")
        verdict = "real" if number % 2 else "harmless"
        append_decision(folder / "review.jsonl", Decision(at="", image=name, region=1, verdict=verdict))
    (folder / "results.jsonl").write_text("".join(lines))
    if fingerprint:
        (folder / "run.json").write_text(json.dumps({"method": {"fingerprint": fingerprint, "looks": looks}}))
    return str(folder / "review.jsonl")


def calibrated(out, *reviews, **choices):
    """The record of calibrate and its messages."""
    said = []
    model = choices.pop("model", None)
    record = calibrate(None, model, CalibrateSettings(out=str(out), review=reviews, **choices), said.append)
    return record, said


@pytest.fixture
def measured(tmp_path):
    """A calibrated method that finds few of the painted defects."""
    path = tmp_path / "measured"
    path.mkdir()
    config = MethodConfig(__version__, "periodic", raw_map("periodic"), MEASURED, 3.0, painted=BLIND)
    (path / "config.json").write_text(method_config_text(config))
    return path, read_method_folder(path)


@pytest.mark.parametrize("verdicts", [["real"], ["harmless", "unsure"]])
def test_images_that_may_have_defects_show_no_false_regions(tmp_path, verdicts):
    path = review(tmp_path / "r")
    name = "/gone/clean.png"
    regions = [region(number, is_real=False).to_json() | {"id": number} for number in range(1, len(verdicts))]
    with open(tmp_path / "r" / "results.jsonl", "a") as file:
        file.write(
            json.dumps(
                Record(image=name, source=name, width=64, height=64, regions=(), score=0.1).to_json()
                | {"regions": regions}
            )
            + "\n"
        )
    before = reviewed_peaks([read_review(tmp_path / "r")])
    append_decision(tmp_path / "r" / "review.jsonl", Decision(at="", image=name, verdict=verdicts[0]))
    for number, verdict in enumerate(verdicts[1:], start=1):
        append_decision(tmp_path / "r" / "review.jsonl", Decision(at="", image=name, region=number, verdict=verdict))

    assert path
    assert len(reviewed_peaks([read_review(tmp_path / "r")]).good) == len(before.good)


def test_a_filter_is_learned_at_the_calibrated_threshold_alone(tmp_path):
    at_own, _ = calibrated(tmp_path / "own", review(tmp_path / "a"), method="periodic")
    at_other, said = calibrated(tmp_path / "other", review(tmp_path / "b", threshold=0.3), method="periodic")
    both = review(tmp_path / "c", threshold=0.3), review(tmp_path / "d")
    together, _ = calibrated(tmp_path / "both", *both, method="periodic")

    assert at_own["reviewed"]["nuisance_filter"]["harmless_marked"] >= 10
    assert "nuisance_filter" not in at_other["reviewed"]
    assert (
        said[0]
        == "24 reviewed images inspected at another --threshold than 0.5: no nuisance filter is learned from them"
    )
    assert together["reviewed"]["nuisance_filter"] == at_own["reviewed"]["nuisance_filter"]


def test_a_filter_keeps_what_was_measured_of_the_threshold_of_a_method(tmp_path, measured):
    path, folder = measured
    decided = review(tmp_path / "o", folder.fingerprint)
    record, said = calibrated(tmp_path / "new", decided, model=path)
    config = read_method_folder(tmp_path / "new").config
    card = (tmp_path / "new" / "MODEL_CARD.md").read_text()

    assert config.nuisance is not None
    assert (config.calibration, config.painted, config.nm_per_pixel) == (MEASURED, BLIND, 3.0)
    assert (record["threshold_rule"], record["reached"], record["painted"]) == ("counted", 0.05, BLIND.to_json())
    assert "Which painted defects it finds was measured without the nuisance filter." in said[-2]
    assert "## Painted defects" in card
    assert "- The good images have 3 nm per pixel." in card
    method = CalibratedMethod(PeriodicMethod(), read_method_folder(tmp_path / "new"))
    assert method.provenance.painted == BLIND


def test_a_filter_keeps_what_was_measured_of_the_threshold_of_a_network(tmp_path, make_model):
    path = make_model(tmp_path / "model")
    folder = read_model_folder(path)
    config = replace(folder.config, calibration=MEASURED, painted=BLIND)
    (path / "config.json").write_text(recalibrated_text(folder, config))
    decided = review(tmp_path / "o", read_model_folder(path).fingerprint, method="model", looks=4)
    calibrated(tmp_path / "new", decided, model=path)
    new = read_model_folder(tmp_path / "new").config

    assert new.nuisance is not None
    assert (new.calibration, new.painted) == (MEASURED, BLIND)


def test_another_threshold_drops_what_was_measured_of_the_one_before(tmp_path, measured):
    path, folder = measured
    decided = review(tmp_path / "o", folder.fingerprint)
    calibrated(tmp_path / "new", decided, model=path, nuisance_filter=False)
    config = read_method_folder(tmp_path / "new").config

    assert (config.nuisance, config.painted, config.calibration.rule) == (None, None, "reviewed")


def test_a_filter_that_is_not_wanted_is_left_out_and_that_is_said(tmp_path):
    calibrated(tmp_path / "filtered", review(tmp_path / "a"), method="periodic")
    folder = read_method_folder(tmp_path / "filtered")
    decided = review(tmp_path / "b", folder.fingerprint)
    _, said = calibrated(tmp_path / "new", decided, model=folder.path, nuisance_filter=False)

    assert said[0] == "the nuisance filter is left out, as --no-nuisance-filter asks"
    assert read_method_folder(tmp_path / "new").config.nuisance is None


def test_the_card_of_a_reviewed_method_names_the_filter_and_no_good_images(tmp_path):
    calibrated(tmp_path / "new", review(tmp_path / "o"), method="periodic")
    card = (tmp_path / "new" / "MODEL_CARD.md").read_text()

    assert "this folder holds a threshold, a nuisance filter and no network" in card
    assert "- The reviewed images have 2 nm per pixel." in card
    assert "good images" not in card


def test_what_the_filter_makes_of_undecided_regions_is_said(tmp_path):
    decided = review(tmp_path / "o")
    lines = (tmp_path / "o" / "review.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "o" / "review.jsonl").write_text("".join(lines[:-4]))
    _, said = calibrated(tmp_path / "new", decided, method="periodic")

    assert "It marks 2 of 4 regions without a decision." in said[0]
