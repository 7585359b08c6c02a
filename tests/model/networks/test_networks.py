"""Both networks: shapes, what the map may depend on, and exported graphs with the same results."""

import numpy as np
import onnxruntime
import pytest

from semscan.errors import ExportError, UsageFault
from semscan.model.attention import ImageAttention
from semscan.model.attention.none import NoAttention
from semscan.model.export import to_onnx as exporting
from semscan.model.networks.attention_cnn import Margin, WeightedMean, build_classifier, plain_base, residual_base
from semscan.model.networks.autoencoder import build_autoencoder
from semscan.model.networks.layers import BatchNormalization, softplus
from semscan.model.registry import known
from semscan.model.tf_import import keras
from semscan.runtime.looks import scores_by_looks

SMALL = {"widths": (4, 4, 8, 8)}


@pytest.fixture(autouse=True)
def seeded():
    keras.mixed_precision.set_global_policy("float32")
    keras.utils.set_random_seed(0)


def patches(count, rows, cols=None, seed=0):
    return np.random.default_rng(seed).normal(size=(count, rows, cols or rows)).astype(np.float32)


@pytest.fixture(scope="module")
def exported():
    """A small autoencoder as an ONNX graph, and how far the two differ."""
    keras.mixed_precision.set_global_policy("float32")
    keras.utils.set_random_seed(0)
    return exporting.to_onnx(build_autoencoder(**SMALL), patches(2, 96), logit_map=True)


