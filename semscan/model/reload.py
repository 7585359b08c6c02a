"""A finished model opened again with Keras: to look inside it, or to carry it to another format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from semscan.errors import BadModelError
from semscan.model.attention.none import NoAttention
from semscan.model.build import build
from semscan.model.export.to_onnx import LOOKS
from semscan.model.tf_import import keras, tf
from semscan.phrases import one_line

WEIGHTS = "weights.weights.h5"
_MOST_HEADS = 8  # more than that are weights of each channel at each position: their mean is shown


def open_network(folder: Path, config):
    """Build the network of a model folder in float32 and give it its weights.

    Parameters
    ----------
    folder : Path
    config : mapping
        Its config.json.

    Returns
    -------
    keras.Model

    Raises
    ------
    BadModelError
        If the weights are missing or do not fit the network that `config` describes.
    """
    weights = Path(folder) / WEIGHTS
    if not weights.is_file():
        raise BadModelError(f"{folder}: has no {WEIGHTS}, which this command needs; copy the whole folder")
    keras.mixed_precision.set_global_policy("float32")
    try:
        network = build(config)
        network.load_weights(weights)
    except Exception as error:  # Keras answers a wrong or damaged file with almost any exception
        why = one_line(error, 160)
        raise BadModelError(
            f"{weights}: does not fit the network that config.json describes ({type(error).__name__}: {why}); "
            "train it again"
        ) from error
    return network


class OpenedNetwork:
    """What the layers of a network see in tiles, and what its attention does with it.

    Parameters
    ----------
    network : keras.Model
        Its attention layers are those that give (attended, weights, scores); see `semscan.model.attention.base`.
    all_ways : bool
        Average over the mirrored views of each tile, `semscan.model.export.to_onnx.LOOKS`, as the map of logits does.
    """

    def __init__(self, network, *, all_ways: bool) -> None:
        self.attentions = {layer.name: layer for layer in network.layers if _is_attention(layer)}
        self.competing = frozenset(name for name, layer in self.attentions.items() if getattr(layer, "competes", False))
        self._all_ways = all_ways
        taps: dict[str, Any] = {}
        for name, layer in self.attentions.items():
            attended, weights, scores = layer.output[:3]
            before = layer.input[-1] if _is_gate(layer) else layer.input
            taps |= {
                f"{name}/before": before,
                f"{name}/attended": attended,
                f"{name}/weights": weights,
                f"{name}/scores": scores,
            }
        if "reconstruction" in network.output:
            taps["reconstruction"] = network.output["reconstruction"]
        if not self.attentions:
            taps["features"] = _last_features(network)
        self._network = keras.Model(network.inputs, taps)

    def __call__(self, tiles):
        """Look at standardised `tiles`, float32 (n, T, T).

        Returns
        -------
        maps : dict of ndarray, each (n, r, c)
            Smaller than the tiles by the layers' strides. ``NAME/before`` and ``NAME/after``, feature maps merged
            (mean magnitude over channels); ``NAME/weights.HEAD``; ``NAME/scores``, the mean over heads;
            ``features`` where there is no attention; ``reconstruction``, standardised grey levels.
        channels : dict of ndarray, each (n, channels)
            ``NAME``: the weights of an attention to channels.
        """
        if not self._all_ways:
            return self._one_way(tiles)
        each = [(way, *self._one_way(way(tiles))) for way in LOOKS]
        return (
            {name: sum(way(maps[name]) for way, maps, _ in each) / len(each) for name in each[0][1]},
            {name: sum(channels[name] for *_, channels in each) / len(each) for name in each[0][2]},
        )

    def _one_way(self, tiles):
        fed = tf.constant(np.ascontiguousarray(tiles[..., None]), tf.float32)
        seen = {name: value.numpy() for name, value in self._network(fed, training=False).items()}
        maps: dict[str, Any] = {}
        channels: dict[str, Any] = {}
        for name in ("features", "reconstruction"):
            if name in seen:
                maps[name] = _merged(seen[name]) if name == "features" else seen[name][..., 0]
        for name in self.attentions:
            _tell(name, seen, maps, channels, joins=_is_gate(self.attentions[name]))
        return maps, channels


def _tell(name, seen, maps, channels, *, joins):
    """Add what one attention layer did to `maps` and `channels`."""
    before, attended, weights, scores = (seen[f"{name}/{part}"] for part in ("before", "attended", "weights", "scores"))
    maps[f"{name}/before"] = _merged(before)
    positions = weights.ndim == 4 and weights.shape[1:3] == before.shape[1:3]
    if positions:
        heads = weights if weights.shape[3] <= _MOST_HEADS else weights.mean(axis=3, keepdims=True)
        for head in range(heads.shape[3]):
            maps[f"{name}/weights.{head + 1}"] = heads[..., head]
    else:
        channels[name] = weights.reshape(len(weights), -1)
    if scores.ndim == 4 and scores.shape[1:3] == before.shape[1:3]:
        maps[f"{name}/scores"] = scores.mean(axis=3)
    if attended.ndim == 4 and not joins:
        maps[f"{name}/after"] = _merged(attended)
    elif positions:  # pooled, or joined with the signal that opened the gate: what each position gave
        maps[f"{name}/after"] = _merged(before * weights.mean(axis=3, keepdims=True))


def _merged(features):
    return np.abs(features).mean(axis=3)


def _is_attention(layer):
    outputs = layer.output
    return isinstance(outputs, (list, tuple)) and len(outputs) >= 3 and not isinstance(layer, NoAttention)


def _is_gate(layer):
    """True for one that is called on a signal and on the features that it opens for."""
    return isinstance(layer.input, (list, tuple))


def _last_features(network):
    """The features that would be attended to; else the last feature map of the network."""
    nothing = [layer for layer in network.layers if isinstance(layer, NoAttention)]
    maps = [layer for layer in network.layers if isinstance(layer, keras.layers.ReLU) and len(layer.output.shape) == 4]
    return nothing[0].input if nothing else maps[-1].output
