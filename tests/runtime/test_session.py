"""The network in the light runtime."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from semscan.errors import BadModelError
from semscan.files.models.folder import read_model_folder
from semscan.runtime.looks import with_default_looks
from semscan.runtime.session import Network


def test_a_graph_scores_what_lies_above_one_standard_deviation(model):
    network = Network(read_model_folder(model).graph)
    tiles = np.full((2, 8, 8), [[[0.5]], [[3.0]]], np.float32)

    score = network.run(tiles)["score"]

    assert score.shape == (2, 8, 8)
    assert score[0].max() == 0
    assert score[1, 1:-1, 1:-1] == pytest.approx(2.0)


def test_a_batch_and_single_tiles_score_alike(model):
    network = Network(read_model_folder(model).graph)
    tiles = np.random.default_rng(0).normal(1, 1, (5, 16, 16)).astype(np.float32)

    one_by_one = np.concatenate([network.run(tile[None])["score"] for tile in tiles])

    np.testing.assert_allclose(network.run(tiles)["score"], one_by_one, atol=1e-6)


def test_threads_may_share_a_network(model):
    network = Network(read_model_folder(model).graph)
    tiles = np.random.default_rng(0).normal(1, 1, (3, 16, 16)).astype(np.float32)
    alone = network.run(tiles)["score"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: network.run(tiles)["score"], range(12)))

    assert all(np.array_equal(answer, alone) for answer in answers)


def test_a_classifier_answers_with_logits_too(tmp_path, make_model):
    folder = read_model_folder(make_model(tmp_path / "m", classes=["good", "bridge", "gap"], good="good"))

    assert Network(folder.graph).run(np.zeros((2, 8, 8), np.float32))["logits"].shape == (2, 3)


def test_bytes_that_are_no_graph_are_refused_in_one_line():
    with pytest.raises(BadModelError, match="cannot be loaded") as caught:
        Network(b"no graph at all")

    assert "\n" not in str(caught.value)


def test_scores_of_another_shape_than_the_tiles_are_refused():
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("tiles", TensorProto.FLOAT, ["n", 8, 8])
    score = helper.make_tensor_value_info("score", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("ReduceMax", ["tiles"], ["score"])], "g", [value], [score])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)

    with pytest.raises(BadModelError, match="scores of shape"):
        Network(made.SerializeToString()).run(np.zeros((2, 8, 8), np.float32))


def test_a_graph_without_a_score_is_refused():
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("tiles", TensorProto.FLOAT, ["n", 8, 8])
    other = helper.make_tensor_value_info("other", TensorProto.FLOAT, ["n", 8, 8])
    graph = helper.make_graph([helper.make_node("Relu", ["tiles"], ["other"])], "g", [value], [other])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)

    with pytest.raises(BadModelError, match="an output 'score'"):
        Network(made.SerializeToString())


def test_a_graph_takes_as_many_looks_as_it_is_given(model_with_looks):
    graph = read_model_folder(model_with_looks).graph
    tiles = np.full((1, 8, 8), 3.0, np.float32)  # one look gives 2

    peaks = [Network(graph, looks=looks).run(tiles)["score"].max() for looks in (None, 1, 2, 4)]

    assert peaks == pytest.approx([8, 2, 4, 8])


def test_the_default_number_of_looks_is_changed_in_the_graph_itself(model_with_looks):
    graph = with_default_looks(read_model_folder(model_with_looks).graph, 1)

    assert Network(graph).run(np.full((1, 8, 8), 3.0, np.float32))["score"].max() == pytest.approx(2)


def test_a_graph_of_an_earlier_version_takes_four_looks_and_no_other_number(model):
    graph = read_model_folder(model).graph

    assert Network(graph, looks=4).run(np.zeros((1, 8, 8), np.float32))["score"].max() == 0
    with pytest.raises(BadModelError, match="takes 4 looks at each tile"):
        Network(graph, looks=1)
    with pytest.raises(ValueError, match="same number of looks"):
        with_default_looks(graph, 1)
