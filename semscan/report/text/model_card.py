"""What a model is and is not, in words: the summary at the end of train, and MODEL_CARD.md."""

from __future__ import annotations

from collections.abc import Sequence

from semscan.phrases import plural
from semscan.report.text.detection import PAINTED, detection_lines, detection_table
from semscan.report.text.weaknesses import weaknesses
from semscan.settings import LOOKS_WITHIN
from semscan.settings.networks import NETWORKS
from semscan.values.model.calibration import ACCEPTED, CEILING, COUNTED, FLOOR, REVIEWED, TAIL, Calibration
from semscan.values.model.config import ModelConfig
from semscan.values.model.looks import Looks
from semscan.values.model.training import ReviewedCount, TrainingRecord, TrainingTask

MATCHED = (
    "Each image is brought to the same brightness and contrast first: those of the training images vary, so neither "
    "says anything about a defect."
)


def summary_lines(config: ModelConfig) -> list[str]:
    """State in plain language what was trained, on what, and how the threshold was set, line by line.

    Raises
    ------
    ValueError
        If `config` has no record of its training.
    """
    task = _task(config.training)
    fit = config.training.fit
    network, calibration = config.network, config.calibration
    title = NETWORKS[network.kind].title + (" with SEAM" if network.seam else "")
    used_for = "the best round and the threshold" if calibration.raw_threshold is not None else "the best round"
    lines = [
        f"Trained on: {task.layout}.",
        f"Network: {title}, attention '{network.attention}', {(fit.parameters or 0) / 1e6:.2f} million "
        f"weights, patches of {config.tiling.tile} px, {fit.steps_done} steps in "
        f"{(fit.seconds or 0) / 60:.1f} minutes (ended: {fit.ended}), seed {config.seed}.",
        f"Held out: {calibration.held_out}; never trained on, used to choose {used_for}.",
    ]
    if task.start_from is not None:
        lines.append(
            f"Started from the weights of {task.start_from}; if that was trained on the held-out images, the figures "
            "are too good."
        )
    if fit.held_out_accuracy is not None:
        lines.append(
            f"Classes: {', '.join(network.classes or ())}; predicted correctly for {fit.held_out_accuracy:.1%} of "
            f"{fit.held_out_images} held-out images."
        )
    lines += _threshold_lines(calibration)
    if config.painted is not None:
        kind = "defects of kinds it was not taught," if network.classes else "defects"
        lines += detection_lines(config.painted, f"{kind} painted into held-out good images")
    lines += _looks_lines(config.looks)
    lines += _findings_lines(config.training)
    return [*lines, *(f"Warning: {words}." for words in weaknesses(config))]


def _task(training: TrainingRecord) -> TrainingTask:
    if training.task is None:
        raise ValueError("this model has no record of its training")
    return training.task


def _threshold_lines(calibration: Calibration) -> list[str]:
    if calibration.raw_threshold is None or calibration.reached is None:
        return [
            "There is no good class, so this model tells classes apart but has no threshold: it cannot decide "
            "whether an image has a defect at all."
        ]
    worth = calibration.worth or 0.0
    lines = [
        f"Threshold: 0.5 in the map is raw score {calibration.raw_threshold:.4g}. {calibration.false_alarms:g} false "
        f"regions per good image are wanted; at this threshold the held-out area, {worth:.1f} images' worth, shows "
        f"{calibration.reached:.2g} per image."
    ]
    rule = _RULES.get(calibration.rule or "")
    return [*lines, rule] if rule else lines


# what set the threshold, and what would improve it
_RULES = {
    COUNTED: "The false regions in the held-out area were counted to set it.",
    TAIL: (
        "The held-out area is too small to count so few false regions, so their number is extrapolated to higher "
        "scores. Add good images for a reliable threshold."
    ),
    FLOOR: (
        "It is the lowest threshold that semscan sets: the held-out area has no scores as high. Defects that score "
        "lower are missed; a --threshold below 0.5 shows them, with more false regions."
    ),
    CEILING: (
        "It is lower than the false regions ask for: a higher one would miss most of the painted defects. Train "
        "longer, or with more good images, so that the network tells the two apart."
    ),
    ACCEPTED: "It was raised so that the accepted regions stay below it.",
    REVIEWED: "It was set by the decisions of a review.",
}


