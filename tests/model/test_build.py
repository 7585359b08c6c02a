"""What a model says of the libraries that made it, and the precision of a training."""

import importlib.metadata

import pytest

from semscan.model import build
from semscan.model.tf_import import keras


def test_a_model_is_saved_with_either_build_of_opencv(monkeypatch):
    real = importlib.metadata.version

    def version(name):
        if name == "opencv-python":
            raise importlib.metadata.PackageNotFoundError(name)
        return "5.0" if name == "opencv-python-headless" else real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)

    found = build.libraries()

    assert found["opencv-python-headless"] == "5.0"
    assert "opencv-python" not in found
    assert {"tensorflow", "numpy", "onnxruntime"} <= set(found)


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [("avx512f avx512_bf16", "float32"), ("avx512_bf16 amx_bf16 amx_tile", "bfloat16"), (None, "float32")],
)
def test_auto_takes_bfloat16_where_the_processor_has_matrix_units_for_it(monkeypatch, tmp_path, flags, chosen):
    processor = tmp_path / "cpuinfo"
    if flags is not None:
        processor.write_text(f"flags : fpu {flags}\n", "ascii")
    monkeypatch.setattr(build, "_PROCESSOR", processor)
    try:
        assert build.start(0, "auto") == chosen
        assert keras.mixed_precision.global_policy().compute_dtype == chosen
        assert build.start(0, "float32") == "float32"
    finally:
        keras.mixed_precision.set_global_policy("float32")
