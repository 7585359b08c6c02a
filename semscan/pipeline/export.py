"""Export a model for another runtime, with preprocessing and calibration inside, if its answers are the same."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from semscan.errors import ExportError
from semscan.files.disk.atomic import make_folder, write_bytes, write_text
from semscan.files.disk.replace_folder import EXPORT, FRESH, abandon, begin, commit
from semscan.files.models.folder import ModelFolder, read_model_folder
from semscan.files.models.weights_file import check_weights
from semscan.maps.normalise import normalise_map
from semscan.pipeline.methods.model import open_network
from semscan.pipeline.methods.tiled import standardise
from semscan.report.record import json_line
from semscan.report.text.export_readme import FILES, describe_export
from semscan.runtime.answers import finite_answers
from semscan.runtime.export_onnx import wrap_graph
from semscan.settings import ExportSettings
from semscan.values.model.config import ModelConfig

Answer = Mapping[str, np.ndarray]
Run = Callable[[np.ndarray], Answer]


def export(model: Path, settings: ExportSettings) -> dict[str, Any]:
    """Write a model folder's network in another format.

    Parameters
    ----------
    model : Path
        A model folder; it is left as it is.
    settings : ExportSettings

    Returns
    -------
    dict
        The record printed on standard output.

    Raises
    ------
    BadModelError
        If the model cannot be used.
    ExportError
        If what was exported answers differently from the model; nothing is then written.
    OutputError
        If the folder cannot be written, or must not be overwritten.
    """
    folder = read_model_folder(model)
    out = Path(settings.out)
    work = begin(out, EXPORT, overwrite=settings.overwrite)
    try:
        fresh = work / FRESH
        make_folder(fresh)
        own = own_answer(folder)
        run = _WRITERS[settings.to](folder, fresh / FILES[settings.to])
        samples = sample_images(folder.config, fixed=settings.to == "tflite")
        difference = compare_answers([(own(images), run(images)) for images in samples])
        if not all(apart <= settings.tolerance for apart in difference.values()):
            raise ExportError(
                f"the {settings.to} model differs from the model itself by {max(difference.values()):.2g} (allowed: "
                f"{settings.tolerance:g}), so it was not written; export to onnx, or train the model again"
            )
        deploy, readme = describe_export(
            settings.to, folder.config, folder.fingerprint, tolerance=settings.tolerance, difference=difference
        )
        write_bytes(fresh / "sample_image.npy", _npy(samples[0]))
        write_bytes(fresh / "sample_map.npy", _npy(own(samples[0])["map"]))
        write_text(fresh / "README.md", readme)
        write_text(fresh / EXPORT.mark, json_line(deploy) + "\n")
    except BaseException:
        abandon(work)
        raise
    commit(work, out, EXPORT)
    return {
        "model": str(model),
        "status": "ok",
        "format": settings.to,
        "out": str(out),
        "file": str(out / FILES[settings.to]),
        "tolerance": settings.tolerance,
        "largest_difference": difference,
    }


def own_answer(folder: ModelFolder) -> Run:
    """Return the model as inspect runs it: grey levels to the map and, of classifiers, logits."""
    network = open_network(folder)

    def run(images: np.ndarray) -> Answer:
        answer = finite_answers(partial(network.run, standardise(images, folder.config.preprocessing)))
        anomaly_map = normalise_map(answer["score"], folder.config.calibration.raw_threshold)
        return {"map": anomaly_map, **({"logits": answer["logits"]} if "logits" in answer else {})}

    return run


def sample_images(config: ModelConfig, *, fixed: bool) -> list[np.ndarray]:
    """Make images with the grey levels of the training images and a few spots: float32 (n, rows, cols), by batch.

    One tile first; unless `fixed`, also another batch and another size.
    """
    rng = np.random.default_rng(0)
    tile = config.tiling.tile
    scale = config.preprocessing

    def images(count: int, rows: int, cols: int) -> np.ndarray:
        waves = np.sin(np.arange(cols) / rng.uniform(2, 6, (count, 1, 1)) + rng.uniform(0, 6, (count, 1, 1)))
        values = scale.mean + scale.std * (waves + 0.4 * rng.normal(size=(count, rows, cols)))
        for one in values:
            row, col = rng.integers(0, (rows - 8, cols - 8))
            one[row : row + 8, col : col + 8] = rng.choice([0.0, 1.0])
        return values.clip(0, 1).astype(np.float32)

    if fixed:
        return [images(1, tile, tile) for _ in range(4)]
    larger = tile + 32
    return [images(1, tile, tile), images(3, tile, tile), images(1, tile, larger), images(2, larger, larger)]


def compare_answers(pairs: list[tuple[Answer, Answer]]) -> dict[str, float]:
    """Return the largest difference by output: absolute in the map, relative to the largest value in the logits."""
    worst: dict[str, float] = {}
    for own, other in pairs:
        if set(own) != set(other) or any(own[name].shape != other[name].shape for name in own):
            raise ExportError(
                f"the exported model answers with {sorted(other)} of other shapes than the model itself; "
                "please report this"
            )
        for name in own:
            apart = float(np.abs(own[name] - other[name]).max())
            if name != "map":
                apart /= float(np.abs(own[name]).max()) + 1e-6
            worst[name] = max(worst.get(name, 0.0), apart if np.isfinite(apart) else np.inf)
    return worst


def _onnx(folder: ModelFolder, target: Path) -> Run:
    import onnxruntime

    write_bytes(target, wrap_graph(folder.graph, folder.config))
    session = onnxruntime.InferenceSession(target.read_bytes(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def run(images: np.ndarray) -> Answer:
        return finite_answers(lambda: dict(zip(names, session.run(names, {"image": images}), strict=True)))

    return run


def _savedmodel(folder: ModelFolder, target: Path) -> Run:
    from semscan.model import reload
    from semscan.model.export import to_tensorflow

    check_weights(folder)
    to_tensorflow.save_savedmodel(reload.open_network(folder.path, folder.config.network), folder.config, target)
    return lambda images: to_tensorflow.run_savedmodel(target, images)


def _tflite(folder: ModelFolder, target: Path) -> Run:
    from semscan.model import reload
    from semscan.model.export import to_tensorflow

    check_weights(folder)
    content = to_tensorflow.tflite_bytes(reload.open_network(folder.path, folder.config.network), folder.config)
    write_bytes(target, content)
    return lambda images: to_tensorflow.run_tflite(content, images)


def _npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


_WRITERS: dict[str, Callable[[ModelFolder, Path], Run]] = {"onnx": _onnx, "savedmodel": _savedmodel, "tflite": _tflite}
