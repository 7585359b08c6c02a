"""Which device runs a network: the processor, or a GPU where onnxruntime can use one."""

from __future__ import annotations

import onnxruntime

from semscan.errors import UsageFault

AUTO, CPU, CUDA = "auto", "cpu", "cuda"
_CUDA_PROVIDER = "CUDAExecutionProvider"
# what onnxruntime is asked for, first choice first: CUDA has no kernel for a few small operations
PROVIDERS = {CPU: ["CPUExecutionProvider"], CUDA: [_CUDA_PROVIDER, "CPUExecutionProvider"]}


def choose_device(wanted: str) -> str:
    """Return "cpu" or "cuda" for one of "auto", "cpu" and "cuda"; auto takes CUDA where onnxruntime offers it.

    Raises
    ------
    UsageFault
        If CUDA is wanted and onnxruntime does not offer it.
    """
    offered = _CUDA_PROVIDER in onnxruntime.get_available_providers()
    if wanted == CUDA and not offered:
        raise UsageFault(
            "--device cuda: the installed onnxruntime has no CUDA; replace it (pip uninstall onnxruntime, pip install "
            "onnxruntime-gpu), or take --device cpu"
        )
    return CUDA if offered and wanted != CPU else CPU
