"""A graph is arithmetic of bounded size on the tiles it is given; all else is refused before a runtime sees it."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from semscan.files.models.onnx_rules import MOST_PARTS, check_graph
from semscan.files.models.onnx_wire import parse_onnx
from tests.conftest import box_graph

TILES = helper.make_tensor_value_info("tiles", TensorProto.FLOAT, ["n", "rows", "cols"])
SCORE = helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", "rows", "cols"])
RELU = helper.make_node("Relu", ["tiles"], ["score"])


def made(nodes=(RELU,), inputs=(TILES,), outputs=(SCORE,), constants=(), **more):
    graph = helper.make_graph(list(nodes), "g", list(inputs), list(outputs), list(constants))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, **more)


def constant(values, name="w"):
    return numpy_helper.from_array(np.asarray(values), name)


def with_loop():
    inner = helper.make_graph([helper.make_node("Identity", ["c"], ["d"])], "body", [], [])
    return made([helper.make_node("Loop", ["", "", "tiles"], ["score"], body=inner)])


def with_function():
    model = made()
    node, opset = helper.make_node("Relu", ["x"], ["y"]), helper.make_opsetid("", 17)
    model.functions.append(helper.make_function("own", "f", ["x"], ["y"], [node], [opset]))
    return model


def with_external(key="location"):
    weights = constant(np.zeros(4, np.float32))
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key=key, value="passwd")
    return made(constants=[weights])


def added(values, name="w"):
    return made([helper.make_node("Add", ["tiles", name], ["score"])], constants=[constant(values, name)])


LOOKS = helper.make_tensor_value_info("looks", TensorProto.INT32, [])
HOSTILE = {
    "operator": (made([helper.make_node("NonZero", ["tiles"], ["score"])]), "the operator 'NonZero'"),
    "domain": (made([helper.make_node("Relu", ["tiles"], ["score"], domain="evil")]), "the operator 'evil.Relu'"),
    "loop": (with_loop(), "the operator|a graph inside"),
    "function": (with_function(), "functions"),
    "external": (with_external(), "weights in another file"),
    "texts": (made(constants=[helper.make_tensor("w", TensorProto.STRING, [1], [b"a"])]), "texts|of type 8"),
    "double": (added(np.zeros(2)), "of type 11"),
    "NaN": (added(np.array([np.nan], np.float32)), "NaN or infinity"),
    "infinity": (added(np.array([-np.inf], np.float32)), "NaN or infinity"),
    "size": (
        made([helper.make_node("Tile", ["tiles", "w"], ["score"])], constants=[constant([1, 10**6, 1])]),
        "1000000",
    ),
    "weights": (added(np.zeros((4200, 4000), np.float32)), "multiplications"),
    "nodes": (made([RELU] * (MOST_PARTS + 1)), "more than 4096"),
    "growing": (made([helper.make_node("Pad", ["tiles", "tiles"], ["score"])] * 129), "make their input larger"),
    "pool": (
        made([helper.make_node("MaxPool", ["tiles"], ["score"], kernel_shape=[4096, 4096])] * 2),
        "multiplications",
    ),
    "attribute": (made([helper.make_node("MaxPool", ["tiles"], ["score"], pads=[1 << 20])]), "attribute of MaxPool"),
    "unlimited": (
        made([helper.make_node("Tile", ["tiles", "w"], ["score"])], constants=[constant([1, 2**31, 1])]),
        "2147483648",
    ),
    "no input": (made(inputs=()), "inputs"),
    "two inputs": (made(inputs=(TILES, SCORE)), "inputs"),
    "whole numbers in": (made(inputs=(helper.make_tensor_value_info("tiles", 7, [1, 2, 3]),)), "inputs"),
    "rank in": (made(inputs=(helper.make_tensor_value_info("tiles", 1, [1, 2]),)), "inputs"),
    "output": (made(outputs=(SCORE, helper.make_tensor_value_info("passwd", 1, None))), "an output 'passwd'"),
    "output type": (made(outputs=(helper.make_tensor_value_info("score", 11, None),)), "output 'score'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_graph_that_semscan_does_not_write_is_refused(name):
    model, words = HOSTILE[name]

    with pytest.raises(ValueError, match=words):
        check_graph(model.SerializeToString())


def test_a_single_field_that_stands_twice_is_refused():
    data = made().SerializeToString()  # other readers would join the two graphs

    with pytest.raises(ValueError, match="stands twice"):
        check_graph(data + data)


def test_external_data_in_an_unusual_encoding_is_refused():
    data = with_external().SerializeToString()
    usual = b"\x0a\x08location"
    unusual = data.replace(usual, b"\x0a\x88\x80\x00location")  # the length in three bytes, and the sizes around it

    assert usual in data
    with pytest.raises(ValueError, match=r"weights in another file|cut short|no ONNX"):
        check_graph(unusual)


@pytest.mark.parametrize("name", [b"rows", b"tiles", b"Relu"])
def test_names_that_are_no_text_are_refused(name):
    data = made().SerializeToString()

    with pytest.raises(ValueError, match="a name that is no text"):
        check_graph(data.replace(name, b"\xff" + name[1:]))


def test_an_input_with_a_default_beside_the_tiles_is_accepted():
    default = numpy_helper.from_array(np.int32(4), "looks")

    check_graph(made(inputs=(TILES, LOOKS), constants=[default]).SerializeToString())


def test_what_is_allowed_and_not_needed_may_stand_in_a_file():
    model = made(producer_name="x", producer_version="1", doc_string="words")
    for key in ("kinds", "limits"):
        model.metadata_props.add(key=key, value="1")
    model.graph.value_info.extend([SCORE, SCORE])
    model.graph.doc_string = "words"

    check_graph(model.SerializeToString())


@pytest.mark.parametrize("classes", [0, 3])
def test_the_walk_finds_what_the_library_of_onnx_finds(classes):
    data = box_graph(classes)
    graph, expected = parse_onnx(data, MOST_PARTS), onnx.load_model_from_string(data).graph

    assert [node.op_type for node in graph.nodes] == [node.op_type for node in expected.node]
    assert [node.inputs for node in graph.nodes] == [tuple(node.input) for node in expected.node]
    assert [value.name for value in graph.outputs] == [value.name for value in expected.output]
    for found, tensor in zip(graph.constants, expected.initializer, strict=True):
        np.testing.assert_array_equal(found.values, numpy_helper.to_array(tensor).ravel())


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 40, b"no graph at all", box_graph()[:-3]])
def test_what_is_no_graph_is_refused(data):
    with pytest.raises(ValueError, match="it "):
        check_graph(data)
