"""Which device runs a network."""

import onnxruntime
import pytest

from semscan.errors import UsageFault
from semscan.runtime.devices import choose_device

CUDA = "CUDAExecutionProvider"


@pytest.mark.parametrize(("wanted", "chosen"), [("auto", "cuda"), ("cuda", "cuda"), ("cpu", "cpu")])
def test_auto_takes_cuda_where_onnxruntime_offers_it(monkeypatch, wanted, chosen):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, "CPUExecutionProvider"])

    assert choose_device(wanted) == chosen


def test_cuda_that_is_not_offered_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])

    assert choose_device("auto") == "cpu"
    with pytest.raises(UsageFault, match="pip install onnxruntime-gpu") as caught:
        choose_device("cuda")
    assert "\n" not in str(caught.value)
