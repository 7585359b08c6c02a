"""What doctor found, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def diagnosis_lines(record: Mapping[str, Any]) -> list[str]:
    """The data set in a few lines, then what may be wrong with it, worst first.

    Parameters
    ----------
    record : mapping
        As `semscan.pipeline.doctor.doctor` returns it.
    """
    lines = [f"{record['data']}: {record['layout']}"]
    for name in ("train", "test", "sizes", "depths", "formats"):
        if record[name]:
            listed = ", ".join(f"{count} of {what}" for what, count in record[name].items())
            lines.append(f"  {name:8} {listed}")
    if record["nm_per_pixel"]:
        lines.append("  nm/px    " + ", ".join(f"{scale:.4g}" for scale in record["nm_per_pixel"]))
    cost = record["training"]
    if cost:
        lines.append(
            f"  training the {cost['network']}, {cost['steps']} steps of {cost['patch_px']} px patches: about "
            f"{cost['minutes']:.0f} minutes on {cost['cores']} free cores, {cost['memory_mib'] / 1024:.1f} GiB"
        )
    lines.append("")
    lines += [f"{finding['level']}: {finding['said']}" for finding in record["findings"]]
    if not any(finding["level"] != "note" for finding in record["findings"]):
        lines.append("nothing found that stands against training")
    return lines
