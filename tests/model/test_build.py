"""What a model says of the libraries that made it."""

import importlib.metadata

from semscan.model import build


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
