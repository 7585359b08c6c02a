"""What a network costs, against another checkout of semscan in the same run.

    python benchmarks/network_cost.py cost [--before CHECKOUT]
    python benchmarks/network_cost.py step [--before CHECKOUT]
    python benchmarks/network_cost.py nodes

cost: CPU seconds a megapixel of tiles, one thread, of the default networks with random weights, for each number of
looks; the graphs take turns, and the ratio is the median over the rounds. step: CPU seconds of a training step of the
autoencoder (8 patches of 256 x 256), processes in turn. nodes: where the time goes, by operation of onnxruntime. With
--before, the other checkout comes first and is 1.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime

HERE = Path(__file__).resolve().parent.parent
TILE = 560  # px: 1024 x 1024 is covered by 2 x 2 of them
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
_NETWORK = """
import sys
from semscan.model import build
from semscan.settings.networks import NETWORKS
from semscan.values.model.config import NetworkConfig
def network(name):
    kind = NETWORKS[name]
    classes = ("good", "gap") if kind.needs_classes else None
    widths = {"widths": kind.widths} if getattr(kind, "widths", None) else {}
    good = "good" if classes else None
    return build.build(NetworkConfig(name, kind.attention, classes, good, dropout=kind.dropout, **widths)), kind
"""
_EXPORT = """
import numpy as np
from semscan.model.export.to_onnx import to_onnx
build.start(0, "float32")
for name in NETWORKS:
    made, kind = network(name)
    samples = np.random.default_rng(0).normal(size=(2, 128, 128)).astype(np.float32)
    open(f"{sys.argv[1]}/{name}.onnx", "wb").write(to_onnx(made, samples, logit_map=kind.logit_map)[0])
"""
_STEP = """
import time
import numpy as np
from semscan.model.tf_import import keras
from semscan.model.training.losses import autoencoder_losses
build.start(0, sys.argv[1])
made, _ = network("autoencoder")
losses = autoencoder_losses()
made.compile(
    optimizer=keras.optimizers.AdamW(2e-3, clipnorm=1.0), loss=losses["losses"], loss_weights=losses["weights"]
)
rng = np.random.default_rng(0)
patch = rng.normal(size=(8, 256, 256, 1)).astype(np.float32)
label = (rng.random(patch.shape) < 0.02).astype(np.float32)
times = []
for _ in range(8):
    began = time.process_time()
    made.train_on_batch(patch, {"score": label, "coarse": label, "reconstruction": patch})
    times.append(time.process_time() - began)
print(sorted(times[3:])[2])
"""


def run(code: str, checkout: Path, *arguments: str) -> str:
    """Run code with the semscan of a checkout, on one thread; return what it prints."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(checkout)}
    command = [sys.executable, "-B", "-c", _NETWORK + code, *arguments]
    done = subprocess.run(command, env=environment, cwd=checkout, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def opened(graph: Path, profile: str = "") -> onnxruntime.InferenceSession:
    """Open a graph on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if profile:
        options.enable_profiling, options.profile_file_prefix = True, profile
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def cost(before: Path | None, rounds: int) -> None:
    """Print a row for each network, checkout and number of looks."""
    tiles = np.random.default_rng(0).normal(size=(1, TILE, TILE)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        runs: dict[str, dict[str, tuple[onnxruntime.InferenceSession, dict]]] = collections.defaultdict(dict)
        for name, checkout in (("before", before), ("now", HERE)):
            if checkout is None:
                continue
            run(_EXPORT, checkout, folder)
            for graph in sorted(Path(folder).glob("*.onnx")):
                session = opened(graph)
                optional = [given.name for given in session.get_overridable_initializers()]
                for looks in (4, 2, 1) if "looks" in optional else (None,):
                    given = {} if looks is None else {"looks": np.array(looks, np.int32)}
                    words = name if looks is None else f"{name}, looks {looks}"
                    runs[graph.stem][words] = session, {"tiles": tiles, **given}
        print("| network | version | CPU s a megapixel | ratio |\n|---|---|---|---|")
        for network, versions in runs.items():
            times = {words: [] for words in versions}
            for number in range(rounds + 1):
                for words, (session, given) in versions.items():
                    began = time.process_time()
                    session.run(["score"], given)
                    if number:
                        times[words].append(time.process_time() - began)
            first = next(iter(times.values()))
            for words, own in times.items():
                ratio = statistics.median(each / other for each, other in zip(own, first, strict=True))
                print(f"| {network} | {words} | {statistics.median(own) * 2**20 / TILE**2:.3f} | {ratio:.3f} |")


def step(before: Path | None, rounds: int) -> None:
    """Print a row for each precision and checkout."""
    print("| precision | version | CPU s a step | ratio |\n|---|---|---|---|")
    checkouts = {"before": before, "now": HERE} if before else {"now": HERE}
    for precision in ("bfloat16", "float32"):
        times = {name: [] for name in checkouts}
        for _ in range(rounds):
            for name, checkout in checkouts.items():
                times[name].append(float(run(_STEP, checkout, precision)))
        first = next(iter(times.values()))
        for name, own in times.items():
            ratio = statistics.median(each / other for each, other in zip(own, first, strict=True))
            print(f"| {precision} | {name} | {statistics.median(own):.3f} | {ratio:.3f} |")


def nodes(rounds: int) -> None:
    """Print the share of each operation in the time of each network."""
    tiles = np.random.default_rng(0).normal(size=(1, TILE, TILE)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        run(_EXPORT, HERE, folder)
        for graph in sorted(Path(folder).glob("*.onnx")):
            session = opened(graph, f"{folder}/{graph.stem}")
            for _ in range(rounds):
                session.run(["score"], {"tiles": tiles})
            spent: collections.Counter[str] = collections.Counter()
            for event in json.loads(Path(session.end_profiling()).read_text("utf-8")):
                if event["name"].endswith("_kernel_time"):
                    spent[event["args"]["op_name"]] += event["dur"]
            print(f"\n{graph.stem}\n\n| operation | share |\n|---|---|")
            for operation, microseconds in spent.most_common(10):
                print(f"| {operation} | {microseconds / spent.total():.1%} |")


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("cost", "step", "nodes"))
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="another checkout of semscan")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.what == "nodes":
        nodes(chosen.rounds)
    else:
        {"cost": cost, "step": step}[chosen.what](chosen.before, chosen.rounds)


if __name__ == "__main__":
    main()
