"""What a network sees, at the place where it is seen."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from semscan.errors import UsageFault
from semscan.files.images.read import read_image
from semscan.files.models.folder import read_model_folder
from semscan.image.clean import clean
from semscan.pipeline.explain import Opened, explain_images, open_model
from semscan.pipeline.explaining.activations import layer_activations
from semscan.pipeline.explaining.faithfulness import measure_faithfulness
from semscan.pipeline.methods.model import ModelMethod
from semscan.settings import ExplainSettings, FaithfulSettings, ReadSettings
from semscan.values import CleanImage

ROWS, COLS = (20, 26), (30, 38)  # of the spot in `spotted`


@pytest.fixture(scope="module")
def mechanisms():
    """Layers by name, none of them trained: each attends to what is bright."""
    from semscan.model.attention.additive import ImageAttention
    from semscan.model.attention.gate import AttentionGate
    from semscan.model.attention.squeeze_excite import ChannelAttention
    from semscan.model.tf_import import keras, ops

    class TwoHeads(keras.layers.Layer):
        def call(self, x):
            bright = x[..., :1]
            return x * bright, ops.concatenate([bright, 1 - bright], axis=-1), bright

    return {
        "softmax": lambda: ImageAttention(4, "softmax", name="attention"),
        "sigmoid": lambda: ImageAttention(4, "sigmoid", name="attention"),
        "heads": lambda: TwoHeads(name="attention"),
        "channel": lambda: ChannelAttention(name="attention"),
        "gate": lambda: AttentionGate(4, joins=True, name="attention_gate2"),
    }


@pytest.fixture
def opened(model, mechanisms):
    """Open a tiny network around a mechanism: means of 4 x 4 px, attended to."""
    from semscan.model.reload import OpenedNetwork
    from semscan.model.tf_import import keras

    def make(name, folder=model):
        patch = keras.Input((None, None, 1))
        features = keras.layers.AveragePooling2D(4)(keras.layers.ReLU()(patch))
        layer = mechanisms[name]() if name else None
        outputs = {"reconstruction": keras.layers.AveragePooling2D(9, 1, padding="same")(patch)}
        if layer is not None:
            layer(features if name != "gate" else [keras.layers.AveragePooling2D(5, 1, "same")(features), features])
            outputs["seen"] = layer.output[0]
            if name in ("softmax", "sigmoid"):
                layer.set_weights([np.ones((1, 4)) / 4, np.zeros(4), np.ones((4, 1))])
            if name == "gate":  # opened by the features alone
                layer.set_weights([np.ones((1, 4)), np.zeros((1, 4)), np.zeros(4), np.ones((4, 1)), np.zeros(1)])
        else:
            outputs["seen"] = features
        read = read_model_folder(folder)
        inside = OpenedNetwork(keras.Model(patch, outputs), looks=4)
        return Opened(read, ModelMethod(read), inside, inside.competing)

    return make


def explained(opened, image, tmp_path, **more):
    (record,) = explain_images([str(image)], ExplainSettings(out=str(tmp_path / "out"), **more), opened=opened)
    assert record["status"] == "ok", record
    return record


def panels(record):
    return {key: cv2.imread(path, cv2.IMREAD_UNCHANGED) for key, path in record["outputs"]["panels"].items()}


def hottest(picture):
    """Row and column of the middle of what is brightest (plasma's green rises with anomaly_map)."""
    grey = picture if picture.ndim == 2 else picture[..., 1]
    row, col = np.nonzero(grey >= np.quantile(grey, 0.99))
    return row.mean(), col.mean()


@pytest.mark.parametrize("name", ["softmax", "sigmoid", "gate"])
def test_a_spot_shows_at_its_place_in_every_panel(opened, spotted, tmp_path, name):
    shown = panels(explained(opened(name), spotted, tmp_path))

    assert {key.rpartition("-")[2] for key in shown} == {
        "input",
        "before",
        "weights",
        "scores",
        "after",
        "enhanced",
        "reconstruction",
        "residual",
        "map",
    }
    for key, picture in shown.items():
        row, col = hottest(picture)
        assert picture.shape[:2] == (48, 64), key
        assert abs(row - sum(ROWS) / 2) < 3, (key, row)
        assert abs(col - sum(COLS) / 2) < 3, (key, col)


def test_input_and_map_are_the_image_and_what_inspect_says(opened, spotted, tmp_path):
    record = explained(opened("sigmoid"), spotted, tmp_path)

    np.testing.assert_array_equal(panels(record)["input"], cv2.imread(str(spotted), cv2.IMREAD_GRAYSCALE))
    assert record["score"] > 0.5
    assert cv2.imread(record["outputs"]["figure"]).shape[1] == 1440
    assert json.loads((tmp_path / "out" / "explain.jsonl").read_text("utf-8"))["stem"] == "spotted"


def test_each_head_has_a_panel_and_channels_a_chart(opened, spotted, tmp_path):
    heads = panels(explained(opened("heads"), spotted, tmp_path / "a"))
    channels = explained(opened("channel"), spotted, tmp_path / "b")

    assert {"attention-weights-1", "attention-weights-2"} <= set(heads)
    assert not any("weights" in key for key in channels["outputs"]["panels"])
    assert channels["warnings"] == []


def test_a_network_without_attention_says_so(opened, spotted, tmp_path):
    record = explained(opened(None), spotted, tmp_path)

    assert "features" in record["outputs"]["panels"]
    assert "no attention" in record["warnings"][0]


def test_the_data_bar_is_left_out_of_the_heat(opened, spotted, tmp_path):
    shown = panels(explained(opened("sigmoid"), spotted, tmp_path, read=ReadSettings(databar=10)))

    assert np.unique(shown["attention-weights"][38:].reshape(-1, 3), axis=0).tolist() == [[26, 26, 26]]
    assert len(np.unique(shown["attention-weights"][:38].reshape(-1, 3), axis=0)) > 10


def test_an_image_larger_than_a_tile_keeps_its_places(opened, save_png, grey, tmp_path):
    pixels = grey(150, 210)
    pixels[100:106, 170:178] = 220
    shown = panels(explained(opened("sigmoid"), save_png(tmp_path / "wide.png", pixels), tmp_path))

    row, col = np.unravel_index(shown["attention-weights"][..., 1].argmax(), (150, 210))
    assert 98 <= row <= 107
    assert 168 <= col <= 179


def test_a_rerun_takes_its_own_name_and_a_namesake_another(opened, spotted, save_png, grey, tmp_path):
    other = save_png(tmp_path / "b" / "spotted.png", grey())
    opened = opened("sigmoid")
    first = explained(opened, spotted, tmp_path)
    second = explained(opened, other, tmp_path)
    again = explained(opened, spotted, tmp_path)

    assert first["outputs"] == again["outputs"]
    assert second["stem"] == "spotted.png"


def test_the_explanation_of_another_page_is_not_replaced(opened, grey, tmp_path):
    pages = tmp_path / "mp.tif"
    cv2.imwritemulti(str(pages), [grey(), grey(spot=True)])
    first = explained(opened("sigmoid"), pages, tmp_path)
    kept = (tmp_path / "out" / "explain.jsonl").read_text("utf-8")
    settings = ExplainSettings(out=str(tmp_path / "out"), read=ReadSettings(page=1))

    (second,) = explain_images([str(pages)], settings, opened=opened("sigmoid"))
    elsewhere = explained(opened("sigmoid"), pages, tmp_path / "b", read=ReadSettings(page=1))

    assert second["error"] == f"{tmp_path / 'out'}: holds page 0 of {pages}; give page 1 another --out"
    assert (tmp_path / "out" / "explain.jsonl").read_text("utf-8") == kept
    assert (first["page"], elsewhere["page"]) == (0, 1)


def test_files_of_others_are_not_written_over(opened, spotted, tmp_path):
    mine = tmp_path / "out" / "spotted.explain.png"
    mine.parent.mkdir()
    mine.write_text("mine")

    assert explained(opened("sigmoid"), spotted, tmp_path)["stem"] == "spotted.png"
    assert mine.read_text() == "mine"


def test_a_bad_image_does_not_stop_the_others(opened, spotted, tmp_path):
    (tmp_path / "torn.png").write_bytes(b"x")
    records = list(
        explain_images(
            [str(tmp_path / "torn.png"), str(spotted)],
            ExplainSettings(out=str(tmp_path / "out")),
            opened=opened("sigmoid"),
        )
    )

    assert [record["status"] for record in records] == ["error", "ok"]


def test_attending_to_the_spot_matters_and_to_a_corner_does_not(model, spotted):
    method = ModelMethod(read_model_folder(model))
    image = clean(read_image(spotted, ReadSettings()), ReadSettings())
    spot, corner = (np.zeros(image.values.shape, np.float32) for _ in range(2))
    spot[slice(*ROWS), slice(*COLS)] = 1
    corner[36:, :10] = 1
    settings = FaithfulSettings(reach=48)
    right, wrong = (measure_faithfulness(image, where, None, method, settings) for where in (spot, corner))

    assert (right["matters"], wrong["matters"]) == (True, False)
    assert right["score"] == "image score"
    assert right["replaced"] < 0.5 < right["whole"]
    assert "do not take it as evidence" in wrong["said"]


def test_faithful_is_drawn_and_told(opened, spotted, tmp_path):
    record = explained(opened("sigmoid"), spotted, tmp_path, faithful=FaithfulSettings(draws=1))

    assert cv2.imread(record["outputs"]["faithful"]).shape[1] == 1440
    assert record["faithful"]["background"] == "patches"


def test_the_repeats_are_a_background(model):
    cols = np.arange(160)
    values = np.tile(0.3 + 0.1 * np.sin(2 * np.pi * cols / 16), (128, 1)).astype(np.float32)
    values[60:66, 76:84] = 1
    attention = np.zeros_like(values)
    attention[60:66, 76:84] = 1
    image = CleanImage(values, np.ones(values.shape, bool))
    settings = FaithfulSettings(background="repeats", draws=1)
    found = measure_faithfulness(image, attention, None, ModelMethod(read_model_folder(model)), settings)

    assert found["background"] == "repeats"
    assert found["matters"] is True


def test_a_reconstruction_that_is_not_there_is_refused(model, spotted):
    image = clean(read_image(spotted, ReadSettings()), ReadSettings())
    settings = replace(FaithfulSettings(), background="reconstruction")

    with pytest.raises(ValueError, match="reconstructs nothing"):
        measure_faithfulness(image, image.values, None, ModelMethod(read_model_folder(model)), settings)


def test_the_network_is_fed_what_inspect_feeds_it(model, alter_model, grey):
    folder = alter_model(read_model_folder(model), tiling={"largest_tile": 64})
    values = grey(60, 90).astype(np.float32) / 255
    judged = np.ones(values.shape, bool)
    judged[30:36, 40:70] = False  # burnt-in text
    values[~judged] = 1
    image = CleanImage(values, judged)
    method, shown, inspected = ModelMethod(folder), [], []
    run = method._network.run
    method._network.run = lambda tiles: inspected.append(tiles) or run(tiles)

    method(image)
    layer_activations(image, folder.config, lambda tiles: shown.append(tiles) or ({"features": tiles}, {}))

    np.testing.assert_array_equal(np.concatenate(shown), np.concatenate(inspected))


def test_weights_of_a_layer_compete_only_if_it_says_so(model, grey):
    config = read_model_folder(model).config
    image = CleanImage(grey(32, 32).astype(np.float32) / 255, np.ones((32, 32), bool))

    def look(tiles):
        weights = np.zeros((len(tiles), 8, 8), np.float32)
        weights[:, 3, 3] = 1  # sums to one, as a mask that is open at one place does as well
        return {"attention/weights.1": weights}, {}

    mask = layer_activations(image, config, look).maps["attention/weights.1"]
    softmax = layer_activations(image, config, look, frozenset({"attention"})).maps["attention/weights.1"]

    assert mask.max() <= 1
    np.testing.assert_allclose(softmax, 64 * mask)


def test_an_image_that_cannot_be_tested_leaves_no_figure(opened, spotted, tmp_path):
    faithful = FaithfulSettings(background="reconstruction")
    settings = ExplainSettings(out=str(tmp_path / "out"), faithful=faithful)
    network = opened("sigmoid")
    with_none = replace(
        network,
        layers=lambda tiles: (
            {name: values for name, values in network.layers(tiles)[0].items() if name != "reconstruction"},
            {},
        ),
    )

    (record,) = explain_images([str(spotted)], settings, opened=with_none)

    assert record["status"] == "error"
    assert "reconstructs nothing" in record["error"]
    assert not list((tmp_path / "out").rglob("*.png"))


def test_a_background_that_a_classifier_cannot_give_is_wrong_usage(tmp_path, make_model):
    folder = make_model(tmp_path / "m", classes=["good", "gap"], good="good")
    faithful = FaithfulSettings(background="reconstruction")

    with pytest.raises(UsageFault, match="reconstructs nothing"):
        open_model(ExplainSettings(model=str(folder), faithful=faithful))
