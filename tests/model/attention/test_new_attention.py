"""A new attention costs one file and one line in the registry: it is listed, chosen, trained, exported and opened."""

import sys
from pathlib import Path

import numpy as np
import pytest

from semscan.model.attention.factory import make_attention
from semscan.model.export.to_onnx import to_onnx
from semscan.model.networks.attention_cnn import build_classifier
from semscan.model.networks.autoencoder import build_autoencoder
from semscan.model.registry import ATTENTIONS, NETWORKS, RegistryEntry, attention_parts, catalogue, is_local, resolve
from semscan.model.reload import OpenedNetwork
from semscan.model.tf_import import keras


def small_base(patch):
    return keras.layers.Conv2D(8, 5, strides=4, padding="same", activation="relu")(patch)


def network_with(name, kind):
    """A small network of this kind with this attention."""
    attention, gates = make_attention(name, kind)
    if kind == "autoencoder":
        return build_autoencoder(widths=(4, 4, 8, 8), attention=attention, gates=gates)
    return build_classifier(classes=2, good=0, base=small_base, attention=attention)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Add the line to the registry."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.delitem(sys.modules, "toy_attention", raising=False)
    entry = RegistryEntry("toy_attention:brightness", "a sigmoid of the mean over channels", local=True)
    monkeypatch.setitem(ATTENTIONS, "brightness", entry)
    keras.mixed_precision.set_global_policy("float32")
    keras.utils.set_random_seed(0)


def batch_for(kind, patches):
    """Targets of a batch of two."""
    if kind == "attention-cnn":
        return {"logits": np.eye(2, dtype=np.float32), "margin": np.float32([[1], [0]])}
    label = np.zeros_like(patches)
    label[0, 8:12, 8:12] = 1
    return {"score": label, "coarse": label, "reconstruction": patches}


def test_it_is_listed_and_can_be_chosen():
    assert {"kind": "attention", "name": "brightness"}.items() <= catalogue()[-1].items()
    assert attention_parts("channel+brightness") == ["channel", "brightness"]
    assert is_local("brightness+gates")
    chain, gates = make_attention("channel+brightness+gates", "autoencoder")
    assert ([type(part).__name__ for part in chain.parts], gates) == (["ChannelAttention", "BrightnessAttention"], True)


@pytest.mark.parametrize("kind", NETWORKS)
def test_both_networks_train_with_it_and_export_it(kind):
    network = network_with("brightness", kind)
    chosen = resolve(NETWORKS[kind].losses)()
    losses = {"loss": chosen["losses"], "loss_weights": chosen["weights"]}
    network.compile(optimizer=keras.optimizers.SGD(0.1), **losses, run_eagerly=True)  # one step is worth no graph
    patches = np.random.default_rng(0).normal(size=(2, 32, 32, 1)).astype(np.float32)
    (factor,) = network.get_layer("attention").get_weights()

    network.train_on_batch(patches, batch_for(kind, patches))

    assert network.get_layer("attention").get_weights() != [factor]
    _, difference = to_onnx(network, patches[..., 0], logit_map=kind == "autoencoder")
    assert difference < 1e-4
    maps, _ = OpenedNetwork(network, looks=1)(patches[..., 0])
    assert {"attention/before", "attention/weights.1", "attention/scores", "attention/after"} <= set(maps)
