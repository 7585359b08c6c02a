"""What a model is and is not, in words: the summary at the end of train, and MODEL_CARD.md."""

from __future__ import annotations


def summary_lines(config):
    """Say in plain language what was trained, on what, and what 0.5 means; a list of lines.

    `config` is a model's config.json.
    """
    training, calibration = config["training"], config["calibration"]
    network = "attention-guided autoencoder" if config["kind"] == "autoencoder" else "attention CNN"
    network += " with SEAM" if config.get("seam") else ""
    lines = [
        f"Trained on: {training['said']}.",
        f"Network: {network}, attention '{config['attention']}', {training['parameters'] / 1e6:.2f} million "
        f"weights, patches of {config['tile']} px, {training['steps_done']} steps in "
        f"{training['seconds'] / 60:.1f} minutes (ended: {training['ended']}), seed {config['seed']}.",
        f"Held back: {calibration['held_back']}; never trained on, used to choose the best round"
        + (" and 0.5." if calibration["raw_threshold"] is not None else "."),
    ]
    if training.get("held_back_accuracy") is not None:
        lines.append(
            f"Classes: {', '.join(config['classes'])}; {training['held_back_accuracy']:.1%} of "
            f"{training['held_back_images']} held-back images told right."
        )
    if calibration["raw_threshold"] is None:
        lines.append(
            "There is no good class, so this model tells classes apart but has no 0.5: it cannot say "
            "whether an image has a defect at all."
        )
    else:
        lines.append(
            f"Threshold: 0.5 in the map is raw score {calibration['raw_threshold']:.4g}, set for "
            f"{calibration['false_alarms']:g} false regions per good image; the held-back area, "
            f"{calibration['worth']:.1f} images' worth, shows {calibration['reached']:.2g} per image."
        )
        if calibration["reached"] > 2 * calibration["false_alarms"]:
            lines.append(
                "That is more than was asked for: the network reaches no higher scores. Another --seed or "
                "more --steps may help, or a threshold above 0.5."
            )
        elif calibration["worth"] * calibration["false_alarms"] < 3:
            lines.append(
                "So little held-back area cannot show so small a rate: the threshold continues its "
                "tail, an estimate. More good images make it sure."
            )
    return lines + _beside_good(training)


def _beside_good(training):
    """Lines about labelled images, accepted regions and images that look odd, where there are any."""
    lines = []
    labelled, accepted, odd = (training.get(key) for key in ("labelled", "accepted", "odd_images"))
    if labelled:
        said = f"Labelled: of {labelled['images']} images, {labelled['defects']} defects were trained on ("
        said += f"{labelled['by_mask']} images with masks, {labelled['by_repeats']} where they differ from their own "
        said += "repeats); none was held back, so no figure here says how well such defects are found"
        if labelled.get("checked"):
            said += f"; of {labelled['checked']} others, {labelled['checked_above']} have a score above 0.5"
        lines.append(said + ".")
    if accepted:
        lines.append(
            f"Accepted as harmless: {accepted['regions']} regions, {accepted['still_above']} of which still "
            "lie above 0.5."
        )
    if odd:
        names = ", ".join(f"{one['image']} ({one['reason']})" for one in odd[:10])
        more = f" and {len(odd) - 10} more" if len(odd) > 10 else ""
        lines.append(
            f"Odd among the good images, look at them and train again without those that have a defect: {names}{more}."
        )
    return lines


def model_card(config, summary):
    """Write MODEL_CARD.md: what it is, what it was trained on, what it promises, its limits."""
    scale = config.get("nm_per_pixel")
    scale = (
        f"- Training images have {scale:.4g} nm per pixel; of known others, half to twice that are resampled.\n"
        if scale and config["kind"] == "autoencoder"
        else ""
    )
    libraries = ", ".join(f"{name} {version}" for name, version in config["libraries"].items())
    facts = "\n".join(f"- {line}" for line in summary)
    return f"""# Model card

{facts}
{scale}- Grey levels are standardised by mean {config["preprocessing"]["mean"]:.4f} and deviation \
{config["preprocessing"]["std"]:.4f} of the training images (0 black, 1 white).
- Exported graph differs from the trained network by at most {config["training"]["export_difference"]:.1g} \
(relative), checked on training patches at two sizes and two batches.
- Training data fingerprint: {config["training"]["data_fingerprint"]}
- Made with semscan {config["semscan_version"]}; {libraries}.

## Limits

It knows the images it was trained on: same tool, magnification, layer and contrast. On others the
threshold does not hold; train again, or calibrate anew (semscan calibrate). A score is not a probability: 0.5 is the
calibrated threshold, above it is more unusual than the held-back good images were.
"""
