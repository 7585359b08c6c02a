"""Small things that several packages' tests need."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two processes of tests share two cores: more threads wait in a loop

import numpy as np
import pytest

TILE, OVERLAP = 32, 8
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of commands are started, and each would compile semscan anew
LONGEST = (
    "tests/pipeline/test_train.py",
    "tests/goldens/",
    "tests/pipeline/training/",
    "tests/cli/commands/",
    "tests/cli/test_bars.py",
    "tests/docs/",
    "tests/model/",
    "tests/test_api.py",
)


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest, so that no process waits for another at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def box_graph(classes: int = 0) -> bytes:
    """An ONNX graph whose score is the local mean of how far a pixel lies above 1 standard deviation.

    With `classes`, logits too: the first class wins on dark tiles, the last on bright ones.
    """
    from onnx import TensorProto, helper, numpy_helper

    kernel = numpy_helper.from_array(np.full((1, 1, 3, 3), 1 / 9, np.float32), "kernel")
    one = numpy_helper.from_array(np.float32(1), "one")
    first = numpy_helper.from_array(np.array([1], np.int64), "first")
    nodes = [
        helper.make_node("Sub", ["tiles", "one"], ["above"]),
        helper.make_node("Relu", ["above"], ["hot"]),
        helper.make_node("Unsqueeze", ["hot", "first"], ["image"]),
        helper.make_node("Conv", ["image", "kernel"], ["mean"], pads=[1, 1, 1, 1]),
        helper.make_node("Squeeze", ["mean", "first"], ["score"]),
    ]
    outputs = [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", "rows", "cols"])]
    weights = [kernel, one, first]
    if classes:
        weights.append(numpy_helper.from_array(np.linspace(-4, 4, classes, dtype=np.float32)[None], "slope"))
        weights.append(numpy_helper.from_array(np.array([1, 2], np.int64), "plane"))
        nodes.append(helper.make_node("ReduceMax", ["hot", "plane"], ["peak"], keepdims=0))
        nodes.append(helper.make_node("Unsqueeze", ["peak", "first"], ["column"]))
        nodes.append(helper.make_node("Sub", ["column", "one"], ["centred"]))
        nodes.append(helper.make_node("MatMul", ["centred", "slope"], ["logits"]))
        outputs.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", classes]))
    tiles = helper.make_tensor_value_info("tiles", TensorProto.FLOAT, ["n", "rows", "cols"])
    graph = helper.make_graph(nodes, "box", [tiles], outputs, weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return made.SerializeToString()


def looks_graph() -> bytes:
    """`box_graph` with an optional input ``looks``, 4 by default; the score is multiplied by it."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    made = onnx.load_model_from_string(box_graph())
    made.graph.node[-1].output[0] = "one look"
    made.graph.node.append(helper.make_node("Cast", ["looks"], ["factor"], to=TensorProto.FLOAT))
    made.graph.node.append(helper.make_node("Mul", ["one look", "factor"], ["score"]))
    made.graph.input.append(helper.make_tensor_value_info("looks", TensorProto.INT32, []))
    made.graph.initializer.append(numpy_helper.from_array(np.array(4, np.int32), "looks"))
    return made.SerializeToString()


def write_model(folder, *, raw_threshold=1.0, classes=None, good=None, scale_to=None, graph=None, **keys):
    """A valid model folder around `box_graph`; mean 0.4, standard deviation 0.1. `keys` go into its config.json."""
    graph = graph or box_graph(len(classes or ()))
    config = {
        "schema_version": 1,
        "semscan_version": "0.1.0",
        "kind": "attention-cnn" if classes else "autoencoder",
        "attention": "none",
        "tile": TILE,
        "overlap": OVERLAP,
        "scale_to": scale_to,
        "preprocessing": {"mean": 0.4, "std": 0.1},
        "calibration": {
            "raw_threshold": raw_threshold,
            "false_alarms": 0.1,
            "reached": 0.0,
            "held_back": "2 images",
        },
        "classes": classes,
        "good_class": good,
        "graph_sha256": hashlib.sha256(graph).hexdigest(),
        "training": {},
        "libraries": {},
        "seed": 0,
        "nm_per_pixel": None,
        **keys,
    }
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    (folder / "graph.onnx").write_bytes(graph)
    return folder


def altered(folder, **values):
    """The same model with other values in the parts of its configuration, as ``tiling={"overlap": 16}``."""
    config = folder.config
    parts = {name: dataclasses.replace(getattr(config, name), **part) for name, part in values.items()}
    return dataclasses.replace(folder, config=dataclasses.replace(config, **parts))


SPOT = (slice(20, 26), slice(30, 38))  # rows, columns of the bright spot in `spotted`


def grey_image(rows=48, cols=64, spot=False):
    """A dull image of grey 90 to 115; with `spot`, 6 x 8 pixels of 200 in it."""
    image = np.random.default_rng(7).integers(90, 116, (rows, cols)).astype(np.uint8)
    if spot:
        image[SPOT] = 200
    return image


def write_png(path, pixels):
    """Write pixels as PNG and return the path."""
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    return path


@pytest.fixture
def good(tmp_path):
    """A PNG without a defect."""
    return write_png(tmp_path / "good.png", grey_image())


@pytest.fixture
def spotted(tmp_path):
    """A PNG with one defect, at `SPOT`."""
    return write_png(tmp_path / "spotted.png", grey_image(spot=True))


@pytest.fixture(scope="session")
def save_png():
    """`write_png`."""
    return write_png


@pytest.fixture(scope="session")
def grey():
    """`grey_image`."""
    return grey_image


@pytest.fixture
def model(tmp_path):
    """A model folder that finds bright spots in grey images."""
    return write_model(tmp_path / "model")


@pytest.fixture
def alter_model():
    """`altered`."""
    return altered


@pytest.fixture(scope="session")
def make_model():
    """`write_model`."""
    return write_model


@pytest.fixture
def model_with_looks(tmp_path):
    """A model folder whose raw score is multiplied by the number of looks: 2 by default, 4 known too, 1 not."""
    calibration = {"raw_threshold": 4.0, "false_alarms": 0.1, "reached": 0.0, "held_back": "2 images"}
    others = {"4": {"calibration": calibration}}
    return write_model(tmp_path / "looks", graph=looks_graph(), raw_threshold=2.0, looks=2, other_looks=others)
