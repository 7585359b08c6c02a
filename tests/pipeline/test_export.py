"""A model in another format answers as it does itself, or is not written."""

import json
import re
import warnings

import numpy as np
import onnx
import pytest

from semscan.errors import BadModelError, ExportError, OutputError
from semscan.maps.normalise import normalise_map
from semscan.pipeline.export import compare_answers, export
from semscan.settings import ExportSettings
from semscan.values.model.config import NetworkConfig

CLASSES = ["good", "dot"]


@pytest.fixture(scope="module")
def network_model(tmp_path_factory):
    """A model folder of a real, untrained attention CNN, of patches of 32 px."""
    import hashlib

    from semscan.model.build import build, start
    from semscan.model.export.to_onnx import to_onnx

    start(0, "float32")
    config = {
        "schema_version": 1,
        "semscan_version": "0.1.0",
        "kind": "attention-cnn",
        "attention": "soft-mask",
        "backbone": "plain",
        "dropout": 0.0,
        "tile": 32,
        "overlap": 8,
        "scale_to": 64,
        "preprocessing": {"mean": 0.4, "std": 0.1},
        "calibration": {"raw_threshold": 0.5, "false_alarms": 0.1, "reached": 0.0, "held_back": "2 images"},
        "classes": CLASSES,
        "good_class": "good",
        "training": {},
        "libraries": {},
        "seed": 0,
        "nm_per_pixel": None,
    }
    network = build(NetworkConfig("attention-cnn", "soft-mask", tuple(CLASSES), "good"))
    samples = np.random.default_rng(0).normal(size=(2, 32, 32)).astype(np.float32)
    graph, _ = to_onnx(network, samples, logit_map=False)
    folder = tmp_path_factory.mktemp("network") / "model"
    folder.mkdir()
    network.save_weights(folder / "weights.weights.h5")
    (folder / "graph.onnx").write_bytes(graph)
    config["graph_sha256"] = hashlib.sha256(graph).hexdigest()
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return folder


def run_example(folder, monkeypatch):
    """Run the example of the README in the folder itself; return its names."""
    (code,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(folder)
    names = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow's own, of its TFLite interpreter
        exec(code, names)
    return names


@pytest.mark.parametrize("to", ["onnx", "savedmodel", "tflite"])
def test_the_worked_example_of_each_format_runs(network_model, tmp_path, monkeypatch, to):
    record = export(network_model, ExportSettings(to, str(tmp_path / "out")))
    spec = json.loads((tmp_path / "out" / "deploy.json").read_text("utf-8"))
    names = run_example(tmp_path / "out", monkeypatch)

    assert names["anomaly_map"].shape == (1, 32, 32)
    assert names["answer"]["logits"].shape == (1, 2)
    assert 0 <= names["anomaly_map"].min() <= names["anomaly_map"].max() < 1
    assert max(record["largest_difference"].values()) <= record["tolerance"]
    assert (spec["tile"], spec["overlap"], spec["threshold"], spec["longest_side"]) == (32, 8, 0.5, 64)
    assert spec["outputs"]["logits"]["classes"] == CLASSES
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_grey_levels_go_in_and_the_calibrated_map_comes_out(model, tmp_path):
    import onnxruntime

    export(model, ExportSettings("onnx", str(tmp_path / "out")))
    session = onnxruntime.InferenceSession(tmp_path / "out" / "model.onnx", providers=["CPUExecutionProvider"])
    (anomaly_map,) = session.run(
        ["map"], {"image": np.full((2, 8, 12), 0.8, np.float32)}
    )  # 4 deviations above the mean

    assert anomaly_map.shape == (2, 8, 12)
    assert anomaly_map[0, 4, 6] == pytest.approx(normalise_map(np.float32(3), 1.0), abs=1e-6)
    onnx.checker.check_model(onnx.load(tmp_path / "out" / "model.onnx"), full_check=True)


def test_without_a_threshold_the_spec_says_that_half_means_nothing(make_model, tmp_path):
    model = make_model(tmp_path / "model", raw_threshold=None, classes=["a", "b"])
    export(model, ExportSettings("onnx", str(tmp_path / "out")))
    spec = json.loads((tmp_path / "out" / "deploy.json").read_text("utf-8"))

    assert spec["threshold"] is None
    assert "means nothing" in spec["outputs"]["map"]["0.5"]


def test_what_differs_is_not_written(model, tmp_path):
    with pytest.raises(ExportError, match="differs from the model itself"):
        export(model, ExportSettings("onnx", str(tmp_path / "out"), tolerance=-1))

    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_graph_and_weights_of_different_networks_are_told_apart(network_model, tmp_path, make_model):
    made = make_model(tmp_path / "model", classes=CLASSES, good="good")
    config = json.loads((made / "config.json").read_text("utf-8"))
    config |= {"attention": "soft-mask", "backbone": "plain", "dropout": 0.0}
    (made / "config.json").write_text(json.dumps(config), "utf-8")
    (made / "weights.weights.h5").write_bytes((network_model / "weights.weights.h5").read_bytes())

    with pytest.raises(ExportError, match="tflite model differs"):
        export(made, ExportSettings("tflite", str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


def test_a_model_without_weights_is_refused_where_they_are_needed(model, tmp_path):
    with pytest.raises(BadModelError, match=r"weights\.weights\.h5"):
        export(model, ExportSettings("savedmodel", str(tmp_path / "out")))


def test_an_export_is_replaced_only_when_asked_and_keeps_files_of_others(model, tmp_path):
    out = tmp_path / "out"
    export(model, ExportSettings("onnx", str(out)))
    (out / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="--overwrite"):
        export(model, ExportSettings("onnx", str(out)))
    export(model, ExportSettings("onnx", str(out), overwrite=True))

    assert (out / "mine.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "out"]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("where", ["map", "logits"])
def test_an_answer_that_is_no_number_differs_however_right_the_next_is(bad, where):
    right = {"map": np.ones((1, 4, 4)), "logits": np.ones((1, 2))}
    wrong = right | {where: np.full_like(right[where], bad)}

    assert compare_answers([(right, wrong), (right, right)])[where] == np.inf
    assert compare_answers([(right, right), (right, wrong)])[where] == np.inf


def test_a_folder_of_something_else_is_refused_even_with_overwrite(model, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")

    with pytest.raises(OutputError, match="does not hold an exported model"):
        export(model, ExportSettings("onnx", str(tmp_path / "out"), overwrite=True))


def test_explain_shows_an_untrained_network_too(network_model, spotted, tmp_path):
    from semscan.pipeline.explain import explain_images
    from semscan.settings import ExplainSettings

    (record,) = explain_images([str(spotted)], ExplainSettings(str(network_model), str(tmp_path / "out")))

    assert record["status"] == "ok", record
    assert {"attention-before", "attention-weights", "attention-after", "map"} <= set(record["outputs"]["panels"])
    assert record["class"] in CLASSES
