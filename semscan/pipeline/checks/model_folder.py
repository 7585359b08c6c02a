"""The part of doctor that looks at a model folder: each file of it on its own, and then whether the network runs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from semscan.errors import SemscanError
from semscan.files.disk.plain_file import read_plain
from semscan.files.models.config_file import CONFIG
from semscan.files.models.folder import GRAPH, ModelFolder, read_model_folder
from semscan.files.models.method_folder import MethodFolder, named_method, read_method_folder
from semscan.files.models.onnx_rules import LARGEST_GRAPH
from semscan.files.models.weights_file import WEIGHTS, check_weights
from semscan.phrases import one_line
from semscan.pipeline.checks.dataset import NOTE, PROBLEM, WARNING, Finding
from semscan.report.text.weaknesses import weaknesses
from semscan.runtime.answers import finite_answers
from semscan.runtime.session import Network
from semscan.values.diagnosis import ModelDiagnosis, ModelFile
from semscan.values.model.nuisance import NuisanceFilter


def is_model_folder(path: Path) -> bool:
    """Return whether a folder looks like a model, finished or not, and not like a data set."""
    return os.path.lexists(path / CONFIG) or os.path.lexists(path / GRAPH)


def diagnose_model(path: Path) -> ModelDiagnosis:
    """Check a model folder, and list what is wrong with it, worst first. Nothing in it is run but a checked graph."""
    findings = list(_method_findings(path) if named_method(path) else _network_findings(path))
    findings.sort(key=lambda finding: (PROBLEM, WARNING, NOTE).index(finding.level))
    return ModelDiagnosis(
        model=str(path),
        usable=all(finding.level != PROBLEM for finding in findings),
        files=tuple(_files(path)),
        findings=tuple(finding.record() for finding in findings),
    )


def _method_findings(path: Path) -> Iterator[Finding]:
    found: list[MethodFolder] = []
    yield from _problem("config", lambda: found.append(read_method_folder(path)))
    for folder in found:
        yield from _nuisance(folder.config.nuisance)


def _network_findings(path: Path) -> Iterator[Finding]:
    found: list[ModelFolder] = []
    yield from _problem("graph", lambda: found.append(read_model_folder(path)))
    if not found:
        return
    (folder,) = found
    yield from _problem("run", lambda: _run(folder))
    if not os.path.lexists(path / WEIGHTS):
        yield Finding(WARNING, "weights", f"{path} has no {WEIGHTS}: explain, export and train --from need it")
    elif find_spec("h5py") is None:
        yield Finding(NOTE, "weights", f'{WEIGHTS} is not checked, for want of h5py: pip install "semscan[train]"')
    else:
        yield from _problem("weights", lambda: check_weights(folder))
    if not folder.config.weights_sha256:
        yield Finding(NOTE, "weights", f"{CONFIG} does not name its weights: an earlier version wrote it")
    for words in weaknesses(folder.config):
        yield Finding(WARNING, "calibration", words)
    yield from _nuisance(folder.config.nuisance)


def _nuisance(nuisance: NuisanceFilter | None) -> Iterator[Finding]:
    if nuisance is None:
        return
    harmless = [one.look.class_name for one in nuisance.decided if not one.is_real]
    real = len(nuisance.decided) - len(harmless)
    kinds = one_line(", ".join(sorted(set(harmless))), 100)
    yield Finding(
        NOTE,
        "nuisance",
        f"regions like {len(harmless)} harmless ones of a review ({kinds}), and unlike {real} real ones, are nuisance; "
        "--no-nuisance-filter counts them",
    )


def _problem(about: str, act: Callable[[], object]) -> Iterator[Finding]:
    try:
        act()
    except SemscanError as error:
        yield Finding(PROBLEM, about, str(error))


def _run(folder: ModelFolder) -> None:
    """Run the network on one tile of noise; raise BadModelError if its answer cannot be used."""
    tile = folder.config.tiling.tile
    noise = np.random.default_rng(0).standard_normal((1, tile, tile)).astype(np.float32)
    network = Network(folder.graph)
    finite_answers(lambda: network.run(noise))


def _files(path: Path) -> Iterator[ModelFile]:
    for name in (CONFIG, GRAPH, WEIGHTS):
        try:
            data = read_plain(path / name, 4 * LARGEST_GRAPH)
        except OSError:
            continue
        yield ModelFile(name=name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
