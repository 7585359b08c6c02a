"""A trained network as an ONNX graph with the same results; a graph with other results is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from semscan.errors import ExportError
from semscan.model.networks.layers import softplus
from semscan.model.tf_import import Tensor, keras, tf

TOLERANCE = 1e-3
COARSE_SHARE = 0.5
# The four views of a tile, (n, rows, cols, ...): as it is, mirrored each way, and both. Each is its own inverse.
VIEWS: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda tiles: tiles,
    lambda tiles: tiles[:, ::-1],
    lambda tiles: tiles[:, :, ::-1],
    lambda tiles: tiles[:, ::-1, ::-1],
)
Inference: TypeAlias = Any  # a tf.function from tiles to outputs by name; type checkers skip TensorFlow


def inference_function(model: keras.Model, *, logit_map: bool) -> Inference:
    """Wrap `model` as a function of tiles, with the steps that follow the network.

    For a map of logits, half of the attention scores is added. Then the mean of four views is taken: the tile as it is,
    mirrored each way, and turned by 180 degrees. This mean is smoothed (two 5 px means, about a Gaussian of 2 px) and
    made positive by softplus. The errors of the views, and of neighbouring logits, are partly independent, so their
    mean ranks pixels better: see "What was tried" in benchmarks/README.md.

    Parameters
    ----------
    model : keras.Model
        With outputs ``score`` and perhaps ``logits`` and ``evidence``; with `logit_map` also ``coarse``.
    logit_map : bool
        True if ``score`` is a logit.

    Returns
    -------
    tf.function
        From float32 (n, T, T), standardised tiles, to ``score`` (n, T, T), the raw score, 0 or more, and, where the
        network has them, ``logits`` and ``evidence``.
    """

    @tf.function(input_signature=[tf.TensorSpec((None, None, None), tf.float32, name="tiles")])
    def infer(tiles: Tensor) -> dict[str, Tensor]:
        views = tf.concat([view(tiles) for view in VIEWS], 0) if logit_map else tiles
        outputs = model(views[..., None], training=False)
        score = _positive_score(outputs) if logit_map else outputs["score"]
        named = {"score": tf.identity(score[..., 0], name="score")}
        for name in ("logits", "evidence"):
            if name in outputs:
                named[name] = tf.identity(outputs[name], name=name)
        return named

    return infer


def _positive_score(outputs: dict[str, Tensor]) -> Tensor:
    """Average the logits of all `VIEWS`, smooth them, and apply softplus."""
    parts = tf.split(_with_coarse(outputs), len(VIEWS))
    score = sum(view(part) for view, part in zip(VIEWS, parts, strict=True)) / len(VIEWS)
    for _ in range(2):
        score = tf.nn.avg_pool2d(score, 5, 1, "SAME")
    return softplus(score)


def _with_coarse(outputs: dict[str, Tensor]) -> Tensor:
    """Add a share of the attention scores, enlarged, to the map: they depend on wider surroundings."""
    score = outputs["score"]
    coarse = tf.cast(outputs["coarse"], tf.float32)
    return score + COARSE_SHARE * tf.image.resize(coarse, tf.shape(score)[1:3], method="bilinear")


def to_onnx(model: keras.Model, samples: np.ndarray, *, logit_map: bool) -> tuple[bytes, float]:
    """Export `model` and compare the graph with it on real patches.

    Parameters
    ----------
    model : keras.Model
        In float32, with outputs ``score`` and perhaps ``logits``.
    samples : ndarray of float32, shape (n, T, T)
        Standardised patches, at least 2, T divisible by 32.
    logit_map : bool
        True if ``score`` is a logit; see `inference_function`.

    Returns
    -------
    graph : bytes
    difference : float
        Largest difference relative to the largest value, over two sizes and two batch sizes.

    Raises
    ------
    ExportError
        If the graph differs by more than `TOLERANCE`.
    """
    import tf2onnx

    infer = inference_function(model, logit_map=logit_map)
    proto, _ = tf2onnx.convert.from_function(infer, input_signature=infer.input_signature, opset=17)
    graph = proto.SerializeToString()
    worst = max(_difference(infer, graph, tiles) for tiles in _two_sizes(samples))
    if not worst <= TOLERANCE:
        raise ExportError(
            f"the exported graph differs from the network by {worst:.2g} (wanted: at most {TOLERANCE:g}); "
            "the model was not saved, please report this with the versions of tensorflow and tf2onnx"
        )
    return graph, worst


def _two_sizes(samples: np.ndarray) -> list[np.ndarray]:
    """Return samples of two sizes and batch sizes: they show whether the conversion has fixed one of them."""
    side = samples.shape[1] - 32 if samples.shape[1] > 64 else samples.shape[1]
    return [samples[:1], samples[:2], samples[:1, :side, :side], samples[:2, :side, :side]]


def _difference(infer: Inference, graph: bytes, tiles: np.ndarray) -> float:
    """Return the largest difference between graph and network, relative to the largest value of each output."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    exported = dict(zip(names, session.run(names, {"tiles": tiles}), strict=True))
    expected = {name: value.numpy() for name, value in infer(tf.constant(tiles)).items()}
    return max(
        float(np.abs(value - exported[name]).max() / (np.abs(value).max() + 1e-6)) for name, value in expected.items()
    )
