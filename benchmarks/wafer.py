"""Measure the way of a fab: a KLARF file in, the same file out, and what the report says of the wafer.

    python benchmarks/wafer.py [--wafers 3] [--seed 18] [--out DIR]

Each wafer has 40 dies with lines and spaces, and 46 listed defects with an image each: a particle at the same place of
every die (the repeater), a straight scratch that crosses three neighbouring dies, and three defects at random places.
The images are 256 px at 2 nm. As on a real stage, the defect lies up to 20 px from the centre of its image. `semscan
inspect --klarf-in` reads the KLARF file; klarf-reader and a parser of this benchmark read the file that comes back.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile

from semscan.settings import SynthSettings
from semscan.synth.simulator import foreign, plant
from semscan.synth.simulator.detector import blur, detect, probe_kernel, quantise
from semscan.synth.simulator.image import visible_mask
from semscan.synth.simulator.lines import make_lines
from semscan.synth.simulator.scan import make_scan
from semscan.synth.simulator.scene import Body, Scene, render
from semscan.values.fab.class_codes import BUILT_IN

NM = 2.0
SIDE = 256
PITCH = (30_000.0, 36_000.0)  # µm
CENTRE = (4 * PITCH[0], 3 * PITCH[1])
CORNERS = {(column, row) for column in (0, 1, 6, 7) for row in (0, 5)}
DIES = [(column, row) for row in range(6) for column in range(8) if (column, row) not in CORNERS]
REPEATER = (11_111.0, 22_222.0)
TILT = 20.0  # degrees of the scratch on the wafer
STAGE = 20  # px
RANDOM = {"bridge": plant.bridge, "break": plant.line_break, "particle": foreign.particle}


@dataclass
class Planted:
    """A defect: what it is, its die, the place that the file lists, and where it is in its image.

    `pixel` is the centroid of all that it changes visibly, `drawn` where it was drawn, x and y.
    """

    kind: str
    die: tuple
    x_um: float
    y_um: float
    pixel: tuple = (0.0, 0.0)
    drawn: tuple = (0.0, 0.0)


def scratch_body(at, turn, length):
    """Return a straight groove with bright walls, `length` px long."""

    def paint(signal, u, v):
        along = (u - at[0]) * math.cos(turn) + (v - at[1]) * math.sin(turn)
        across = (v - at[1]) * math.cos(turn) - (u - at[0]) * math.sin(turn)
        ends = np.clip((length / 2 - np.abs(along)) / 4, 0, 1)
        groove = np.exp(-0.5 * (across / 2.0) ** 2)
        walls = np.exp(-0.5 * ((np.abs(across) - 4.0) / 1.5) ** 2)
        return (signal * (1 - 0.8 * ends * groove) + 0.4 * ends * walls).astype(np.float32)

    return Body(at, length, paint)


def image_of(kind, seed, shape_seed, offset):
    """Return the pixels of an image with one defect `offset` px right and down of the centre, and where it is."""
    settings = SynthSettings(rows=SIDE, cols=SIDE, pitch=28, rotation=0.0, seed=seed)
    layout, optics, noise = (np.random.default_rng([seed, n]) for n in range(3))
    pad = math.ceil(4 * settings.blur) + 2
    scan = make_scan(settings, pad, optics)
    kernel = probe_kernel(settings.blur, settings.astigmatism, 0.3)
    scene = Scene(make_lines(settings, scan, layout))
    middle = scan.shape[0] // 2
    at = tuple(float(plane[middle + offset[1], middle + offset[0]]) for plane in (scan.u, scan.v))
    rng = np.random.default_rng(shape_seed)
    if kind == "scratch":
        planted = scene.with_body(scratch_body(at, math.radians(-TILT), 110))
    else:
        planted = RANDOM[kind](scene, at, settings, rng)

    def scanned(each):
        return blur(render(each, scan, settings), kernel)[pad:-pad, pad:-pad]

    before, after = scanned(scene), scanned(planted)
    rows, cols = np.nonzero(visible_mask(before, after, settings.visible))
    return quantise(detect(after, settings, noise), 8), (float(cols.mean()), float(rows.mean()))


def planned(rng):
    """Return the defects of one wafer, each at the place where the stage drives to."""
    defects = [Planted("particle", die, *REPEATER) for die in DIES]
    row = int(rng.integers(1, 5))
    column = int(rng.integers(0, 6))
    slope = math.tan(math.radians(TILT))
    start = rng.uniform(0.05, 0.3) * PITCH[1]
    for step in range(3):
        along = (step + 0.5) * PITCH[0]
        up = start + along * slope
        defects.append(Planted("scratch", (column + step, row + int(up // PITCH[1])), 0.5 * PITCH[0], up % PITCH[1]))
    for kind in RANDOM:
        die = DIES[int(rng.integers(len(DIES)))]
        defects.append(Planted(kind, die, *(rng.uniform(0.1, 0.9) * pitch for pitch in PITCH)))
    return defects


def write_wafer(folder, name, seed):
    """Write the images and the KLARF file of one wafer; return the planted defects by number."""
    rng = np.random.default_rng([seed, 99])
    defects = planned(rng)
    shape_seed = int(rng.integers(1 << 30))
    with tifffile.TiffWriter(folder / f"{name} images.tif") as writer:
        for number, defect in enumerate(defects):
            offset = rng.integers(-STAGE, STAGE + 1, 2)
            own = shape_seed if number < len(DIES) else shape_seed + number
            pixels, defect.pixel = image_of(defect.kind, seed * 1000 + number, own, offset)
            writer.write(pixels, photometric="minisblack", contiguous=False)
            defect.drawn = (SIDE // 2 + offset[0], SIDE // 2 + offset[1])
            defect.x_um -= offset[0] * NM / 1000  # the stage drives to the image's centre
            defect.y_um += offset[1] * NM / 1000
    rows = [
        f" {number} {defect.x_um:.6f} {defect.y_um:.6f} {defect.die[0]} {defect.die[1]} 0.100000 0.100000 0.010000 "
        f"0.100000 0 1 0 0 {number % 7} 0.{number:03d} 1 1 {number} 0"
        for number, defect in enumerate(defects, start=1)
    ]
    text = HEAD.format(name=name, plan=len(DIES), dies="\n".join(f" {column} {row}" for column, row in DIES))
    end = f"SummarySpec 5 TESTNO NDEFECT DEFDENSITY NDIE NDEFDIE ;\nSummaryList\n 1 {len(rows)} 1.0e-001 40 40;\n"
    (folder / f"{name}.001").write_text(f"{text}{chr(10).join(rows)};\n{end}EndOfFile;\n", "utf-8")
    return dict(enumerate(defects, start=1))


HEAD = f"""FileVersion 1 2;
FileTimestamp 11-30-2026 08:00:00;
InspectionStationID "OPTICAL" "tool" "01";
SampleType WAFER;
ResultTimestamp 11-30-2026 08:00:00;
LotID "LOT18";
SampleSize 1 300;
DeviceID "LINES";
SetupID "recipe" 11-30-2026 07:00:00;
StepID "ADI";
SampleOrientationMarkType NOTCH;
OrientationMarkLocation DOWN;
TiffFileName {{name}} images.tif;
DiePitch {PITCH[0]:.10e} {PITCH[1]:.10e};
DieOrigin 0.0000000000e+000 0.0000000000e+000;
WaferID "{{name}}";
Slot 1;
SampleCenterLocation {CENTRE[0]:.10e} {CENTRE[1]:.10e};
UnknownKeyword "kept" 1 2 3;
InspectionTest 1;
SampleTestPlan {{plan}}
{{dies}};
AreaPerTest 4.3e+010;
DefectRecordSpec 19 DEFECTID XREL YREL XINDEX YINDEX XSIZE YSIZE DEFECTAREA DSIZE CLASSNUMBER TEST CLUSTERNUMBER \
ROUGHBINNUMBER FINEBINNUMBER KILLPROB IMAGECOUNT IMAGELIST ;
DefectList
""".replace("DefectRecordSpec 19", "DefectRecordSpec 17")


def parse(path):
    """Read a KLARF file without semscan: keywords other than the lists, and the rows of the defect list by number."""
    header, rows, text = {}, {}, path.read_text("utf-8")
    for statement in text.split(";"):
        words = statement.split()
        if words and words[0] == "DefectList":
            for line in statement.strip().splitlines()[1:]:
                values = line.split()
                rows[int(values[0])] = values
        elif words:
            header[words[0]] = words[1:]
    return header, rows


def check(folder, out, name, planted):
    """Return the figures of one wafer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from klarf_reader.klarf import Klarf

    (before, rows), (after, new) = parse(folder / f"{name}.001"), parse(out / f"{name}.001")
    back = {defect.id: defect for defect in Klarf.load_from_file(out / f"{name}.001").wafers[0].defects}
    filled = (5, 6, 7, 8, 9)  # XSIZE, YSIZE, DEFECTAREA, DSIZE, CLASSNUMBER
    kept = before == after and rows.keys() == new.keys()
    for number, values in rows.items():
        kept = kept and all(a == b for n, (a, b) in enumerate(zip(values, new[number], strict=True)) if n not in filled)
        kept = kept and abs(back[number].x_rel - float(values[1])) < 1e-9
    matches = [json.loads(line) for line in (out / "klarf.jsonl").read_text("utf-8").splitlines()]
    found = {match["defect_id"]: match for match in matches if match["image"]}
    records = {
        record["image"]: {region["id"]: region for region in record["regions"]}
        for record in map(json.loads, (out / "results.jsonl").read_text("utf-8").splitlines())
    }
    coded = all(
        int(new[number][9]) == BUILT_IN[match["class"]] == back[number].class_number
        for number, match in found.items()
        if number
    )
    regions = {number: records[match["image"]][match["region"]] for number, match in found.items() if number}
    off = {number: math.dist(place(region), planted[number].pixel) for number, region in regions.items()}
    by_centroid = {number: math.dist(region["centroid"], planted[number].pixel) for number, region in regions.items()}
    by_body = {number: math.dist(place(region), planted[number].drawn) for number, region in regions.items()}
    kinds = {kind: [number for number in off if planted[number].kind == kind] for kind in (*RANDOM, "scratch")}
    (placed,) = [parse(path)[1] for path in out.glob("*.klarf")]
    (wafer,) = json.loads((out / "wafers.json").read_text("utf-8"))["wafers"]
    return {
        "wafer": name,
        "listed": len(rows),
        "found": len(off),
        "further regions": sum(match["defect_id"] is None for match in matches),
        "all else kept": kept,
        "classes as coded": coded,
        "type as planted": sum(found[n]["class"] == planted[n].kind for n in off),
        "place in KLARF by that in the record, largest error, px": round(
            max(map(abs, written(placed, wafer, records, rows))), 3
        ),
        "patterns": [
            f"{pattern['kind']} {len(pattern['defects'])} on {len(pattern['dies'])} dies, "
            f"{pattern['expected_by_chance']:.1g}"
            for pattern in wafer["patterns"]
        ],
        "off, px": {kind: distances(off, numbers) for kind, numbers in kinds.items()},
        "off by centroids, px": {kind: distances(by_centroid, numbers) for kind, numbers in kinds.items()},
        "off the particle's body, px": distances(by_body, kinds["particle"]),
    }


