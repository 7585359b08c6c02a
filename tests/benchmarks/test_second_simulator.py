"""The second simulator: its images follow from the seed, its masks mark what the defect changes."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import second_simulator
from relief.image import KINDS, make_image
from relief.noise import rough

SIDE = 192  # px
ALL = [(pattern, kind) for pattern in KINDS for kind in KINDS[pattern]]


@pytest.fixture(scope="module", autouse=True)
def small_images():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("relief.image.SIDES", (SIDE,))
        yield


@pytest.mark.parametrize("pitch", [16, 48])
@pytest.mark.parametrize(("pattern", "kind"), ALL)
def test_a_defect_changes_the_signal_at_its_mask_and_hardly_elsewhere(pattern, kind, pitch):
    image = make_image(pattern, kind, pitch, [1], inverted=pitch == 48)

    change = np.square(image.defective - image.clean)
    mask = image.mask > 0
    near = cv2.dilate(image.mask, np.ones((11, 11), np.uint8)) > 0
    assert image.pixels.shape == image.mask.shape == (SIDE, SIDE)
    assert image.pixels.dtype == image.mask.dtype == np.uint8
    assert set(np.unique(image.mask)) == {0, 255}
    assert mask.sum() < 4 * pitch**2
    assert change[near].sum() > 0.85 * change.sum()
    assert change[mask].mean() > 20 * change[~near].mean()


@pytest.mark.parametrize("pattern", KINDS)
@pytest.mark.parametrize("turned", [0, 1, 2])
def test_the_same_seed_makes_the_same_image_and_another_seed_another(pattern, turned):
    kind = KINDS[pattern][0]

    first, again, other = (make_image(pattern, kind, 20, seed, turned=turned) for seed in ([7], [7], [8]))

    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.mask, again.mask)
    assert not np.array_equal(first.pixels, other.pixels)


@pytest.mark.parametrize("pattern", KINDS)
def test_an_image_without_a_defect_has_an_empty_mask(pattern):
    image = make_image(pattern, None, 24, [2])

    assert not image.mask.any()
    assert np.array_equal(image.clean, image.defective)


@pytest.mark.parametrize(("pattern", "kind", "sign"), [("lines", "break", -1), ("contacts", "missing", 1)])
def test_an_inverted_tone_changes_the_sign_of_a_defect(pattern, kind, sign):
    usual, inverted = (make_image(pattern, kind, 30, [3], inverted=tone) for tone in (False, True))

    assert sign * np.mean((usual.defective - usual.clean)[usual.mask > 0]) > 0
    assert sign * np.mean((inverted.defective - inverted.clean)[inverted.mask > 0]) < 0


def test_an_edge_is_as_rough_and_as_correlated_as_asked_for():
    edges = rough(400, 512, 1.5, 6.0, 0.5, np.random.default_rng(0))

    assert edges.std() == pytest.approx(1.5, rel=0.03)
    # for a Hurst exponent of 1/2 the correlation falls as exp(-distance / length)
    assert np.mean(edges[:, 6:] * edges[:, :-6]) / edges.var() == pytest.approx(np.exp(-1), abs=0.04)


def test_scores_of_a_defect_that_is_plain_to_see():
    image = make_image("lines", "break", 24, [4])

    found = second_simulator.score(image.pixels, image.mask, "break")

    assert (found["images"], found["hottest"], found["hit"], found["refused"]) == (1, 1, 1, 0)
    assert found["right"] + found["wrong"] + found["unknown"] == 1


def test_an_image_that_does_not_repeat_is_counted_as_refused():
    noise = np.random.default_rng(0).integers(0, 255, (128, 128), dtype=np.uint8)

    found = second_simulator.score(noise, np.zeros_like(noise), None)

    assert (found["images"], found["refused"], found["hit"]) == (1, 1, 0)


def test_measure_prints_a_row_for_each_kind_and_saves_a_data_set(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(second_simulator, "KINDS", {"lines": ("bridge",)})
    monkeypatch.setattr(second_simulator, "PITCHES", ((16, 24),))

    second_simulator.measure(1, 5, tmp_path)

    rows = [line.split(" | ")[:3] for line in capsys.readouterr().out.splitlines()[2:4]]
    assert rows == [["| lines", "bridge", "1"], ["| lines", "none", "1"]]
    saved = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    assert saved == [
        "ground_truth/bridge/lines_16_000_mask.png",
        "test/bridge/lines_16_000.png",
        "test/good/lines_16_000.png",
    ]
