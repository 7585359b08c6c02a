"""Take an ONNX file apart as data: its protocol buffer is walked by the rules of onnx.proto3, and nothing is built.

The `onnx` package does the same, but importing it takes 49 ms, as long as all else that opening a model does. This walk
is stricter: a field that onnx.proto3 does not name, one of another kind, or a single one that stands twice is refused.
So what is checked here is what any other reader of the file gets.

References
----------
https://protobuf.dev/programming-guides/encoding/ and onnx.proto3 of ONNX 1.16.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_SKIPPED = {FIXED64: 8, FIXED32: 4}
FLOAT, INT32, INT64, BOOL = 1, 6, 7, 9
ELEMENTS = {FLOAT: "<f4", INT32: "<i4", INT64: "<i8", BOOL: "?"}
# The fields that are read of each message, by number: name and wire type. A star means that it may be repeated, and an
# exclamation mark that it is refused by its name.
_MODEL = {
    1: ("ir_version", VARINT),
    2: ("", BYTES),
    3: ("", BYTES),
    4: ("", BYTES),
    5: ("", VARINT),
    6: ("", BYTES),
} | {
    7: ("graph", BYTES),
    8: ("opset*", BYTES),
    14: ("*", BYTES),
    20: ("!steps of a training", None),
    25: ("!functions", None),
}
_OPSET = {1: ("domain", BYTES), 2: ("version", VARINT)}
_GRAPH = {1: ("node*", BYTES), 2: ("", BYTES), 5: ("initializer*", BYTES), 10: ("", BYTES), 11: ("input*", BYTES)} | {
    12: ("output*", BYTES),
    13: ("*", BYTES),
}
_NODE = {1: ("input*", BYTES), 2: ("output*", BYTES), 3: ("", BYTES), 4: ("op_type", BYTES)} | {
    5: ("attribute*", BYTES),
    6: ("", BYTES),
    7: ("domain", BYTES),
}
_ATTRIBUTE = {1: ("name", BYTES), 2: ("f", FIXED32), 3: ("i", VARINT), 4: ("s", BYTES), 5: ("tensor", BYTES)} | {
    7: ("floats*", None),
    8: ("ints*", None),
    6: ("!a graph inside an operator", None),
    11: ("!a graph inside an operator", None),
    13: ("", BYTES),
    20: ("type", VARINT),
}
_TENSOR = {1: ("dims*", None), 2: ("data_type", VARINT), 4: ("float_data*", None), 5: ("int32_data*", None)} | {
    7: ("int64_data*", None),
    8: ("name", BYTES),
    9: ("raw_data", BYTES),
    6: ("!texts", None),
    12: ("", BYTES),
    13: ("!weights in another file", None),
    14: ("!weights in another file", None),
}
_VALUE = {1: ("name", BYTES), 2: ("type", BYTES), 3: ("", BYTES)}
_TYPE = {1: ("tensor", BYTES), 6: ("", BYTES)}
_TENSOR_TYPE = {1: ("element", VARINT), 2: ("shape", BYTES)}
_SHAPE = {1: ("dim*", BYTES)}
_DIMENSION = {1: ("", VARINT), 2: ("name", BYTES), 3: ("", BYTES)}
Schema = Mapping[int, tuple[str, int | None]]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A constant: its name, the number of its type in onnx.proto3, its shape, and its values as bytes or numbers."""

    name: str
    data_type: int
    dims: tuple[int, ...]
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `ints` holds the whole numbers of all attributes, `tensors` the attributes that are constants."""

    op_type: str
    domain: str
    inputs: tuple[str, ...]
    ints: tuple[int, ...]
    tensors: tuple[Tensor, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """An input or output; `rank` is None where no shape is stated."""

    name: str
    element: int
    rank: int | None


@dataclass(frozen=True, slots=True)
class Graph:
    """What an ONNX file holds."""

    domains: tuple[str, ...]
    nodes: tuple[Node, ...]
    constants: tuple[Tensor, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]


def parse_onnx(data: bytes, most_parts: int) -> Graph:
    """Take a file apart; raise ValueError in a few words if it holds anything that semscan does not write.

    Parameters
    ----------
    data : bytes
    most_parts : int
        Nodes, constants, inputs and outputs that a graph may have, each.
    """
    model = _message(memoryview(data), _MODEL, most_parts)
    if "graph" not in model:
        raise ValueError("it holds no graph")
    graph = _message(model["graph"], _GRAPH, most_parts)
    return Graph(
        domains=tuple(_text(_message(each, _OPSET).get("domain", b"")) for each in model.get("opset", ())),
        nodes=tuple(map(_node, graph.get("node", ()))),
        constants=tuple(map(_tensor, graph.get("initializer", ()))),
        inputs=tuple(map(_value, graph.get("input", ()))),
        outputs=tuple(map(_value, graph.get("output", ()))),
    )


def _node(data: memoryview) -> Node:
    found = _message(data, _NODE)
    ints: list[int] = []
    tensors: list[Tensor] = []
    for each in found.get("attribute", ()):
        attribute = _message(each, _ATTRIBUTE)
        ints += [_signed(number) for number in (*_numbers(attribute, "ints"), attribute.get("i", 0))]
        if "tensor" in attribute:
            tensors.append(_tensor(attribute["tensor"]))
    names = tuple(map(_text, found.get("input", ())))
    return Node(_text(found.get("op_type", b"")), _text(found.get("domain", b"")), names, tuple(ints), tuple(tensors))


def _tensor(data: memoryview) -> Tensor:
    found = _message(data, _TENSOR)
    name, kind, dims = _text(found.get("name", b"")), found.get("data_type", 0), tuple(_numbers(found, "dims"))
    if kind not in ELEMENTS:
        raise ValueError(f"a constant is of type {kind}, wanted float, int32, int64 or bool")
    if "raw_data" in found:
        values = np.frombuffer(found["raw_data"], np.uint8)
        if len(values) % np.dtype(ELEMENTS[kind]).itemsize == 0:
            values = values.view(ELEMENTS[kind])
    elif kind == FLOAT:
        values = np.frombuffer(b"".join(found.get("float_data", ())), "<f4")
    else:
        numbers = _numbers(found, "int64_data" if kind == INT64 else "int32_data")
        values = np.array([_signed(number) for number in numbers], np.int64)
    if len(dims) > 8 or max(dims, default=0) > 1 << 31 or values.size != int(np.prod(dims, dtype=np.float64)):
        raise ValueError(f"a constant of shape {list(dims[:8])} has {values.size} values")
    return Tensor(name, kind, dims, values)


def _value(data: memoryview) -> Value:
    found = _message(data, _VALUE)
    tensor = _message(_message(found.get("type", memoryview(b"")), _TYPE).get("tensor", memoryview(b"")), _TENSOR_TYPE)
    rank = None
    if "shape" in tensor:
        dimensions = [_message(each, _DIMENSION) for each in _message(tensor["shape"], _SHAPE).get("dim", ())]
        for each in dimensions:
            _text(each.get("name", b""))  # the runtime reads these names as well
        rank = len(dimensions)
    return Value(_text(found.get("name", b"")), tensor.get("element", 0), rank)


def _message(data: memoryview, schema: Schema, most: int = 1 << 16) -> dict[str, Any]:
    """Return the fields of a message by name: numbers, views of bytes, or lists of these for repeated fields.

    Fields without a name are allowed, and not needed.
    """
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for number, kind, value in _fields(data):
        name, wanted = schema.get(number, (None, None))
        if name is None:
            raise ValueError(f"it has a part that semscan does not write (field {number})")
        if name.startswith("!"):
            raise ValueError(f"it has {name[1:]}")
        if kind != wanted and (wanted is not None or kind not in (VARINT, FIXED32, BYTES)):
            raise ValueError(f"its field {number} is of another kind")
        if name.endswith("*"):
            many = found.setdefault(name[:-1] or str(number), [])
            many.append(value)
            if len(many) > most:
                raise ValueError(f"it has more than {most} parts of one kind")
        elif number in seen:
            raise ValueError(f"its field {number} stands twice")
        else:
            found[name] = value
        seen.add(number)
    return found


def _fields(data: memoryview) -> Iterator[tuple[int, int, Any]]:
    """Yield number, wire type and value of each field of a message."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = _varint(data, at)
            yield number, kind, value
            continue
        if kind == BYTES:
            length, at = _varint(data, at)
        elif kind in _SKIPPED:
            length = _SKIPPED[kind]
        else:
            raise ValueError("it is no ONNX file")
        if length > end - at:
            raise ValueError("it is cut short")
        yield number, kind, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """Return the number that begins at a byte, below 2**64, and the place after it."""
    number = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            if number >> 64:
                break
            return number, at
        shift += 7
    raise ValueError("it is no ONNX file, or is cut short")


def _numbers(found: Mapping[str, Any], name: str) -> list[int]:
    """Return the whole numbers of a repeated field, which may be packed."""
    numbers: list[int] = []
    for value in found.get(name, ()):
        if isinstance(value, int):
            numbers.append(value)
            continue
        at = 0
        while at < len(value):
            number, at = _varint(value, at)
            numbers.append(number)
    return numbers


def _signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _text(data: bytes | memoryview) -> str:
    try:
        return bytes(data).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("it has a name that is no text") from error
