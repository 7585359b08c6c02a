"""Methods without training, alone and together."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from semscan.errors import BadImageError, NotPeriodicError, UsageFault
from semscan.files.results.map_file import read_tiff_map
from semscan.pipeline.inspect import inspect_image
from semscan.pipeline.inspecting.images import inspect_images
from semscan.pipeline.methods.base import MethodResult, announcement, choose_method, chosen_methods
from semscan.pipeline.methods.combined import CombinedMethod
from semscan.pipeline.methods.periodic import PeriodicMethod
from semscan.pipeline.methods.reference import ReferenceMethod
from semscan.settings import InspectSettings, OutputSettings
from semscan.values import SemImage
from semscan.values.method import MethodProvenance

DEFECT = (slice(60, 66), slice(100, 112))


def striped(defect=False, seed=0):
    """Lines 16 px apart, 8-bit; with `defect`, a bright bar across a space."""
    rows, cols = np.mgrid[:128, :160]
    grey = 100 + 40 * np.tanh(3 * np.sin(2 * np.pi * (cols + 0.03 * rows) / 16))
    if defect:
        grey[DEFECT] = 170
    return np.clip(grey + 8 * np.random.default_rng(seed).standard_normal(grey.shape), 0, 255).astype(np.uint8)


def image_of(pixels, **extra):
    return SemImage(pixels, "/d/a.png", **extra)


class Spot:
    """A method that is hot at one place."""

    raw_threshold: float | None = 2.0

    def __init__(self, name, place, fails=False, threshold=2.0, grey=None, judged=None):
        self.name, self._place, self._fails, self.raw_threshold = name, place, fails, threshold
        self._grey, self._judged = grey, judged
        self.provenance = MethodProvenance(model=name)

    def __call__(self, image):
        if self._fails:
            raise BadImageError(f"{self.name} cannot")
        raw = np.zeros(image.values.shape, np.float32)
        raw[self._place] = 6.0
        reference = None if self._grey is None else np.full(raw.shape, self._grey, np.float32)
        return MethodResult(raw, reference=reference, judged=self._judged)


def test_repeats_find_the_defect_and_say_how_the_image_repeats():
    inspection = inspect_image(image_of(striped(True)), "a.png", InspectSettings(), PeriodicMethod()).record
    col, row = inspection.regions[0].centroid

    assert inspection.method == ("periodic",)
    assert (58 < row < 68, 98 < col < 114) == (True, True)
    assert inspection.periodic.found
    assert inspection.periodic.pitch_px == (pytest.approx(16, abs=0.05),)
    assert inspection.periodic.angle_deg == (pytest.approx(1.72, abs=0.2),)


def test_a_clean_periodic_image_has_no_defect():
    assert not inspect_image(image_of(striped()), "a.png", InspectSettings(), PeriodicMethod()).record.defect


def test_an_image_without_repeats_is_refused_with_its_confidence(grey):
    with pytest.raises(NotPeriodicError, match=r"train a model.*--reference") as caught:
        inspect_image(image_of(grey()), "a.png", InspectSettings(), PeriodicMethod())

    assert 0 <= caught.value.confidence < 0.35


def test_the_reference_image_is_an_output(tmp_path, save_png):
    path = save_png(tmp_path / "a.png", striped(True))
    settings = InspectSettings(method=("periodic",), output=OutputSettings(out=str(tmp_path / "o")))
    (record,) = inspect_images([str(path)], settings)
    reference = cv2.imread(record.outputs.reference, cv2.IMREAD_UNCHANGED)

    assert record.outputs.reference == str(tmp_path / "o" / "a.reference.tif")
    assert (reference.dtype, reference.shape) == (np.uint8, (128, 160))
    assert abs(int(reference[62, 105]) - int(striped()[62, 105])) < 30  # without the defect
    assert record.periodic.found is True
    assert read_tiff_map(Path(record.outputs.map))[1]["periodic"] == record.periodic.to_json()


def test_the_pitch_is_in_nm_too_when_the_image_is_calibrated(tmp_path):
    image = image_of(striped(), nm_per_pixel=2.0)
    record = inspect_image(image, "a.png", InspectSettings(), PeriodicMethod()).record

    assert record.periodic.pitch_nm == (pytest.approx(32, abs=0.1),)


def test_together_each_region_lists_who_saw_it():
    both, one = (slice(10, 16), slice(10, 16)), (slice(40, 46), slice(40, 46))
    first, second = Spot("a", both), Spot("b", both)
    second_too = CombinedMethod([first, second, Spot("c", one)])
    inspection = inspect_image(image_of(np.full((64, 64), 90, np.uint8)), "a.png", InspectSettings(), second_too).record

    assert inspection.method == ("a", "b", "c")
    assert {region.methods for region in inspection.regions} == {("a", "b"), ("c",)}
    assert inspection.score == pytest.approx(0.75)


def test_together_one_that_cannot_judge_is_left_out_with_a_warning():
    place = (slice(10, 16), slice(10, 16))
    method = CombinedMethod([Spot("a", place), Spot("b", place, fails=True)])
    inspection = inspect_image(image_of(np.full((64, 64), 90, np.uint8)), "a.png", InspectSettings(), method).record

    assert inspection.method == ("a",)
    assert inspection.warnings[-1] == "--method b is left out: b cannot"


def test_together_a_defect_is_shown_with_the_reference_of_the_method_that_found_it():
    one, other = (slice(4, 8), slice(4, 8)), (slice(50, 54), slice(50, 54))
    method = CombinedMethod([Spot("a", one, grey=0.2), Spot("b", other, grey=0.7), Spot("c", other)])
    reference = inspect_image(image_of(np.full((64, 64), 90, np.uint8)), "a.png", InspectSettings(), method).reference

    assert set(reference[:12, :12].ravel()) == {np.float32(0.2)}
    assert set(reference[46:58, 46:58].ravel()) == {np.float32(0.7)}


@pytest.mark.parametrize("count", [1, 2])
def test_together_a_reference_is_the_image_where_its_method_did_not_judge(count):
    judged = np.ones((64, 64), bool)
    judged[:, :20] = False
    others = [Spot(name, (), grey=0.7, judged=judged) for name in "bc"[:count]]
    method = CombinedMethod([Spot("a", (slice(30, 34), slice(5, 9))), *others])
    inspected = inspect_image(image_of(np.full((64, 64), 90, np.uint8)), "a.png", InspectSettings(), method)

    assert inspected.reference[30:34, 5:9] == pytest.approx(inspected.image.values[30:34, 5:9])
    assert set(inspected.reference[30:34, 30:34].ravel()) == {np.float32(0.7)}


def test_together_the_first_fault_is_raised_when_none_can_judge():
    method = CombinedMethod([Spot("a", (), fails=True), Spot("b", (), fails=True)])

    with pytest.raises(BadImageError, match="a cannot"):
        inspect_image(image_of(np.full((64, 64), 90, np.uint8)), "a.png", InspectSettings(), method)


def test_together_a_method_without_a_threshold_adds_nothing_to_the_map():
    place, other = (slice(10, 16), slice(10, 16)), (slice(40, 46), slice(40, 46))
    method = CombinedMethod([Spot("a", place), Spot("b", other, threshold=None)])
    judged = inspect_image(image_of(np.full((64, 64), 90, np.uint8)), "a.png", InspectSettings(), method)

    assert judged.record.method == ("a",)
    assert judged.anomaly_map.values[other].max() == 0


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({}, ("periodic",)),
        ({"reference": "r.png"}, ("reference",)),
        ({"model": "m"}, ("model",)),
        ({"method": ("periodic",)}, ("periodic",)),
        ({"method": ("model", "periodic", "model")}, ("model", "periodic")),
        ({"method": ("periodic", "reference"), "reference": "r.png"}, ("periodic", "reference")),
    ],
    ids=str,
)
def test_who_judges(tmp_path, monkeypatch, chosen, names):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEMSCAN_MODEL", raising=False)

    assert chosen_methods(InspectSettings(**chosen)) == names


def test_a_model_that_is_found_judges_and_nothing_is_announced(tmp_path, monkeypatch, make_model):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEMSCAN_MODEL", raising=False)
    before = announcement(InspectSettings())
    make_model(tmp_path / "semscan-model")

    assert "--method periodic" in before
    assert chosen_methods(InspectSettings()) == ("model",)
    assert announcement(InspectSettings()) is None
    assert choose_method(InspectSettings()).name == "model"


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"method": ("reference",)}, "--reference FILE"),
        ({"method": ("periodic",), "reference": "r"}, "add --method reference"),
        ({"method": ("periodic",), "model": "m"}, "add --method model"),
        ({"method": ("auto", "periodic")}, "stands alone"),
        ({"model": "m", "reference": "r"}, "choose with --method model"),
        ({"reference": "r", "looks": 2}, "--looks is given but not used by --method reference"),
        ({"reference": "nowhere"}, "no reference at nowhere"),
    ],
    ids=str,
)
def test_choices_that_do_not_go_together_are_refused(chosen, said):
    with pytest.raises(UsageFault, match=said):
        choose_method(InspectSettings(**chosen))


def test_a_folder_of_references_is_paired_by_name(tmp_path, save_png):
    for name in ("a", "b"):
        save_png(tmp_path / "refs" / f"{name}.png", striped(seed=1))
    image = save_png(tmp_path / "lot" / "a.png", striped(True))
    stray = save_png(tmp_path / "lot" / "c.png", striped())
    settings = InspectSettings(reference=str(tmp_path / "refs"), output=OutputSettings(out=str(tmp_path / "o")))
    paired, missing = inspect_images([str(image), str(stray)], settings)

    assert paired.method == ("reference",)
    assert paired.status == "ok"
    assert missing.status == "error"
    assert "no reference called c.png" in missing.error


def test_pixels_outside_the_common_field_are_not_judged(tmp_path, save_png, monkeypatch):
    from semscan.pipeline.methods import reference as reference_method
    from semscan.reference.die.compare import PairComparison

    def left_half(inspected, reference):
        judged = np.zeros(inspected.values.shape, bool)
        judged[:, :80] = True
        raw = np.full(judged.shape, 9, np.float32)
        return PairComparison(raw, 3.0, judged, inspected.values)

    monkeypatch.setattr(reference_method, "compare_pair", left_half)
    reference = save_png(tmp_path / "r.png", striped())
    method = ReferenceMethod(InspectSettings(reference=str(reference)))
    judged = inspect_image(image_of(striped()), "a.png", InspectSettings(), method)

    assert judged.record.judged_fraction == 0.5
    assert (judged.anomaly_map.values[:, 80:] == 0).all()
    assert judged.record.raw_score == 3.0
    assert not judged.image.judged[:, 80:].any()


def test_a_reference_with_a_name_too_long_for_the_system_is_refused():
    with pytest.raises(UsageFault, match="too long"):
        ReferenceMethod(InspectSettings(reference="x" * 5000))