def _looks_lines(looks: Looks) -> list[str]:
    """State how the default number of looks at each tile was chosen; nothing where it was not measured."""
    if not looks.painted_ap:
        return []
    measured = ", ".join(f"{ap:.3f} with {plural(number, 'look')}" for number, ap in looks.painted_ap.items())
    others = "|".join(map(str, looks.others))
    return [
        f"Looks at each tile: {looks.default}, the fewest within {LOOKS_WITHIN:g} of the best average precision of the "
        f"pixels of held-out patches with painted defects ({measured})."
        + (f" --looks {others} has its own threshold." if others else "")
    ]


def _findings_lines(training: TrainingRecord) -> list[str]:
    """Describe labelled images, accepted regions and outliers, where there are any."""
    lines = []
    labelled, accepted, outliers = training.labelled, training.accepted, training.outliers
    if labelled:
        words = f"Labelled: of {labelled.images} images, {labelled.defects} defects were trained on ("
        words += f"{labelled.by_mask} images with masks, {labelled.by_repeats} where they differ from their own "
        words += "repeats); none was held out, so no figure here states how well such defects are found"
        if labelled.checked:
            words += f"; of {labelled.checked} others, {labelled.checked_above} have a score above the threshold"
        lines.append(words + ".")
    if training.reviewed:
        lines.append(_reviewed_line(training.reviewed))
    if accepted:
        lines.append(
            f"Accepted as harmless: {accepted.regions} regions, {accepted.still_above} of which still "
            "lie above the threshold."
        )
    if outliers:
        names = ", ".join(f"{note.image} ({note.reason})" for note in outliers[:10])
        more = f" and {len(outliers) - 10} more" if len(outliers) > 10 else ""
        lines.append(
            f"Unusual among the good images; check them, and train again without those that have a defect: "
            f"{names}{more}."
        )
    return lines


def _reviewed_line(count: ReviewedCount) -> str:
    """State what came from a review."""
    words = (
        f"From a review: {plural(count.harmless, 'harmless region')} (counted as accepted), "
        f"{plural(count.real, 'confirmed defect')} and {plural(count.missed, 'drawn defect')} (counted as labelled), "
        f"and {plural(count.good_images, 'image')} without defects (among the good ones)"
    )
    return words + (f"; {plural(count.left_out, 'decision')} could not be used." if count.left_out else ".")


def model_card(config: ModelConfig, summary: Sequence[str]) -> str:
    """Write MODEL_CARD.md: what the model is, what it was trained on, what it promises, its limits.

    Raises
    ------
    ValueError
        If `config` has no record of its training.
    """
    task = _task(config.training)
    nm = config.training_domain.nm_per_pixel
    scale = (
        f"- Training images have {nm:.4g} nm per pixel; images of half to twice that are resampled.\n"
        if nm and NETWORKS[config.network.kind].resamples
        else ""
    )
    brightness = f"- {MATCHED}\n" if config.preprocessing.matched else ""
    libraries = ", ".join(f"{name} {version}" for name, version in config.libraries.items())
    facts = "\n".join(f"- {line}" for line in summary)
    painted = ""
    if config.painted is not None:
        painted = (
            f"\n## Painted defects\n\n{PAINTED.format('held-out good images')}\n\n"
            + "\n".join(detection_table(config.painted))
            + "\n"
        )
    return f"""# Model card

{facts}
{scale}{brightness}- Grey levels are standardised by mean {config.preprocessing.mean:.4f} and deviation \
{config.preprocessing.std:.4f} of the training images (0 black, 1 white).
- Exported graph differs from the trained network by at most {config.training.export_difference or 0.0:.1g} \
(relative), checked on training patches at two sizes and two batches.
- Training data fingerprint: {task.data_fingerprint}
- Made with semscan {config.semscan_version}; {libraries}.
{painted}
## Limits

It knows the images it was trained on: same tool, magnification, layer and contrast. On others the
threshold does not hold; train again, or calibrate again (semscan calibrate). A score is not a probability: 0.5 is the
calibrated threshold, above it is more unusual than the held-out good images were.
"""