def place(region):
    """Return the middle of the defect of a region, x and y."""
    return region["extent"]["place"] if "extent" in region else region["centroid"]


def distances(off, numbers):
    """Return the distances of some defects, rounded, from the smallest."""
    return sorted(round(off[number], 2) for number in numbers)


def summed(parts):
    """Return the figures of the distances of all wafers, by kind if they are."""
    if isinstance(parts[0], dict):
        return {kind: summed([part[kind] for part in parts]) for kind in parts[0]}
    together = np.concatenate(parts)
    if not len(together):
        return None
    within = f"{np.count_nonzero(together < 1)} of {len(together)} within 1"
    middle, most = np.quantile(together, (0.5, 0.9))
    return f"median {middle:.2f}, 90 % {most:.2f}, largest {together.max():.1f}, {within}"


def written(placed, wafer, records, rows):
    """Yield how far each place in the KLARF file of the report is from that of its record, in px, x and y.

    The image of defect n is centred at the place that row n of the first file lists.
    """
    for defect in wafer["list"]:
        number = int(defect["image"].rsplit(".", 2)[1])
        x, y = place(records[defect["image"]][defect["region"]])
        xrel, yrel = (float(rows[number][n]) for n in (1, 2))
        values = placed[defect["id"]]
        yield (float(values[1]) - xrel) * 1000 / NM - (x - (SIDE - 1) / 2)
        yield (float(values[2]) - yrel) * 1000 / NM + (y - (SIDE - 1) / 2)


def semscan(*arguments):
    """Run semscan as a user does."""
    command = [sys.executable, "-m", "semscan", *map(os.fspath, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main():
    """Print a JSON line for each wafer, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wafers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--out", help="folder that is kept; by default a temporary one")
    choices = parser.parse_args()
    every = []
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(choices.out or temporary)
        for number in range(1, choices.wafers + 1):
            name = f"W{number:02d}"
            folder, out = base / name, base / f"{name}-out"
            folder.mkdir(parents=True, exist_ok=True)
            planted = write_wafer(folder, name, choices.seed + number)
            semscan(
                "inspect",
                "--klarf-in",
                folder / f"{name}.001",
                "--out",
                out,
                "--nm-per-px",
                str(NM),
                "--method",
                "periodic",
            )
            semscan("report", out, "--to", "json,html,klarf")
            figures = check(folder, out, name, planted)
            every.append(figures)
            print(json.dumps({key: value for key, value in figures.items() if not key.startswith("off")}), flush=True)
    print(json.dumps({key: summed([each[key] for each in every]) for key in every[0] if key.startswith("off")}))


if __name__ == "__main__":
    main()
