"""A trained network as an ONNX graph that answers like it, or none at all."""

from __future__ import annotations

import numpy as np

from semscan.errors import ExportError
from semscan.model.networks.layers import softplus
from semscan.model.tf_import import tf

TOLERANCE = 1e-3
COARSE_SHARE = 0.5
# How a tile is looked at, (n, rows, cols, ...): as it is, mirrored each way, and both. Each is its own inverse.
LOOKS = (lambda x: x, lambda x: x[:, ::-1], lambda x: x[:, :, ::-1], lambda x: x[:, ::-1, ::-1])


def inference_function(model, *, logit_map):
    """Wrap `model` as tiles (n, T, T) -> {"score": (n, T, T) raw score, 0 or more, "logits"?, "evidence"?}.

    To a map of logits, half of the attention scores is added. It is the mean of four looks, at the tile as it is,
    mirrored each way, and turned by 180 degrees; it is smoothed (two 5 px means, about a Gaussian of 2 px) and
    made positive by softplus. Errors of the looks, and of neighbouring logits, are partly independent, so
    their mean ranks pixels better: see the table of what was tried in benchmarks/README.md.
    """

    @tf.function(input_signature=[tf.TensorSpec((None, None, None), tf.float32, name="tiles")])
    def answer(tiles):
        seen = tf.concat([look(tiles) for look in LOOKS], 0) if logit_map else tiles
        outputs = model(seen[..., None], training=False)
        score = outputs["score"]
        if logit_map:
            parts = tf.split(_with_coarse(outputs), len(LOOKS))
            score = sum(back(part) for back, part in zip(LOOKS, parts, strict=True)) / len(LOOKS)
            for _ in range(2):
                score = tf.nn.avg_pool2d(score, 5, 1, "SAME")
            score = softplus(score)
        named = {"score": tf.identity(score[..., 0], name="score")}
        if "logits" in outputs:
            named["logits"] = tf.identity(outputs["logits"], name="logits")
            named["evidence"] = tf.identity(outputs["evidence"], name="evidence")
        return named

    return answer


def _with_coarse(outputs):
    """Map logits and a share of the attention scores, which see further, enlarged to the map."""
    score, coarse = outputs["score"], tf.cast(outputs["coarse"], tf.float32)
    return score + COARSE_SHARE * tf.image.resize(coarse, tf.shape(score)[1:3], method="bilinear")


def to_onnx(model, samples, *, logit_map):
    """Export `model` and check the graph against it on real patches.

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
        Largest difference seen, relative to the largest answer, over two sizes and two batches.

    Raises
    ------
    ExportError
        If the graph differs by more than `TOLERANCE`.
    """
    import tf2onnx

    answer = inference_function(model, logit_map=logit_map)
    proto, _ = tf2onnx.convert.from_function(answer, input_signature=answer.input_signature, opset=17)
    graph = proto.SerializeToString()
    side = samples.shape[1] - 32 if samples.shape[1] > 64 else samples.shape[1]
    checks = [samples[:1], samples[:2], samples[:1, :side, :side], samples[:2, :side, :side]]
    worst = max(_difference(answer, graph, tiles) for tiles in checks)
    if not worst <= TOLERANCE:
        raise ExportError(
            f"the exported graph differs from the network by {worst:.2g} (wanted: at most {TOLERANCE:g}); "
            "the model was not saved, please report this with the versions of tensorflow and tf2onnx"
        )
    return graph, worst


def _difference(answer, graph, tiles):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    light = dict(zip(names, session.run(names, {"tiles": tiles}), strict=True))
    heavy = {name: value.numpy() for name, value in answer(tf.constant(tiles)).items()}
    return max(float(np.abs(heavy[n] - light[n]).max() / (np.abs(heavy[n]).max() + 1e-6)) for n in heavy)
