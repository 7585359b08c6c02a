"""What is installed, and what this machine offers."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from semscan.pipeline.run.limits import machine_memory
from semscan.values.diagnosis import FindingRecord, Installation
from semscan.version import __version__

# what each use of semscan needs: module and distribution; the first cannot be done without
NEEDED = {
    "inspect": {
        "numpy": "numpy",
        "scipy": "scipy",
        "cv2": "opencv-python",
        "skimage": "scikit-image",
        "PIL": "pillow",
        "tifffile": "tifffile",
        "onnxruntime": "onnxruntime",
        "tqdm": "tqdm",
    },
    "report": {"matplotlib": "matplotlib", "jinja2": "jinja2", "roifile": "roifile"},
    "review": {"flask": "flask"},
    "train": {"tensorflow": "tensorflow", "keras": "keras", "tf2onnx": "tf2onnx", "onnx": "onnx"},
    "cluster": {"dask": "dask", "distributed": "distributed"},
}
EXTRAS = {
    **dict.fromkeys(("inspect", "report", "review"), "semscan"),
    "train": "semscan[train]",
    "cluster": "semscan[cluster]",
}
PROBLEM = "problem"
NOTE = "note"


def diagnose_installation() -> Installation:
    """List the libraries by what they are needed for, and say what cannot be done without those that are missing."""
    libraries: dict[str, str | None] = {}
    findings = []
    for use, needed in NEEDED.items():
        found = {package: _version(module, package) for module, package in needed.items()}
        libraries |= found
        missing = [package for package, number in found.items() if number is None]
        if missing:
            said = f"semscan cannot {use}: {', '.join(missing)} not installed; pip install '{EXTRAS[use]}'"
            if use == "cluster":
                said = f"--cluster cannot be used: {', '.join(missing)} not installed; pip install '{EXTRAS[use]}'"
            level = PROBLEM if EXTRAS[use] == "semscan" else NOTE
            findings.append(FindingRecord(level=level, about=use, said=said))
    memory = machine_memory()
    return Installation(
        semscan=__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_mib=None if memory is None else memory >> 20,
        libraries=libraries,
        findings=tuple(findings),
    )


def _version(module: str, package: str) -> str | None:
    """Return the version of what is installed; "?" where it does not say, None where it is not there."""
    try:
        if find_spec(module) is None:
            return None
    except (ImportError, ValueError):  # hidden, or half removed
        return None
    for name in (package, f"{package}-headless", f"{package}-cpu", f"{package}-gpu"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "?"
