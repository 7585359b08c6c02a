"""What doctor found, in words."""

from __future__ import annotations

from semscan.values.diagnosis import Diagnosis, Installation, ModelDiagnosis


def diagnosis_lines(diagnosis: Diagnosis) -> list[str]:
    """Return the data set in a few lines, then what may be wrong with it, worst first."""
    lines = [f"{diagnosis.data}: {diagnosis.layout}"]
    for name, counts in (
        ("train", diagnosis.train),
        ("test", diagnosis.test),
        ("sizes", diagnosis.sizes),
        ("depths", diagnosis.depths),
        ("formats", diagnosis.formats),
    ):
        if counts:
            lines.append(f"  {name:8} " + ", ".join(f"{count} of {what}" for what, count in counts.items()))
    if diagnosis.nm_per_pixel:
        lines.append("  nm/px    " + ", ".join(f"{scale:.4g}" for scale in diagnosis.nm_per_pixel))
    cost = diagnosis.training
    if cost is not None:
        lines.append(
            f"  training the {cost.network}, {cost.steps} steps of {cost.patch_px} px patches: about "
            f"{cost.minutes:.0f} minutes on {cost.cores} free cores, {cost.memory_mib / 1024:.1f} GiB"
        )
    lines.append("")
    lines += [f"{finding.level}: {finding.said}" for finding in diagnosis.findings]
    if all(finding.level == "note" for finding in diagnosis.findings):
        lines.append("nothing found that stands against training")
    return lines


def model_lines(diagnosis: ModelDiagnosis) -> list[str]:
    """Return the files of a model folder, then what is wrong with it, worst first."""
    lines = [f"{diagnosis.model}: a model"]
    lines += [f"  {file.name:20} {file.bytes:>10} bytes  sha256 {file.sha256}" for file in diagnosis.files]
    lines.append("")
    lines += [f"{finding.level}: {finding.said}" for finding in diagnosis.findings]
    lines.append("it can be used" if diagnosis.usable else "it cannot be used")
    return lines


def installation_lines(found: Installation) -> list[str]:
    """Return what is installed, then what cannot be done without what is missing."""
    memory = "" if found.memory_mib is None else f", {found.memory_mib / 1024:.1f} GiB of memory"
    lines = [f"semscan {found.semscan}, Python {found.python}, {found.system}, {found.cores} cores{memory}"]
    lines += [f"  {name:16} {number or 'not installed'}" for name, number in found.libraries.items()]
    lines.append("")
    lines += [f"{finding.level}: {finding.said}" for finding in found.findings] or ["nothing is missing"]
    return lines
