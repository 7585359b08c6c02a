"""What an exported model is, for a program (deploy.json) and for a person (README.md with an example that runs)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semscan.settings.networks import MATCHED_MEDIAN, MATCHED_RANGE, NETWORKS
from semscan.values.model.config import ModelConfig, Tiling

FILES = {"onnx": "model.onnx", "savedmodel": "1", "tflite": "model.tflite"}


def describe_export(
    to: str, config: ModelConfig, fingerprint: str, *, tolerance: float, difference: Mapping[str, float]
) -> tuple[dict[str, Any], str]:
    """Describe an exported model.

    Parameters
    ----------
    to : str
        Format, a key of `FILES`.
    config : ModelConfig
    fingerprint : str
        Of the model it was made from.
    tolerance : float
        How far an output may lie from that of the model itself.
    difference : mapping of str to float
        How far each output does lie, by its name.

    Returns
    -------
    deploy : dict
        What deploy.json holds.
    readme : str
        The text of README.md; its example runs in the folder itself.
    """
    deploy = _deploy(to, config, fingerprint, tolerance=tolerance, difference=difference)
    return deploy, _readme(deploy)


def _deploy(
    to: str, config: ModelConfig, fingerprint: str, *, tolerance: float, difference: Mapping[str, float]
) -> dict[str, Any]:
    network, tiling = config.network, config.tiling
    stride = NETWORKS[network.kind].stride
    size: list[int | str] = [1, tiling.tile, tiling.tile] if to == "tflite" else ["n", "rows", "cols"]
    return {
        "format": to,
        "file": FILES[to],
        "kind": network.kind,
        "attention": network.attention,
        "semscan_version": config.semscan_version,
        "fingerprint": fingerprint,
        "input": {
            "image": {
                "type": "float32",
                "shape": size,
                "range": [0, 1],
                "rows_and_cols": f"multiples of {stride}" if to != "tflite" else "just these",
            }
        },
        "outputs": _outputs(config, size),
        "inside": ["standardise grey levels", "calibrate: s / (s + s0)"],
        "outside": _outside(config, to),
        "tile": tiling.tile,
        "overlap": tiling.overlap,
        "longest_side": tiling.scale_to,
        "threshold": 0.5 if _calibrated(config) else None,
        "smallest_region_px": 4,
        "preprocessing": {"mean": config.preprocessing.mean, "std": config.preprocessing.std},
        "raw_threshold": config.calibration.raw_threshold,
        "nm_per_pixel": config.training_domain.nm_per_pixel,
        "good_class": network.good_class,
        "checked": {"tolerance": tolerance, "largest_difference": dict(difference)},
    }


def _outputs(config: ModelConfig, size: list[int | str]) -> dict[str, dict[str, Any]]:
    outputs: dict[str, dict[str, Any]] = {
        "map": {
            "type": "float32",
            "shape": size,
            "range": [0, 1],
            "0.5": "the calibrated threshold" if _calibrated(config) else "means nothing: no good class",
        }
    }
    classes = config.network.classes
    if classes:
        outputs["logits"] = {"type": "float32", "shape": [size[0], len(classes)], "classes": list(classes)}
    return outputs


def _calibrated(config: ModelConfig) -> bool:
    return config.calibration.raw_threshold is not None


def _outside(config: ModelConfig, to: str) -> list[str]:
    tiling, domain = config.tiling, config.training_domain
    steps = [
        "grey levels to 0..1: 8 bits divided by 255; 16 bits and floats stretched so that the 0.1 % and 99.9 % "
        "percentiles lie at 0 and 1, clipped to -0.25..1.25",
        "leave out the data bar",
    ]
    if domain.nm_per_pixel and NETWORKS[config.network.kind].resamples:
        steps.append(f"resample to {domain.nm_per_pixel:.4g} nm per pixel, and bring the map back")
    if domain.zoom != 1:
        steps.append(f"shrink the image to {domain.zoom:g} of its size (area mean), and bring the map back")
    if tiling.scale_to:
        steps.append(_shrinking(tiling))
    if config.preprocessing.matched:
        steps.append(
            f"a linear change of the grey levels of the whole image: the median to {MATCHED_MEDIAN:g}, the distance of "
            f"the 10 % and 90 % percentiles to {MATCHED_RANGE:.3f}"
        )
    steps.append(
        f"tiles of {tiling.tile} px that overlap by at least {tiling.overlap} px, mirrored at the right "
        "and bottom where an image is smaller, blended where they overlap"
    )
    around = tiling.surround
    if around and around.share:
        steps.append(
            f"semscan adds to the whole raw map {around.share:g} of its mean over the neighbourhood (a "
            f"Gaussian of {around.reach_px:g} px): maps of inspect are that much higher around a defect"
        )
    if to == "tflite":
        steps.append("one tile a call: the format has no unknown sizes here")
    return [*steps, "regions: pixels above the threshold, joined by 8 neighbours, 4 px or more"]


def _shrinking(tiling: Tiling) -> str:
    step = (
        f"shrink the image (area mean) until its longer side is at most {tiling.scale_to} px, and bring "
        "the map back to the image's size"
    )
    largest = tiling.largest_image
    if not largest:
        return step
    return (
        f"{step}; one longer than {largest} px is shrunk as an image of {largest} px is, and inspected in tiles: "
        "its class is that of the tile least similar to a good image"
    )


_EXAMPLES = {
    "onnx": (
        "import onnxruntime",
        """\
