"""The graph of a model with its preprocessing and calibration inside: grey levels in, the 0..1 map out."""

from __future__ import annotations

import numpy as np

from semscan.errors import ExportError
from semscan.phrases import one_line
from semscan.values.model.config import ModelConfig

_LARGEST = np.nextafter(np.float32(1), np.float32(0))
_INSIDE = "network/"
_OPSET = 13  # the oldest that is tried


def wrap_graph(graph: bytes, config: ModelConfig) -> bytes:
    """Put nodes before and behind a model's own graph.

    Parameters
    ----------
    graph : bytes
        ``graph.onnx`` of a model folder; see `semscan.runtime.session.Network`.
    config : ModelConfig

    Returns
    -------
    bytes
        An ONNX model: ``image`` float32 (n, rows, cols), grey levels 0 to 1, to ``map`` float32 (n, rows, cols),
        0 to below 1, 0.5 the calibrated threshold, and ``logits`` (n, classes) where the network has them.

    Raises
    ------
    ExportError
        If the graph is not one that semscan made.
    """
    import onnx
    from onnx import TensorProto, compose, helper, numpy_helper

    model = compose.add_prefix(onnx.load_model_from_string(graph), _INSIDE)
    inner, opset = model.graph, {entry.domain: entry.version for entry in model.opset_import}.get("", 0)
    outputs = {value.name.removeprefix(_INSIDE): value for value in inner.output}
    constants_given = {value.name for value in inner.initializer}
    inputs = [value for value in inner.input if value.name not in constants_given]  # the number of looks is constant
    fits = len(inputs) == 1 and len(inputs[0].type.tensor_type.shape.dim) == 3
    if not fits or "score" not in outputs or opset < _OPSET:
        raise ExportError("the network graph is not one that semscan trains and cannot be wrapped; train it again")
    scale, threshold = config.preprocessing, config.calibration.raw_threshold
    constants = {
        "mean": np.float32(scale.mean),
        "std": np.float32(scale.std),
        "nothing": np.float32(0),
        "threshold": np.float32(1.0 if threshold is None else threshold),
        "largest": _LARGEST,
    }
    before = [
        helper.make_node("Sub", ["image", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "std"], [inputs[0].name]),
    ]
    behind = [
        helper.make_node("Max", [outputs["score"].name, "nothing"], ["raw"]),
        helper.make_node("Add", ["raw", "threshold"], ["whole"]),
        helper.make_node("Div", ["raw", "whole"], ["share"]),
        helper.make_node("Min", ["share", "largest"], ["map"]),
    ]
    answers = [helper.make_tensor_value_info("map", TensorProto.FLOAT, ["n", "rows", "cols"])]
    if "logits" in outputs:
        behind.append(helper.make_node("Identity", [outputs["logits"].name], ["logits"]))
        answers.append(
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(config.network.classes or ())])
        )
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", "rows", "cols"])
    weights = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    whole = helper.make_graph(
        [*before, *inner.node, *behind], "semscan", [image], answers, [*inner.initializer, *weights]
    )
    wrapped = helper.make_model(
        whole,
        opset_imports=model.opset_import,
        functions=model.functions,
        ir_version=model.ir_version,
        producer_name="semscan",
    )
    try:
        onnx.checker.check_model(wrapped)
    except onnx.checker.ValidationError as error:
        raise ExportError(f"the network graph is damaged ({one_line(error, 120)}); train it again") from error
    return wrapped.SerializeToString()
