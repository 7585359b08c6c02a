"""What doctor found, in words."""

from __future__ import annotations

from semscan.values.diagnosis import Diagnosis, ModelDiagnosis


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
