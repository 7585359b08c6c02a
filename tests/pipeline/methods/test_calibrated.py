"""A method without training at a calibrated threshold: when it is used, and what it warns of."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from semscan.errors import BadModelError, UsageFault
from semscan.files.models.method_folder import MethodFolder, method_config_text, parse_method_config
from semscan.pipeline.inspect import inspect_image
from semscan.pipeline.methods.base import MethodResult, announcement, choose_method, chosen_methods, settled
from semscan.pipeline.methods.calibrated import CalibratedMethod
from semscan.pipeline.methods.raw_map import RULES, raw_map
from semscan.runtime import comparison_network
from semscan.settings import InspectSettings
from semscan.values import SemImage
from semscan.values.method import MethodConfig, MethodProvenance
from semscan.values.model.calibration import Calibration
from semscan.version import __version__

SPOT = (slice(10, 16), slice(10, 16))


def config_of(method="periodic", raw_threshold=1.7, **other):
    calibration = Calibration(raw_threshold, 0.1, 0.0, "15 good images of good", 15.0, "tail")
    return MethodConfig(__version__, method, raw_map(method), calibration, **other)


@pytest.fixture
def write(tmp_path):
    """Write the folder of a calibrated method; returns its path as text."""

    def written(method="periodic", folder=None):
        path = folder or tmp_path / method
        path.mkdir()
        (path / "config.json").write_text(method_config_text(config_of(method)))
        return str(path)

    return written


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEMSCAN_MODEL", raising=False)


@pytest.fixture
def reference(tmp_path, save_png, grey):
    return str(save_png(tmp_path / "reference.png", grey()))


class Spot:
    """A method that is hot at one place."""

    name = "spot"
    raw_threshold: float | None = 1.0
    provenance = MethodProvenance(reference="golden.png")

    def __call__(self, image):
        raw = np.zeros(image.values.shape, np.float32)
        raw[SPOT] = 3.0
        return MethodResult(raw, detects_from_px=9.0, warnings=("its own warning",))


def inspected(config, pixels=None, **image):
    method = CalibratedMethod(Spot(), MethodFolder(Path("F"), config, "0123456789abcdef"))
    pixels = np.tile(np.arange(64, dtype=np.uint8), (64, 1)) if pixels is None else pixels
    return inspect_image(SemImage(pixels, "/d/a.png", **image), "a.png", InspectSettings(), method)


def test_the_calibrated_threshold_is_half_in_the_map_and_raw_scores_stay():
    below = inspected(config_of(raw_threshold=4.0))
    above = inspected(config_of(raw_threshold=1.5))

    assert (below.record.defect, above.record.defect) == (False, True)
    assert above.anomaly_map.values[12, 12] == pytest.approx(3 / 4.5)
    assert above.record.raw_score == 3.0
    assert (above.record.method, above.record.model) == (("spot",), "F")


def test_its_provenance_has_the_calibration_the_fingerprint_and_the_reference():
    stated = CalibratedMethod(Spot(), MethodFolder(Path("F"), config_of(), "0123456789abcdef")).provenance.to_json()

    assert stated["calibration"]["raw_threshold"] == 1.7
    assert stated["calibration"]["rule"] == "tail"
    assert (stated["model"], stated["fingerprint"]) == ("F", "0123456789abcdef")
    assert stated["reference"] == "golden.png"


def test_the_visible_size_of_the_methods_own_threshold_is_not_stated():
    assert inspected(config_of()).record.detects_from is None


def test_images_unlike_the_good_ones_are_warned_of():
    dark = {"brightness": {"median": 0.8, "spread": 0.01}}
    (own, look) = inspected(config_of(appearance=dark)).record.warnings
    (_, scale) = inspected(config_of(nm_per_pixel=2.0), nm_per_pixel=1.0).record.warnings

    assert own == "its own warning"
    assert look.startswith("differs from the good images of the calibration: brightness")
    assert "calibration 0.8" in look
    assert scale == "has 1 nm per pixel, the good images of the calibration 2: the threshold may not hold"


def test_a_threshold_of_another_version_with_the_same_scores_is_used_without_a_word():
    config = dataclasses.replace(config_of(), semscan_version="0.0.1")

    assert inspected(config).record.warnings == ("its own warning",)


def test_a_threshold_for_the_scores_of_another_network_is_refused(monkeypatch):
    config = config_of()
    monkeypatch.setattr(comparison_network, "network_digest", lambda: "f" * 16)

    with pytest.raises(BadModelError, match=rf"other scores .*{config.raw_map}.* gives .rule 3, network f+.; set it"):
        inspected(config)
    assert inspected(config_of("reference")).record.defect  # which asks no network


def test_a_threshold_for_the_scores_of_another_rule_is_refused(monkeypatch):
    config = config_of("reference")
    monkeypatch.setitem(RULES, "reference", 99)

    with pytest.raises(BadModelError, match=r"\(rule 5\) than this semscan gives \(rule 99\)"):
        inspected(config)


def test_a_threshold_that_finds_next_to_nothing_is_warned_of():
    curve = {"defects": 99, "found": 1, "share": 0.01, "share_95": [0.0, 0.1], "clear": 40, "clear_found": 1}
    painted = {**curve, "smallest_px": 3.0, "largest_px": 50.0}
    document = {"semscan_version": __version__, "method": "periodic", "nm_per_pixel": None, "appearance": {}}
    document["raw_map"] = raw_map("periodic")
    calibration = config_of().calibration.to_json()
    config = parse_method_config({**document, "libraries": {}, "calibration": calibration, "painted": painted})

    warning = inspected(config).record.warnings[0]

    assert warning.startswith("weak model: it finds 1 of 40 clear defects")
    assert "semscan train" in warning


@pytest.mark.parametrize("named", ["option", "variable", "found"])
def test_auto_uses_it_as_the_method_that_it_names(write, tmp_path, monkeypatch, named):
    path = write(folder=tmp_path / "semscan-model" if named == "found" else None)
    settings = InspectSettings(model=path if named == "option" else None)
    if named == "variable":
        monkeypatch.setenv("SEMSCAN_MODEL", path)

    method = choose_method(settings)

    assert (method.name, method.raw_threshold) == ("periodic", 1.7)
    assert "threshold of --method periodic, which is used" in announcement(settings)
    assert settled(settings)["method"] == ("periodic",)
    assert settled(settings)["model"] == method.provenance.model


def test_a_calibrated_reference_method_needs_its_reference_and_no_further_method(write, reference):
    path = write("reference")

    method = choose_method(InspectSettings(model=path, reference=reference))

    assert (method.name, method.raw_threshold) == ("reference", 1.7)
    with pytest.raises(
        UsageFault, match=r"reference holds a threshold of --method reference, which needs.*--reference"
    ):
        chosen_methods(InspectSettings(model=path))


def test_a_reference_alone_uses_a_calibration_that_is_found_for_it_and_no_other(write, tmp_path, reference):
    settings = InspectSettings(reference=reference)
    other = Path(write("periodic", tmp_path / "semscan-model"))
    assert choose_method(settings).raw_threshold == 1.0

    (other / "config.json").write_text(method_config_text(config_of("reference")))
    assert choose_method(settings).raw_threshold == 1.7


def test_a_method_that_is_typed_keeps_its_own_threshold_unless_a_model_is_typed_too(write, tmp_path):
    path = write(folder=tmp_path / "semscan-model")

    assert choose_method(InspectSettings(method=("periodic",))).raw_threshold == 1.0
    assert choose_method(InspectSettings(method=("periodic",), model=path)).raw_threshold == 1.7
    assert settled(InspectSettings(method=("periodic",)))["model"] is None


def test_together_each_method_has_its_own_threshold(write, reference):
    settings = InspectSettings(method=("periodic", "reference"), model=write(), reference=reference)

    assert choose_method(settings).provenance.calibration.to_json()["witnesses"] == {"periodic": 1.7, "reference": 1.0}


def test_a_threshold_of_another_method_is_refused(write, reference):
    path = write()
    for settings, said in (
        (InspectSettings(method=("model",), model=path), "not used by --method model; add --method periodic"),
        (InspectSettings(method=("reference",), model=path, reference=reference), "not used by --method reference"),
        (InspectSettings(model=path, reference=reference), "choose with --method periodic, --method reference or both"),
    ):
        with pytest.raises(UsageFault, match=said):
            choose_method(settings)


@pytest.mark.parametrize("method", ["model", "no-such"])
def test_a_folder_that_names_no_method_without_training_is_refused(write, method):
    path = Path(write())
    text = (path / "config.json").read_text().replace('"periodic"', f'"{method}"')
    (path / "config.json").write_text(text)

    with pytest.raises(BadModelError, match=rf"method is '{method}', wanted one of periodic"):
        choose_method(InspectSettings(model=str(path)))