session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
answer = dict(zip(names, session.run(names, {"image": image})))
""",
    ),
    "savedmodel": (
        "import tensorflow as tf",
        """\
served = tf.saved_model.load("1").signatures["serving_default"]
answer = {name: value.numpy() for name, value in served(image=tf.constant(image)).items()}
""",
    ),
    "tflite": (
        "import tensorflow as tf  # or: from ai_edge_litert.interpreter import Interpreter",
        """\
runner = tf.lite.Interpreter(model_path="model.tflite").get_signature_runner()
answer = runner(image=image)
""",
    ),
}
_NEEDS = {"onnx": "onnxruntime numpy", "savedmodel": "tensorflow numpy", "tflite": "tensorflow numpy"}


def _readme(spec: Mapping[str, Any]) -> str:
    imports, code = _EXAMPLES[spec["format"]]
    shape = ", ".join(map(str, spec["input"]["image"]["shape"]))
    outside = "\n".join(f"- {line}" for line in spec["outside"])
    logits = (
        f"\n- `logits`, float32: classes {', '.join(spec['outputs']['logits']['classes'])}; softmax gives "
        "probabilities."
        if "logits" in spec["outputs"]
        else ""
    )
    half = (
        "0.5 is the calibrated threshold"
        if spec["threshold"] is not None
        else "it has no threshold: the model knows no good class"
    )
    serving = (
        "\nTensorFlow Serving takes this folder as a model's base path: `1` is the version.\n"
        if spec["format"] == "savedmodel"
        else ""
    )
    return f"""# semscan model for {spec["format"]}

`{spec["file"]}` holds the network ({spec["kind"]}, attention {spec["attention"]}), the standardisation of grey levels
before it and the calibration behind it. Fingerprint of the model it was made from: {spec["fingerprint"]}.
{serving}
- Input `image`: float32 ({shape}), grey levels 0 (black) to 1 (white); rows and columns:
  {spec["input"]["image"]["rows_and_cols"]}.
- Output `map`: float32, as large, 0 (normal) to below 1; {half}.{logits}

Checked against semscan itself: differs by at most {max(spec["checked"]["largest_difference"].values()):.1g} \
(allowed: {spec["checked"]["tolerance"]:g}).

## Example

`pip install {_NEEDS[spec["format"]]}`, then, in this folder:

```python
import numpy as np
{imports}

image = np.load("sample_image.npy")  # float32 {tuple(_sample_shape(spec))}
{code}
anomaly_map = answer["map"]
print("largest value:", anomaly_map.max(), "above the threshold:", int((anomaly_map > 0.5).sum()), "px")
assert np.abs(anomaly_map - np.load("sample_map.npy")).max() < {spec["checked"]["tolerance"]:g}
```

## What is left to you

{outside}

`deploy.json` has all numbers.
"""


def _sample_shape(spec: Mapping[str, Any]) -> list[int]:
    return [1, spec["tile"], spec["tile"]]
