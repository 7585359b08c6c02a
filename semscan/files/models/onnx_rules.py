"""What an ONNX graph may hold, so that running it is only arithmetic of bounded size on the tiles it is given."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np

from semscan.files.models.onnx_wire import BOOL, FLOAT, INT32, INT64, Graph, Node, Tensor, Value, parse_onnx

# What the networks and attentions of semscan export, by any version of tf2onnx, and steps of the same kind.
_OPERATORS = """
Abs Add And ArgMax AveragePool BatchNormalization Cast Ceil Clip Concat Constant ConstantOfShape Conv ConvTranspose
DepthToSpace Div Equal Erf Exp Expand Flatten Floor Gather Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual
Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log LogSoftmax MatMul Max MaxPool Mean Min Mul Neg Not Or Pad Pow Range
Reciprocal ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum Relu Reshape Resize Round Shape Sigmoid Sign
Slice Softmax Softplus SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh Tile Transpose Unsqueeze Where
"""
OPERATORS = frozenset(_OPERATORS.split())
DOMAINS = ("", "ai.onnx")
LARGEST_GRAPH = 64 << 20  # bytes; the networks of semscan have up to 5 million
MOST_PARTS = 4096  # nodes, constants; the networks of semscan have up to 576 and 95
MOST_WEIGHTS = 16 << 20  # multiplications at a position; the networks of semscan have up to 1.2 million
LARGEST_INT = 4096  # of a constant that may be a size; the networks of semscan have up to 128
UNLIMITED = (1 << 31) - 1  # from here on, "without a limit"
GROWING = (
    "ConstantOfShape",
    "Expand",
    "Pad",
    "Range",
    "Resize",
    "Tile",
)  # their output may be larger than their inputs
MOST_GROWING = 128
OUTPUTS = {"score": (3, 4), "logits": (2,), "evidence": (4,)}
RANKS = (3, 4)


def check_graph(data: bytes) -> None:
    """Raise ValueError, in a few words that complete "the graph: ...", unless a graph keeps these rules.

    One input of float tiles, and perhaps others of a single number that have a default; outputs of floats by the names
    in `OUTPUTS`; operators of `OPERATORS` alone, without functions, loops or subgraphs; constants of numbers inside the
    file, finite, and of bounded size.
    """
    graph = parse_onnx(data, MOST_PARTS)
    check_operators(graph)
    constants = [*graph.constants, *(tensor for node in graph.nodes for tensor in node.tensors)]
    inputs = {op_type: {name for node in nodes for name in node.inputs} for op_type, nodes in _by_operator(graph)}
    as_sizes = set().union(*(names for op_type, names in inputs.items() if op_type != "Slice"))
    growing = set().union(*(names for op_type, names in inputs.items() if op_type in GROWING))
    for tensor in constants:
        if not tensor.name or tensor.name in as_sizes:
            _check_size(tensor, may_be_unlimited=tensor.name not in growing)
        _check_finite(tensor)
    _check_cost(graph)
    _check_inputs(graph)
    for output in graph.outputs:
        _check_output(output)


def check_operators(graph: Graph) -> None:
    """Raise ValueError if a graph uses another operator than those of `OPERATORS`, or one with a huge attribute."""
    for node in graph.nodes:
        if node.domain not in DOMAINS or node.op_type not in OPERATORS:
            name = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
            raise ValueError(f"it uses the operator {name[:60]!r}, which no network of semscan does")
        if any(LARGEST_INT < abs(number) < UNLIMITED for number in node.ints):
            raise ValueError(f"an attribute of {node.op_type} is {max(node.ints, key=abs)}")
    growing = sum(node.op_type in GROWING for node in graph.nodes)
    if growing > MOST_GROWING:
        raise ValueError(f"{growing} of its operators make their input larger, at most {MOST_GROWING} may")


def _by_operator(graph: Graph) -> Iterator[tuple[str, list[Node]]]:
    found: dict[str, list[Node]] = {}
    for node in graph.nodes:
        found.setdefault(node.op_type, []).append(node)
    yield from found.items()


def _check_size(tensor: Tensor, *, may_be_unlimited: bool) -> None:
    """Check whole numbers that may become a size; only those of Slice, which cuts, may be any."""
    if tensor.data_type not in (INT32, INT64) or not tensor.values.size:
        return
    size = np.abs(tensor.values.astype(np.float64))
    if ((size > LARGEST_INT) & ~((size >= UNLIMITED) & may_be_unlimited)).any():
        raise ValueError(f"its constant {tensor.name[:60]!r} holds {int(size.max())}")


def _check_finite(tensor: Tensor) -> None:
    if tensor.data_type == FLOAT and not np.isfinite(tensor.values).all():
        raise ValueError(f"its weights {tensor.name[:60]!r} hold NaN or infinity")


def _check_cost(graph: Graph) -> None:
    """Bound the multiplications at a position: each weight is used at every one, as often as a node names it."""
    uses = Counter(name for node in graph.nodes for name in node.inputs)
    weights = sum(
        max(1, uses[tensor.name]) * tensor.values.size for tensor in graph.constants if tensor.data_type == FLOAT
    )
    pools = [node for node in graph.nodes if node.op_type in ("AveragePool", "MaxPool")]
    windows = sum(math.prod(max(1, abs(number)) for number in node.ints) for node in pools)
    if weights + windows > MOST_WEIGHTS:
        raise ValueError(f"it takes {weights + windows} multiplications at each position, at most {MOST_WEIGHTS}")


def _check_inputs(graph: Graph) -> None:
    defaults = {tensor.name for tensor in graph.constants}
    needed = [value for value in graph.inputs if value.name not in defaults]
    if len(needed) != 1 or needed[0].element != FLOAT or needed[0].rank not in RANKS:
        raise ValueError("its inputs are not one of float tiles (n, rows, cols)")
    for value in graph.inputs:
        if value.name in defaults and (value.element not in (FLOAT, INT32, INT64, BOOL) or value.rank not in (0, 1)):
            raise ValueError(f"its input {value.name[:60]!r} is not a number with a default")


def _check_output(output: Value) -> None:
    if output.name not in OUTPUTS:
        raise ValueError(f"it has an output {output.name[:60]!r}, wanted {', '.join(OUTPUTS)}")
    if output.element != FLOAT or output.rank not in (*OUTPUTS[output.name], None):
        raise ValueError(f"its output {output.name!r} is not of floats of the wanted axes")
