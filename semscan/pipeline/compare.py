"""Compare: train several networks on the same images, seeds and budget, measure them, and put them in one table."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from semscan.errors import BadDataError, BadModelError, OutputError, SemscanError, UsageFault
from semscan.files.datasets.labelled_images import find_labelled_images
from semscan.files.datasets.layout import find_layout
from semscan.files.models.folder import read_model_folder
from semscan.files.results.compare_folder import claim_comparison, read_evaluation, write_comparison
from semscan.model.registry import ATTENTIONS, BACKBONES, NETWORKS, attention_parts, known
from semscan.phrases import one_line
from semscan.pipeline.evaluate import evaluate
from semscan.pipeline.inspecting.elsewhere import areas_elsewhere
from semscan.pipeline.run.parallel import ordered_map
from semscan.pipeline.run.workers import WorkerLost
from semscan.pipeline.train import train
from semscan.report.text.comparison import FIGURES, summarise
from semscan.settings import AUTO, CompareSettings, EvaluateSettings, InspectSettings, TrainSettings
from semscan.values.comparison import Comparison, ComparisonRun
from semscan.values.evaluation import Evaluation

Log = Callable[[str], None]
Run = dict[str, Any]


def compare(
    data: Path, settings: CompareSettings, log: Log, each: Callable[[Run], None] = lambda run: None
) -> dict[str, Any]:
    """Train and measure each chosen network; return what compare.json holds.

    Runs that are finished in ``settings.out`` are not made again, one that was interrupted goes on. A run that fails
    gives a record of its error and never stops the others.

    Parameters
    ----------
    data : Path
        Images to train on, as for `semscan.pipeline.train.train`; with test/, what is evaluated.
    settings : CompareSettings
    log : callable
        Gets what a person should know, line by line.
    each : callable
        Given the record of each run as soon as it is done.

    Raises
    ------
    BadDataError, OutputError, UsageFault
        Before the first run.
    """
    planned = plan_runs(settings, _kinds(data, settings))
    tested, notes = _test_images(data, settings)
    for note in notes:
        log(f"note: {note}")
    record = _begun(data, settings, tested, notes)
    out = Path(settings.out)
    runs = {run.name: run.to_json() for run in claim_comparison(out, Comparison.parse(record))}
    for run in _made(_Runner(data, settings, untested=bool(notes)), planned, log):
        if run["status"] == "error":
            log(f"failed: {run['error']}")
        runs[run["name"]] = run
        record |= {
            "runs": list(runs.values()),
            "table": [each.to_json() for each in summarise([ComparisonRun.parse(run) for run in runs.values()])],
            "seeds": sorted({run["seed"] for run in runs.values()}),
        }
        write_comparison(out, Comparison.parse(record))
        each(run)
    return record


class _Runner:
    """Makes one run, here or on a machine with another working folder. Never raises for what is wrong with the run."""

    def __init__(self, data: Path, settings: CompareSettings, *, untested: bool) -> None:
        self.settings = settings
        self._data = data
        self._untested = untested

    @property
    def name(self) -> str:
        """What distinguishes it from others."""
        return f"compare {self._data} {self.settings!r}"

    def elsewhere(self) -> _Runner:
        """Return the runner for a machine with another working folder."""
        settings = replace(
            self.settings,
            out=os.path.abspath(self.settings.out),
            read=areas_elsewhere(self.settings.read),
            progress=False,
            cluster=None,
        )
        return _Runner(self._data.absolute(), settings, untested=self._untested)

    def prepare(self) -> None:
        """Open nothing."""

    def __call__(self, chosen: Run, log: Log = lambda line: None) -> Run:
        return _guarded(self._data, chosen, self.settings, self._untested, log)


def _made(runner: _Runner, planned: Sequence[Run], log: Log) -> Iterator[Run]:
    """Yield the records of the runs in their order: made one after the other, or side by side on a cluster."""
    if runner.settings.cluster is None:
        for number, chosen in enumerate(planned, start=1):
            log(f"Run {number} of {len(planned)}: {chosen['name']}")
            yield runner(chosen, log)
        return
    from semscan.pipeline.run.cluster import connected

    distant = runner.elsewhere()
    with connected(runner.settings.cluster) as cluster:

        def one(chosen: Run) -> Run:
            try:
                run: Run = cluster.do(distant, chosen)
            except WorkerLost as lost:
                return {**chosen, "status": "error", "error": str(lost)}
            return run | {"model": str(Path(runner.settings.out) / chosen["name"])} if "model" in run else run

        with closing(ordered_map(one, planned, cluster.in_flight, cluster.end)) as runs:
            for number, run in enumerate(runs, start=1):
                log(f"Run {number} of {len(planned)}: {run['name']}")
                yield run


def _begun(data: Path, settings: CompareSettings, tested: Sequence[Path], notes: list[str]) -> dict[str, Any]:
    """Return what compare.json holds before the first run."""
    budget = f"{settings.steps} steps a run" if settings.steps else f"{settings.time_limit:g} s a run"
    return {
        "data": str(data),
        "status": "ok",
        "budget": budget,
        "seeds": list(settings.seeds),
        "task": _task(data, settings, tested),
        "notes": notes,
        "runs": [],
        "table": [],
    }


def plan_runs(settings: CompareSettings, kinds: Sequence[str]) -> list[Run]:
    """Plan what each run trains: kind, backbone, attention, seam, seed and a name of its own.

    Raises
    ------
    UsageFault
        If a name is unknown, or a choice is for another network.
    """
    for name in settings.backbones:
        known(name, BACKBONES, "backbone")
    attentions = settings.attentions or tuple(ATTENTIONS)
    attentions = tuple(dict.fromkeys("+".join(attention_parts(name)) for name in attentions))
    takes = {kind: NETWORKS[kind].options for kind in kinds}
    chosen = {"backbone": settings.backbones != ("plain",), "seam": any(settings.seam)}
    for option in (option for option, given in chosen.items() if given):
        if not any(option in options for options in takes.values()):
            trained = " and the ".join(NETWORKS[kind].title for kind in kinds)
            raise UsageFault(f"--{option} is not for the {trained}, which this comparison trains; leave it out")
    planned = []
    for seed, kind in product(dict.fromkeys(settings.seeds), kinds):
        choices = product(
            dict.fromkeys(settings.backbones) if "backbone" in takes[kind] else ("plain",),
            attentions,
            dict.fromkeys(settings.seam) if "seam" in takes[kind] else (False,),
        )
        for backbone, attention, seam in choices:
            name = "-".join([kind, backbone, attention, *(["seam"] if seam else []), f"seed{seed}"])
            planned.append(
                {"name": name, "kind": kind, "backbone": backbone, "attention": attention, "seam": seam, "seed": seed}
            )
    return planned


def _kinds(data: Path, settings: CompareSettings) -> list[str]:
    """Return the networks to train; auto is the one that the layout of the data asks for."""
    layout = find_layout(data, settings.good)
    names = (layout.network if name == AUTO else known(name, (AUTO, *NETWORKS), "model") for name in settings.models)
    return list(dict.fromkeys(names))


def _test_images(data: Path, settings: CompareSettings) -> tuple[list[Path], list[str]]:
    """Return the images and masks of the evaluation; without them, notes why nothing is evaluated."""
    try:
        found = find_labelled_images(data, settings.good, skip=Path(settings.out))
    except BadDataError as error:
        return [], [f"no test images, so only the figures of the training itself are listed ({one_line(error)})"]
    if not found.held_out:
        return [], ["no test folder, so only the figures of the training itself are listed"]
    return [path for one in found.images for path in (one.path, one.mask) if path], []


def _task(data: Path, settings: CompareSettings, tested: Sequence[Path]) -> str:
    """Return a short hash of what all runs of a comparison share, the current images included."""
    layout = find_layout(data, settings.good)
    trained = [*layout.good, *(path for paths in layout.classes.values() for path in paths), *layout.masks.values()]
    files = sorted({(str(path), _content(path)) for path in (*trained, *tested)})
    shared = {
        "data": str(data.resolve()),
        "good": settings.good,
        "steps": settings.steps,
        "time_limit": settings.time_limit,
        "read": repr(settings.read),
        "files": files,
    }
    return hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()[:16]


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # the training reports what cannot be read
        return ""


def _guarded(data: Path, chosen: Run, settings: CompareSettings, untested: bool, log: Log) -> Run:
    try:
        return _run(data, chosen, settings, untested, log)
    except OutputError:  # no room, or not allowed to write: the next would fail as well
        raise
    except SemscanError as error:
        return {**chosen, "status": "error", "error": one_line(error)}
    except Exception as error:
        message = f"internal fault ({type(error).__name__}: {one_line(error, 300)}); please report it"
        return {**chosen, "status": "error", "error": message}


def _run(data: Path, chosen: Run, settings: CompareSettings, untested: bool, log: Log) -> Run:
    model = Path(settings.out) / chosen["name"]
    if not (model / "config.json").is_file():
        task = TrainSettings(
            out=str(model),
            model=chosen["kind"],
            attention=chosen["attention"],
            backbone=chosen["backbone"],
            seam=chosen["seam"],
            seed=chosen["seed"],
            steps=settings.steps,
            good=settings.good,
            time_limit=None if settings.steps else settings.time_limit,
            progress=settings.progress,
            read=settings.read,
        )
        _train(data, task, log)  # its messages are left out: there may be dozens of runs
    folder = read_model_folder(model)
    fit = folder.config.training.fit
    run: Run = {
        **chosen,
        "status": "ok",
        "model": str(model),
        **dict.fromkeys(FIGURES),
        "parameters": fit.parameters,
        "steps": fit.steps_done,
        "seconds": fit.seconds,
        "ended": fit.ended,
        "held_back_accuracy": fit.held_out_accuracy,
    }
    if not untested:
        figures = _figures(data, model, folder.fingerprint, settings).to_json()
        run |= {key: value for key, value in figures.items() if key in FIGURES}
    return run


def _train(data: Path, task: TrainSettings, log: Log) -> None:
    """Train, or go on where an interrupted run stopped."""
    unfinished = Path(task.out + ".unfinished")
    try:
        train(data, replace(task, resume=unfinished.is_dir()), _unlogged)
    except BadModelError:
        if not unfinished.is_dir():
            raise
        log(f"{unfinished} cannot be resumed; this run starts again")
        train(data, task, _unlogged)


def _unlogged(message: str) -> None:
    """Drop a message."""


def _figures(data: Path, model: Path, fingerprint: str, settings: CompareSettings) -> Evaluation:
    """Evaluate a model, unless the evaluation that is there is of this very model."""
    out = Path(f"{model}.evaluation")
    there = read_evaluation(out)
    if there and there.whole and there.fingerprint == fingerprint and there.data == str(data):
        return there
    inspect = InspectSettings(method=("model",), model=str(model), read=settings.read)
    return evaluate(data, EvaluateSettings(inspect=inspect, out=str(out), good=settings.good))
