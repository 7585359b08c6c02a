"""ONNX graphs changed in their nodes, constants and shapes, or anywhere in their bytes."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.attack.mutate.bits import Random, damage, edge, pick

OTHERS = ("Loop", "If", "Scan", "NonZero", "RandomNormal", "StringNormalizer", "Einsum", "TopK", "LSTM", "SequenceAt")
SIZES = (0, 1, 3, 1000, 65536, 65537, 1 << 20, 1 << 31, (1 << 62), -1, -(1 << 31))


def mutate_graph(rng: Random, data: bytes, operators: frozenset[str]) -> bytes:
    """Change a graph a few times; `operators` are those that semscan accepts, so that many changes pass the check."""
    if rng.random() < 0.2:
        return damage(rng, data)
    model = onnx.load_model_from_string(data)
    for _ in range(int(pick(rng, (1, 1, 1, 2, 4)))):
        pick(rng, (_operator, _wires, _attribute, _constant, _constant, _shape, _node, _extra))(rng, model, operators)
    return damage(rng, model.SerializeToString()) if rng.random() < 0.1 else model.SerializeToString()


def _operator(rng: Random, model, operators):
    names = OTHERS if rng.random() < 0.1 else sorted(operators)
    pick(rng, model.graph.node).op_type = pick(rng, names)


def _wires(rng: Random, model, operators):
    node = pick(rng, model.graph.node)
    names = [name for other in model.graph.node for name in (*other.input, *other.output)]
    side = node.input if rng.random() < 0.7 else node.output
    if side:
        side[int(rng.integers(len(side)))] = pick(rng, names)


def _attribute(rng: Random, model, operators):
    node = pick(rng, model.graph.node)
    name = pick(
        rng, ("axis", "axes", "pads", "kernel_shape", "strides", "dilations", "group", "perm", "keepdims", "to")
    )
    del node.attribute[:]
    many = [int(pick(rng, SIZES)) for _ in range(int(rng.integers(1, 5)))]
    node.attribute.append(helper.make_attribute(name, many if rng.random() < 0.6 else many[0]))


def _constant(rng: Random, model, operators):
    if not model.graph.initializer:
        return
    tensor = pick(rng, model.graph.initializer)
    try:
        values = numpy_helper.to_array(tensor)
    except Exception:  # an earlier change has left no constant: the library raises almost anything
        return
    change = int(rng.integers(5))
    if change == 0 and values.dtype.kind == "f":
        with np.errstate(all="ignore"):
            values = values * np.float32(pick(rng, (np.nan, np.inf, 0.0, 1e30, -1.0, 1e-30)))
    elif change == 1 and values.dtype.kind == "i" and values.size:
        values = np.full_like(values, np.clip(pick(rng, SIZES), np.iinfo(values.dtype).min, np.iinfo(values.dtype).max))
    elif change == 2:
        values = np.zeros(tuple(int(side) for side in rng.integers(0, 40, int(rng.integers(0, 5)))), values.dtype)
    elif change == 3:
        tensor.dims[:] = [int(pick(rng, SIZES)) for _ in range(int(rng.integers(0, 4)))]
        return
    else:
        tensor.data_type = int(rng.integers(0, 20))
        return
    if values.dtype.kind in "fiub":
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def _shape(rng: Random, model, operators):
    value = pick(rng, [*model.graph.input, *model.graph.output])
    kind = value.type.tensor_type
    if rng.random() < 0.3:
        kind.elem_type = int(rng.integers(0, 20))
    elif kind.shape.dim:
        pick(rng, kind.shape.dim).dim_value = int(edge(rng, 31))


def _node(rng: Random, model, operators):
    nodes = list(model.graph.node)
    at = int(rng.integers(len(nodes)))
    if rng.random() < 0.5 and len(nodes) > 1:
        del model.graph.node[at]
    else:
        model.graph.node.extend([nodes[at]] * int(rng.integers(1, 30)))


def _extra(rng: Random, model, operators):
    change = int(rng.integers(5))
    if change == 0:
        tensor = model.graph.initializer.add(name="w", data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="passwd")
    elif change == 1:
        model.functions.append(helper.make_function("d", "f", ["x"], ["y"], [], [helper.make_opsetid("", 17)]))
    elif change == 2:
        model.graph.initializer.append(helper.make_tensor("s", TensorProto.STRING, [1], [b"x"]))
    elif change == 3:
        model.opset_import.append(helper.make_opsetid(pick(rng, ("", "com.microsoft", "ai.onnx.ml")), edge(rng, 16)))
    else:
        model.ir_version = edge(rng, 31)
