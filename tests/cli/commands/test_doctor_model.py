"""`semscan doctor MODEL`: what is wrong with a model folder."""

import json

import numpy as np
import pytest

from tests.attack.drive import run


def diagnosed(model):
    ended = run(["doctor", model, "--format", "json"])
    assert ended.faults == ()
    return ended.code, json.loads(ended.out)


def test_a_whole_model_can_be_used(model):
    code, found = diagnosed(model)

    assert (code, found["usable"]) == (0, True)
    assert [file["name"] for file in found["files"]] == ["config.json", "graph.onnx"]
    assert {finding["level"] for finding in found["findings"]} <= {"note", "warning"}


def test_words_are_printed_where_asked_for(model):
    ended = run(["doctor", model, "--format", "text"])

    assert ended.out.splitlines()[-1] == "it can be used"


@pytest.mark.parametrize("name", ["config.json", "graph.onnx"])
def test_a_damaged_file_is_named(model, name):
    (model / name).write_bytes((model / name).read_bytes()[:-9])
    code, found = diagnosed(model)

    assert (code, found["usable"]) == (2, False)
    assert name in found["findings"][0]["said"]


def test_a_network_that_answers_nan_is_found_out(tmp_path, make_model):
    from onnx import TensorProto, helper, numpy_helper

    tiles, score = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", "r", "c"]) for name in ("t", "score"))
    zero = numpy_helper.from_array(np.float32(0), "zero")
    node = helper.make_node("Div", ["t", "zero"], ["score"])
    graph = helper.make_graph([node], "g", [tiles], [score], [zero])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model = make_model(tmp_path / "m", graph=made.SerializeToString())
    code, found = diagnosed(model)

    assert (code, found["usable"]) == (2, False)
    assert "wanted finite numbers" in found["findings"][0]["said"]


def test_such_a_network_gives_an_error_record_of_an_image(tmp_path, make_model, good):
    from onnx import TensorProto, helper, numpy_helper

    tiles, score = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", "r", "c"]) for name in ("t", "score"))
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 2])
    huge = numpy_helper.from_array(np.full(2, 3e38, np.float32), "huge")
    axes = numpy_helper.from_array(np.array([1, 2], np.int64), "axes")
    nodes = [
        helper.make_node("Relu", ["t"], ["score"]),
        helper.make_node("ReduceSum", ["t", "axes"], ["sum"], keepdims=0),
        helper.make_node("Unsqueeze", ["sum", "last"], ["column"]),
        helper.make_node("Mul", ["column", "huge"], ["logits"]),
    ]
    last = numpy_helper.from_array(np.array([1], np.int64), "last")
    graph = helper.make_graph(nodes, "g", [tiles], [score, logits], [huge, axes, last])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model = make_model(tmp_path / "m", classes=["good", "dot"], good="good", graph=made.SerializeToString())
    ended = run(["score", good, "--model", model])

    assert (ended.code, ended.faults) == (3, ())
    assert "wanted finite numbers" in json.loads(ended.out)["error"]


def test_a_graph_for_tiles_of_another_size_is_an_error_record_and_cannot_be_exported(tmp_path, make_model, good):
    from onnx import TensorProto, helper

    tiles, score = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 7, "c"]) for name in ("t", "score"))
    graph = helper.make_graph([helper.make_node("Relu", ["t"], ["score"])], "g", [tiles], [score])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    model = make_model(tmp_path / "m", graph=made.SerializeToString())
    scored = run(["score", good, "--model", model])
    exported = run(["export", model, "--to", "onnx", tmp_path / "e"])

    assert (scored.code, scored.faults) == (3, ())
    assert (exported.code, exported.faults) == (2, ())
    assert "the network cannot be run" in exported.err
    assert not (tmp_path / "e").exists()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("tile", 4096, "tile is 4096"),
        ("overlap", 31, "overlap is 31"),
        ("backbone", "x" * 300, "backbone is"),
        ("attention", "+".join(["cbam"] * 100), "attention is"),
        ("preprocessing", {"mean": 0.4, "std": 1e-300}, "preprocessing.std is"),
    ],
)
def test_a_configuration_beyond_what_semscan_writes_is_refused(model, key, value, words):
    config = json.loads((model / "config.json").read_text("utf-8"))
    (model / "config.json").write_text(json.dumps(config | {key: value}), "utf-8")
    code, found = diagnosed(model)

    assert code == 2
    assert words in found["findings"][0]["said"]


def test_weights_that_link_to_another_file_are_refused(model, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(model / "weights.weights.h5", "w") as file:
        file["layer/vars/0"] = h5py.ExternalLink("/etc/passwd", "/")
    code, found = diagnosed(model)

    assert code == 2
    assert "links '0' to another place" in found["findings"][0]["said"]


def test_weights_other_than_those_that_config_names_are_refused(model):
    h5py = pytest.importorskip("h5py")
    with h5py.File(model / "weights.weights.h5", "w") as file:
        file["layer/vars/0"] = np.zeros(3, np.float32)
    config = json.loads((model / "config.json").read_text("utf-8"))
    (model / "config.json").write_text(json.dumps(config | {"weights_sha256": "0" * 64}), "utf-8")
    code, found = diagnosed(model)

    assert code == 2
    assert "not the weights that config.json was written for" in found["findings"][0]["said"]
