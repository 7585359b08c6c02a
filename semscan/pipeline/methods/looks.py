"""How many looks at each tile a network takes: its own number, or another one that it is calibrated for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from semscan.errors import UsageFault
from semscan.settings.networks import NETWORKS
from semscan.values.model.config import ModelConfig
from semscan.values.model.looks import CalibratedLooks, Looks


def looks_of(config: ModelConfig) -> int | None:
    """Return the number of looks at each tile; None for a network that always takes one."""
    return config.looks.default if NETWORKS[config.network.kind].logit_map else None


def at_looks(config: ModelConfig, looks: int | None, model: Path) -> ModelConfig:
    """Return the configuration for another number of looks, with the threshold that belongs to it.

    Parameters
    ----------
    config : ModelConfig
    looks : int or None
        None: the model's own number.
    model : Path
        Its folder, for the words.

    Raises
    ------
    UsageFault
        If the model has no threshold for so many looks.
    """
    own = looks_of(config)
    if looks is None or looks == (own or 1):
        return config
    if own is None:
        raise UsageFault(
            f"--looks {looks}: the {NETWORKS[config.network.kind].title} of {model} takes one look at each tile; leave "
            "--looks away"
        )
    other = config.looks.others.get(looks)
    if other is None:
        raise UsageFault(
            f"--looks {looks}: {model} has a threshold for {own} looks at each tile and none for {looks}; leave "
            f"--looks away, or set one with `semscan calibrate GOOD --model {model} --looks {looks} --out DIR`"
        )
    rest = {number: each for number, each in config.looks.others.items() if number != looks}
    rest[own] = CalibratedLooks(config.calibration, config.painted)
    return replace(
        config,
        calibration=other.calibration,
        painted=other.painted,
        nuisance=None,  # its regions were cut at the other threshold
        looks=replace(config.looks, default=looks, others=rest),
    )


def only_looks(config: ModelConfig, looks: int) -> ModelConfig:
    """Return the configuration with one number of looks, to be calibrated for it."""
    return replace(config, looks=Looks(looks, painted_ap=config.looks.painted_ap))
