"""Train: find the layout, hold good images out, fit, export, calibrate, save. One model folder comes out."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from semscan.errors import BadDataError, BadModelError, UsageFault
from semscan.files.datasets.accepted import read_accepted
from semscan.files.datasets.layout import Layout, find_layout
from semscan.files.datasets.reviewed import read_review
from semscan.files.disk.atomic import write_text
from semscan.files.disk.replace_folder import FRESH, MODEL, begin, commit
from semscan.files.models.config.model import config_json
from semscan.files.models.folder import ModelFolder, read_model_folder
from semscan.files.models.weights_file import check_weights
from semscan.files.results.folder import RESULTS
from semscan.files.results.records import parse_object
from semscan.files.results.review import REVIEW
from semscan.model.registry import BACKBONES, NETWORKS, attention_parts, known, resolve
from semscan.pipeline.checks.quick import quick_check
from semscan.pipeline.methods.looks import looks_of
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.training import fit
from semscan.pipeline.training.class_limits import class_limits
from semscan.pipeline.training.data import dataset
from semscan.pipeline.training.data.reviewed_images import open_reviewed, with_reviewed
from semscan.pipeline.training.findings import TrainingFindings, find_before_training
from semscan.pipeline.training.looks import with_fewest_looks
from semscan.pipeline.training.plan import TrainingPlan
from semscan.pipeline.training.review import Review, review
from semscan.report.text.model_card import summary_lines
from semscan.report.text.weaknesses import weaknesses
from semscan.settings import AUTO, DoctorSettings, TrainSettings
from semscan.values.model.calibration import Calibration
from semscan.values.model.config import ClassLimits, ModelConfig, NetworkConfig, Tiling, TrainingDomain
from semscan.values.model.training import TrainingRecord, TrainingTask
from semscan.version import __version__

Log = Callable[[str], None]
# keys of config.json that the plan and the training set; all others are the task, which --resume must not change
NOT_OF_THE_TASK = (
    *(field.name for field in dataclasses.fields(Tiling)),
    "calibration",
    "libraries",
    "graph_sha256",
    "weights_sha256",
    "painted",
    "looks",
    "looks_ap",
    "other_looks",
)


# settings that config.json does not hold, or not as they were asked for
OF_THE_TASK = ("steps", "learning_rate", "precision", "held_back", "few", "patience", "accept_all")


def train(data: Path, settings: TrainSettings, log: Log) -> dict[str, Any]:
    """Train a model from the images below `data` and save it as the folder ``settings.out``.

    Parameters
    ----------
    data : Path
        A folder in one of the layouts of `semscan.files.datasets.layout.find_layout`. test/ is never read.
    settings : TrainSettings
    log : callable
        Gets what a person should know, line by line.

    Returns
    -------
    dict
        The record printed on standard output: ``model``, ``kind``, ``raw_threshold`` and so on.

    Raises
    ------
    BadDataError, BadModelError, OutputError, UsageFault
    """
    _check(settings)
    layout = find_layout(data, settings.good)
    log(f"Found {layout.description}.")
    for warning in quick_check(layout, DoctorSettings(good=settings.good, read=settings.read)):
        log(f"warning: {warning}")
    kind = _kind(settings, layout)
    reviewed = open_reviewed(settings.review, data, settings.read, log)
    layout = with_reviewed(layout, reviewed, log)
    network = _network(kind, layout, settings)
    out = Path(settings.out)
    work = begin(out, MODEL, overwrite=settings.overwrite, resume=settings.resume)

    images = _open_images(kind, layout, settings, log)
    findings = TrainingFindings()
    if not NETWORKS[kind].needs_classes:
        findings = find_before_training(data, layout, images, settings, log, reviewed)
    plan: TrainingPlan = resolve(NETWORKS[kind].plan)(images, network, settings, findings)
    config = _draft(network, layout, images, plan, settings)
    _check_same_task(work, config, settings)
    log(
        f"Training the {kind} for {plan.steps} steps on patches of {plan.tiling.tile} px; "
        f"held out: {plan.held_description}."
    )
    fitted = _fit(plan, network, work, settings, log)
    log("Exporting the network, and comparing the exported one with it.")
    exported = fit.export(fitted.network, plan.samples, kind)
    training = dataclasses.replace(config.training, fit=fitted.record, export_difference=exported.difference)
    config = dataclasses.replace(config, training=training, libraries=exported.libraries)
    log("Setting the threshold on what was held out.")
    folder = with_fewest_looks(ModelFolder(out, config, exported.graph), plan, settings.seed)
    config = _reviewed(folder.config, review(folder, images, plan, findings, settings, log), findings)
    limits = _class_limits(dataclasses.replace(folder, config=config), images, settings)
    config = dataclasses.replace(config, class_limits=limits)
    summary = summary_lines(config)
    fit.save(fitted, folder.graph, config, summary, work / FRESH)
    commit(work, out, MODEL)
    for line in [*summary, f"Saved {out}. Inspect with: semscan inspect IMAGE --model {out}"]:
        log(line)
    return _record(out, config)


def _check(settings: TrainSettings) -> None:
    known(settings.model, (AUTO, *NETWORKS), "model")
    if settings.attention != AUTO:
        attention_parts(settings.attention)
    known(settings.backbone, (AUTO, *BACKBONES), "backbone")
    if settings.accept_all and not settings.accept:
        raise UsageFault("--accept-all says what --accept FILE means; name the file with --accept")
    for name in settings.accept:
        read_accepted(Path(name), every=settings.accept_all)
    for name in settings.review:
        read_review(Path(name))
    if settings.start_from:
        check_weights(read_model_folder(Path(settings.start_from)))
    if settings.tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise UsageFault("TensorBoard is not installed; pip install tensorboard, or leave --tensorboard away")


def _kind(settings: TrainSettings, layout: Layout) -> str:
    """Choose the network, by name or by layout, and check that the data and the options fit it."""
    name = layout.network if settings.model == AUTO else settings.model
    kind = NETWORKS[name]
    if kind.needs_classes and len(layout.classes) + bool(layout.good) < 2:
        raise UsageFault(
            f"the {kind.title} needs at least two class folders, this data has only good images; "
            "leave --model away to train on these"
        )
    if not kind.needs_classes and not layout.good:
        raise BadDataError(
            f"the {kind.title} learns from good images and this data has none; name the good class with --good"
        )
    if settings.backbone not in (AUTO, "plain") and "backbone" not in kind.options:
        raise UsageFault(f"--backbone is not for the {kind.title}, which has one of its own; leave it away here")
    if settings.seam and "seam" not in kind.options:
        raise UsageFault(f"--seam is not for the {kind.title}, which learns from good images; leave it away here")
    if settings.accept and "accept" not in kind.options:
        raise UsageFault(
            f"--accept is not for the {kind.title}; put images with harmless regions into the good class folder"
        )
    if settings.review and "accept" not in kind.options:
        raise UsageFault(
            f"--review is not for the {kind.title}, which learns from whole images; put images without defects into "
            "the good class folder, and those with defects into the folders of their classes"
        )
    return name


def _open_images(kind: str, layout: Layout, settings: TrainSettings, log: Log) -> dataset.TrainSet:
    if NETWORKS[kind].needs_classes:
        return dataset.open_classes(layout, settings.read, log, settings.progress)
    return dataset.open_good(layout, settings.read, log, settings.zoom, settings.brightness, settings.progress)


def _network(kind: str, layout: Layout, settings: TrainSettings) -> NetworkConfig:
    """Describe the network: the defaults of its kind, but for what the settings state.

    It starts from a model of the same network alone: Keras would load the weights that fit, and drop the others.
    """
    before = read_model_folder(Path(settings.start_from)).config.network if settings.start_from else None
    defaults = NETWORKS[kind]
    good = layout.good_name if defaults.needs_classes else None
    classes = None
    if defaults.needs_classes:
        classes = (*([good] if good else []), *sorted(layout.classes))
    attention = defaults.attention
    if settings.attention == AUTO and before is not None and before.kind == kind:
        attention = before.attention
    elif settings.attention != AUTO:
        attention = "+".join(attention_parts(settings.attention))
    network = NetworkConfig(
        kind=kind,
        attention=attention,
        classes=classes,
        good_class=good,
        backbone="plain" if settings.backbone == AUTO else settings.backbone,
        dropout=defaults.dropout if settings.dropout is None else settings.dropout,
        seam=settings.seam,
    )
    if before is not None:
        _check_start(before, network, settings)
    return network


def _check_start(before: NetworkConfig, network: NetworkConfig, settings: TrainSettings) -> None:
    """Raise BadModelError if the model to start from has another network."""
    for name in ("kind", "attention", "backbone", "seam", "classes"):
        then, now = getattr(before, name), getattr(network, name)
        if then != now:
            raise BadModelError(
                f"{settings.start_from} cannot be a starting point: its {name} is {_words(then)}, and that of this "
                f"training {_words(now)}; start from a model of the same {name}, or leave --from away"
            )


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _draft(
    network: NetworkConfig, layout: Layout, images: dataset.TrainSet, plan: TrainingPlan, settings: TrainSettings
) -> ModelConfig:
    """Return the configuration as far as it is known before training."""
    task = TrainingTask(
        layout=layout.description,
        images=len(images.labels),
        data_fingerprint=images.fingerprint,
        augment=dataclasses.asdict(settings.augment),
        clip=settings.clip,
        false_alarms=settings.false_alarms,
        start_from=settings.start_from,
        accept=settings.accept,
        review=settings.review,
    )
    return ModelConfig(
        semscan_version=__version__,
        network=network,
        tiling=plan.tiling,
        preprocessing=images.preprocessing,
        training_domain=TrainingDomain(images.scale.nm_per_pixel, images.scale.share, images.typical),
        calibration=Calibration.unset(settings.false_alarms, plan.held_description),
        seed=settings.seed,
        training=TrainingRecord(task=task),
    )


def _check_same_task(work: Path, config: ModelConfig, settings: TrainSettings) -> None:
    """With --resume, refuse a checkpoint of other data or settings; note this task next to the checkpoints."""
    stated = {key: value for key, value in config_json(config).items() if key not in NOT_OF_THE_TASK}
    asked = {name: getattr(settings, name) for name in OF_THE_TASK}
    files = [_digest(Path(name)) for name in (*settings.accept, *settings.review)]
    task = json.loads(json.dumps({**stated, **asked, "files": files}))
    note = work / "task.json"
    before = parse_object(note.read_bytes()) if settings.resume and note.is_file() else {}
    # a note of an earlier version lacks some keys
    if before is None or any(task.get(key) != value for key, value in before.items()):
        raise BadModelError(
            f"{work} was begun with other images or settings; give the same options as then, "
            "or leave --resume away to start again"
        )
    write_text(note, json.dumps(task, sort_keys=True))


def _digest(path: Path) -> str:
    """Return the digest of a file that training learns from; of a review, with that of its results."""
    path = path / REVIEW if path.is_dir() else path
    content = hashlib.sha256(path.read_bytes())
    results = path.with_name(RESULTS)
    if path.name == REVIEW and results.is_file():
        content.update(results.read_bytes())
    return content.hexdigest()


def _fit(
    plan: TrainingPlan, network: NetworkConfig, work: Path, settings: TrainSettings, log: Log
) -> fit.FittedNetwork:
    try:
        return fit.train_network(plan, network, work, settings, log)
    except KeyboardInterrupt:
        log(f"Interrupted. The finished rounds are kept in {work}; go on with the same command and --resume.")
        raise


def _reviewed(config: ModelConfig, reviewed: Review, findings: TrainingFindings) -> ModelConfig:
    """Return the configuration with the calibration and the other results of the review."""
    training = dataclasses.replace(
        config.training,
        accepted=reviewed.accepted,
        outliers=reviewed.outliers,
        labelled=reviewed.labelled,
        reviewed=findings.reviewed,
    )
    return dataclasses.replace(
        config,
        training=training,
        calibration=reviewed.calibration,
        painted=reviewed.painted,
        looks=dataclasses.replace(config.looks, others=reviewed.other_looks),
    )


def _class_limits(folder: ModelFolder, images: dataset.TrainSet, settings: TrainSettings) -> ClassLimits | None:
    """Measure the regions of the training images' defects; None without classes or without a threshold."""
    network = folder.config.network
    if not network.classes or not folder.config.calibration.raw_threshold:
        return None
    named = zip(images.labels, images.cache.paths, strict=True)
    defects = [(name, path) for name, path in named if name and name != network.good_class]
    return class_limits(ModelMethod(folder), defects, settings.read, network.classes)


def _record(out: Path, config: ModelConfig) -> dict[str, Any]:
    task, fitted, calibration = config.training.task, config.training.fit, config.calibration
    return {
        "model": str(out),
        "status": "ok",
        "kind": config.network.kind,
        "attention": config.network.attention,
        "images": task.images if task else None,
        "steps": fitted.steps_done,
        "ended": fitted.ended,
        "raw_threshold": calibration.raw_threshold,
        "false_alarms": calibration.false_alarms,
        "held_back_reached": calibration.reached,
        "classes": None if config.network.classes is None else list(config.network.classes),
        "held_back_accuracy": fitted.held_out_accuracy,
        "threshold_rule": calibration.rule,
        "looks": looks_of(config) or 1,
        "looks_ap": {str(number): ap for number, ap in config.looks.painted_ap.items()},
        "painted": None if config.painted is None else config.painted.to_json(),
        "warnings": list(weaknesses(config)),
        "seed": config.seed,
        "seconds": fitted.seconds,
    }
