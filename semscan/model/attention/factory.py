"""An attention by name, for one of the two networks."""

from __future__ import annotations

import dataclasses

from semscan.model.attention.sequential import AttentionChain
from semscan.model.registry import ATTENTIONS, NETWORK_USE, attention_parts, resolve

GATES = "gates"


def make_attention(name, network):
    """The layer that `name` means in a network, and whether the skips are gated.

    Parameters
    ----------
    name : str
        A name of the registry, or several joined by ``+``, applied from left to right.
    network : {"autoencoder", "attention-cnn"}
        The autoencoder has skips for ``gates`` to act on, and its attention keeps the map and has taught scores. The
        attention CNN pools over positions, and ``gates`` come before all else.

    Returns
    -------
    layer : Attention
        Its name starts with "attention".
    gates : bool

    Raises
    ------
    UsageFault
        If there is no such attention.
    """
    use, names = NETWORK_USE[network], attention_parts(name)
    on_skips = GATES in names and network == "autoencoder"
    if GATES in names:
        names = [other for other in names if other != GATES]
        names = (names or ["none"]) if on_skips else [GATES, *names]
    inner = dataclasses.replace(use, pools=False, head=False)
    uses = [inner] * (len(names) - 1) + [dataclasses.replace(use, head=False)]
    if use.head and not any(_made(one, inner).places for one in names):
        uses[-1] = use
    if len(names) == 1:
        return _made(names[0], uses[0]), on_skips
    parts = [_made(one, _as_part(how, one)) for one, how in zip(names, uses, strict=True)]
    return AttentionChain(parts, name=use.name), on_skips


def _made(name, use):
    return resolve(ATTENTIONS[name].target)(use)


def _as_part(use, name):
    return dataclasses.replace(use, name=f"{use.name}_{name.replace('-', '_')}")
