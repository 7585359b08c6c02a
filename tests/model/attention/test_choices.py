"""Every attention by name, in both networks: built, saved, exported, and independent of other patches."""

import functools

import numpy as np
import onnxruntime
import pytest

from semscan.errors import UsageFault
from semscan.files.models.onnx_rules import MOST_PARTS, check_operators
from semscan.files.models.onnx_wire import parse_onnx
from semscan.model.attention.factory import make_attention
from semscan.model.attention.sequential import AttentionChain
from semscan.model.build import build
from semscan.model.export.to_onnx import to_onnx
from semscan.model.networks.attention_cnn import build_classifier
from semscan.model.networks.autoencoder import build_autoencoder
from semscan.model.registry import ATTENTIONS, NETWORKS, attention_parts, is_local, resolve
from semscan.model.tf_import import keras, tf
from semscan.values.model.config import NetworkConfig

SMALL = {"widths": (4, 4, 8, 8)}
SHARED = ("soft-mask", "feature-mask", "spatial")  # the same layer in both networks
CASES = [
    (network, name)
    for network in NETWORKS
    for name in (*ATTENTIONS, "channel+additive")
    if not (network == "autoencoder" and name in SHARED)
]


def features(count, rows, cols, seed=0):
    return np.random.default_rng(seed).normal(size=(count, rows, cols, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def every():
    """One model with every mechanism on the same 8 channels, each rebuilt from its configuration."""
    keras.mixed_precision.set_global_policy("float32")
    keras.utils.set_random_seed(0)
    entry = keras.Input((None, None, 8), name="features")
    outputs = {}
    for number, (network, name) in enumerate(CASES):
        layer, _ = make_attention(name, network)
        again = type(layer).from_config({**layer.get_config(), "name": f"attention_{number}"})
        assert {**again.get_config(), "name": layer.name} == layer.get_config()
        for part, tensor in zip(("attended", "weights", "scores"), again(entry), strict=True):
            outputs[f"{part}_{number}"] = tensor
    return keras.Model(entry, outputs)


def test_each_returns_a_map_or_a_vector_and_one_score_for_each_position(every):
    answer = every(features(2, 6, 10))

    for number, (network, _) in enumerate(CASES):
        attended = answer[f"attended_{number}"].shape
        assert attended == (2, 6, 10, 8) or (network == "attention-cnn" and attended == (2, 8))
        assert answer[f"scores_{number}"].shape == (2, 6, 10, 1)
        weights = answer[f"weights_{number}"].shape
        assert weights[0] == 2
        assert weights[1:3] == (6, 10) or weights[1:] == (1, 1, 8)


def test_patches_of_a_batch_are_independent(every):
    patches = features(2, 6, 10)
    other = np.concatenate([patches[:1], 7 * features(1, 6, 10, seed=1)])

    together = every(patches)
    alone = every(patches[:1])
    with_other = every(other)

    for name, value in together.items():
        np.testing.assert_allclose(value[:1], alone[name], rtol=1e-4, atol=1e-5, err_msg=name)
        np.testing.assert_allclose(value[:1], with_other[name][:1], rtol=1e-4, atol=1e-5, err_msg=name)


def test_all_come_back_from_a_saved_model(every, tmp_path):
    every.save(tmp_path / "all.keras")

    again = keras.models.load_model(tmp_path / "all.keras")

    loaded = again(features(1, 5, 6))
    for name, value in every(features(1, 5, 6)).items():
        np.testing.assert_allclose(loaded[name], value, rtol=1e-4, atol=1e-5, err_msg=name)


def test_exported_graphs_give_the_same_results_at_two_sizes_and_two_batch_sizes(every):
    import tf2onnx

    answer = tf.function(
        lambda x: {name: tf.identity(value) for name, value in every(x).items()},
        input_signature=[tf.TensorSpec((None, None, None, 8), tf.float32, name="features")],
    )
    graph, _ = tf2onnx.convert.from_function(answer, input_signature=answer.input_signature, opset=17)
    check_operators(parse_onnx(graph.SerializeToString(), MOST_PARTS))  # of all attentions, as both networks use them
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    for shape in ((1, 8, 8), (3, 8, 8), (1, 7, 12), (3, 7, 12)):
        exported = dict(zip(names, session.run(names, {"features": features(*shape)}), strict=True))
        for name, value in every(features(*shape)).items():
            np.testing.assert_allclose(exported[name], value, rtol=1e-3, atol=1e-4, err_msg=f"{name} at {shape}")


@functools.cache
def small_autoencoder(name=None):
    """A small autoencoder around the attention of this name, None for its own; and whether it has gates."""
    keras.mixed_precision.set_global_policy("float32")
    keras.utils.set_random_seed(0)
    attention, gates = make_attention(name, "autoencoder") if name else (None, False)
    return build_autoencoder(**SMALL, attention=attention, gates=gates), gates


def others(network):
    """Shapes of the weights of all layers other than attention, in order."""
    return [
        [tuple(w.shape) for w in layer.weights]
        for layer in network.layers
        if layer.weights and not layer.name.startswith("attention")
    ]


@pytest.mark.parametrize("name", ["none", "channel", "multi-head+soft-mask", "cbam+gates"])
def test_the_autoencoder_around_an_attention_is_always_the_same(name):
    network, gates = small_autoencoder(name)

    assert others(network) == others(small_autoencoder()[0])
    assert gates == ("gates" in name)
    assert list(network.output) == ["score", "coarse", "reconstruction"]


def test_the_default_autoencoder_is_the_soft_mask_of_old():
    attention, gates = make_attention(NETWORKS["autoencoder"].attention, "autoencoder")

    assert (type(attention).__name__, attention.name, attention.mode, attention.units, gates) == (
        "ImageAttention",
        "attention",
        "sigmoid",
        64,
        False,
    )


def small_base(patch):
    return keras.layers.Conv2D(8, 5, strides=4, padding="same", activation="relu")(patch)


@pytest.mark.parametrize("name", [*ATTENTIONS, "channel+additive", "cbam+gates"])
def test_the_attention_cnn_learns_through_every_weight(name):
    keras.utils.set_random_seed(0)
    attention, _ = make_attention(name, "attention-cnn")
    network = build_classifier(classes=3, good=0, base=small_base, attention=attention, dropout=0.0)
    patches = np.random.default_rng(0).normal(size=(4, 16, 16, 1)).astype(np.float32)

    with tf.GradientTape() as tape:
        answer = network(patches, training=True)
        loss = tf.reduce_sum(answer["logits"][:, 0] ** 2) + tf.reduce_mean(answer["score"] ** 2)
    gradients = tape.gradient(loss, network.trainable_variables)

    assert answer["score"].shape == (4, 16, 16, 1)
    assert float(tf.reduce_min(answer["score"])) >= 0
    assert [v.path for v, g in zip(network.trainable_variables, gradients, strict=True) if g is None] == []


@pytest.mark.parametrize(
    ("name", "map_factor"),
    [
        ("multi-head", lambda weights, scores: weights.mean(axis=3, keepdims=True)),
        ("soft-mask", lambda weights, scores: np.log1p(np.exp(scores))),
        ("scaled-dot", lambda weights, scores: np.log1p(np.exp(scores))),
        ("channel", lambda weights, scores: 1.0),
    ],
)
def test_the_map_of_the_attention_cnn_is_evidence_where_it_attends(name, map_factor):
    attention, _ = make_attention(name, "attention-cnn")
    network = build_classifier(classes=3, good=0, base=small_base, attention=attention, dropout=0.0, seam=True)
    _, weights, scores = network.get_layer("attention").output
    opened = keras.Model(network.input, {**network.output, "weights": weights, "scores": scores})

    answer = {key: np.asarray(value) for key, value in opened(features(2, 16, 16)[..., :1], training=False).items()}

    expected = map_factor(answer["weights"], answer["scores"]) * np.log1p(np.exp(answer["margin"]))
    np.testing.assert_allclose(answer["cam"], expected, rtol=1e-3, atol=1e-5)


def test_a_closed_mask_leaves_no_evidence():
    attention, _ = make_attention("soft-mask", "attention-cnn")
    network = build_classifier(classes=2, good=0, base=small_base, attention=attention, dropout=0.0)
    layer = network.get_layer("attention")
    layer.v.assign(np.zeros(layer.v.shape))  # half open everywhere
    half = np.asarray(network(features(1, 16, 16)[..., :1], training=False)["evidence"])
    layer.temperature = 1e-9
    layer.v.assign(np.full(layer.v.shape, 1e-3))
    layer.b.assign(np.full(layer.b.shape, -9.0))  # closed

    closed = np.asarray(network(features(1, 16, 16)[..., :1], training=False)["evidence"])

    assert half.std() > 0
    np.testing.assert_allclose(closed, np.broadcast_to(network.get_layer("classifier").bias, closed.shape), atol=1e-6)


def test_build_takes_the_attention_of_a_configuration():
    config = NetworkConfig("attention-cnn", "cbam+gates", ("ok", "hole"), "ok", dropout=0.1)

    names = [layer.name for layer in build(config).layers]

    parts = ["attention_gates", "attention_cbam_channel", "attention_cbam_spatial"]
    assert [name for name in names if name.startswith("attention")] == parts


def test_gates_sit_on_the_three_skips_of_the_autoencoder():
    network, _ = small_autoencoder("cbam+gates")

    names = [layer.name for layer in network.layers]

    assert sorted(name for name in names if name.startswith("attention")) == [
        "attention",
        "attention_gate2",
        "attention_gate4",
        "attention_gate8",
    ]


def test_a_chain_has_a_head_only_if_no_part_scores_positions():
    plain, _ = make_attention("channel+self-attention", "autoencoder")
    own, _ = make_attention("soft-mask+channel", "autoencoder")

    assert isinstance(plain, AttentionChain)
    assert [part.head for part in plain.parts] == [False, True]
    assert [part.head for part in own.parts] == [False, False]


def test_a_whole_network_with_a_chain_of_heads_exports():
    attention, _ = make_attention("multi-head+additive", "attention-cnn")
    network = build_classifier(classes=2, good=0, base=small_base, attention=attention)
    tiles = np.random.default_rng(0).normal(size=(2, 96, 96)).astype(np.float32)

    _, difference = to_onnx(network, tiles, logit_map=False)

    assert difference < 1e-4


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("softmask", "did you mean 'soft-mask'"),
        ("cbm+gates", "there is no attention 'cbm'; did you mean 'cbam'"),
        ("zzz", "choose from none, additive"),
        ("channel+channel", "'channel' twice"),
        ("none+gates", "joins 'none' with others"),
        ("channel+", "there is no attention ''"),
    ],
)
def test_an_unknown_name_gets_a_suggestion(name, words):
    with pytest.raises(UsageFault) as error:
        attention_parts(name)
    assert words in str(error.value)


def test_every_mechanism_names_its_source():
    for name, entry in ATTENTIONS.items():
        layer = resolve(entry.target)(NETWORKS["autoencoder"].role)
        assert "arXiv" in layer.__doc__, name
        assert "References" in layer.__doc__, name


@pytest.mark.parametrize("name", [*ATTENTIONS, "gates+channel"])
def test_local_attentions_are_those_whose_map_depends_on_the_surroundings_alone(name):
    network, _ = small_autoencoder(name)
    patch = np.random.default_rng(0).normal(size=(1, 32, 512, 1)).astype(np.float32)
    other = patch.copy()
    other[:, :, 480:] += 5

    near, far = (np.asarray(network(p, training=False)["score"])[0, :, :32] for p in (patch, other))

    assert (np.abs(near - far).max() < 1e-5) == is_local(name)
