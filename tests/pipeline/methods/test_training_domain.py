"""An image against those a network was trained on."""

import json

import numpy as np
import pytest

from semscan.errors import BadImageError, BadModelError
from semscan.files.models.folder import read_model_folder
from semscan.image.appearance import measure_appearance, typical_appearance
from semscan.pipeline.methods.model import ModelMethod
from semscan.values import CleanImage


def changed(folder, **keys):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | keys))
    return folder


def picture(spot=True, rows=80, cols=100):
    values = (0.4 + np.random.default_rng(3).normal(0, 0.02, (rows, cols))).astype(np.float32)
    if spot:
        values[30:42, 50:66] = 0.9
    return values


def seen(folder, values, nm=None, judged=None):
    judged = np.ones(values.shape, bool) if judged is None else judged
    return ModelMethod(read_model_folder(folder), threads=1)(CleanImage(values, judged, (), "a.png", nm))


@pytest.mark.parametrize("nm", [1.0, 1.5, 3.0, 4.0])
def test_another_magnification_is_resampled_and_the_map_comes_back_at_its_own_size(model, nm):
    folder = changed(model, nm_per_pixel=2.0)
    judged = np.ones((80, 100), bool)
    judged[70:] = False

    evidence = seen(folder, picture(), nm, judged)

    assert evidence.raw.shape == (80, 100)
    assert evidence.raw.dtype == np.float32
    assert evidence.raw[32:40, 52:64].min() > 1
    assert evidence.raw[:25].max() < 0.5
    assert (evidence.raw[70:] == 0).all()
    (said,) = evidence.warnings
    assert said.startswith(f"resampled {nm / 2:.3g} times, from {nm:.4g} to the model's 2 nm per pixel")


@pytest.mark.parametrize(("nm", "zoom"), [(None, 0.5), (3.0, 0.75)])
def test_a_network_that_judges_at_half_size_sees_half_and_answers_at_full(model, nm, zoom):
    folder, shapes = changed(model, nm_per_pixel=2.0, zoom=0.5), []
    method = ModelMethod(read_model_folder(folder), threads=1)
    within = method._over_tiles
    method._over_tiles = lambda tiled: shapes.append(tiled.shape) or within(tiled)

    evidence = method(CleanImage(picture(), np.ones((80, 100), bool), (), "a.png", nm))

    assert shapes == [(80 * zoom, 100 * zoom)]
    assert evidence.raw.shape == (80, 100)
    assert evidence.raw[32:40, 52:64].min() > 1
    assert evidence.raw[:25].max() < 0.5
    assert len(evidence.warnings) == (nm is not None)  # of the magnification; half the size is the model's own affair


def test_a_zoom_out_of_range_is_refused(model):
    with pytest.raises(BadModelError, match="zoom is 3, wanted"):
        read_model_folder(changed(model, zoom=3))


def test_larger_tiles_are_taken_where_fewer_do(model):
    image = CleanImage(np.zeros((90, 90), np.float32), np.ones((90, 90), bool))
    config, sides = json.loads((model / "config.json").read_text()), []
    for largest in (config["tile"], 2 * config["tile"]):
        sides.append(set())
        method = ModelMethod(read_model_folder(changed(model, largest_tile=largest)), threads=1)
        run = method._network.run
        method._network.run = lambda tiles, run=run: sides[-1].add(tiles.shape[1]) or run(tiles)
        method(image)
    assert sides == [{config["tile"]}, {2 * config["tile"]}]


@pytest.mark.parametrize(("own", "trained"), [(2.02, 2.0), (None, 2.0), (2.0, None)])
def test_the_same_or_an_unknown_magnification_changes_nothing(model, own, trained):
    plain = seen(model, picture())

    evidence = seen(changed(model, nm_per_pixel=trained), picture(), own)

    assert np.array_equal(evidence.raw, plain.raw)
    assert evidence.warnings == ()


@pytest.mark.parametrize("nm", [0.9, 4.5])
def test_a_magnification_too_far_off_is_refused(model, nm):
    with pytest.raises(BadImageError, match="too far to resample"):
        seen(changed(model, nm_per_pixel=2.0), picture(), nm)


def test_a_classifier_is_not_resampled_but_warns(tmp_path, make_model):
    folder = changed(make_model(tmp_path / "m", classes=["a", "b"], raw_threshold=None, scale_to=64), nm_per_pixel=2.0)

    (said,) = seen(folder, picture(), 9.0).warnings

    assert "9 nm per pixel, the training images 2" in said


def test_an_image_that_looks_otherwise_carries_a_warning_and_one_alike_none(model):
    folder = changed(model, training_look=typical_appearance([measure_appearance(picture(spot=False))]))

    assert seen(folder, picture(spot=False) + np.float32(0.02)).warnings == ()
    (said,) = seen(folder, 0.4 + 0.6 * (picture(spot=False) - 0.4)).warnings
    assert said.startswith(
        "differs from the training images: contrast 40 % lower than in training (0.012, training 0.02)"
    )


def test_an_image_far_outside_the_training_images_is_not_judged(model):
    folder = changed(model, training_look=typical_appearance([measure_appearance(picture(spot=False))]))

    found = seen(folder, 0.4 + 0.2 * (picture(spot=False) - 0.4))

    assert any(reason.startswith("contrast 80 % lower than in training") for reason in found.unlike)
    assert found.warnings == ()
    assert seen(folder, picture(spot=True)).unlike == ()


def test_a_map_that_is_above_the_threshold_almost_everywhere_is_no_verdict(model):
    bright = np.full((80, 100), 0.9, np.float32)

    assert seen(model, bright).unlike == ("100 % of it lies above the threshold",)
    bright[:, :60] = 0.4
    assert seen(model, bright).unlike == ()


@pytest.mark.parametrize("look", ["much", {"noise": 3}, {"noise": {"median": "a", "spread": 1}}, {"noise": {}}])
def test_a_look_that_is_none_is_refused(model, look):
    with pytest.raises(BadModelError, match="training_look"):
        read_model_folder(changed(model, training_look=look))
