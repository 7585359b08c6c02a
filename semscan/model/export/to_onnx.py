"""A trained network as an ONNX graph with the same results; a graph with other results is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from semscan.errors import ExportError
from semscan.model.export.simplify import simplify
from semscan.model.networks.layers import softplus
from semscan.model.tf_import import Tensor, keras, tf

TOLERANCE = 1e-3
COARSE_SHARE = 0.5
# The looks at a tile, (n, rows, cols, ...): as it is, turned by 180 degrees, mirrored each way. Each is its own
# inverse. Fewer looks are the first of them.
VIEWS: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda tiles: tiles,
    lambda tiles: tiles[:, ::-1, ::-1],
    lambda tiles: tiles[:, ::-1],
    lambda tiles: tiles[:, :, ::-1],
)
LOOKS = "looks"  # the input of an exported graph that states their number; it has a default
Inference: TypeAlias = Any  # a tf.function from tiles to outputs by name; type checkers skip TensorFlow


def inference_function(model: keras.Model, *, logit_map: bool, looks: int | None = None) -> Inference:
    """Wrap `model` as a function of tiles, with the steps that follow the network.

    For a map of logits, half of the attention scores is added. Then the mean of 1, 2 or 4 looks is taken: the tile as
    it is, turned by 180 degrees, and mirrored each way. This mean is smoothed (two 5 px means, about a Gaussian of 2
    px) and made positive by softplus. The errors of the looks, and of neighbouring logits, are partly independent, so
    their mean ranks pixels better: see "What was tried" in benchmarks/README.md.

    Parameters
    ----------
    model : keras.Model
        With outputs ``score`` and perhaps ``logits`` and ``evidence``; with `logit_map` also ``coarse``.
    logit_map : bool
        True if ``score`` is a logit.
    looks : int, optional
        1, 2 or 4. By default the function takes it as a second argument where there is a `logit_map`.

    Returns
    -------
    tf.function
        From float32 (n, T, T), standardised tiles, and perhaps the number of looks, int32, to ``score`` (n, T, T), the
        raw score, 0 or more, and, where the network has them, ``logits`` and ``evidence``.
    """
    tiles_given = tf.TensorSpec((None, None, None), tf.float32, name="tiles")
    looks_given = tf.TensorSpec((), tf.int32, name=LOOKS)

    def infer(tiles: Tensor) -> dict[str, Tensor]:
        if logit_map:
            outputs = model(tf.concat([view(tiles) for view in VIEWS[:looks]], 0)[..., None], training=False)
            parts = tf.split(_with_coarse(outputs), len(VIEWS[:looks]))
            return _named(outputs, _positive_score(parts, float(len(parts))))
        outputs = model(tiles[..., None], training=False)
        return _named(outputs, outputs["score"])

    def infer_by_looks(tiles: Tensor, looks: Tensor) -> dict[str, Tensor]:
        count = tf.shape(tiles)[0]
        views = tf.concat([view(tiles) for view in VIEWS], 0)[: looks * count]
        outputs = model(views[..., None], training=False)
        logits = _with_coarse(outputs)
        # looks that were not taken add nothing to the sum
        absent = tf.zeros(tf.concat([[(len(VIEWS) - looks) * count], tf.shape(logits)[1:]], 0))
        parts = tf.split(tf.concat([logits, absent], 0), len(VIEWS))
        return _named(outputs, _positive_score(parts, tf.cast(looks, tf.float32)))

    if logit_map and looks is None:
        return tf.function(infer_by_looks, input_signature=[tiles_given, looks_given])
    return tf.function(infer, input_signature=[tiles_given])


def _named(outputs: dict[str, Tensor], score: Tensor) -> dict[str, Tensor]:
    named = {"score": tf.identity(score[..., 0], name="score")}
    for name in ("logits", "evidence"):
        if name in outputs:
            named[name] = tf.identity(outputs[name], name=name)
    return named


def _positive_score(parts: Sequence[Tensor], looks: Tensor) -> Tensor:
    """Average the logits of `looks` of the `VIEWS`, smooth them, and apply softplus."""
    score = sum(view(part) for view, part in zip(VIEWS[: len(parts)], parts, strict=True)) / looks
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
        For a map of logits it has a second input, ``looks``, with a default of 4.
    difference : float
        Largest difference relative to the largest value, over two sizes, two batch sizes and all numbers of looks.

    Raises
    ------
    ExportError
        If the graph differs by more than `TOLERANCE`.
    """
    import tf2onnx
    from onnx import numpy_helper

    infer = inference_function(model, logit_map=logit_map)
    proto, _ = tf2onnx.convert.from_function(infer, input_signature=infer.input_signature, opset=17)
    simplify(proto)
    if logit_map:
        proto.graph.initializer.append(numpy_helper.from_array(np.int32(len(VIEWS)), LOOKS))
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
    takes_looks = len(infer.input_signature) > 1
    worst = 0.0
    for looks in (1, 2, len(VIEWS)) if takes_looks else (len(VIEWS),):
        given = {"tiles": tiles, LOOKS: np.array(looks, np.int32)} if takes_looks else {"tiles": tiles}
        exported = dict(zip(names, session.run(names, given), strict=True))
        for name, value in infer(*map(tf.constant, given.values())).items():
            apart = np.abs(value.numpy() - exported[name]).max() / (np.abs(value.numpy()).max() + 1e-6)
            worst = max(worst, float(apart))
    return worst
