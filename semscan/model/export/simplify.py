"""Rewrite what tf2onnx makes of a network so that onnxruntime need not convert layouts between its convolutions.

On a CPU, onnxruntime keeps the features of neighbouring convolutions in blocks of channels. An operation that it knows
in the plain layout alone costs two conversions. The rewritten nodes compute the same.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from onnx import helper, numpy_helper

Graph: TypeAlias = Any  # onnx.ModelProto; its classes are made at run time
_NO_ROI = "simplify/no_roi"
_TWICE = "simplify/twice"


def simplify(model: Graph) -> None:
    """Rewrite `model`, an onnx.ModelProto, in place.

    Enlargement to the nearest pixel gets a constant factor instead of computed sizes: the networks enlarge so by 2
    alone. A 1x1 convolution of joined features becomes the sum of one of each.
    """
    graph = model.graph
    constants = {value.name: numpy_helper.to_array(value) for value in graph.initializer}
    uses: dict[str, int] = {}
    for node in graph.node:
        for name in node.input:
            uses[name] = uses.get(name, 0) + 1
    joins = {node.output[0]: node for node in graph.node if node.op_type == "Concat" and _axis(node) == 1}
    widths = _channels(graph, constants)
    nodes: list[Any] = []
    for node in graph.node:
        if node.op_type == "Resize" and _attributes(node).get("mode") == b"nearest":
            node = _doubling(node)
        if node.op_type == "Conv" and uses.get(node.input[0]) == 1 and node.input[0] in joins:
            nodes += _split(graph, node, joins[node.input[0]], constants, widths) or [node]
        else:
            nodes.append(node)
    graph.initializer.append(numpy_helper.from_array(np.zeros(0, np.float32), _NO_ROI))
    graph.initializer.append(numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), _TWICE))
    used = {name for node in nodes for name in node.input} | {value.name for value in graph.output}
    nodes = [node for node in nodes if used.intersection(node.output)]
    used = {name for node in nodes for name in node.input}
    weights = [value for value in graph.initializer if value.name in used]
    for field, kept in ((graph.node, nodes), (graph.initializer, weights)):
        del field[:]
        field.extend(kept)


def _attributes(node: Any) -> dict[str, Any]:
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def _axis(node: Any) -> int:
    return int(_attributes(node)["axis"])


def _channels(graph: Any, constants: dict[str, np.ndarray]) -> dict[str, int]:
    """Return the number of channels of what convolutions, with or without an activation, give."""
    widths: dict[str, int] = {}
    for node in graph.node:
        if node.op_type == "Conv" and node.input[1] in constants:
            widths[node.output[0]] = len(constants[node.input[1]])
        elif node.op_type in ("Relu", "LeakyRelu") and node.input[0] in widths:
            widths[node.output[0]] = widths[node.input[0]]
    return widths


def _doubling(node: Any) -> Any:
    """Return the enlargement as one by a constant factor of 2: each pixel becomes 2 x 2."""
    return helper.make_node(
        "Resize",
        [node.input[0], _NO_ROI, _TWICE],
        list(node.output),
        name=node.name,
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )


def _split(
    graph: Any, convolution: Any, join: Any, constants: dict[str, np.ndarray], widths: dict[str, int]
) -> list[Any] | None:
    """Return the 1x1 convolution of two joined feature maps as the sum of two; None if it is another case."""
    kernel = constants.get(convolution.input[1])
    first, second = list(join.input) if len(join.input) == 2 else ("", "")
    if kernel is None or kernel.shape[2:] != (1, 1) or first not in widths or second not in widths:
        return None
    parts = []
    for number, (name, weights) in enumerate(zip(join.input, np.split(kernel, [widths[first]], axis=1), strict=True)):
        part = f"{convolution.output[0]}/{number}"
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(weights), f"{part}/kernel"))
        biases = [] if number else list(convolution.input[2:])
        made = helper.make_node("Conv", [name, f"{part}/kernel", *biases], [part], name=part)
        made.attribute.extend(convolution.attribute)
        parts.append(made)
    whole = helper.make_node("Add", [part.output[0] for part in parts], list(convolution.output))
    return [*parts, whole]
