"""Weight files of earlier models load into the same layers: each network gives the recorded values."""

import zlib

import h5py
import numpy as np
import pytest

from semscan.model.attention.factory import make_attention
from semscan.model.networks.attention_cnn import build_classifier, residual_base
from semscan.model.networks.autoencoder import build_autoencoder
from semscan.model.tf_import import keras

# Mean and standard deviation of the scores, and the logits of class 0, recorded with semscan 0.1.
EXPECTED = {
    ("autoencoder", "none"): (0.18983, 0.19352),
    ("autoencoder", "additive"): (0.22073, 0.18164),
    ("autoencoder", "soft-mask"): (0.22188, 0.1813),
    ("autoencoder", "feature-mask"): (0.14645, 0.20138),
    ("autoencoder", "feature-softmax"): (0.1287, 0.19672),
    ("autoencoder", "multiplicative"): (0.11849, 0.1988),
    ("autoencoder", "scaled-dot"): (0.12421, 0.18417),
    ("autoencoder", "channel"): (0.12438, 0.22017),
    ("autoencoder", "spatial"): (0.149, 0.21192),
    ("autoencoder", "cbam"): (0.17046, 0.199),
    ("autoencoder", "self-attention"): (-0.0094607, 0.25727),
    ("autoencoder", "multi-head"): (-0.010457, 0.25782),
    ("autoencoder", "gates"): (0.33267, 0.10234),
    ("autoencoder", "channel+self-attention"): (0.14003, 0.16609),
    ("autoencoder", "cbam+gates"): (0.33153, 0.10243),
    ("attention-cnn", "none"): (1.0136, 0.20585, 0.86104, 0.91725),
    ("attention-cnn", "additive"): (0.28387, 0.1348, 0.90134, 0.88167),
    ("attention-cnn", "soft-mask"): (0.28906, 0.11305, 0.8881, 0.89587),
    ("attention-cnn", "feature-mask"): (1.1277, 0.16025, 0.88111, 0.94438),
    ("attention-cnn", "feature-softmax"): (1.159, 0.22496, 0.96578, 1.0168),
    ("attention-cnn", "multiplicative"): (1.2237, 0.32818, 1.1338, 1.3057),
    ("attention-cnn", "scaled-dot"): (0.92395, 0.2358, 0.81622, 0.86037),
    ("attention-cnn", "channel"): (0.98746, 0.13289, 0.81203, 0.84371),
    ("attention-cnn", "spatial"): (1.8073, 0.7777, 0.88033, 0.90961),
    ("attention-cnn", "cbam"): (1.4084, 0.50076, 0.88769, 0.90674),
    ("attention-cnn", "self-attention"): (0.93521, 0.19729, 0.95646, 1.0235),
    ("attention-cnn", "multi-head"): (0.9361, 0.19575, 0.95528, 1.0218),
    ("attention-cnn", "gates"): (2.0264, 0.38105, 0.87553, 0.9319),
    ("attention-cnn", "channel+additive"): (0.2298, 0.08427, 0.83899, 0.82645),
    ("seam", "cbam+gates"): (3175.7, 384.7, 77.395, 92.319),
}


def small_base(patch):
    return keras.layers.Conv2D(8, 5, strides=4, padding="same", activation="relu")(patch)


def network(kind, name):
    attention, gates = make_attention(name, "autoencoder" if kind == "autoencoder" else "attention-cnn")
    if kind == "autoencoder":
        return build_autoencoder(widths=(4, 4, 8, 8), attention=attention, gates=gates)
    if kind == "seam":
        return build_classifier(classes=3, good=0, base=residual_base, attention=attention, seam=True)
    return build_classifier(classes=3, good=0, base=small_base, attention=attention)


def fill_by_name(path):
    """Overwrite each weight in the file with values that depend only on its name there."""

    def fill(name, item):
        if isinstance(item, h5py.Dataset):
            values = np.random.default_rng(zlib.crc32(name.encode())).normal(size=item.shape)
            positive = item.ndim == 1  # so that variances are above 0
            item[...] = 0.5 + 0.1 * np.abs(values) if positive else 0.2 * values

    with h5py.File(path, "r+") as file:
        file.visititems(fill)


def figures(kind, name, folder):
    keras.mixed_precision.set_global_policy("float32")
    made = network(kind, name)
    made.save_weights(folder / "w.weights.h5")
    fill_by_name(folder / "w.weights.h5")
    made.load_weights(folder / "w.weights.h5")
    tiles = np.random.default_rng(0).normal(size=(2, 32, 32, 1)).astype(np.float32)
    outputs = made(tiles, training=False)
    score = np.asarray(outputs["score"])
    logits = [float(value) for value in np.asarray(outputs["logits"])[:, 0]] if "logits" in outputs else []
    return [float(score.mean()), float(score.std()), *logits]


@pytest.mark.parametrize(("kind", "name"), EXPECTED)
def test_weights_are_found_by_the_names_that_earlier_models_gave_them(kind, name, tmp_path):
    assert figures(kind, name, tmp_path) == pytest.approx(EXPECTED[kind, name], rel=1e-3)