@pytest.mark.parametrize("shape", [(64, 64), (96, 160)])
def test_autoencoder_outputs_have_the_size_of_its_input(shape):
    outputs = build_autoencoder(**SMALL)(patches(2, *shape)[..., None])

    assert outputs["score"].shape == (2, *shape, 1)
    assert outputs["reconstruction"].shape == (2, *shape, 1)
    assert outputs["coarse"].shape == (2, shape[0] // 16, shape[1] // 16, 1)


def test_map_at_a_position_does_not_depend_on_far_positions():
    model = build_autoencoder(**SMALL)
    patch = patches(1, 512)
    other = patch.copy()
    other[:, :, 480:] += 5

    near, far = (np.asarray(model(p[..., None], training=False)["score"])[0, :, :32] for p in (patch, other))

    np.testing.assert_allclose(near, far, atol=1e-5)


@pytest.mark.parametrize(
    "attention", [None, lambda: ImageAttention(64, "sigmoid"), NoAttention], ids=["softmax", "sigmoid", "none"]
)
@pytest.mark.parametrize("base", [plain_base, residual_base])
def test_classifier_gives_logits_and_a_map_that_is_never_negative(attention, base):
    model = build_classifier(classes=3, good=0, base=base, attention=attention and attention())

    outputs = model(patches(2, 32)[..., None])

    assert outputs["logits"].shape == (2, 3)
    assert outputs["score"].shape == (2, 32, 32, 1)
    assert float(np.min(outputs["score"])) >= 0


def test_features_behind_a_mask_are_averaged_by_the_mask():
    features = np.array([[[[1.0, 10.0]], [[3.0, 30.0]]]], np.float32)  # two positions, two channels
    mask = np.array([[[[0.001]], [[0.003]]]], np.float32) * 1000

    one = WeightedMean()([features * mask, mask])
    each = WeightedMean()([features * np.float32([1000, 0.5]), np.broadcast_to(np.float32([1000, 0.5]), (1, 2, 1, 2))])

    np.testing.assert_allclose(one, [[2.5, 25.0]], rtol=1e-3)
    np.testing.assert_allclose(each, [[2.0, 20.0]], rtol=2e-3)


def test_margin_is_logsumexp_of_the_defects_minus_good():
    logits = np.array([[2.0, -1.0, 3.0]], np.float32)

    assert float(Margin(good=1)(logits)[0, 0]) == pytest.approx(np.logaddexp(2, 3) + 1, rel=1e-5)
    assert float(Margin(good=None)(logits)[0, 0]) == pytest.approx(3 - 4 / 3, rel=1e-5)


@pytest.mark.parametrize(
    "model",
    [
        None,
        lambda: build_classifier(classes=3, good=0),
        lambda: build_classifier(classes=2, attention=ImageAttention(64, "sigmoid"), base=residual_base),
        lambda: build_classifier(classes=2, good=1, attention=NoAttention()),
        lambda: build_classifier(classes=2, good=0, seam=True),
    ],
    ids=["autoencoder", "softmax", "sigmoid-residual", "none", "seam"],
)
def test_exported_graph_takes_any_size_and_batch(model, exported):
    graph, difference = exporting.to_onnx(model(), patches(2, 96), logit_map=False) if model else exported

    assert difference < 1e-4
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    for tiles in (patches(1, 64), patches(5, 32), patches(2, 64, 128)):
        (score,) = session.run(["score"], {"tiles": tiles})
        assert score.shape == tiles.shape
        assert score.min() >= 0


def test_a_graph_that_differs_is_refused(monkeypatch):
    monkeypatch.setattr(exporting, "_difference", lambda *_: 0.5)

    with pytest.raises(ExportError, match=r"differs from the network by 0\.5"):
        exporting.to_onnx(build_classifier(classes=2, good=0), patches(2, 32), logit_map=False)


def test_unknown_name_gets_the_nearest_as_suggestion():
    with pytest.raises(UsageFault, match="did you mean 'soft-mask'"):
        known("softmask", ("additive", "soft-mask"), "attention")
    with pytest.raises(UsageFault, match="choose from additive, soft-mask"):
        known("zzz", ("additive", "soft-mask"), "attention")


def test_softplus_is_exact_and_never_overflows():
    x = np.array([-1e4, -90.0, -1.0, 0.0, 1.0, 90.0, 1e4], np.float32)

    np.testing.assert_allclose(softplus(x), np.logaddexp(0, x.astype(np.float64)), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["none", "soft-mask"])
def test_large_evidence_stays_finite_in_tensorflow_lite(name):
    from semscan.model.attention.factory import make_attention
    from semscan.model.export.to_tensorflow import run_tflite, tflite_bytes
    from semscan.values.model.calibration import Calibration
    from semscan.values.model.config import ModelConfig, NetworkConfig, Preprocessing, Tiling, TrainingDomain

    attention, _ = make_attention(name, "attention-cnn")
    model = build_classifier(classes=2, good=0, attention=attention)
    model.get_layer("classifier").bias.assign([-300.0, 300.0])
    config = ModelConfig(
        semscan_version="0.1.0",
        network=NetworkConfig("attention-cnn", name, ("good", "gap"), "good"),
        tiling=Tiling(32, 8),
        preprocessing=Preprocessing(0.4, 0.1),
        training_domain=TrainingDomain(),
        calibration=Calibration(1.0, 0.1, 0.0, "2 images"),
        seed=0,
    )

    answer = run_tflite(tflite_bytes(model, config), np.zeros((1, 32, 32), np.float32))

    assert np.isfinite(answer["map"]).all()
    assert answer["map"].min() > 0.9


def test_an_exported_graph_takes_one_two_or_four_looks(exported):
    graph, _ = exported
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    tiles = patches(1, 64)

    def score(tiles, **given):
        return session.run(["score"], {"tiles": tiles, **given})[0]

    one, two, four = (score(tiles, looks=np.array(looks, np.int32)) for looks in (1, 2, 4))

    assert [given.name for given in session.get_inputs()] == ["tiles"]
    np.testing.assert_array_equal(score(tiles), four)
    np.testing.assert_allclose(two, score(tiles[:, ::-1, ::-1], looks=np.array(2, np.int32))[:, ::-1, ::-1], atol=1e-5)
    np.testing.assert_allclose(four, score(tiles[:, ::-1])[:, ::-1], atol=1e-5)
    assert np.abs(one - score(tiles[:, ::-1], looks=np.array(1, np.int32))[:, ::-1]).max() > 1e-4
    by_looks = scores_by_looks(lambda tiles: score(tiles, looks=np.array(1, np.int32)), tiles, (1, 2, 4))
    for number, scores in zip((1, 2, 4), (one, two, four), strict=True):
        np.testing.assert_allclose(by_looks[number], scores, atol=1e-5)


def test_an_exported_graph_enlarges_by_constant_factors_and_joins_no_features_before_a_1x1_convolution(exported):
    import onnx

    graph, difference = exported

    nodes = onnx.load_model_from_string(graph).graph.node
    joins = {name for node in nodes if node.op_type == "Concat" for name in node.output}
    nearest = [node for node in nodes if node.op_type == "Resize" and b"nearest" in [a.s for a in node.attribute]]
    assert difference < 1e-4
    assert len(nearest) == 6
    assert all(len(node.input) == 3 for node in nearest)
    assert not any(node.op_type == "Tile" for node in nodes)
    assert sum(node.op_type == "Conv" and node.input[0] in joins for node in nodes) <= 2


def test_fused_batch_normalisation_trains_as_that_of_keras():
    features = keras.random.normal((4, 8, 8, 3), mean=2.0, seed=1)
    fused, plain = BatchNormalization(momentum=0.9), keras.layers.BatchNormalization(momentum=0.9)

    np.testing.assert_allclose(fused(features, training=True), plain(features, training=True), atol=1e-5)
    np.testing.assert_allclose(fused(features, training=False), plain(features, training=False), atol=1e-2)
    for ours, theirs in zip(fused.weights, plain.weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=5e-3)  # the fused variance is over n - 1
