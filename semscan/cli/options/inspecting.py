"""The options that inspect, score and evaluate share, as settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semscan.cli.options.dimensions import edge_settings
from semscan.cli.options.methods import used_looks, used_model
from semscan.cli.options.reading import pop_read_settings
from semscan.cli.options.regions import region_settings
from semscan.settings import InspectSettings, OutputSettings


def inspect_settings(choices: Mapping[str, Any], output: OutputSettings | None = None) -> InspectSettings:
    """Return the settings of the options that inspect and score share."""
    return InspectSettings(
        method=tuple(choices["method"]),
        model=used_model(choices),
        reference=choices.get("reference"),
        read=pop_read_settings(dict(choices)),
        regions=region_settings(choices),
        output=output or OutputSettings(),
        jobs=choices["jobs"],
        timeout=choices.get("timeout"),
        max_memory=choices.get("max_memory"),
        resume=choices.get("resume", False),
        follow=choices.get("follow", False),
        cluster=choices.get("cluster"),
        looks=used_looks(choices),
        device=choices.get("device", InspectSettings().device),
        measure=edge_settings(choices) if choices.get("measure") else None,
        nuisance_filter=not choices.get("no_nuisance_filter", False),
    )
