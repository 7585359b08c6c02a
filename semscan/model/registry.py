"""Names of networks, backbones and attentions. Imports no TensorFlow; builders are resolved on use.

The networks themselves are entries of `semscan.settings.networks`, where a model folder is checked against them too.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from semscan.errors import UsageFault
from semscan.settings.networks import NETWORKS, AttentionRole, NetworkKind
from semscan.settings.resolve import resolve

__all__ = [
    "ATTENTIONS",
    "BACKBONES",
    "NETWORKS",
    "AttentionRole",
    "NetworkKind",
    "RegistryEntry",
    "attention_parts",
    "catalogue",
    "is_local",
    "known",
    "resolve",
]


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """What a name stands for: the builder as "module:function", and what it is in one line.

    `local`, for an attention: in the autoencoder, its result at a position depends on the surroundings alone, not on
    the whole patch.
    """

    target: str
    summary: str
    local: bool = False


BACKBONES = {
    "plain": RegistryEntry(
        "semscan.model.networks.attention_cnn:plain_base", "convolutions, batch norm, ReLU and pooling (attention CNN)"
    ),
    "residual": RegistryEntry(
        "semscan.model.networks.attention_cnn:residual_base",
        "the same widths in residual blocks, as in ResNet (attention CNN)",
    ),
}
ATTENTIONS = {
    "none": RegistryEntry(
        "semscan.model.attention.none:none", "the baseline: plain mean over positions, nothing attended", local=True
    ),
    "additive": RegistryEntry(
        "semscan.model.attention.additive:additive", "Bahdanau: tanh layer scores each position, softmax over positions"
    ),
    "soft-mask": RegistryEntry(
        "semscan.model.attention.additive:soft_mask",
        "the same scores, a sigmoid at each position, multiplied in",
        local=True,
    ),
    "feature-mask": RegistryEntry(
        "semscan.model.attention.feature_mask:feature_mask",
        "weight and bias of the feature's own dimension, sigmoid, multiplied in",
        local=True,
    ),
    "feature-softmax": RegistryEntry(
        "semscan.model.attention.feature_mask:feature_softmax",
        "the same weight and bias, softmax over positions, multiplied in",
    ),
    "multiplicative": RegistryEntry(
        "semscan.model.attention.dot_product:multiplicative",
        "Luong: bilinear product of each position with the patch's mean, softmax",
    ),
    "scaled-dot": RegistryEntry(
        "semscan.model.attention.dot_product:scaled_dot",
        "Vaswani: dot product of query (the patch's mean) and keys by root d, softmax",
    ),
    "channel": RegistryEntry(
        "semscan.model.attention.squeeze_excite:channel",
        "squeeze and excitation: one weight for each channel of the patch",
    ),
    "spatial": RegistryEntry(
        "semscan.model.attention.cbam:spatial",
        "mean and maximum over channels, convolution, sigmoid at each position",
        local=True,
    ),
    "cbam": RegistryEntry("semscan.model.attention.cbam:cbam", "channel attention, then spatial attention"),
    "self-attention": RegistryEntry(
        "semscan.model.attention.self_attention:self_attention",
        "every position with every other of the patch, one head",
    ),
    "multi-head": RegistryEntry("semscan.model.attention.self_attention:multi_head", "the same, four heads"),
    "gates": RegistryEntry(
        "semscan.model.attention.gate:gates",
        "Attention U-Net: coarse features gate the skips (or, without skips, the features)",
        local=True,
    ),
}


def known(name: str, names: Iterable[str], what: str) -> str:
    """Return `name` if it is one of `names`, else raise UsageFault with the nearest one."""
    names = tuple(names)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean '{near[0]}'?" if near else f"choose from {', '.join(names)}"
    raise UsageFault(f"there is no {what} '{name}'; {hint}")


def attention_parts(name: str) -> list[str]:
    """Return the names that `name` joins by ``+``.

    Raises
    ------
    UsageFault
        If one is unknown or occurs twice, or if ``none`` is joined with others.

    Examples
    --------
    >>> attention_parts("cbam+gates")
    ['cbam', 'gates']
    """
    parts = [known(part.strip(), ATTENTIONS, "attention") for part in name.split("+")]
    twice = next((part for part in parts if parts.count(part) > 1), None)
    if twice:
        raise UsageFault(f"attention '{name}' has '{twice}' twice; give it once")
    if "none" in parts and len(parts) > 1:
        raise UsageFault(f"attention '{name}' joins 'none' with others; leave it away")
    return parts


def is_local(name: str) -> bool:
    """Return whether an attention does the same in a tile larger than the training patches.

    Examples
    --------
    >>> is_local("gates+soft-mask"), is_local("gates+channel")
    (True, False)
    """
    return all(ATTENTIONS[part].local for part in attention_parts(name))


def catalogue() -> list[dict[str, str | None]]:
    """Return one record for each network, backbone and attention: ``kind``, ``name``, ``summary``, ``default_of``."""
    kinds: dict[str, Mapping[str, NetworkKind] | Mapping[str, RegistryEntry]] = {
        "network": NETWORKS,
        "backbone": BACKBONES,
        "attention": ATTENTIONS,
    }
    defaults = {entry.attention: network for network, entry in NETWORKS.items()}
    return [
        {"kind": kind, "name": name, "summary": entry.summary, "default_of": defaults.get(name)}
        for kind, entries in kinds.items()
        for name, entry in entries.items()
    ]
