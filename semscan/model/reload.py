"""A finished model as a Keras network: to read the activations of its layers, or to export it to another format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from semscan.errors import BadModelError
from semscan.model.attention.none import NoAttention
from semscan.model.build import build
from semscan.model.export.to_onnx import VIEWS
from semscan.model.tf_import import Tensor, keras, tf
from semscan.phrases import one_line
from semscan.values.model.config import NetworkConfig

WEIGHTS = "weights.weights.h5"
_MOST_HEADS = 8  # more are one weight for each channel of each position; then their mean is shown
Arrays = dict[str, np.ndarray]


def open_network(folder: Path, config: NetworkConfig) -> keras.Model:
    """Build the network of a model folder in float32 and load its weights.

    Parameters
    ----------
    folder : Path
    config : NetworkConfig
        What its config.json describes.

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
    except Exception as error:  # Keras raises almost any exception for a wrong or damaged file
        why = one_line(error, 160)
        raise BadModelError(
            f"{weights}: does not fit the network that config.json describes ({type(error).__name__}: {why}); "
            "train it again"
        ) from error
    return network


class OpenedNetwork:
    """Compute the activations of a network's layers in tiles: features, attention weights and scores.

    Parameters
    ----------
    network : keras.Model
        Its attention layers are those that return (attended, weights, scores); see `semscan.model.attention.base`.
    looks : int
        Average over so many looks at each tile, the first of `semscan.model.export.to_onnx.VIEWS`, as the map does.

    Attributes
    ----------
    attentions : dict of layer by name
    competing : frozenset of str
        Names of the attentions whose weights are a softmax over positions.
    """

    def __init__(self, network: keras.Model, *, looks: int = 1) -> None:
        self.attentions = {layer.name: layer for layer in network.layers if _is_attention(layer)}
        self.competing = frozenset(name for name, layer in self.attentions.items() if getattr(layer, "competes", False))
        self._views = VIEWS[:looks]
        outputs: dict[str, Tensor] = {}
        for name, layer in self.attentions.items():
            attended, weights, scores = layer.output[:3]
            outputs[f"{name}/before"] = layer.input[-1] if _is_gate(layer) else layer.input
            outputs[f"{name}/attended"] = attended
            outputs[f"{name}/weights"] = weights
            outputs[f"{name}/scores"] = scores
        if "reconstruction" in network.output:
            outputs["reconstruction"] = network.output["reconstruction"]
        if not self.attentions:
            outputs["features"] = _last_features(network)
        self._network = keras.Model(network.inputs, outputs)

    def __call__(self, tiles: np.ndarray) -> tuple[Arrays, Arrays]:
        """Compute the activations in standardised `tiles`, float32 (n, T, T).

        Returns
        -------
        maps : dict of ndarray, each (n, r, c)
            Smaller than the tiles by the strides of the layers. ``NAME/before`` and ``NAME/after``, the mean magnitude
            of a feature map over its channels; ``NAME/weights.HEAD``; ``NAME/scores``, the mean over heads;
            ``features`` where there is no attention; ``reconstruction``, standardised grey levels.
        channels : dict of ndarray, each (n, channels)
            ``NAME``: the weights of channel attention.
        """
        views = [(view, *self._activations(view(tiles))) for view in self._views]
        _, first_maps, first_channels = views[0]
        # Each view is its own inverse, so it also turns its maps back.
        return (
            {name: _mean([view(maps[name]) for view, maps, _ in views]) for name in first_maps},
            {name: _mean([channels[name] for *_, channels in views]) for name in first_channels},
        )

    def _activations(self, tiles: np.ndarray) -> tuple[Arrays, Arrays]:
        patches = tf.constant(np.ascontiguousarray(tiles[..., None]), tf.float32)
        outputs = {name: value.numpy() for name, value in self._network(patches, training=False).items()}
        maps: Arrays = {}
        channels: Arrays = {}
        if "features" in outputs:
            maps["features"] = _mean_magnitude(outputs["features"])
        if "reconstruction" in outputs:
            maps["reconstruction"] = outputs["reconstruction"][..., 0]
        for name, layer in self.attentions.items():
            before, attended, weights, scores = (
                outputs[f"{name}/{part}"] for part in ("before", "attended", "weights", "scores")
            )
            if not _is_map_like(weights, before):
                channels[name] = weights.reshape(len(weights), -1)
            own = _attention_maps(before, attended, weights, scores, joins=_is_gate(layer))
            maps |= {f"{name}/{part}": values for part, values in own.items()}
        return maps, channels


def _attention_maps(
    before: np.ndarray, attended: np.ndarray, weights: np.ndarray, scores: np.ndarray, *, joins: bool
) -> Arrays:
    """Return the maps of one attention layer by the name of the part; see `OpenedNetwork.__call__`.

    With `joins`, `attended` also holds the signal that controls a gate, so it is not the gated feature map.
    """
    maps = {"before": _mean_magnitude(before)}
    of_positions = _is_map_like(weights, before)
    if of_positions:
        heads = weights if weights.shape[3] <= _MOST_HEADS else weights.mean(axis=3, keepdims=True)
        for head in range(heads.shape[3]):
            maps[f"weights.{head + 1}"] = heads[..., head]
    if _is_map_like(scores, before):
        maps["scores"] = scores.mean(axis=3)
    if attended.ndim == 4 and not joins:
        maps["after"] = _mean_magnitude(attended)
    elif of_positions:  # the attended features are pooled or joined: show the weighted features of each position
        maps["after"] = _mean_magnitude(before * weights.mean(axis=3, keepdims=True))
    return maps


def _is_map_like(values: np.ndarray, features: np.ndarray) -> bool:
    """Return whether `values` have one entry for each position of `features`."""
    return values.ndim == 4 and values.shape[1:3] == features.shape[1:3]


def _mean(views: Sequence[np.ndarray]) -> np.ndarray:
    return np.asarray(sum(views) / len(views))


def _mean_magnitude(features: np.ndarray) -> np.ndarray:
    return np.abs(features).mean(axis=3)


def _is_attention(layer: keras.layers.Layer) -> bool:
    outputs = layer.output
    return isinstance(outputs, (list, tuple)) and len(outputs) >= 3 and not isinstance(layer, NoAttention)


def _is_gate(layer: keras.layers.Layer) -> bool:
    """Return whether a layer is called on two inputs: the gating signal, and the features that it gates."""
    return isinstance(layer.input, (list, tuple))


def _last_features(network: keras.Model) -> Tensor:
    """Return the features that an attention would attend to; else the last feature map of the network."""
    for layer in network.layers:
        if isinstance(layer, NoAttention):
            return layer.input
    maps = [layer for layer in network.layers if isinstance(layer, keras.layers.ReLU) and len(layer.output.shape) == 4]
    return maps[-1].output
