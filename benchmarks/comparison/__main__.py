"""Teach the comparison network.

    python -m benchmarks.comparison noisy|cells [--count N] [--seed N]
    python -m benchmarks.comparison teach [--steps N] [--seed N] [--from WEIGHTS] [--without FAMILY]
    python -m benchmarks.comparison finish

noisy and cells draw periodic images, badly or well exposed, and compare them with their own repeats. Both keep what the
network is to see, with the truth, in bench-out/comparison. teach teaches the network on all but every tenth part.
finish sets its threshold on one half of those parts, writes semscan/runtime/comparison.onnx, and prints what is found
in the other half. benchmarks/README.md says how the network in the package was made.
"""

import argparse
import multiprocessing
import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.comparison.examples import cell_example, visible_only
from benchmarks.comparison.render import NOISY
from semscan.runtime.comparison_network import GRAPH

DRAWN = {"cells": cell_example, "noisy": partial(cell_example, exposure=NOISY)}
OUT = Path(__file__).resolve().parents[2] / "bench-out" / "comparison"
SHARD = 250


def example(task):
    """Draw one example; None if it cannot be compared."""
    what, seed, number = task
    cv2.setNumThreads(1)
    found = DRAWN[what](np.random.default_rng([seed, number]))
    return None if found is None else (found[0].astype(np.float16), found[1], found[2])


def examples(what, count, seed, jobs):
    """Draw examples in shards; finished shards are not drawn again."""
    OUT.mkdir(parents=True, exist_ok=True)
    with multiprocessing.Pool(jobs) as pool:
        for first in tqdm(range(0, count, SHARD), unit="shard", disable=None):
            path = OUT / f"{what}-{seed}-{first:06d}.npz"
            if path.exists():
                continue
            tasks = [(what, seed, number) for number in range(first, first + SHARD)]
            kept = [one for one in pool.imap(example, tasks) if one is not None]
            arrays = {}
            for number, (channels, label, _) in enumerate(kept):
                arrays[f"channels{number}"] = channels
                arrays[f"label{number}"] = label
            work = path.with_suffix(".part.npz")
            np.savez(work, families=np.array([family for _, _, family in kept]), **arrays)
            work.rename(path)


class Shards:
    """The examples drawn so far: every tenth shard is held out of teaching. `without` names a family left out."""

    def __init__(self, without=None):
        self.without = without
        self.read = set()

    def new(self, held_out):
        """Yield (channels, label, family) of each example in shards not yet read."""
        paths = [path for path in sorted(OUT.glob("*-*-*.npz")) if ".part" not in path.name]
        for path in paths:
            part = int(path.stem.rsplit("-", 1)[1]) // SHARD % 10 == 9
            if path in self.read or part != held_out:
                continue
            self.read.add(path)
            saved = np.load(path)
            for number, family in enumerate(saved["families"]):
                if held_out or family != self.without:
                    channels = saved[f"channels{number}"]
                    yield channels, visible_only(channels, saved[f"label{number}"]), str(family)


def teach(steps, seed, out, without, start):
    """Teach a network, perhaps starting from weights, and save its weights."""
    from benchmarks.comparison import network as networks

    batches = networks.Batches(np.random.default_rng(seed))
    shards = Shards(without)

    def refresh():
        for channels, label, _ in shards.new(held_out=False):
            batches.add(channels, label)
        print(f"{len(batches.labels)} examples", file=sys.stderr, flush=True)

    model = networks.teach(batches, refresh, steps, seed, start, lambda line: print(line, file=sys.stderr, flush=True))
    model.save_weights(out)


def finish(weights, target):
    """Set the threshold of a taught network on held-out examples, write its graph, and print what it finds in them."""
    from benchmarks.comparison import measure
    from benchmarks.comparison import network as networks
    from semscan.runtime.session import open_session

    model = networks.network()
    model.load_weights(weights)
    session = open_session(networks.graph_of(model, 0.0))
    held_out = list(Shards().new(held_out=True))
    threshold = measure.threshold_for(held_out[::2], session)
    target.write_bytes(networks.graph_of(model, threshold))
    print(f"{target.name}: {target.stat().st_size / 1024:.0f} KiB, threshold {threshold:.3f}", file=sys.stderr)
    measure.table(held_out[1::2], session, threshold)


def main():
    """Parse, then draw, teach or finish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cells", "noisy", "teach", "finish"])
    parser.add_argument("--count", type=int, default=12000)
    parser.add_argument("--seed", type=int, default=41)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--weights", default=str(OUT / "comparison.weights.h5"))
    parser.add_argument("--from", dest="start", help="weights to start from")
    parser.add_argument("--target", default=str(GRAPH))
    parser.add_argument("--without", help="a family of images to leave out of teaching")
    chosen = parser.parse_args()
    if chosen.what == "teach":
        teach(chosen.steps, chosen.seed, chosen.weights, chosen.without, chosen.start)
    elif chosen.what == "finish":
        finish(chosen.weights, Path(chosen.target))
    else:
        examples(chosen.what, chosen.count, chosen.seed, chosen.jobs)


if __name__ == "__main__":
    main()
