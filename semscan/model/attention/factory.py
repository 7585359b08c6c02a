"""Make an attention by name, for one of the networks."""

from __future__ import annotations

import dataclasses

from semscan.model.attention.base import Attention
from semscan.model.attention.sequential import AttentionChain
from semscan.model.registry import ATTENTIONS, NETWORKS, AttentionRole, attention_parts, resolve

GATES = "gates"


def make_attention(name: str, network: str) -> tuple[Attention, bool]:
    """Make the attention layer that `name` means in a network.

    Parameters
    ----------
    name : str
        A name of the registry, or several joined by ``+``, applied from left to right.
    network : str
        A name of `semscan.settings.networks.NETWORKS`, whose `role` states what its attention does.

    Returns
    -------
    layer : Attention
        Its name starts with "attention".
    gates : bool
        Whether the skip connections are gated.

    Raises
    ------
    UsageFault
        If there is no such attention.
    """
    role = NETWORKS[network].role
    names = attention_parts(name)
    on_skips = GATES in names and role.skips
    names = _without_gates(names, on_skips=on_skips)
    # Only the last part of a chain pools. A head is trained only where no part scores positions itself.
    inner = dataclasses.replace(role, pools=False, head=False)
    head = role.head and not any(_make(one, inner).scores_positions for one in names)
    last = dataclasses.replace(role, head=head)
    if len(names) == 1:
        return _make(names[0], last), on_skips
    roles = [inner] * (len(names) - 1) + [last]
    parts = [_make(one, _as_part(part, one)) for one, part in zip(names, roles, strict=True)]
    return AttentionChain(parts, name=role.name), on_skips


def _without_gates(names: list[str], *, on_skips: bool) -> list[str]:
    """Return what stays of `names`: gates act on the skip connections, or come before the other attentions."""
    if GATES not in names:
        return names
    others = [other for other in names if other != GATES]
    return (others or ["none"]) if on_skips else [GATES, *others]


def _make(name: str, role: AttentionRole) -> Attention:
    return resolve(ATTENTIONS[name].target)(role)


def _as_part(role: AttentionRole, name: str) -> AttentionRole:
    return dataclasses.replace(role, name=f"{role.name}_{name.replace('-', '_')}")
