"""What a calibrated method is and is not, in words: what calibrate prints, and its MODEL_CARD.md."""

from __future__ import annotations

from collections.abc import Sequence

from semscan.report.text.detection import INTO_THESE, PAINTED, detection_lines, detection_table
from semscan.values.method import MethodConfig
from semscan.values.model.calibration import COUNTED, FLOOR, REVIEWED, TAIL

# what set the threshold, and what would improve it
_RULES = {
    COUNTED: "The false regions in the good images were counted to set it.",
    TAIL: (
        "The good images are too few to count so few false regions, so their number is extrapolated to higher scores. "
        "Add good images for a reliable threshold."
    ),
    FLOOR: "It is the lowest threshold that semscan sets for this method: the good images have no scores as high.",
}


def method_lines(config: MethodConfig, own_threshold: float) -> list[str]:
    """State in plain language how the threshold was set and what it finds, line by line.

    `own_threshold` is the raw threshold of the method without a calibration.
    """
    calibration = config.calibration
    lines = [
        f"Calibrated --method {config.method} on {calibration.held_out}: the threshold is raw score "
        f"{calibration.raw_threshold:.4g} (without a calibration {own_threshold:.4g}), for "
        f"{calibration.false_alarms:g} false regions per good image; these show {calibration.reached or 0.0:.2g}.",
    ]
    rule = _RULES.get(calibration.rule or "")
    if rule:
        lines.append(rule)
    if config.painted is not None:
        lines += detection_lines(config.painted, INTO_THESE)
    return lines


def method_card(config: MethodConfig, lines: Sequence[str]) -> str:
    """Write MODEL_CARD.md: what was calibrated, on what, what it promises, its limits; `lines` as from above."""
    facts = "\n".join(f"- {line}" for line in lines)
    is_reviewed = config.calibration.rule == REVIEWED
    images = "reviewed images" if is_reviewed else "good images"
    above = "" if is_reviewed else ", above it is more unusual than the good images were"
    scale = "" if config.nm_per_pixel is None else f"- The {images} have {config.nm_per_pixel:.4g} nm per pixel.\n"
    content = "a threshold" if config.nuisance is None else "a threshold, a nuisance filter"
    libraries = ", ".join(f"{name} {version}" for name, version in config.libraries.items())
    painted = ""
    if config.painted is not None:
        table = "\n".join(detection_table(config.painted))
        painted = f"\n## Painted defects\n\n{PAINTED.format('good images')}\n\n{table}\n"
    return f"""# Calibrated method

{facts}
{scale}- Made with semscan {config.semscan_version}; {libraries}.
{painted}
## Limits

Nothing was trained: this folder holds {content} and no network. It holds on images like the {images} it was set
on: same tool, magnification, layer and contrast. For others, calibrate again (semscan calibrate). A score is not a
probability: 0.5 is the calibrated threshold{above}.
"""
