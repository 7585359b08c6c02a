"""Explain images: let the network or the comparison look as inspect does, and show each step on the way to the map."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from semscan.errors import OtherPageError, UsageFault
from semscan.files.disk.atomic import write_bytes
from semscan.files.disk.plain_file import read_lines
from semscan.files.find.images import InputImage, find_images
from semscan.files.images.read import read_image
from semscan.files.models.folder import ModelFolder, read_model_folder
from semscan.files.models.weights_file import check_weights
from semscan.files.results.folder import output_path
from semscan.files.results.record_folder import FAITHFUL, ExplainFolder
from semscan.files.results.records import parse_object
from semscan.pipeline.explaining.activations import RECONSTRUCTION, LayerMaps, Layers, layer_activations
from semscan.pipeline.explaining.comparison import THRESHOLD, comparison_panels
from semscan.pipeline.explaining.faithfulness import measure_faithfulness
from semscan.pipeline.explaining.write import write_panels
from semscan.pipeline.inspect import InspectedImage, inspect_image
from semscan.pipeline.methods.base import Method, choose_method, model_path
from semscan.pipeline.methods.looks import looks_of
from semscan.pipeline.methods.model import ModelMethod
from semscan.pipeline.run.error_records import or_error
from semscan.report.plots.explain_figure import draw_explanation, draw_faithful
from semscan.report.plots.explain_panels import make_panels
from semscan.settings import ExplainSettings, InspectSettings
from semscan.settings.networks import NETWORKS
from semscan.values.faithfulness import Faithfulness
from semscan.values.record import ErrorRecord

MAIN = "attention"
NO_ATTENTION = "this network has no attention: its own map is what --faithful tests"


@dataclass(frozen=True, slots=True)
class Opened:
    """A model, whole and opened up."""

    folder: ModelFolder
    method: ModelMethod
    layers: Layers
    competing: frozenset[str] = frozenset()


def open_model(settings: ExplainSettings) -> Opened:
    """Open the model that the settings name. Loads TensorFlow.

    Raises
    ------
    BadModelError
        If there is none, or it cannot be used.
    """
    if settings.reference:
        raise UsageFault("--reference is given but not used by --method model; leave --method away, or --reference")
    folder = read_model_folder(model_path(InspectSettings(model=settings.model)))
    from semscan.model.reload import OpenedNetwork, open_network  # slow: only for a folder that has a network

    network = folder.config.network
    kind = NETWORKS[network.kind]
    if settings.faithful and settings.faithful.background == "reconstruction" and not kind.reconstructs:
        raise UsageFault("--background reconstruction: this network reconstructs nothing; take patches or blur")
    check_weights(folder)
    layers = OpenedNetwork(open_network(folder.path, network), looks=looks_of(folder.config) or 1)
    return Opened(folder, ModelMethod(folder), layers, layers.competing)


def open_comparison(settings: ExplainSettings) -> Method:
    """Make the method of the settings.

    Raises
    ------
    UsageFault
        If something is asked for that only a network has, or the reference is missing.
    """
    if settings.model:
        raise UsageFault(f"--model is given but not used to explain --method {settings.method}; leave it away")
    if settings.faithful:
        raise UsageFault(f"--faithful tests the attention of a network; --method {settings.method} has none to test")
    return choose_method(_inspection(settings))


def explain_images(
    arguments: Sequence[str],
    settings: ExplainSettings,
    *,
    opened: Opened | None = None,
    stdin: BinaryIO | None = None,
    nul: bool = False,
    log: Callable[[str], None] = lambda message: None,
) -> Generator[dict[str, Any], None, None]:
    """Write the figure and the panels of each image; yield one record each, in the order given.

    An image that cannot be explained gives a record of its error and never stops the others. So does an image of
    which the folder holds another page: outputs have the name of the file alone. Raises BadModelError or OutputError.

    Parameters
    ----------
    arguments : sequence of str
        As for `semscan.pipeline.inspecting.images.inspect_images`.
    settings : ExplainSettings
    opened : Opened, optional
        By default the model that `settings` name.
    log : callable
        Gets what a person should know.
    """
    if settings.method == "model":
        network = opened or open_model(settings)
        explain_one = partial(_explain, settings=settings, opened=network)
    else:
        explain_one = partial(_explain_comparison, settings=settings, method=open_comparison(settings))
    explained = ExplainFolder(Path(settings.out))
    page, pages = settings.read.page, _pages_there(explained)

    def explain_page(found: InputImage) -> dict[str, Any]:
        there = pages.get(os.path.abspath(found.path), page)
        if there != page:
            raise OtherPageError(
                f"{explained.out}: holds page {there} of {found.given}; give page {page} another --out"
            )
        return explain_one(found, explained)

    for found in find_images(arguments, stdin=stdin, nul=nul, skip=explained.out):
        record = or_error(found, explain_page)
        if isinstance(record, ErrorRecord):
            yield record.to_json()
            continue
        explained.keep([record])
        if "faithful" in record:
            log(f"{record['image']}: {record['faithful']['said']}")
        yield record


def _pages_there(explained: ExplainFolder) -> dict[str, int]:
    """Return the page of each image, by source, that the folder holds; records of before name none."""
    path = explained.out / explained.records
    records = filter(None, map(parse_object, read_lines(path) if path.exists() else ()))
    return {record["source"]: record["page"] for record in records if "page" in record and "source" in record}


def _explain(
    found: InputImage, explained: ExplainFolder, *, settings: ExplainSettings, opened: Opened
) -> dict[str, Any]:
    began = time.monotonic()
    image = read_image(found.path, settings.read, given=found.given)
    judged = inspect_image(image, found.given, InspectSettings(read=settings.read), opened.method)
    config = opened.folder.config
    activations = layer_activations(judged.image, config, opened.layers, opened.competing)
    reconstruction = activations.maps.get(RECONSTRUCTION)
    attention = _attended(activations)
    weighed = None
    if settings.faithful is not None:  # first: an image that cannot be tested leaves no figure
        tested = judged.anomaly_map.values if attention is None else attention
        weighed = measure_faithfulness(judged.image, tested, reconstruction, opened.method, settings.faithful)
    stem = explained.claim(found, os.path.abspath(found.path))
    base = explained.out / stem
    explained.clear(stem)
    threshold = None if opened.method.raw_threshold is None else 0.5
    record: dict[str, Any] = {
        "image": found.given,
        "source": image.source,
        "status": "ok",
        "stem": str(stem),
        "page": settings.read.page,
        "score": judged.record.score,
        "model": str(opened.folder.path),
        "kind": config.network.kind,
        "attention": config.network.attention,
    }
    if judged.record.class_name:
        record["class"] = judged.record.class_name
    title = _title(found, record)
    record["outputs"] = _write(judged, activations, attention, reconstruction, base, title, threshold)
    record["warnings"] = [*judged.record.warnings, *([NO_ATTENTION] if attention is None else [])]
    if weighed is not None:
        record["faithful"] = weighed
        record["outputs"]["faithful"] = _write_faithful(weighed, base, title)
    return {**record, "seconds": round(time.monotonic() - began, 2)}


def _explain_comparison(
    found: InputImage, explained: ExplainFolder, *, settings: ExplainSettings, method: Method
) -> dict[str, Any]:
    """Write the figure and the panels of one image; return its record."""
    began = time.monotonic()
    image = read_image(found.path, settings.read, given=found.given)
    judged = inspect_image(image, found.given, _inspection(settings), method)
    panels = comparison_panels(
        judged.image, judged.reference, judged.anomaly_map.values, periodic=settings.method == "periodic"
    )
    stem = explained.claim(found, os.path.abspath(found.path))
    explained.clear(stem)
    score = judged.record.score
    title = f"{found.path.name}: method {settings.method}" + ("" if score is None else f", score {score:.2f}")
    rows = slice(0, judged.image.values.shape[0])
    figure = draw_explanation(panels, rows, {}, title, THRESHOLD)
    return {
        "image": found.given,
        "source": image.source,
        "status": "ok",
        "stem": str(stem),
        "page": settings.read.page,
        "score": score,
        "method": settings.method,
        "outputs": write_panels(explained.out / stem, figure, panels, rows, judged.image.judged),
        "warnings": list(judged.record.warnings),
        "seconds": round(time.monotonic() - began, 2),
    }


def _inspection(settings: ExplainSettings) -> InspectSettings:
    return InspectSettings((settings.method,), None, settings.reference, settings.read)


def _write_faithful(weighed: dict[str, Any], base: Path, title: str) -> str:
    """Write the picture of the test of faithfulness; return its path."""
    path = output_path(base, FAITHFUL)
    write_bytes(path, draw_faithful(Faithfulness.parse(weighed), title))
    return str(path)


def _write(
    judged: InspectedImage,
    activations: LayerMaps,
    attention: np.ndarray | None,
    reconstruction: np.ndarray | None,
    base: Path,
    title: str,
    threshold: float | None,
) -> dict[str, Any]:
    """Write the figure and the panels; return their paths."""
    panels = make_panels(
        judged.image.values,
        activations.rows,
        activations.maps,
        attention=attention,
        competing=activations.competing,
        reconstruction=reconstruction,
        anomaly_map=judged.anomaly_map.values,
        threshold=threshold,
    )
    figure = draw_explanation(panels, activations.rows, activations.channels, title, threshold)
    return write_panels(base, figure, panels, activations.rows, judged.image.judged)


def _attended(activations: LayerMaps) -> np.ndarray | None:
    """Return the attention map: the weights of positions, mean over heads, of the attention (else of the last gate).

    For attention to channels alone it is the magnitude of the weighed features. None without attention.
    """
    weighed = [name for name in activations.maps if "/weights." in name]
    if weighed:
        layers = [name.partition("/")[0] for name in weighed]
        layer = MAIN if MAIN in layers else layers[-1]
        heads = [activations.maps[name] for name in weighed if name.startswith(f"{layer}/")]
        return np.asarray(sum(heads) / len(heads), np.float32)
    after = [name for name in activations.maps if name.endswith("/after")]
    return activations.maps[after[-1]] if after else None


def _title(found: InputImage, record: Mapping[str, Any]) -> str:
    score = "" if record["score"] is None else f", score {record['score']:.2f}"
    predicted = f", class {record['class']}" if "class" in record else ""
    return f"{found.path.name}: {record['kind']}, attention '{record['attention']}'{score}{predicted}"
