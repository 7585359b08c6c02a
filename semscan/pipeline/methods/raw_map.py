"""Which raw scores a method without training gives: a calibrated threshold holds for no others."""

from __future__ import annotations

# Raised where the raw scores of a method change; a test compares them with recorded ones.
RULES = {"periodic": 3, "reference": 5}
WITH_NETWORK = ("periodic",)  # methods that ask the comparison network


def raw_map(method: str) -> str:
    """Name what the raw scores of a method come from: the version of its rule, and the network that it asks.

    Examples
    --------
    >>> raw_map("reference")
    'rule 5'
    """
    rule = f"rule {RULES[method]}"
    if method not in WITH_NETWORK:
        return rule
    from semscan.runtime.comparison_network import network_digest  # loads onnxruntime

    return f"{rule}, network {network_digest()}"
