"""Measure semscan: accuracy of default trainings, and the time and memory of whole commands.

    python benchmarks/run.py accuracy [SET ...] [--seed N ...] [--steps N]
    python benchmarks/run.py leave-one-out [--steps N]
    python benchmarks/run.py detection [SET ...] [--seed N ...]
    python benchmarks/run.py tiles [SET ...]
    python benchmarks/run.py speed [--model DIR]

accuracy trains with the defaults on each SET and evaluates it on test/: lines and contacts (sample_images/),
lines-fresh and contacts-fresh (the same models on images of other seeds), lines-24 and contacts-24 (24 good
images of 384 x 384, 100 good test images), classes (the attention CNN), and, where the environment variable
SEMSCAN_REAL_DATA names a folder that holds them, nanofibres, grid and tiles. With several seeds the median follows.
detection sets the real defects of these evaluations beside defects painted into good images.
leave-one-out trains on four of the five good nanofibre images and counts false regions in the fifth, five
times. tiles compares the maps of two grids of tiles. speed times commands against `import tensorflow` in
turn, and prints ratios of medians and peak memory. All output goes to bench-out/; the last tables are kept
in benchmarks/README.md.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench-out"
SAMPLES = ROOT / "sample_images"
SEMSCAN = [sys.executable, "-m", "semscan"]
FRESH = {"lines-fresh": "lines", "contacts-fresh": "contacts"}
PITCH = {"lines": 28, "contacts": 30}  # as in sample_images/README.md
REAL = ("nanofibres", "grid", "tiles")
MADE = {
    "lines-24": ["--pattern", "lines", "--pitch", 26, "--roughness", 0.8, "--seed", 9001],
    "contacts-24": ["--pattern", "contacts", "--pitch", 32, "--seed", 9002],
}
AT_ALL_SEEDS = ("pixel_auroc", "pixel_ap", "recall_at_1fp")


def run(*arguments):
    """Run semscan and return its standard output; stop at a failure."""
    done = subprocess.run([*SEMSCAN, *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"semscan {' '.join(map(str, arguments))} ended with {done.returncode}")
    return done.stdout


def folder_of(name):
    """Return the data set of this name; generate it on first use, if it is a generated one."""
    if name in REAL:
        if "SEMSCAN_REAL_DATA" not in os.environ:
            sys.exit(f"{name}: SEMSCAN_REAL_DATA names no folder that holds it")
        return Path(os.environ["SEMSCAN_REAL_DATA"]) / name
    data = OUT / name
    if name in MADE and not data.exists():
        common = ["--size", 384, "--dose", 38, "--drift", 1.5, "--rotation", 1]
        run("synth", data, *MADE[name], *common, "--train", 24, "--test-good", 100, "--per-defect", 12)
    if name in MADE:
        return data
    if name not in FRESH:
        return SAMPLES / name
    if not data.exists():
        counts = ["--train", 1, "--test-good", 60, "--per-defect", 20]
        pattern = FRESH[name]
        run("synth", data, "--pattern", pattern, "--pitch", PITCH[pattern], "--seed", 4242, *counts)
    return data


def accuracy(names, seeds, steps):
    """Train and evaluate each set; print one Markdown row for each seed."""
    print(
        "| set | minutes | pixel AUROC | pixel AP | AUPRO | image AUROC "
        "| recall at 0.1 / 1 / 10 false regions per image | hit at the threshold "
        "| false regions per good image (95 %) |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name in names:
        results = [measured(name, seed, steps) for seed in seeds]
        if len(seeds) > 1:
            middle = {key: statistics.median(one[key] for one in results) for key in AT_ALL_SEEDS}
            print(f"\n{name}, median of seeds {seeds}: {middle}\n", flush=True)


def measured(name, seed, steps):
    """Train, unless that is done, evaluate and print one row; return the record of `semscan evaluate`."""
    data = folder_of(name)
    model = OUT / f"{FRESH.get(name, name)}-seed{seed}.model"
    minutes = "as above"
    if not (model / "config.json").is_file():
        extra = ["--steps", steps] if steps else []
        training = json.loads(run("train", data, "--out", model, "--seed", seed, *extra))
        minutes = f"{training['seconds'] / 60:.1f}"
    out = OUT / f"{name}-seed{seed}.evaluation"
    record = json.loads(run("evaluate", data, "--model", model, "--out", out, "--format", "json"))
    print(row_of(f"{name}, seed {seed}", minutes, record), flush=True)
    if confusion := record["confusion"]:
        print(f"\n{name}: accuracy {confusion['accuracy']:.3f} over {confusion['images']} images\n")
    return record


def leave_one_out(steps):
    """Train on all good nanofibre images but one and count the false regions in that one; repeat for each image."""
    good = sorted((folder_of("nanofibres") / "train" / "good").iterdir())
    print("| left out | score | false regions |\n|---|---|---|")
    for left in good:
        data = OUT / "leave-one-out" / left.stem
        (data / "train" / "good").mkdir(parents=True, exist_ok=True)
        for path in good:
            if path != left:
                shutil.copy(path, data / "train" / "good" / path.name)
        model = data / "model"
        if not (model / "config.json").is_file():
            run("train", data, "--out", model, *(["--steps", steps] if steps else []))
        record = json.loads(run("inspect", left, "--model", model, "--out", data / "results"))
        false = sum(not region["nuisance"] for region in record["regions"])
        print(f"| {left.name} | {record['score']:.3f} | {false} |", flush=True)


def tiles(names, seed):
    """Inspect with another overlap of tiles, and print how far the two maps of an image lie apart."""
    import numpy as np
    import tifffile

    print("| set | overlap | largest difference | 99.9 percentile |\n|---|---|---|---|")
    for name in names:
        images = [next(p for p in sorted(kind.iterdir())) for kind in sorted((folder_of(name) / "test").iterdir())]
        model = OUT / f"{FRESH.get(name, name)}-seed{seed}.model"
        maps = {}
        for overlap in (None, 128, 160):
            used = OUT / "tiles" / f"{name}-{overlap}"
            shutil.copytree(model, used, dirs_exist_ok=True)
            if overlap:
                config = json.loads((used / "config.json").read_text("utf-8"))
                (used / "config.json").write_text(json.dumps(config | {"overlap": overlap}), "utf-8")
            lines = run("inspect", *images, "--model", used, "--out", f"{used}.results", "--no-overlay").splitlines()
            maps[overlap] = [tifffile.imread(json.loads(line)["outputs"]["map"]) for line in lines]
            if overlap:
                apart = np.concatenate([np.abs(a - b).ravel() for a, b in zip(maps[None], maps[overlap], strict=True)])
                print(f"| {name} | {overlap} | {apart.max():.3f} | {np.quantile(apart, 0.999):.3f} |", flush=True)


def detection(names, seeds):
    """Print what is found of real and of painted defects, and the sizes found nine times in ten."""
    print("| set, seed | painted found | real found | expected from painted | painted: 9 of 10 from | real | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name in names:
        for seed in seeds:
            out = OUT / f"{name}-seed{seed}.evaluation" / "evaluation.json"
            if not out.is_file():
                measured(name, seed, None)
            found = json.loads(out.read_text("utf-8"))["detection"]
            painted, real = found["painted"], found["real"]
            shares = " | ".join("-" if of is None else f"{of['found']}/{of['defects']}" for of in (painted, real))
            sizes = " | ".join("-" if of is None else figure(of["a90_any_px"], 1) for of in (painted, real))
            expected, ratio = figure(found["share_of_real_expected"], 2), figure(found["a90_ratio"], 2)
            print(f"| {name}, {seed} | {shares} | {expected} | {sizes} | {ratio} |", flush=True)


def row_of(set_name, minutes, record):
    """Format the record of `semscan evaluate` as one Markdown row."""
    at = record["at_threshold"]
    classes = record["classes"].items()
    hits = ", ".join(f"{name} {of['hit']}/{of['defects']}" for name, of in classes if of.get("defects"))
    recalls = " / ".join(figure(record[f"recall_at_{allowed}fp"], 3) for allowed in ("0.1", "1", "10"))
    false = figure(at["false_per_good_image"], 3)
    if at["false_per_good_image_95"]:
        false += " ({:.2f} to {:.2f})".format(*at["false_per_good_image_95"])
    figures = " | ".join(figure(record[key]) for key in ("pixel_auroc", "pixel_ap", "aupro30", "image_auroc"))
    return f"| {set_name} | {minutes} | {figures} | {recalls} | {at['hit']}/{at['defects']}: {hits} | {false} |"


def figure(value, digits=4):
    """Format a figure; a dash if it is undefined."""
    return "-" if value is None else f"{value:.{digits}f}"


def timed(command):
    """Measure wall seconds and peak MiB of one whole process."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command} failed")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def speed(model, rounds=7):
    """Time commands in turn against `import tensorflow`."""
    import cv2
    import numpy as np

    image = OUT / "speed-1024.png"
    OUT.mkdir(exist_ok=True)
    wafer = cv2.imdecode(np.fromfile(SAMPLES / "wafer.png", np.uint8), cv2.IMREAD_GRAYSCALE)
    image.write_bytes(cv2.imencode(".png", np.tile(wafer, (2, 2)))[1].tobytes())
    commands = {
        "python -c 'import tensorflow'": [sys.executable, "-c", "import tensorflow"],
        "semscan inspect (1024 x 1024, cold, all outputs)": [
            *SEMSCAN,
            "inspect",
            str(image),
            "--model",
            str(model),
            "--out",
            str(OUT / "speed"),
        ],
        "semscan --help": [*SEMSCAN, "--help"],
        "semscan inspect --help": [*SEMSCAN, "inspect", "--help"],
        "semscan train --help": [*SEMSCAN, "train", "--help"],
    }
    measurements = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name, command in commands.items():
            figures = timed(command)
            if turn:  # the first turn fills the disk cache
                measurements[name].append(figures)
    yardstick = statistics.median(seconds for seconds, _ in measurements["python -c 'import tensorflow'"])
    print("| command | of the time of `import tensorflow` | median s | peak MiB |")
    print("|---|---|---|---|")
    for name, figures in measurements.items():
        middle = statistics.median(seconds for seconds, _ in figures)
        print(f"| {name} | {middle / yardstick:.3f} | {middle:.2f} | {max(mib for _, mib in figures):.0f} |")


def main():
    """Parse and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = ["all", "accuracy", "detection", "leave-one-out", "tiles", "speed"]
    parser.add_argument("what", nargs="?", default="all", choices=what)
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--seed", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int)
    parser.add_argument("--model", type=Path)
    chosen = parser.parse_args()
    real = [name for name in REAL if "SEMSCAN_REAL_DATA" in os.environ]
    generated = ["lines", "lines-fresh", "contacts", "contacts-fresh"]
    if chosen.what in ("all", "accuracy"):
        accuracy(chosen.sets or [*generated, *MADE, "classes", *real], chosen.seed, chosen.steps)
    if chosen.what in ("all", "detection"):
        detection(chosen.sets or [*generated, *MADE, *real], chosen.seed)
    if chosen.what == "leave-one-out":
        leave_one_out(chosen.steps)
    if chosen.what in ("all", "tiles"):
        tiles(chosen.sets or ["contacts", *(name for name in real if name != "tiles")], chosen.seed[0])
    if chosen.what in ("all", "speed"):
        speed(chosen.model or OUT / f"lines-seed{chosen.seed[0]}.model")


if __name__ == "__main__":
    main()
